package kernel

// Winograd's minimal filtering F(4x4, 3x3) for convolutions of 3x3 with stride 1 (Lavin and Gray, "Fast Algorithms
// for Convolutional Neural Networks", 2015, section 4.3): 36 multiplications make the 16 outputs of a tile that
// take 144 by the definition.
//
//	Y = A^T [ (G g G^T) . (B^T d B) ] A
//
// with d a 6x6 tile of the input, overlapping its neighbours by two, and g a filter. Summed over channels, each of
// the 36 products is a matrix product [K, C] * [C, tiles], which the tile routine of the GEMM computes. Its rounding
// errors are about a hundred times those of ConvIm2col, relative to the largest output.
//
// A task is a strip of tiles and a range of filter blocks. It transforms the strip's input into its worker's cache,
// [36][panel of tiles][C][nr], then takes one block of filters after the other through the 36 products and back.
const (
	winogradTile   = 4  // outputs on each side of a tile
	winogradInput  = 6  // inputs on each side
	winogradPoints = 36 // products of a tile
	minStripTiles  = 32 // tiles of a strip, at least: it is whole panels of the routine
	maxStripTiles  = 64
	winogradLanes  = 8       // tiles that the transforms take at a time
	winogradGap    = 16      // values between the points of a strip, which would share cache sets if a power of two apart
	largeFilters   = 4 << 20 // values of transformed filters that are not worth their memory for a single strip
	winogradPanels = 4       // panels of filters in a block, at most: a strip's point of the input stays in cache for them

	// winogradWidest keeps the offsets of tiles in a padded region, of some rows of a plane, within an int32.
	winogradWidest = 1 << 24
)

// WinogradFits reports whether [ConvWinograd] can compute g: a dense 3x3 with stride 1, and an output at most
// winogradWidest wide.
func WinogradFits(g Conv) bool {
	return g.FH == 3 && g.FW == 3 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 && g.Groups == 1 &&
		g.OW <= winogradWidest
}

// WinogradPays reports whether [ConvWinograd] is likely the faster way for g on this processor.
func WinogradPays(g Conv) bool {
	if !WinogradFits(g) || !active.fastWinograd {
		return false
	}
	p := planWinograd(&g, active, 1)
	filters := winogradFiltersSize(&g, active)
	if p.strips == 1 && filters > largeFilters {
		return false
	}
	// In multiplications that the tile routine could do meanwhile, as measured on a Zen 5 with AVX-512: the
	// transforms of an input and an output tile take about 1500; a value of the filters takes 22 from memory and, for
	// each strip after the first, 6 from the third-level cache; packing a value of the im2col matrix takes 60.
	area, places := float64(g.C)*float64(g.K), float64(g.OH*g.OW)
	tiles := float64(p.strips * p.strip)
	fast := winogradPoints*area*(tiles+22+6*float64(p.strips-1)) + 1500*tiles*float64(g.C+g.K)
	plain := 9*area*(float64(roundUp(g.OH*g.OW, active.nr))+22) + 9*60*float64(g.C)*places
	return fast < 0.9*plain
}

// winogradPlan is how one convolution is cut. The number of workers decides only which tasks there are, which
// changes no value.
type winogradPlan struct {
	tilesX, tilesY int
	strip, strips  int // tiles of a strip, and strips of one image
	block, blocks  int // filters in a block, and number of blocks
	share, shares  int // blocks in a task, and tasks for each strip
	step           int // from one point of a strip's input to the next
	region         int // values of the padded part of a plane that a strip sees
	regionW        int
}

func planWinograd(g *Conv, r *routines, workers int) winogradPlan {
	p := winogradPlan{tilesX: ceilDiv(g.OW, winogradTile), tilesY: ceilDiv(g.OH, winogradTile)}
	p.strip = stripTiles(r.nr)
	p.strips = ceilDiv(p.tilesX*p.tilesY, p.strip)
	p.step = g.C*p.strip + winogradGap
	// Layers of few filters have small blocks, so that there are some to share.
	p.block = min(winogradPanels, ceilDiv(ceilDiv(g.K, r.mr), winogradPanels)) * r.mr
	p.blocks = ceilDiv(g.K, p.block)
	p.shares = 1
	if workers > 1 {
		// No more than one for each worker: every task transforms its strip's input again.
		p.shares = min(p.blocks, ceilDiv(workers, g.N*p.strips))
	}
	p.share = ceilDiv(p.blocks, p.shares)
	p.shares = ceilDiv(p.blocks, p.share)
	rows := min(p.tilesY, ceilDiv(p.strip-1, p.tilesX)+1)
	p.regionW = p.tilesX*winogradTile + winogradInput - winogradTile
	p.region = (rows*winogradTile + winogradInput - winogradTile) * p.regionW
	return p
}

// stripTiles is the smallest strip that is whole panels of nr tiles and whole
// turns of the transforms.
func stripTiles(nr int) int {
	strip := minStripTiles
	for strip%nr != 0 && strip < maxStripTiles {
		strip += winogradLanes
	}
	return strip
}

