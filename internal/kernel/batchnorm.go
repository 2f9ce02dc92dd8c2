package kernel

import "math"

// FoldBatchNorm converts batch normalisation with fixed statistics, (x-mean)/sqrt(variance+eps)*gamma + beta, to
// x*scale + shift. All slices are [C]. A nil gamma means 1 and a nil beta 0 (PyTorch's affine=False). scale and
// shift may be any two of the other slices.
func FoldBatchNorm(scale, shift, gamma, beta, mean, variance []float32, eps float64) {
	shift, variance = shift[:len(scale)], variance[:len(scale)]
	for c := range scale {
		s, b := 1.0, 0.0
		if gamma != nil {
			s = float64(gamma[c])
		}
		if beta != nil {
			b = float64(beta[c])
		}
		s /= math.Sqrt(float64(variance[c]) + eps)
		b -= float64(mean[c]) * s
		scale[c], shift[c] = float32(s), float32(b)
	}
}

// ScaleShift computes x*scale + shift with one scale and shift per channel, and applies the activation. dst and src are
// [N, C, area], scale and shift [C]; a nil shift is 0. dst may be src.
func ScaleShift(dst, src, scale, shift []float32, n, c, area int, act Activation, w *Workers) {
	size := n * c * area
	split := splitValues(n, c, area, w.Size())
	launch(w, split.tasks(), scaleJob{dst[:size], src[:size], scale[:c], shift, area, act, split})
}

type scaleJob struct {
	dst, src, scale, shift []float32
	area                   int
	act                    Activation
	split                  planeSplit
}

func (j *scaleJob) do(task, _ int) {
	t := j.split.task(task)
	lo, hi := t.values(j.area)
	b, rest := j.act.bounds()
	for plane := t.first; plane < t.last; plane++ {
		c := plane % len(j.scale)
		dst := j.dst[plane*j.area:][lo:hi]
		shift := float32(0)
		if j.shift != nil {
			shift = j.shift[c]
		}
		active.affine(dst, j.src[plane*j.area:][lo:hi], j.scale[c], shift, b)
		if rest.Kind != Identity {
			activate(dst, dst, rest)
		}
	}
}
