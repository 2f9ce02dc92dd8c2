package kernel

// The matrix product of ConvIm2col. For each image and group,
//
//	C [K/Groups, OH*OW] = A [K/Groups, depth] * B [depth, OH*OW]
//
// with A the filters, B the im2col matrix and C the output planes. A task computes a strip of C's columns and a block
// of its rows. It loops over the depth in blocks of kc: it packs that part of B's strip into its worker's scratch, and
// multiplies it tile by tile. A block of A stays in the second-level cache while it is multiplied by the strip, and a
// panel of B in the first-level cache while it is multiplied by that block (Goto and van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", 2008).
const (
	maxKC    = 384 // depth of a block
	maxStrip = 240 // columns of a task, at most: kc*strip values fit in a third of a 1 MiB cache
	maxWide  = 720 // columns, at most, for inputs with few channels
	minStrip = 96  // columns of a task, at least, if several workers share the columns instead of the rows
	blockMC  = 128 // rows of A that stay in the second-level cache

	// panelGap prevents panels of a strip from being a power of two apart: they would share cache sets, and packing
	// writes to all of them in turn.
	panelGap = 16
)

// gemmPlan says how a convolution is divided. kc, which depends on the geometry alone, determines the order of each
// sum. The number of workers determines only the tasks, which do not affect the result.
type gemmPlan struct {
	rows, cols, depth int // of C and B, per image and group
	span              int // columns that strips divide: those of C or, in slabs, places
	paddedRows        int // rows, rounded up to whole panels of A
	kc                int // depth of all blocks but the last
	unit, units       int // columns of a unit, of which strips are multiples but for the last; number of units
	strip, strips     int // columns of the widest strip; number of strips
	block, blocks     int // rows per task; number of row blocks
	panel             int // values from one panel of B to the next

	packing packing
	stage   stagePlan
	slab    slabPlan
}

func planGEMM(g *Conv, r *routines, workers int) gemmPlan {
	p := gemmPlan{rows: g.K / g.Groups, cols: g.OH * g.OW, depth: g.depth()}
	p.paddedRows = roundUp(p.rows, r.mr)
	p.kc = blockDepth(g, r)
	p.panel = p.kc*r.nr + panelGap

	p.span = p.cols
	slab := slabPays(g, r)
	if slab {
		p.slab = planSlab(g, r)
		p.span = p.slab.places
	}
	p.strips = ceilDiv(p.span, p.widestStrip(g))
	p.blocks = 1
	// Divide the columns if strips are wide enough, as each block of rows packs B again.
	if pieces := ceilDiv(workers, g.N*g.Groups); p.span >= pieces*minStrip {
		p.strips = roundUp(p.strips, pieces)
	} else {
		p.blocks = min(pieces, ceilDiv(p.rows, r.mr))
	}
	p.block = roundUp(ceilDiv(p.rows, p.blocks), r.mr)
	p.blocks = ceilDiv(p.rows, p.block)
	if slab {
		p.packing = packSlab
		p.divideEvenly(r.nr)
		return p
	}
	p.divideColumns(r)
	p.packing, p.stage = planPacking(g, r, p.strip)
	return p
}

// blockDepth returns the depth of blocks. Where B can be in slabs, blocks have whole channels.
func blockDepth(g *Conv, r *routines) int {
	unit, units := 1, g.depth()
	if g.inSlabs(r) {
		unit, units = g.FH*g.FW, g.C/g.Groups
	}
	return ceilDiv(units, ceilDiv(units, maxKC/unit)) * unit
}

// widestStrip returns the number of columns of a task, at most. Inputs with few channels are packed through a stage, for
// which strips read some rows twice: the more rows a strip covers, the fewer. With a small depth, wide strips fit in the
// cache.
func (p *gemmPlan) widestStrip(g *Conv) int {
	if p.slab.places > 0 {
		return slabStrip
	}
	if g.C/g.Groups < minChannels {
		return min(maxStrip*maxKC/p.kc, maxWide)
	}
	return maxStrip
}

