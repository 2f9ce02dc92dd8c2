package kernel

// ConvDepthwise is the convolution whose groups hold one input channel each:
// g.Groups == g.C, and K a multiple of C. Output channel k sees input channel
// k/(K/C) only, so there is no matrix to multiply: each filter tap adds a
// scaled input row to an output row. dst is [N, K, OH, OW], src [N, C, H, W],
// weights [K, 1, FH, FW]. No scratch.
func ConvDepthwise(dst, src, weights []float32, g Conv, e Epilogue, w *Workers) {
	if g.Groups != g.C {
		panic("kernel: ConvDepthwise needs one input channel per group")
	}
	launch(w, g.N*g.K, depthwiseJob{
		dst[:g.dstSize()], src[:g.srcSize()], weights[:g.K*g.FH*g.FW], g, e,
	})
}

type depthwiseJob struct {
	dst, src, weights []float32
	g                 Conv
	e                 Epilogue
}

func (j *depthwiseJob) do(task, _ int) {
	g := &j.g
	k, n := task%g.K, task/g.K
	c := k / (g.K / g.C)
	taps := g.FH * g.FW
	filter := j.weights[k*taps : (k+1)*taps]
	in := j.src[(n*g.C+c)*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	clear(out)
	for oh := range g.OH {
		row := out[oh*g.OW : (oh+1)*g.OW]
		for fh := range g.FH {
			ih := oh*g.SH - g.PT + fh*g.DH
			if ih < 0 || ih >= g.H {
				continue
			}
			addTaps(row, in[ih*g.W:(ih+1)*g.W], filter[fh*g.FW:(fh+1)*g.FW], g)
		}
	}
	j.e.finish(out, k)
}

// addTaps adds what one row of the filter makes of one row of the input.
func addTaps(dst, src, filter []float32, g *Conv) {
	fw := 0
	for ; fw+3 <= len(filter); fw += 3 {
		addThreeTaps(dst, src, filter[fw:fw+3], fw*g.DW-g.PL, g)
	}
	for ; fw < len(filter); fw++ {
		offset := fw*g.DW - g.PL
		lo, hi := validRange(offset, g.SW, g.W, g.OW)
		axpy(dst[lo:hi], src, filter[fw], lo*g.SW+offset, g.SW)
	}
}

// addThreeTaps takes three neighbouring taps in one pass where all of them lie
// inside the row: one load and store of the sum instead of three.
func addThreeTaps(dst, src, filter []float32, offset int, g *Conv) {
	lo0, hi0 := validRange(offset, g.SW, g.W, g.OW)
	lo1, hi1 := validRange(offset+g.DW, g.SW, g.W, g.OW)
	lo2, hi2 := validRange(offset+2*g.DW, g.SW, g.W, g.OW)
	lo, hi := max(lo0, lo1, lo2), min(hi0, hi1, hi2)
	if lo >= hi {
		axpy(dst[lo0:hi0], src, filter[0], lo0*g.SW+offset, g.SW)
		axpy(dst[lo1:hi1], src, filter[1], lo1*g.SW+offset+g.DW, g.SW)
		axpy(dst[lo2:hi2], src, filter[2], lo2*g.SW+offset+2*g.DW, g.SW)
		return
	}
	// The first tap alone can hang over on the right, the last on the left:
	// offsets grow from tap to tap, so lo is lo0 and hi is hi2.
	axpy(dst[lo1:lo], src, filter[1], lo1*g.SW+offset+g.DW, g.SW)
	axpy(dst[lo2:lo], src, filter[2], lo2*g.SW+offset+2*g.DW, g.SW)
	axpy(dst[hi:hi0], src, filter[0], hi*g.SW+offset, g.SW)
	axpy(dst[hi:hi1], src, filter[1], hi*g.SW+offset+g.DW, g.SW)

	f0, f1, f2 := filter[0], filter[1], filter[2]
	at := lo*g.SW + offset
	out := dst[lo:hi]
	if g.SW == 1 {
		s0 := src[at:][:len(out)]
		s1 := src[at+g.DW:][:len(out)]
		s2 := src[at+2*g.DW:][:len(out)]
		for i := range out {
			out[i] += f0*s0[i] + f1*s1[i] + f2*s2[i]
		}
		return
	}
	stride, dilation := g.SW, g.DW
	for i := range out {
		out[i] += f0*src[at] + f1*src[at+dilation] + f2*src[at+2*dilation]
		at += stride
	}
}

// axpy adds f times every stride-th value of src, from index at on, to dst.
func axpy(dst, src []float32, f float32, at, stride int) {
	if len(dst) == 0 {
		return
	}
	src = src[at : at+(len(dst)-1)*stride+1]
	if stride == 1 {
		for i, v := range src {
			dst[i] += f * v
		}
		return
	}
	for i := range dst {
		dst[i] += f * src[i*stride]
	}
}
