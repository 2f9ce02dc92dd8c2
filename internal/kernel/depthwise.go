package kernel

// ConvDepthwise computes a convolution whose groups have one input channel each: g.Groups == g.C, and K is a multiple
// of C. Output channel k reads only input channel k/(K/C), so there is no matrix product: each filter tap adds a scaled
// input row to an output row. dst is [N, K, OH, OW], src [N, C, H, W], weights [K, 1, FH, FW]. scratch holds
// [DepthwiseScratch] values for w.Size() workers.
func ConvDepthwise(dst, src, weights, scratch []float32, g Conv, e Epilogue, w *Workers) {
	convDepthwise(dst, src, weights, scratch, g, e, w, active)
}

// DepthwiseScratch returns the number of values of scratch that [ConvDepthwise] needs with the given number of workers.
// Kernels that do not run at the same time may share scratch.
func DepthwiseScratch(g Conv, workers int) int { return depthwiseScratch(&g, workers, active) }

func depthwiseScratch(g *Conv, workers int, r *routines) int {
	f := planDepthwise(g, r)
	return workers * f.scratch()
}

// planDepthwise returns the plan of planes to be computed flat.
func planDepthwise(g *Conv, r *routines) flatPlan {
	if r.rowTaps == nil || depthwiseStripsFit(g, r) {
		return flatPlan{}
	}
	return planFlat(*g)
}

func convDepthwise(dst, src, weights, scratch []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	if g.Groups != g.C {
		panic("kernel: ConvDepthwise needs one input channel per group")
	}
	j := depthwiseJob{
		dst: dst[:g.dstSize()], src: src[:g.srcSize()], weights: weights[:g.K*g.FH*g.FW],
		g: g, e: e, r: r, flat: planDepthwise(&g, r), strips: depthwiseStripsFit(&g, r),
		split: splitPlanes(g.N, g.K, g.H*g.W, g.OH, w.Size()),
	}
	if j.flat.width > 0 {
		j.split = splitPlanes(g.N, g.K, wholePlanes, g.OH, w.Size())
	}
	j.local = scratch[:w.Size()*j.flat.scratch()]
	j.lo, j.hi = interior(&g)
	j.bounds, j.rest = e.Act.bounds()
	launch(w, j.split.tasks(), j)
}

type depthwiseJob struct {
	dst, src, weights []float32
	g                 Conv
	e                 Epilogue
	r                 *routines
	lo, hi            int // output columns [lo, hi) read no padding
	bounds            bounds
	rest              Activation // applied after the bounds
	split             planeSplit
	strips            bool // planes are computed in strips
	flat              flatPlan
	local             []float32 // scratch of all workers
}

// interior returns the range of output columns whose taps all lie inside the input, with one more value to their right
// if the stride is not 1.
func interior(g *Conv) (lo, hi int) {
	lo, _ = validRange(-g.PL, g.SW, g.W, g.OW)
	_, hi = validRange((g.FW-1)*g.DW-g.PL+min(g.SW, 2)-1, g.SW, g.W, g.OW)
	return lo, max(hi, lo)
}

func (j *depthwiseJob) do(task, worker int) {
	t := j.split.task(task)
	if j.strips {
		j.doStrips(t)
		return
	}
	for plane := t.first; plane < t.last; plane++ {
		j.plane(plane, t.row0, t.row1, worker)
	}
}

// doStrips computes a task strip by strip, several planes at a time.
func (j *depthwiseJob) doStrips(t planeRange) {
	g := &j.g
	multiple := g.K / g.C
	s := newStrip(g, j.r.stripWidth, t.row0, t.row1)
	s.lo, s.hi = j.bounds.lo, j.bounds.hi
	for plane := t.first; plane < t.last; plane += s.planes {
		k := plane % g.K
		s.planes = 1
		if multiple == 1 {
			s.planes = min(stripPlanes(g), t.last-plane, g.K-k)
		}
		s.filter = &j.weights[k*g.FH*g.FW]
		if j.e.Bias != nil {
			s.bias = &j.e.Bias[k]
		}
		in := j.src[plane/multiple*g.H*g.W+s.first:]
		out := j.dst[(plane*g.OH+t.row0)*g.OW:]
		for ow := 0; ow < g.OW; ow += s.width {
			s.columns(out, in, g, ow)
			s.depthwise(g.FH, g.SH)
		}
		if j.rest.Kind != Identity {
			for p := range s.planes {
				rows := out[p*s.dstPlane:][:s.outs*g.OW]
				activate(rows, rows, j.rest)
			}
		}
	}
}

