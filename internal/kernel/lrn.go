package kernel

import "math"

// LRN is local response normalisation across channels with PyTorch's settings:
//
//	dst[c] = src[c] / (K + Alpha/Size * sum of src[i]^2)^Beta
//
// with i from c - Size/2 to c + (Size-1)/2, limited to existing channels. The AlexNet paper has Alpha instead of
// Alpha/Size. Caffe's within-channel form differs too.
type LRN struct {
	N, C, H, W     int
	Size           int
	Alpha, Beta, K float64
}

// Normalise applies local response normalisation: dst and src are [N, C, H, W].
func Normalise(dst, src []float32, g LRN, w *Workers) {
	area := g.H * g.W
	launch(w, g.N*ceilDiv(area, positions), lrnJob{dst[:g.N*g.C*area], src[:g.N*g.C*area], g})
}

type lrnJob struct {
	dst, src []float32
	g        LRN
}

// do computes all channels at some positions of an image. It computes the sum anew for each channel, as a running sum
// would keep an infinity that has left the window.
func (j *lrnJob) do(task, _ int) {
	g := &j.g
	area := g.H * g.W
	blocks := ceilDiv(area, positions)
	image, p := task/blocks, task%blocks*positions
	width := min(positions, area-p)
	first := image*g.C*area + p

	var buf [positions]float32
	sum := buf[:width]
	for c := range g.C {
		clear(sum)
		lo, hi := max(0, c-g.Size/2), min(g.C, c+(g.Size-1)/2+1)
		for i := lo; i < hi; i++ {
			for x, v := range j.src[first+i*area:][:width] {
				sum[x] += v * v
			}
		}
		at := first + c*area
		g.divide(j.dst[at:at+width], j.src[at:at+width], sum)
	}
}

func (g *LRN) divide(dst, src, sum []float32) {
	scale := g.Alpha / float64(g.Size)
	if g.Beta == 0.75 { // the AlexNet paper's value, and several times as fast as Pow
		for x, v := range src {
			root := math.Sqrt(g.K + scale*float64(sum[x]))
			dst[x] = float32(float64(v) / (root * math.Sqrt(root)))
		}
		return
	}
	for x, v := range src {
		dst[x] = float32(float64(v) / math.Pow(g.K+scale*float64(sum[x]), g.Beta))
	}
}
