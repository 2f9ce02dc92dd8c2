package kernel

// Conv is the geometry of a two-dimensional convolution. Weights are [K, C/Groups, FH, FW]. The caller decides the
// output's size. Windows that extend beyond the bottom or right edge of the input read zeros there, so padding on those
// sides, `same` and `ceil` need no fields.
//
// Output position (oh, ow) reads input rows oh*SH - PT + fh*DH and columns ow*SW - PL + fw*DW.
type Conv struct {
	N, C, H, W int // input [N, C, H, W]
	K, OH, OW  int // output [N, K, OH, OW]
	FH, FW     int // filter height and width
	SH, SW     int // stride, at least 1
	PT, PL     int // zeros above and to the left
	DH, DW     int // dilation, at least 1 (no dilation)
	Groups     int // divides C and K; 1 is an ordinary convolution
}

func (g *Conv) srcSize() int { return g.N * g.C * g.H * g.W }
func (g *Conv) dstSize() int { return g.N * g.K * g.OH * g.OW }

// depth returns the number of products in each output value.
func (g *Conv) depth() int { return g.C / g.Groups * g.FH * g.FW }

// validRange returns the range [lo, hi) of outputs o whose input position o*stride + offset is in [0, in).
func validRange(offset, stride, in, out int) (lo, hi int) {
	if offset < 0 {
		lo = ceilDiv(-offset, stride)
	}
	if last := in - 1 - offset; last >= 0 {
		hi = last/stride + 1
	}
	hi = min(hi, out)
	return min(lo, hi), hi
}

// ConvDirect computes a convolution by its definition: seven loops with sums in float64. It is slow, and serves to
// check the fast kernels. dst is [N, K, OH, OW], src [N, C, H, W], weights [K, C/Groups, FH, FW].
func ConvDirect(dst, src, weights []float32, g Conv, e Epilogue, w *Workers) {
	launch(w, g.N*g.K*g.OH, directJob{
		dst[:g.dstSize()], src[:g.srcSize()], weights[:g.K*g.depth()], g, e,
	})
}

type directJob struct {
	dst, src, weights []float32
	g                 Conv
	e                 Epilogue
}

func (j *directJob) do(task, _ int) {
	g := &j.g
	oh, k, n := task%g.OH, task/g.OH%g.K, task/g.OH/g.K
	row := j.dst[task*g.OW : (task+1)*g.OW]
	for ow := range row {
		row[ow] = float32(j.at(n, k, oh, ow))
	}
	j.e.finish(row, k)
}

func (j *directJob) at(n, k, oh, ow int) float64 {
	g := &j.g
	channels := g.C / g.Groups
	first := k / (g.K / g.Groups) * channels
	var sum float64
	for c := range channels {
		for fh := range g.FH {
			for fw := range g.FW {
				ih := oh*g.SH - g.PT + fh*g.DH
				iw := ow*g.SW - g.PL + fw*g.DW
				if ih < 0 || ih >= g.H || iw < 0 || iw >= g.W {
					continue
				}
				x := j.src[((n*g.C+first+c)*g.H+ih)*g.W+iw]
				f := j.weights[((k*channels+c)*g.FH+fh)*g.FW+fw]
				sum += float64(x) * float64(f)
			}
		}
	}
	return sum
}
