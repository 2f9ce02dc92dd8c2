package kernel

// Winograd's minimal filtering F(4x4, 3x3) for 3x3 convolutions with stride 1 (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015, section 4.3): the 16 outputs of a tile take 36 multiplications instead of 144.
//
//	Y = A^T [ (G g G^T) . (B^T d B) ] A
//
// with d a 6x6 tile of the input, overlapping its neighbours by two, and g a filter. Summed over channels, each of the
// 36 products is a matrix product [K, C] * [C, tiles], computed by the GEMM's routine. Relative to the largest output,
// rounding errors are about a hundred times those of ConvIm2col.
//
// A task computes a strip of tiles, from one or more images, for all filters or a share of them. It transforms the
// strip's input into its worker's scratch, [36][panel][C][tiles of the panel]. Then, for each block of filters, it
// computes the 36 products and transforms them to outputs. Workers that share the filters each transform the input: to
// divide that too was not faster, as half of it then came from another processor's cache (Intel Sapphire Rapids).
const (
	winogradTile     = 4  // outputs on each side of a tile
	winogradInput    = 6  // inputs on each side
	winogradPoints   = 36 // products of a tile
	winogradOutputs  = 16 // outputs of a tile
	winogradMaxTiles = 16 // tiles that the transforms compute at a time, at most
	winogradGap      = 16 // values between the points of a strip: a power of two apart they would share cache sets

	// A strip of a layer with 64 channels fits in half of a 1 MiB second-level cache. With more channels, the filters
	// are read again for each strip, and the strip for each block, perhaps from the third-level cache. Large blocks read
	// it less often; the products of one take 0.8 MiB. A layer of 128 filters has two, as its strip and the products of
	// all would not fit in 2 MiB. Measured on an Intel Sapphire Rapids, also with AVX2.
	stripTiles    = 48 // tiles of a strip, about
	maxStripTiles = 96
	blockFilters  = 128 // filters of a block, about, and at most half of a layer's

	// winogradWidest is the largest width of an output. It keeps the offsets of tiles in a row within an int32.
	winogradWidest = 1 << 24
)

// WinogradFits reports whether [ConvWinograd] can compute g: a dense 3x3 convolution with stride 1 and a width of at
// most 2^24.
func WinogradFits(g Conv) bool {
	return g.FH == 3 && g.FW == 3 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 && g.Groups == 1 &&
		g.OW <= winogradWidest
}

// WinogradIsFast reports whether this processor has fast routines for [ConvWinograd].
func WinogradIsFast() bool { return active.fastWinograd }

// WinogradPays reports whether [ConvWinograd] is likely faster than [ConvIm2col] for g on this processor.
func WinogradPays(g Conv) bool {
	return WinogradFits(g) && WinogradIsFast() && WinogradCost(g) < 0.9
}

// WinogradCost estimates the time of [ConvWinograd] for a geometry that fits, as a share of that of [ConvIm2col]. It is
// that for one image, so that a batch is computed as its images are alone.
func WinogradCost(g Conv) float64 {
	g.N = 1
	// Costs in multiplications of the product routine, measured on a Zen 5 with AVX-512: about 500 for the transform of
	// an input or output tile, 8 for reading a value of the filters for each strip, as for im2col, and 23 for packing a
	// value of the im2col matrix. By counts of instructions, transforms of NEON cost about 490 and 260, and where the
	// result is below 0.9, Winograd's algorithm takes 0.35 to 0.6 of the instructions.
	p := planWinograd(&g, active, 1)
	area, places := float64(g.C)*float64(g.K), float64(g.OH*g.OW)
	tiles := float64(p.units * p.unit)
	fast := winogradPoints*area*(tiles+8*float64(p.strips)) + 500*tiles*float64(g.C+g.K)
	plain := 9*area*(places+8) + 9*23*float64(g.C)*places
	return fast / plain
}