// scratch is the number of values that one worker needs: a strip of the transformed input, the products of a
// block, a padded part of a plane, and the transforms' own.
func (p *winogradPlan) scratch() int {
	return winogradPoints*(p.step+p.strip*p.block) + p.region + 2*winogradPoints*winogradLanes
}

// WinogradScratch is the number of values of scratch that [ConvWinograd] needs with that many workers. Kernels
// that do not run at the same time may share it.
func WinogradScratch(g Conv, workers int) int {
	p := planWinograd(&g, active, workers)
	return workers * p.scratch()
}

// WinogradFiltersSize is the number of values that [TransformFilters] writes: about four times the weights.
func WinogradFiltersSize(g Conv) int { return winogradFiltersSize(&g, active) }

func winogradFiltersSize(g *Conv, r *routines) int {
	p := planWinograd(g, r, 1)
	return p.blocks * p.block * winogradPoints * g.C
}

// TransformFilters computes G g G^T of the weights [K, C, 3, 3], laid out as the panels that [ConvWinograd] reads:
// [block][36][panel of filters][C][mr]. It is done once; the original may be released afterwards.
func TransformFilters(dst, weights []float32, g Conv) { transformFilters(dst, weights, &g, active) }

func transformFilters(dst, weights []float32, g *Conv, r *routines) {
	p := planWinograd(g, r, 1)
	dst = dst[:winogradFiltersSize(g, r)]
	clear(dst)
	for k := range g.K {
		block, row := k/p.block, k%p.block
		panel, lane := row/r.mr, row%r.mr
		base := block*p.block*winogradPoints*g.C + panel*g.C*r.mr + lane
		for c := range g.C {
			u := transformFilter(weights[(k*g.C+c)*9:][:9])
			for point, v := range u {
				dst[base+point*p.block*g.C+c*r.mr] = v
			}
		}
	}
}

// transformFilter is G g G^T, in float64.
func transformFilter(g []float32) (u [winogradPoints]float32) {
	var half [3][winogradInput]float64
	for j := range 3 {
		half[j] = filterPoints(float64(g[j]), float64(g[3+j]), float64(g[6+j]))
	}
	for i := range winogradInput {
		for j, v := range filterPoints(half[0][i], half[1][i], half[2][i]) {
			u[i*winogradInput+j] = float32(v)
		}
	}
	return u
}

// filterPoints is G times a column of three.
func filterPoints(a, b, c float64) [winogradInput]float64 {
	return [winogradInput]float64{
		a / 4, -(a + b + c) / 6, -(a - b + c) / 6,
		(a + 2*b + 4*c) / 24, (a - 2*b + 4*c) / 24, c,
	}
}

// ConvWinograd computes a convolution for which [WinogradFits]. dst is [N, K, OH, OW], src [N, C, H, W]; filters
// comes from [TransformFilters] with the same geometry (N, H, W, OH and OW may differ); scratch holds
// [WinogradScratch] values for w.Size() workers.
func ConvWinograd(dst, src, filters, scratch []float32, g Conv, e Epilogue, w *Workers) {
	convWinograd(dst, src, filters, scratch, g, e, w, active)
}

func convWinograd(dst, src, filters, scratch []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	if !WinogradFits(g) {
		panic("kernel: ConvWinograd needs a geometry that WinogradFits")
	}
	p := planWinograd(&g, r, w.Size())
	each := p.scratch()
	j := winogradJob{
		dst: dst[:g.dstSize()], src: src[:g.srcSize()], filters: filters[:winogradFiltersSize(&g, r)],
		local: scratch[:w.Size()*each], each: each, g: g, e: e, p: p, r: r,
	}
	j.bounds, j.rest = e.Act.bounds()
	launch(w, g.N*p.strips*p.shares, j)
}

type winogradJob struct {
	dst, src, filters []float32
	local             []float32 // scratch of all workers
	each              int       // values of it that one worker has
	g                 Conv
	e                 Epilogue
	p                 winogradPlan
	r                 *routines
	bounds            bounds
	rest              Activation // what the bounds leave to do
}

// winogradStripTask is one strip of one image, and the worker's scratch.
type winogradStripTask struct {
	image, tile0, tile1 int

	// offsets are where the tiles begin in the padded region; tiles past the last repeat it.
	offsets [maxStripTiles]int32

	input, products, region, temp []float32
}

func (j *winogradJob) do(task, worker int) {
	p := &j.p
	share := task % p.shares
	task /= p.shares
	local := j.local[worker*j.each:][:j.each]
	cut := func(n int) []float32 {
		part := local[:n]
		local = local[n:]
		return part
	}
	t := winogradStripTask{image: task / p.strips, tile0: task % p.strips * p.strip}
	t.tile1 = min(t.tile0+p.strip, p.tilesX*p.tilesY)
	t.input = cut(winogradPoints * p.step)
	t.products = cut(winogradPoints * p.strip * p.block)
	t.region = cut(p.region)
	t.temp = cut(2 * winogradPoints * winogradLanes)
	j.transformInput(&t)
	for block := share * p.share; block < min((share+1)*p.share, p.blocks); block++ {
		j.multiply(&t, block)
		j.transformOutput(&t, block)
	}
}

