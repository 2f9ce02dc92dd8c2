package kernel

// Transposed is the geometry of a transposed convolution. Input position (ih, iw) adds its value times the filter to
// output rows ih*SH - PT + fh*DH and columns iw*SW - PL + fw*DW. Products outside the output are dropped. PT and PL are
// PyTorch's padding; padding on the other sides and output_padding affect only OH and OW: OH = (H-1)*SH - PT - PB +
// DH*(FH-1) + output_padding + 1.
type Transposed struct {
	N, C, H, W int // input [N, C, H, W]
	K, OH, OW  int // output [N, K, OH, OW]
	FH, FW     int // filter height and width
	SH, SW     int // stride, at least 1
	PT, PL     int // rows and columns dropped above and to the left
	DH, DW     int // dilation, at least 1
	Groups     int // divides C and K
}

// ConvTransposed computes PyTorch's ConvTranspose2d. dst is [N, K, OH, OW], src [N, C, H, W], weights [C, K/Groups, FH,
// FW]. It needs no scratch, as each task sums an output plane over the input channels in place.
func ConvTransposed(dst, src, weights []float32, g Transposed, e Epilogue, w *Workers) {
	launch(w, g.N*g.K, transposedJob{
		dst[:g.N*g.K*g.OH*g.OW],
		src[:g.N*g.C*g.H*g.W],
		weights[:g.C*(g.K/g.Groups)*g.FH*g.FW],
		g, e,
	})
}

type transposedJob struct {
	dst, src, weights []float32
	g                 Transposed
	e                 Epilogue
}

func (j *transposedJob) do(task, _ int) {
	g := &j.g
	k, n := task%g.K, task/g.K
	filters := g.K / g.Groups
	channels := g.C / g.Groups
	group := k / filters
	taps, area := g.FH*g.FW, g.H*g.W

	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	clear(out)
	for c := group * channels; c < (group+1)*channels; c++ {
		plane := j.src[(n*g.C+c)*area:][:area]
		filter := j.weights[(c*filters+k%filters)*taps:][:taps]
		for i, f := range filter {
			scatterTap(out, plane, f, i/g.FW, i%g.FW, g)
		}
	}
	j.e.finish(out, k)
}

// scatterTap adds the plane times one filter value to the output.
func scatterTap(out, plane []float32, f float32, fh, fw int, g *Transposed) {
	// The range of the forward convolution with input and output exchanged.
	offset := fw*g.DW - g.PL
	lo, hi := validRange(offset, g.SW, g.OW, g.W)
	if lo >= hi {
		return
	}
	top, bottom := validRange(fh*g.DH-g.PT, g.SH, g.OH, g.H)
	for ih := top; ih < bottom; ih++ {
		oh := ih*g.SH - g.PT + fh*g.DH
		src := plane[ih*g.W+lo : ih*g.W+hi]
		dst := out[oh*g.OW+lo*g.SW+offset:][:(hi-lo-1)*g.SW+1]
		switch g.SW {
		case 1:
			for i, v := range src {
				dst[i] += f * v
			}
		default:
			for i, v := range src {
				dst[i*g.SW] += f * v
			}
		}
	}
}