// winogradPlan says how a convolution is divided. The numbers of workers and of images determine only the tasks, which
// do not affect the result.
type winogradPlan struct {
	tilesX, tilesY int // of an image
	tiles          int // of all images
	unit, units    int // number of tiles in a unit, of which strips are multiples; number of units
	strip, strips  int // tiles of the widest strip; number of strips
	mr, panels     int // filters in a panel; number of panels
	block, blocks  int // panels of the largest block; number of blocks
	shares         int // number of workers that share a strip
	step           int // values from one point of a strip's input to the next
	phase          int // values of a phase of a row in the region: every fourth value that the tiles read
	region         int // values of the part of a plane that a strip reads
}

func planWinograd(g *Conv, r *routines, workers int) winogradPlan {
	p := winogradPlan{mr: r.mr, tilesX: ceilDiv(g.OW, winogradTile), tilesY: ceilDiv(g.OH, winogradTile)}
	p.tiles = g.N * p.tilesX * p.tilesY
	p.planStrips(r, workers)
	p.layOut(g)
	p.panels = ceilDiv(g.K, r.mr)
	p.blocks = max(ceilDiv(p.panels, max(blockFilters/r.mr, 1)), min(p.panels, 2))
	p.block = ceilDiv(p.panels, p.blocks)
	p.blocks = ceilDiv(p.panels, p.block)
	p.shares = min(p.panels, ceilDiv(workers, p.strips))
	return p
}

// layOut sets what follows from the width of a strip.
func (p *winogradPlan) layOut(g *Conv) {
	p.step = g.C*p.strip + winogradGap
	p.phase = p.strip + min(p.strip, ceilDiv(p.strip-1, p.tilesX)+1)
	p.region = winogradInput*winogradTile*p.phase + 2*winogradMaxTiles
}

// planStrips divides the tiles into strips of whole units, with the same number of strips for each worker if there are
// enough tiles.
func (p *winogradPlan) planStrips(r *routines, workers int) {
	p.unit = r.nr
	if r.strided {
		p.unit = r.tiles
	}
	p.units = ceilDiv(p.tiles, p.unit)
	each := p.unitsOfStrip()
	p.strips = ceilDiv(p.units, each)
	if p.units <= each+1 { // so that filters are not read twice, for example for the 49 tiles of 28x28
		p.strips = 1
	}
	if p.units >= 2*workers {
		p.strips = min(roundUp(p.strips, workers), p.units)
	}
	p.strip = ceilDiv(p.units, p.strips) * p.unit
}

// unitsOfStrip returns the number of units in a strip. Where there is one more in all, it is added to the only strip.
func (p *winogradPlan) unitsOfStrip() int { return max(stripTiles/p.unit, 1) }

// scratch returns the number of values that each worker needs: a strip of the transformed input, the products of a
// block, the part of a plane that a strip reads, the outputs of some tiles, and scratch for the transforms.
func (p *winogradPlan) scratch() int {
	n := winogradPoints*(p.step+p.strip*p.block*p.mr) + p.region + (winogradOutputs+winogradPoints)*winogradMaxTiles
	return roundUp(n, winogradGap)
}

// WinogradScratch returns the number of values of scratch that [ConvWinograd] needs with the given number of workers,
// for g.N images or fewer. Kernels that do not run at the same time may share scratch.
func WinogradScratch(g Conv, workers int) int { return winogradScratch(&g, workers, active) }

// winogradScratch plans for one worker, whose strips are the widest. Fewer images may have a single one that is wider.
func winogradScratch(g *Conv, workers int, r *routines) int {
	p := planWinograd(g, r, 1)
	if g.N > 1 {
		p.strip = min(p.units, p.unitsOfStrip()+1) * p.unit
		p.layOut(g)
	}
	return workers * p.scratch()
}

// WinogradFiltersSize returns the number of values that [TransformFilters] writes, about four times the weights.
func WinogradFiltersSize(g Conv) int { return winogradFiltersSize(&g, active) }

func winogradFiltersSize(g *Conv, r *routines) int {
	p := planWinograd(g, r, 1)
	return p.blocks * p.block * p.mr * winogradPoints * g.C
}

