package kernel

import "math"

// MaxPool takes the largest value of each window. Padding never wins: it counts
// as -Inf, which is the result where a window holds nothing else. A NaN in a
// window is its result. dst is [N, C, OH, OW], src [N, C, H, W]; scratch holds
// [MaxPoolScratch] values for w.Size() workers.
func MaxPool(dst, src, scratch []float32, g Pool, w *Workers) {
	maxPool(dst, src, scratch, g, w, active)
}

// MaxPoolScratch is the number of values of scratch that [MaxPool] needs with
// that many workers; kernels that do not run at the same time may share it.
func MaxPoolScratch(g Pool, workers int) int {
	f := planFlat(g.window())
	return workers * f.scratch()
}

// window is the pool's geometry as a convolution's.
func (g *Pool) window() Conv {
	return Conv{
		N: g.N, C: g.C, H: g.H, W: g.W, K: g.C, OH: g.OH, OW: g.OW,
		FH: g.FH, FW: g.FW, SH: g.SH, SW: g.SW, PT: g.PT, PL: g.PL, DH: g.DH, DW: g.DW, Groups: g.C,
	}
}

func maxPool(dst, src, scratch []float32, g Pool, w *Workers, r *routines) {
	f := planFlat(g.window())
	if f.width == 0 {
		pool(dst, src, g, poolMax, w, r)
		return
	}
	launch(w, g.N*g.C, maxPoolJob{
		dst: dst[:g.N*g.C*g.OH*g.OW], src: src[:g.N*g.C*g.H*g.W],
		local: scratch[:w.Size()*f.scratch()], flat: f, r: r,
	})
}

// maxPoolJob pools planes that are computed flat.
type maxPoolJob struct {
	dst, src []float32
	local    []float32 // scratch of all workers
	flat     flatPlan
	r        *routines
}

// do takes the maximum of each window's columns, and then of those along its
// rows.
func (j *maxPoolJob) do(task, worker int) {
	f, g := &j.flat, &j.flat.g
	local := j.local[worker*f.scratch():][:f.scratch()]
	padded, columns := local[:f.width*f.height], local[f.width*f.height:]
	f.fill(padded, j.src[task*g.H*g.W:][:g.H*g.W], float32(math.Inf(-1)))
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
	f.pick(j.dst[task*g.OH*g.OW:][:g.OH*g.OW], outputs)
}