// divideColumns makes strips of whole panels, with a few more columns in the last one if the routines compute a few
// fast, or of whole vectors if the widest strip is narrower then.
func (p *gemmPlan) divideColumns(r *routines) {
	vectors := ceilDiv(p.cols, r.lanes)
	p.strips = min(p.strips, vectors)
	panels := p.cols / r.nr
	if panels == 0 || p.cols%r.nr > r.few {
		panels++
	}
	p.unit, p.units = r.lanes, vectors
	if p.strips <= panels && ceilDiv(panels, p.strips)*r.nr <= ceilDiv(vectors, p.strips)*r.lanes {
		p.unit, p.units = r.nr, panels
	}
	p.strip = min(ceilDiv(p.units, p.strips)*p.unit+max(p.cols-p.units*p.unit, 0), roundUp(p.cols, r.lanes))
}

// divideEvenly makes strips of whole panels.
func (p *gemmPlan) divideEvenly(nr int) {
	p.unit, p.units = nr, ceilDiv(p.span, nr)
	p.strips = min(p.strips, p.units)
	p.strip = ceilDiv(p.units, p.strips) * nr
}

// scratch returns the number of values that each worker needs: the strip of B, one row of it before it is split into
// panels or the stage from which it is packed, a tile for the edges of C, and the biases of a block of rows.
func (p *gemmPlan) scratch(r *routines) int {
	return p.stripSize(r) + p.lineSize() + r.mr*r.nr + p.block
}

func (p *gemmPlan) stripSize(r *routines) int {
	switch p.packing {
	case packNone:
		return 0
	case packSlab:
		return p.kc / p.slab.taps * p.slab.plane
	}
	return ceilDiv(p.strip, r.nr) * p.panel
}

func (p *gemmPlan) lineSize() int {
	if p.packing == packLines {
		return p.strip
	}
	return p.stage.size
}

// PackedFiltersSize returns the number of values that [PackFilters] writes.
func PackedFiltersSize(g Conv) int { return packedFiltersSize(&g, active) }

func packedFiltersSize(g *Conv, r *routines) int {
	return g.Groups * roundUp(g.K/g.Groups, r.mr) * g.depth()
}

// ConvScratch returns the number of values of scratch that [ConvIm2col] needs with the given number of workers. Kernels
// that do not run at the same time may share scratch.
func ConvScratch(g Conv, workers int) int { return convScratch(&g, workers, active) }

func convScratch(g *Conv, workers int, r *routines) int {
	joined := g.joined()
	p := planGEMM(&joined, r, workers)
	return workers * p.scratch(r)
}

// ConvIm2col computes a convolution as a matrix product. The im2col matrix is never built: each task packs the part
// that it needs directly from src. dst is [N, K, OH, OW], src [N, C, H, W]. packed comes from [PackFilters] with the
// same geometry (N, H, W, OH and OW may differ). scratch holds [ConvScratch] values for w.Size() workers.
func ConvIm2col(dst, src, packed, scratch []float32, g Conv, e Epilogue, w *Workers) {
	convIm2col(dst, src, packed, scratch, g, e, w, active)
}

func convIm2col(dst, src, packed, scratch []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	if g.dstSize() == 0 {
		return
	}
	g = g.joined()
	p := planGEMM(&g, r, w.Size())
	each := p.scratch(r)
	launch(w, g.N*g.Groups*p.strips*p.blocks, gemmJob{
		dst:     dst[:g.dstSize()],
		src:     src[:g.srcSize()],
		packed:  packed[:packedFiltersSize(&g, r)],
		local:   scratch[:w.Size()*each],
		each:    each,
		workers: w,
		g:       g, e: e, p: p, r: r,
	})
}

type gemmJob struct {
	dst, src, packed []float32
	local            []float32 // scratch of all workers
	each             int       // values of scratch per worker
	workers          *Workers
	g                Conv
	e                Epilogue
	p                gemmPlan
	r                *routines
}

// gemmTask is the part of the product that a task computes: rows [row0, row1) of the group's filters, and columns
// [col0, col1) of the output plane, or places in a slab.
type gemmTask struct {
	image, group int
	row0, row1   int
	col0, col1   int

	strip, line, edge, bias []float32 // the worker's scratch
	steps                   []packStep
	offsets                 []int32
}