// TransformFilters computes G g G^T of the weights [K, C, 3, 3] in the layout that [ConvWinograd] reads:
// [block][36][panel of filters][C][mr]. It is called once, after which weights may be released.
func TransformFilters(dst, weights []float32, g Conv, w *Workers) {
	transformFilters(dst, weights, &g, w, active)
}

func transformFilters(dst, weights []float32, g *Conv, w *Workers, r *routines) {
	p := planWinograd(g, r, 1)
	dst = dst[:winogradFiltersSize(g, r)]
	size := g.C * p.mr
	w.Run(p.blocks*p.block, func(panel, _ int) {
		block := dst[panel/p.block*p.block*winogradPoints*size:]
		transformPanel(block[panel%p.block*size:], weights, g, panel*p.mr, p.mr, p.block*size)
	})
}

// transformPanel writes mr filters from first on as [36][C][mr], with a distance of step between points. Filters after
// the last are zeros. The mr values of a point are stored together, since the points of large layers lie in lines of
// memory that evict each other from the cache.
func transformPanel(dst, weights []float32, g *Conv, first, mr, step int) {
	points := make([]float32, winogradPoints*mr) // [36][mr]
	filters := max(min(g.K-first, mr), 0)
	for c := range g.C {
		for lane := range filters {
			transformFilter(points[lane:], mr, weights[((first+lane)*g.C+c)*9:])
		}
		for point := range winogradPoints {
			copy(dst[point*step+c*mr:][:mr], points[point*mr:])
		}
	}
}

// transformFilter computes G g G^T in float64, and writes its points mr values apart.
func transformFilter(points []float32, mr int, g []float32) {
	var half [3][winogradInput]float64
	for j := range half {
		filterPoints(&half[j], float64(g[j]), float64(g[3+j]), float64(g[6+j]))
	}
	points = points[:(winogradPoints-1)*mr+1]
	at := 0
	for i := range winogradInput {
		var row [winogradInput]float64
		filterPoints(&row, half[0][i], half[1][i], half[2][i])
		for _, v := range row {
			points[at] = float32(v)
			at += mr
		}
	}
}

// filterPoints sets to to G times a column of three values. It multiplies by 1/6 and 1/24, as a division takes several
// times as long.
func filterPoints(to *[winogradInput]float64, a, b, c float64) {
	p, q := a+c, a+4*c
	to[0], to[1], to[2] = a/4, (p+b)*(-1.0/6), (p-b)*(-1.0/6)
	to[3], to[4], to[5] = (q+2*b)*(1.0/24), (q-2*b)*(1.0/24), c
}

// ConvWinograd computes a convolution for which [WinogradFits] holds. dst is [N, K, OH, OW], src [N, C, H, W]. filters
// comes from [TransformFilters] with the same geometry (N, H, W, OH and OW may differ). scratch holds [WinogradScratch]
// values for w.Size() workers.
func ConvWinograd(dst, src, filters, scratch []float32, g Conv, e Epilogue, w *Workers) {
	convWinograd(dst, src, filters, scratch, g, e, w, active)
}

func convWinograd(dst, src, filters, scratch []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	if !WinogradFits(g) {
		panic("kernel: ConvWinograd needs a geometry that WinogradFits accepts")
	}
	p := planWinograd(&g, r, w.Size())
	each := p.scratch()
	j := winogradJob{
		dst: dst[:g.dstSize()], src: src[:g.srcSize()], filters: filters[:winogradFiltersSize(&g, r)],
		local: scratch[:w.Size()*each], each: each, g: g, e: e, p: p, r: r,
	}
	j.bounds, j.rest = e.Act.bounds()
	launch(w, p.strips*p.shares, j)
}

type winogradJob struct {
	dst, src, filters []float32
	local             []float32 // scratch of all workers
	each              int       // values of scratch per worker
	g                 Conv
	e                 Epilogue
	p                 winogradPlan
	r                 *routines
	bounds            bounds
	rest              Activation // applied after the bounds
}