// plane computes rows [oh0, oh1) of an output plane.
func (j *depthwiseJob) plane(plane, oh0, oh1, worker int) {
	g := &j.g
	k, n := plane%g.K, plane/g.K
	c := k / (g.K / g.C)
	size := g.FH * g.FW
	filter := j.weights[k*size : (k+1)*size]
	in := j.src[(n*g.C+c)*g.H*g.W:][:g.H*g.W]
	out := j.dst[(plane*g.OH+oh0)*g.OW:][:(oh1-oh0)*g.OW]
	var bias float32
	if j.e.Bias != nil {
		bias = j.e.Bias[k]
	}
	if j.flat.width == 0 || !j.flatPlane(out, in, filter, bias, worker) {
		for oh := oh0; oh < oh1; oh++ {
			j.row(out[(oh-oh0)*g.OW:][:g.OW], in, filter, bias, oh)
		}
	}
	if j.rest.Kind != Identity {
		activate(out, out, j.rest)
	}
}

// flatPlane computes a plane flat, or returns false if the routine cannot.
func (j *depthwiseJob) flatPlane(out, in, filter []float32, bias float32, worker int) bool {
	g, f := &j.g, &j.flat
	local := j.local[worker*f.scratch():][:f.scratch()]
	padded, outputs := local[:f.width*f.height], local[f.width*f.height:][:f.outputs]
	f.fill(padded, in, 0)
	t := taps{
		rows: g.FH, step: g.DH * f.width,
		filter: filter, fw: g.FW, dw: g.DW,
		stride: 1, bias: bias, bounds: j.bounds,
	}
	if !j.r.rowTaps(outputs, padded, t) {
		return false
	}
	f.pick(out, outputs)
	return true
}

// row computes an output row: with the routine where windows read no padding, and in portable code at both ends, or
// everywhere if the routine cannot be used.
func (j *depthwiseJob) row(out, in, filter []float32, bias float32, oh int) {
	g := &j.g
	top := oh*g.SH - g.PT
	fh0, fh1 := validRange(top, g.DH, g.H, g.FH)
	if j.r.rowTaps == nil || fh0 == fh1 || j.lo == j.hi {
		j.slowRow(out, in, filter, bias, oh)
		return
	}
	first := (top+fh0*g.DH)*g.W + j.lo*g.SW - g.PL
	t := taps{
		rows: fh1 - fh0, step: g.DH * g.W,
		filter: filter[fh0*g.FW : fh1*g.FW], fw: g.FW, dw: g.DW,
		stride: g.SW, bias: bias, bounds: j.bounds,
	}
	if !j.r.rowTaps(out[j.lo:j.hi], in[first:], t) {
		j.slowRow(out, in, filter, bias, oh)
		return
	}
	plane := in[(top+fh0*g.DH)*g.W:]
	for ow := range j.lo {
		out[ow] = edge(plane, &t, g.W, ow*g.SW-g.PL)
	}
	for ow := j.hi; ow < g.OW; ow++ {
		out[ow] = edge(plane, &t, g.W, ow*g.SW-g.PL)
	}
}

// edge computes an output whose taps begin at column left and lie partly outside the row.
func edge(plane []float32, t *taps, width, left int) float32 {
	sum := t.bias
	for fw := range t.fw {
		column := left + fw*t.dw
		if column < 0 || column >= width {
			continue
		}
		for row := range t.rows {
			sum += t.filter[row*t.fw+fw] * plane[row*t.step+column]
		}
	}
	return min(max(sum, t.bounds.lo), t.bounds.hi)
}

// slowRow computes an output row in portable code.
func (j *depthwiseJob) slowRow(out, in, filter []float32, bias float32, oh int) {
	g := &j.g
	clear(out)
	for fh := range g.FH {
		ih := oh*g.SH - g.PT + fh*g.DH
		if ih < 0 || ih >= g.H {
			continue
		}
		addTaps(out, in[ih*g.W:(ih+1)*g.W], filter[fh*g.FW:(fh+1)*g.FW], g)
	}
	j.r.affine(out, out, 1, bias, j.bounds)
}

// addTaps adds the products of a row of the filter with a row of the input.
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

// addThreeTaps adds three adjacent taps in one pass where all of them lie inside the row, with one load and store of
// the sum instead of three.
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
	// Offsets grow from tap to tap, so lo is lo0 and hi is hi2: the first tap has no other outputs to the left, and the
	// third none to the right.
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

// axpy adds f times every stride-th value of src, starting at index at, to dst.
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