// transformInput fills t.input: [36][panel of tiles][C][nr].
func (j *winogradJob) transformInput(t *winogradStripTask) {
	p, g, nr := &j.p, &j.g, j.r.nr
	row0 := t.tile0 / p.tilesX
	rows := (t.tile1-1)/p.tilesX - row0 + 1
	for i := range p.strip {
		tile := min(t.tile0+i, t.tile1-1)
		t.offsets[i] = int32((tile/p.tilesX-row0)*winogradTile*p.regionW + tile%p.tilesX*winogradTile)
	}
	for c := range g.C {
		plane := j.src[(t.image*g.C+c)*g.H*g.W:][:g.H*g.W]
		j.fillRegion(t, plane, row0*winogradTile-g.PT, rows*winogradTile+winogradInput-winogradTile)
		for i := 0; i < p.strip; i += winogradLanes {
			to := t.input[(i/nr*g.C+c)*nr+i%nr:]
			offsets := [winogradLanes]int32(t.offsets[i:])
			if nr%winogradLanes != 0 {
				j.scatterInput(t, i, c, offsets)
				continue
			}
			j.r.inputTransform(to, p.step, t.region, p.regionW, offsets, t.temp)
		}
	}
}

// scatterInput is for panels narrower than the transforms.
func (j *winogradJob) scatterInput(t *winogradStripTask, i, c int, offsets [winogradLanes]int32) {
	nr := j.r.nr
	points := t.temp[winogradPoints*winogradLanes:]
	j.r.inputTransform(points, winogradLanes, t.region, j.p.regionW, offsets, t.temp)
	for point := range winogradPoints {
		for lane := range winogradLanes {
			tile := i + lane
			t.input[point*j.p.step+(tile/nr*j.g.C+c)*nr+tile%nr] = points[point*winogradLanes+lane]
		}
	}
}

// fillRegion copies the rows of a plane from top on, with zeros where they lie outside it.
func (j *winogradJob) fillRegion(t *winogradStripTask, plane []float32, top, rows int) {
	g, width := &j.g, j.p.regionW
	from, to := max(0, g.PL), min(width, g.PL+g.W)
	for y := range rows {
		line := t.region[y*width : (y+1)*width]
		ih := top + y
		if ih < 0 || ih >= g.H || from >= to {
			clear(line)
			continue
		}
		clear(line[:from])
		copy(line[from:to], plane[ih*g.W:])
		clear(line[to:])
	}
}

// multiply computes the 36 products of a block of filters with the strip: [36][filters][tiles].
func (j *winogradJob) multiply(t *winogradStripTask, block int) {
	p, channels, mr, nr := &j.p, j.g.C, j.r.mr, j.r.nr
	filters := j.filters[block*p.block*winogradPoints*channels:]
	rows := min(p.block, roundUp(j.g.K-block*p.block, mr))
	tiles := roundUp(t.tile1-t.tile0, j.r.lanes)
	for point := range winogradPoints {
		a := filters[point*p.block*channels:]
		b := t.input[point*p.step:]
		c := t.products[point*p.block*p.strip:]
		for col := 0; col < tiles; col += nr {
			j.r.multiply(product{
				kc: channels, a: a, b: b[col*channels:], ldb: nr, c: c[col:], ldc: p.strip,
				rows: rows, cols: min(nr, tiles-col),
			})
		}
	}
}

// transformOutput takes a block's products back to outputs.
func (j *winogradJob) transformOutput(t *winogradStripTask, block int) {
	p, g := &j.p, &j.g
	for k := block * p.block; k < min((block+1)*p.block, g.K); k++ {
		var bias float32
		if j.e.Bias != nil {
			bias = j.e.Bias[k]
		}
		plane := j.dst[(t.image*g.K+k)*g.OH*g.OW:][:g.OH*g.OW]
		for i := 0; i < p.strip && t.tile0+i < t.tile1; i += winogradLanes {
			from := t.products[(k-block*p.block)*p.strip+i:]
			outputs := t.temp[winogradPoints*winogradLanes:][:16*winogradLanes]
			j.r.outputTransform(outputs, from, p.block*p.strip, t.temp, bias, j.bounds)
			for lane := range min(winogradLanes, t.tile1-t.tile0-i) {
				j.place(plane, outputs[lane*16:][:16], t.tile0+i+lane)
			}
		}
	}
}

// place writes the 4x4 outputs of a tile, as far as they lie inside the plane.
func (j *winogradJob) place(plane, outputs []float32, tile int) {
	g := &j.g
	y0, x0 := tile/j.p.tilesX*winogradTile, tile%j.p.tilesX*winogradTile
	width := min(winogradTile, g.OW-x0)
	for y := range min(winogradTile, g.OH-y0) {
		row := plane[(y0+y)*g.OW+x0:][:width]
		if width == winogradTile {
			*(*[4]float32)(row) = [4]float32(outputs[y*4:])
		} else {
			copy(row, outputs[y*4:])
		}
		if j.rest.Kind != Identity {
			activate(row, row, j.rest)
		}
	}
}