// winogradTask is a worker's share of a strip.
type winogradTask struct {
	tile0, tile1, share int

	// offsets holds the offsets of the tiles in the region.
	offsets [maxStripTiles + winogradMaxTiles]int32

	input, products, region, outputs, temp []float32
}

// task returns a task with its worker's scratch.
func (j *winogradJob) task(task, worker int) winogradTask {
	p := &j.p
	strip := task / p.shares
	local := scratch(j.local[worker*j.each:][:j.each])
	t := winogradTask{tile0: p.units * strip / p.strips * p.unit, share: task % p.shares}
	t.tile1 = min(p.units*(strip+1)/p.strips*p.unit, p.tiles)
	t.input = local.take(winogradPoints * p.step)
	t.products = local.take(winogradPoints * p.strip * p.block * p.mr)
	t.outputs = local.take(winogradOutputs * winogradMaxTiles)
	t.temp = local.take(winogradPoints * winogradMaxTiles)
	t.region = local.take(p.region)
	return t
}

func (j *winogradJob) do(task, worker int) {
	t, p := j.task(task, worker), &j.p
	j.transformInput(&t)
	end := p.panels * (t.share + 1) / p.shares
	for panel := p.panels * t.share / p.shares; panel < end; {
		next := min((panel/p.block+1)*p.block, end)
		j.multiply(&t, panel, next)
		j.transformOutput(&t, panel, next)
		panel = next
	}
}

// winogradRun is a run of n adjacent tiles in a row of tiles of an image, from (x, y) on.
type winogradRun struct{ image, x, y, n int }

// run returns the tiles of [tile, end) in the row of the first one.
func (p *winogradPlan) run(tile, end int) winogradRun {
	x, row := tile%p.tilesX, tile/p.tilesX
	return winogradRun{row / p.tilesY, x, row % p.tilesY, min(end-tile, p.tilesX-x)}
}

// transformInput fills t.input: [36][panel][C][tiles of the panel].
func (j *winogradJob) transformInput(t *winogradTask) {
	p, g := &j.p, &j.g
	j.layRegion(t)
	for c := range g.C {
		j.fillRegion(t, c)
		for i := 0; i < t.tile1-t.tile0; i += j.r.tiles {
			panel := i / j.r.nr * j.r.nr
			to := t.input[panel*g.C+c*min(j.r.nr, p.strip-panel)+i-panel:]
			j.r.inputTransform(to, p.step, t.region, p.phase, [winogradMaxTiles]int32(t.offsets[i:]), t.temp)
		}
	}
}

// layRegion clears the region and sets the offsets in it. Each run takes one position more than it has tiles, as the
// last tile extends two values into the next position.
func (j *winogradJob) layRegion(t *winogradTask) {
	clear(t.region)
	at, i := 0, 0
	for tile := t.tile0; tile < t.tile1; {
		run := j.p.run(tile, t.tile1)
		for range run.n {
			t.offsets[i] = int32(at)
			at++
			i++
		}
		at++
		tile += run.n
	}
	for ; i < j.p.strip; i++ {
		t.offsets[i] = int32(at) // of a tile that does not exist
		at++
	}
}

// fillRegion copies the values of a channel that the tiles read: six rows for each run. Positions outside the planes
// are the same for all channels and stay zero.
func (j *winogradJob) fillRegion(t *winogradTask, channel int) {
	g, phase := &j.g, j.p.phase
	at := 0
	for tile := t.tile0; tile < t.tile1; {
		run := j.p.run(tile, t.tile1)
		top, left, places := run.y*winogradTile-g.PT, run.x*winogradTile-g.PL, run.n+1
		row0, row1 := max(0, -top), min(winogradInput, g.H-top)
		if row0 < row1 && left < g.W && left+winogradTile*places > 0 {
			to := t.region[row0*winogradTile*phase+at:]
			plane := j.src[(run.image*g.C+channel)*g.H*g.W:][:g.H*g.W]
			j.r.splitRows(to, phase, plane[(top+row0)*g.W:], row1-row0, g.W, left, places, g.H*g.W)
		}
		at += places
		tile += run.n
	}
}

