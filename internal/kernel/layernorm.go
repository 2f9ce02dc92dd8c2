package kernel

import "math"

// LayerNorm is (x-mean)/sqrt(variance+eps)*gamma + beta with the mean and
// variance of the channels at each position: PyTorch's LayerNorm over C of a
// volume whose channels come last. dst and src are [N, C, area], gamma and beta
// [C]; both may be nil, for 1 and 0. dst may be src.
func LayerNorm(dst, src, gamma, beta []float32, n, c, area int, eps float64, act Activation, w *Workers) {
	size := n * c * area
	launch(w, n*ceilDiv(area, positions), layerNormJob{dst[:size], src[:size], gamma, beta, c, area, eps, act})
}

type layerNormJob struct {
	dst, src, gamma, beta []float32
	c, area               int
	eps                   float64
	act                   Activation
}

// do takes some positions of one image through all channels.
func (j *layerNormJob) do(task, _ int) {
	blocks := ceilDiv(j.area, positions)
	image, p := task/blocks, task%blocks*positions
	width := min(positions, j.area-p)
	first := image*j.c*j.area + p

	var meanBuf, scaleBuf [positions]float64
	mean, scale := meanBuf[:width], scaleBuf[:width]
	for c := range j.c {
		for i, v := range j.src[first+c*j.area:][:width] {
			mean[i] += float64(v)
		}
	}
	for i := range mean {
		mean[i] /= float64(j.c)
	}
	for c := range j.c {
		for i, v := range j.src[first+c*j.area:][:width] {
			d := float64(v) - mean[i]
			scale[i] += d * d
		}
	}
	for i, squares := range scale {
		scale[i] = 1 / math.Sqrt(squares/float64(j.c)+j.eps)
	}
	gamma, beta := 1.0, 0.0
	for c := range j.c {
		if j.gamma != nil {
			gamma, beta = float64(j.gamma[c]), float64(j.beta[c])
		}
		at := first + c*j.area
		dst := j.dst[at : at+width]
		for i, v := range j.src[at : at+width] {
			dst[i] = float32((float64(v)-mean[i])*scale[i]*gamma + beta)
		}
		if j.act.Kind != Identity {
			activate(dst, dst, j.act)
		}
	}
}
