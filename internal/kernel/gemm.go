package kernel

// The matrix product behind ConvIm2col. For each image and group,
//
//	C [K/Groups, OH*OW] = A [K/Groups, depth] * B [depth, OH*OW]
//
// with A the filters, B the im2col matrix and C the output's planes. A task is
// a strip of C's columns and a block of its rows. It walks the depth in blocks
// of kc: packs that part of B's strip into its worker's cache block, and
// multiplies tile by tile. A block of A stays in the second-level cache while
// the strip passes over it, a panel of B in the first-level cache while that
// block passes over it (Goto and van de Geijn, "Anatomy of High-Performance
// Matrix Multiplication", 2008).
const (
	maxKC    = 256 // depth of a block
	maxStrip = 256 // columns of a task, at most: kc*strip values fit a quarter of a 1 MiB cache
	minStrip = 32  // and where a layer has few, at least
	blockMC  = 128 // rows of A that stay in the second-level cache
	minRows  = 64  // rows of a task, at least: below, packing B again for each block would show

	// tasksEach is the number of tasks worth having for each of several
	// workers, so that they end together.
	tasksEach = 4

	// panelGap keeps the panels of a strip apart by other than a power of two:
	// packing writes to all of them in turn, and they would share cache sets.
	panelGap = 16
)

// gemmPlan is how one convolution is cut. The order of each sum follows from
// kc, which depends on the geometry only; the number of workers decides how the
// output is cut into tasks, which changes no value.
type gemmPlan struct {
	rows, cols, depth int // of C and B, per image and group
	paddedRows        int // rows rounded up to whole panels of A
	kc                int // depth of all blocks but the last
	strip, strips     int // columns per task; number of strips
	block, blocks     int // rows per task; number of row blocks
	panel             int // values from one panel of B to the next
}

func planGEMM(g *Conv, r *routines, workers int) gemmPlan {
	p := gemmPlan{rows: g.K / g.Groups, cols: g.OH * g.OW, depth: g.depth()}
	p.paddedRows = roundUp(p.rows, r.mr)
	p.kc = ceilDiv(p.depth, ceilDiv(p.depth, maxKC))
	p.panel = p.kc*r.nr + panelGap

	wanted := 1
	if workers > 1 {
		wanted = ceilDiv(workers*tasksEach, g.N*g.Groups)
	}
	strips := max(ceilDiv(p.cols, maxStrip), min(wanted, ceilDiv(p.cols, minStrip)))
	p.strip = roundUp(ceilDiv(p.cols, strips), r.nr)
	p.strips = ceilDiv(p.cols, p.strip)

	blocks := max(1, min(ceilDiv(wanted, p.strips), p.rows/minRows))
	p.block = roundUp(ceilDiv(p.rows, blocks), r.mr)
	p.blocks = ceilDiv(p.rows, p.block)
	return p
}

// scratch is the number of values that one worker needs: the strip of B, one
// row of it before it is cut into panels, a tile for C's ragged edge, and the
// biases of a block of rows.
func (p *gemmPlan) scratch(r *routines) int {
	return p.strip/r.nr*p.panel + p.strip + r.mr*r.nr + p.block
}

// PackedFiltersSize is the number of values that [PackFilters] writes.
func PackedFiltersSize(g Conv) int { return packedFiltersSize(&g, active) }

func packedFiltersSize(g *Conv, r *routines) int {
	return g.Groups * roundUp(g.K/g.Groups, r.mr) * g.depth()
}

// ConvScratch is the number of values of scratch that [ConvIm2col] needs with
// that many workers. It keeps nothing between calls: kernels that do not run
// at the same time may share it.
func ConvScratch(g Conv, workers int) int { return convScratch(&g, workers, active) }

func convScratch(g *Conv, workers int, r *routines) int {
	p := planGEMM(g, r, workers)
	return workers * p.scratch(r)
}

// ConvIm2col is convolution as im2col times GEMM. The im2col matrix is never
// built: each task packs the part that it needs straight from src into its
// cache block. dst is [N, K, OH, OW], src [N, C, H, W]; packed comes from
// [PackFilters] with the same geometry (N, H, W, OH and OW may differ); scratch
// holds [ConvScratch] values for w.Size() workers.
func ConvIm2col(dst, src, packed, scratch []float32, g Conv, e Epilogue, w *Workers) {
	convIm2col(dst, src, packed, scratch, g, e, w, active)
}

func convIm2col(dst, src, packed, scratch []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	if g.dstSize() == 0 {
		return
	}
	p := planGEMM(&g, r, w.Size())
	each := p.scratch(r)
	launch(w, g.N*g.Groups*p.strips*p.blocks, gemmJob{
		dst:    dst[:g.dstSize()],
		src:    src[:g.srcSize()],
		packed: packed[:packedFiltersSize(&g, r)],
		local:  scratch[:w.Size()*each],
		each:   each,
		g:      g, e: e, p: p, r: r,
	})
}

