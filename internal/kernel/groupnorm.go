package kernel

import "math"

// GroupNorm is the geometry of normalisations over groups of the channels of
// one image: (x-mean)/sqrt(variance+Eps), with the mean and variance of the
// group, then times gamma plus beta. One group is PyTorch's LayerNorm over
// [C, H, W], C groups its InstanceNorm.
type GroupNorm struct {
	N, C, Area int
	Groups     int // divides C
	Eps        float64
	// Each says that every value of an image has a gamma and a beta of its own:
	// they are [C, Area] then, else [C].
	Each bool
}

// NormaliseGroups applies the normalisation: dst and src are [N, C, Area].
// gamma and beta may both be nil, for 1 and 0. dst may be src.
func NormaliseGroups(dst, src, gamma, beta []float32, g GroupNorm, act Activation, w *Workers) {
	size := g.N * g.C * g.Area
	launch(w, g.N*g.Groups, groupNormJob{dst[:size], src[:size], gamma, beta, g, act})
}

type groupNormJob struct {
	dst, src, gamma, beta []float32
	g                     GroupNorm
	act                   Activation
}

// do takes one group of one image. The mean is subtracted before anything is
// multiplied, so that a large one takes no digits from small deviations.
func (j *groupNormJob) do(task, _ int) {
	g := &j.g
	channels := g.C / g.Groups
	size := channels * g.Area
	src, dst := j.src[task*size:][:size], j.dst[task*size:][:size]
	mean := active.sum(src) / float64(size)
	near := float32(mean)
	free, _ := Activation{}.bounds()
	active.affine(dst, src, 1, -near, free)
	rest := mean - float64(near)
	scale := 1 / math.Sqrt(sumOfSquares(dst)/float64(size)-rest*rest+g.Eps)
	first := task % g.Groups * channels
	switch {
	case j.gamma == nil:
		j.finish(dst, scale, -rest*scale)
	case g.Each:
		active.affine(dst, dst, float32(scale), float32(-rest*scale), free)
		gamma, beta := j.gamma[first*g.Area:][:size], j.beta[first*g.Area:][:size]
		for i, v := range dst {
			dst[i] = v*gamma[i] + beta[i]
		}
		activate(dst, dst, j.act)
	default:
		for c := range channels {
			scale := scale * float64(j.gamma[first+c])
			j.finish(dst[c*g.Area:][:g.Area], scale, float64(j.beta[first+c])-rest*scale)
		}
	}
}

func (j *groupNormJob) finish(dst []float32, scale, shift float64) {
	b, rest := j.act.bounds()
	active.affine(dst, dst, float32(scale), float32(shift), b)
	if rest.Kind != Identity {
		activate(dst, dst, rest)
	}
}

// sumOfSquares adds squares up as sum does values.
func sumOfSquares(values []float32) float64 {
	var a, b, c, d float64
	for len(values) >= 4 {
		a += float64(values[0]) * float64(values[0])
		b += float64(values[1]) * float64(values[1])
		c += float64(values[2]) * float64(values[2])
		d += float64(values[3]) * float64(values[3])
		values = values[4:]
	}
	for _, v := range values {
		a += float64(v) * float64(v)
	}
	return (a + b) + (c + d)
}