// multiply computes the 36 products of panels [first, end) of a block's filters with the strip: [36][block][tiles].
func (j *winogradJob) multiply(t *winogradTask, first, end int) {
	p, channels := &j.p, j.g.C
	point0 := first / p.block * p.block * winogradPoints // in panels
	// Routines that compute only whole tiles have room for them.
	nr, rows, tiles := j.r.nr, min(end*p.mr, j.g.K)-first*p.mr, t.tile1-t.tile0
	if !j.r.strided {
		rows, tiles = roundUp(rows, p.mr), roundUp(tiles, nr)
	}
	for point := range winogradPoints {
		panel := point0 + point*p.block + first%p.block
		run := product{kc: channels, a: j.filters[panel*p.mr*channels:], ldc: p.strip, rows: rows, edge: t.temp}
		for col := 0; col < tiles; col += run.cols {
			run.cols = j.r.columns(tiles - col)
			run.b = t.input[point*p.step+col*channels:]
			run.c = t.products[point*p.block*p.mr*p.strip+col:]
			run.ldb = min(nr, p.strip-col)
			run.ahead = run.cols * channels
			if col+run.cols == tiles { // the next panel is at the next point
				run.ahead = p.step - col*channels
			}
			if run.cols > nr {
				run.extra, run.ldextra = run.b[nr*channels:], p.strip-col-nr
			}
			j.r.multiply(run)
		}
	}
}

// transformOutput transforms the products of panels [first, end) to outputs.
func (j *winogradJob) transformOutput(t *winogradTask, first, end int) {
	p, g := &j.p, &j.g
	for k := first * p.mr; k < min(end*p.mr, g.K); k++ {
		var bias float32
		if j.e.Bias != nil {
			bias = j.e.Bias[k]
		}
		for i := 0; t.tile0+i < t.tile1; i += j.r.tiles {
			j.outputLanes(t, k, t.products[(k-first*p.mr)*p.strip+i:], t.tile0+i, bias)
		}
	}
}

// outputLanes writes the outputs of one call of the transform for a filter, as far as they are inside the planes. They
// are written directly to the plane if the tiles are adjacent and wholly inside.
func (j *winogradJob) outputLanes(t *winogradTask, k int, products []float32, tile int, bias float32) {
	g, step, lanes := &j.g, j.p.block*j.p.mr*j.p.strip, j.r.tiles
	end := min(tile+lanes, t.tile1)
	run := j.p.run(tile, end)
	if run.n == lanes && (run.x+lanes)*winogradTile <= g.OW && (run.y+1)*winogradTile <= g.OH {
		to := j.outputs(run, k)
		j.r.outputTransform(to, g.OW, products, step, t.temp, bias, j.bounds, g.OH*g.OW)
		j.activate(to, winogradTile, lanes*winogradTile)
		return
	}
	line := lanes * winogradTile
	j.r.outputTransform(t.outputs, line, products, step, t.temp, bias, j.bounds, 0)
	for done := 0; tile+done < end; done += run.n {
		run = j.p.run(tile+done, end)
		to := j.outputs(run, k)
		rows := min(winogradTile, g.OH-run.y*winogradTile)
		cols := min(run.n*winogradTile, g.OW-run.x*winogradTile)
		j.r.move(to, g.OW, t.outputs[done*winogradTile:], line, rows, cols, g.OH*g.OW)
		j.activate(to, rows, cols)
	}
}

// outputs returns a plane of outputs from the first one of a run on.
func (j *winogradJob) outputs(run winogradRun, k int) []float32 {
	g := &j.g
	plane := j.dst[(run.image*g.K+k)*g.OH*g.OW:][:g.OH*g.OW]
	return plane[run.y*winogradTile*g.OW+run.x*winogradTile:]
}

// activate applies the rest of the activation to rows of a plane.
func (j *winogradJob) activate(plane []float32, rows, cols int) {
	if j.rest.Kind == Identity {
		return
	}
	for y := range rows {
		row := plane[y*j.g.OW:][:cols]
		activate(row, row, j.rest)
	}
}