// task returns a task. Adjacent tasks write adjacent parts of the output.
func (j *gemmJob) task(task, worker int) gemmTask {
	p := &j.p
	strip := task % p.strips
	task /= p.strips
	block := task % p.blocks
	task /= p.blocks
	t := gemmTask{
		image: task / j.g.Groups,
		group: task % j.g.Groups,
		row0:  block * p.block,
		row1:  min((block+1)*p.block, p.rows),
		col0:  p.units * strip / p.strips * p.unit,
		col1:  p.units * (strip + 1) / p.strips * p.unit,
	}
	if strip == p.strips-1 {
		t.col1 = p.span
	}
	local := scratch(j.local[worker*j.each : (worker+1)*j.each])
	t.strip = local.take(p.stripSize(j.r))
	t.line = local.take(p.lineSize())
	t.edge = local.take(j.r.mr * j.r.nr)
	t.bias = local.take(p.block)
	switch lane := &j.workers.lanes[worker]; p.packing {
	case packTaps, packStages:
		t.steps = j.findSteps(&t, lane.steps[:0])
	case packSlab:
		t.offsets = j.tapOffsets(lane.offsets[:])
	}
	return t
}

func (j *gemmJob) do(task, worker int) {
	t := j.task(task, worker)
	p := &j.p
	// The planes of this image and group. Each is a row of C.
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
		run := product{kc: k1 - k0, ldb: j.r.nr, ldc: p.cols, add: k0 > 0 || j.e.Accumulate, bounds: end, edge: t.edge}
		for i0 := t.row0; i0 < t.row1; i0 += roundUp(blockMC, j.r.mr) {
			run.rows = min(roundUp(blockMC, j.r.mr), t.row1-i0)
			run.a = filters[k0*p.paddedRows+i0*run.kc:]
			if k1 == p.depth {
				run.bias = t.bias[i0-t.row0:]
			}
			if p.packing == packSlab {
				j.multiplySlab(&t, out[i0*p.cols:], run)
			} else {
				j.multiply(&t, out[i0*p.cols:], run, k0)
			}
		}
	}
	if rest.Kind == Identity {
		return
	}
	first, last := t.col0, t.col1
	if p.packing == packSlab {
		first, last = p.slab.output(&j.g, first), p.slab.output(&j.g, last)
	}
	for i := t.row0; i < t.row1; i++ {
		row := out[i*p.cols+first : i*p.cols+last]
		activate(row, row, rest)
	}
}

// multiply multiplies run's rows of A by the task's columns of B. The strip holds the rows of B from k0 on.
func (j *gemmJob) multiply(t *gemmTask, out []float32, run product, k0 int) {
	nr := j.r.nr
	for col := t.col0; col < t.col1; col += run.cols {
		run.cols = j.r.columns(t.col1 - col)
		run.c = out[col:]
		next := nr // where the panel after this one begins
		if j.p.packing == packNone {
			run.ldb = j.p.cols
			run.b = j.group(t)[k0*run.ldb+col:]
			run.ahead = j.ahead(t, k0, col, col+run.cols)
		} else {
			run.b = t.strip[(col-t.col0)/nr*j.p.panel:]
			next = j.p.panel
		}
		if run.cols > nr {
			run.extra, run.ldextra = run.b[next:], run.ldb
		}
		j.r.multiply(run)
	}
}

// ahead returns how far after the panel of B at row k0 and columns [col, end) the next one begins, of a convolution whose
// input is not packed: to its right, then at the left of the next block of depth, then at the top of the next strip.
func (j *gemmJob) ahead(t *gemmTask, k0, col, end int) int {
	switch {
	case end < t.col1:
		return end - col
	case k0+j.p.kc < j.p.depth:
		return t.col0 - col + j.p.kc*j.p.cols
	case t.col1 < j.p.cols:
		return t.col1 - col - k0*j.p.cols
	}
	return 0
}

// group returns the planes of the input that a task reads.
func (j *gemmJob) group(t *gemmTask) []float32 {
	channels := j.g.C / j.g.Groups
	area := j.g.H * j.g.W
	return j.src[(t.image*j.g.C+t.group*channels)*area:][:channels*area]
}