type gemmJob struct {
	dst, src, packed []float32
	local            []float32 // scratch of all workers
	each             int       // values of it that one worker has
	g                Conv
	e                Epilogue
	p                gemmPlan
	r                *routines
}

// gemmTask is where a task works: rows [row0, row1) of the group's filters,
// columns [col0, col1) of the output's plane.
type gemmTask struct {
	image, group int
	row0, row1   int
	col0, col1   int

	strip, line, edge, bias []float32 // the worker's scratch
}

func (j *gemmJob) task(task, worker int) gemmTask {
	p := &j.p
	block := task % p.blocks
	task /= p.blocks
	strip := task % p.strips
	task /= p.strips
	local := j.local[worker*j.each : (worker+1)*j.each]
	stripSize := p.strip / j.r.nr * p.panel
	return gemmTask{
		image: task / j.g.Groups,
		group: task % j.g.Groups,
		row0:  block * p.block,
		row1:  min((block+1)*p.block, p.rows),
		col0:  strip * p.strip,
		col1:  min((strip+1)*p.strip, p.cols),
		strip: local[:stripSize],
		line:  local[stripSize : stripSize+p.strip],
		edge:  local[stripSize+p.strip:][:j.r.mr*j.r.nr],
		bias:  local[stripSize+p.strip+j.r.mr*j.r.nr:][:p.block],
	}
}

func (j *gemmJob) do(task, worker int) {
	t := j.task(task, worker)
	p := &j.p
	// The planes of this image and group, one row of C each.
	out := j.dst[(t.image*j.g.K+t.group*p.rows)*p.cols:][:p.rows*p.cols]
	filters := j.packed[t.group*p.paddedRows*p.depth:]
	clear(t.bias)
	if j.e.Bias != nil {
		copy(t.bias, j.e.Bias[t.group*p.rows+t.row0:t.group*p.rows+t.row1])
	}
	end, rest := j.e.Act.bounds()
	for k0 := 0; k0 < p.depth; k0 += p.kc {
		k1 := min(k0+p.kc, p.depth)
		j.packStrip(&t, k0, k1)
		a := filters[k0*p.paddedRows:]
		for i0 := t.row0; i0 < t.row1; i0 += roundUp(blockMC, j.r.mr) {
			i1 := min(i0+roundUp(blockMC, j.r.mr), t.row1)
			j.multiply(&t, out, a, i0, i1, tileRun{kc: k1 - k0, add: k0 > 0, last: k1 == p.depth, bounds: end})
		}
	}
	if rest.Kind == Identity {
		return
	}
	for i := t.row0; i < t.row1; i++ {
		row := out[i*p.cols+t.col0 : i*p.cols+t.col1]
		activate(row, row, rest)
	}
}

// tileRun is what the tiles of one block of depth have in common.
type tileRun struct {
	kc        int
	add, last bool
	bounds    bounds
}

// multiply takes rows [i0, i1) of A through the packed strip of B.
func (j *gemmJob) multiply(t *gemmTask, out, a []float32, i0, i1 int, run tileRun) {
	mr, nr, ldc := j.r.mr, j.r.nr, j.p.cols
	for col := t.col0; col < t.col1; col += nr {
		b := t.strip[(col-t.col0)/nr*j.p.panel:][:run.kc*nr]
		for i := i0; i < i1; i += mr {
			var bias []float32
			if run.last {
				bias = t.bias[i-t.row0:][:mr]
			}
			ap := a[i*run.kc : (i+mr)*run.kc]
			c := out[i*ldc+col:]
			rows, cols := min(mr, i1-i), min(nr, t.col1-col)
			if rows == mr && cols == nr {
				j.r.tile(run.kc, ap, b, c, ldc, run.add, bias, run.bounds.lo, run.bounds.hi)
				continue
			}
			if run.add {
				copyRows(t.edge, c, rows, cols, nr, ldc)
			}
			j.r.tile(run.kc, ap, b, t.edge, nr, run.add, bias, run.bounds.lo, run.bounds.hi)
			copyRows(c, t.edge, rows, cols, ldc, nr)
		}
	}
}

// copyRows moves rows of cols values each; ldd and lds are the distances of
// their beginnings. A tile at the edge of C is computed whole, aside, and its
// part inside C then moved to its place.
func copyRows(dst, src []float32, rows, cols, ldd, lds int) {
	for i := range rows {
		copy(dst[i*ldd:i*ldd+cols], src[i*lds:])
	}
}
