package kernel

import "math"

// MaxPool computes the maximum of each window. Padding counts as -Inf, which is also the result of a window that holds
// only padding. The result of a window with a NaN is NaN. dst is [N, C, OH, OW], src [N, C, H, W]. scratch holds
// [MaxPoolScratch] values for w.Size() workers.
func MaxPool(dst, src, scratch []float32, g Pool, w *Workers) {
	maxPool(dst, src, scratch, g, w, active)
}

// MaxPoolScratch returns the number of values of scratch that [MaxPool] needs with the given number of workers. Kernels
// that do not run at the same time may share scratch.
func MaxPoolScratch(g Pool, workers int) int { return maxPoolScratch(&g, workers, active) }

func maxPoolScratch(g *Pool, workers int, r *routines) int {
	f := planMaxPool(g.window(), r)
	return workers * f.scratch()
}

// planMaxPool returns the plan of planes to be computed flat.
func planMaxPool(g Conv, r *routines) flatPlan {
	if poolStripsFit(&g, r) {
		return flatPlan{}
	}
	return planFlat(g)
}

// window returns the geometry of the pool as that of a convolution.
func (g *Pool) window() Conv {
	return Conv{
		N: g.N, C: g.C, H: g.H, W: g.W, K: g.C, OH: g.OH, OW: g.OW,
		FH: g.FH, FW: g.FW, SH: g.SH, SW: g.SW, PT: g.PT, PL: g.PL, DH: g.DH, DW: g.DW, Groups: g.C,
	}
}

func maxPool(dst, src, scratch []float32, g Pool, w *Workers, r *routines) {
	window := g.window()
	dst, src = dst[:window.dstSize()], src[:window.srcSize()]
	if poolStripsFit(&window, r) {
		split := splitPlanes(g.N, g.C, g.H*g.W, g.OH, w.Size())
		launch(w, split.tasks(), stripPoolJob{dst, src, window, split, r.stripWidth})
		return
	}
	f := planFlat(window)
	if f.width == 0 {
		pool(dst, src, g, poolMax, w, r)
		return
	}
	split := splitPlanes(g.N, g.C, wholePlanes, g.OH, w.Size())
	launch(w, split.tasks(), maxPoolJob{
		dst: dst, src: src, local: scratch[:w.Size()*f.scratch()], flat: f, split: split, r: r,
	})
}

// stripPoolJob pools planes in strips.
type stripPoolJob struct {
	dst, src []float32
	g        Conv
	split    planeSplit
	width    int // of strips
}

func (j *stripPoolJob) do(task, _ int) {
	g, t := &j.g, j.split.task(task)
	s := newStrip(g, j.width, t.row0, t.row1)
	for plane := t.first; plane < t.last; plane += s.planes {
		s.planes = min(stripPlanes(g), t.last-plane)
		in := j.src[plane*s.srcPlane+s.first:]
		out := j.dst[plane*s.dstPlane+t.row0*g.OW:]
		for ow := 0; ow < g.OW; ow += s.width {
			s.columns(out, in, g, ow)
			s.maxPool(g.FH, g.SH)
		}
	}
}

// maxPoolJob pools planes that are computed flat.
type maxPoolJob struct {
	dst, src []float32
	local    []float32 // scratch of all workers
	flat     flatPlan
	split    planeSplit
	r        *routines
}

func (j *maxPoolJob) do(task, worker int) {
	t := j.split.task(task)
	for plane := t.first; plane < t.last; plane++ {
		j.plane(plane, worker)
	}
}

// plane computes the maximum of each column of a window, and then the maximum of those.
func (j *maxPoolJob) plane(plane, worker int) {
	f, g := &j.flat, &j.flat.g
	local := j.local[worker*f.scratch():][:f.scratch()]
	padded, columns := local[:f.width*f.height], local[f.width*f.height:]
	f.fill(padded, j.src[plane*g.H*g.W:][:g.H*g.W], float32(math.Inf(-1)))
	columns = columns[:f.outputs+(g.FW-1)*g.DW]
	copy(columns, padded)
	for fh := 1; fh < g.FH; fh++ {
		j.r.maxRow(columns, padded[fh*g.DH*f.width:], 1)
	}
	outputs := padded[:f.outputs]
	copy(outputs, columns)
	for fw := 1; fw < g.FW; fw++ {
		j.r.maxRow(outputs, columns[fw*g.DW:], 1)
	}
	f.pick(j.dst[plane*g.OH*g.OW:][:g.OH*g.OW], outputs)
}
