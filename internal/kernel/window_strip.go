package kernel

// strip holds the arguments of a routine for windows of 3x3, of 5x5 in a depthwise convolution, or of 2x2 with stride 2
// in a pool. One call computes all rows of up to width columns of outputs, in some planes. Each row of the input is
// loaded once for all windows that read it, and columns outside the input are masked. So there is no padded copy, and
// edges cost hardly more than the middle.
type strip struct {
	width  int // 16 or 8: the outputs of a row
	planes int // at least 1
	ahead  int // rows of input between the current one and the one prefetched, if the routine prefetches

	dst               *float32 // the first output
	dstStep, dstPlane int      // values from one row of outputs to the next, and from one plane
	outs              int      // rows of outputs, at least 1; the last reads a row of the input
	src               *float32 // the first row of the input that is read, `first` values into the plane
	first             int
	srcStep, srcPlane int    // values from one row of the input to the next, and from one plane
	rows              int    // rows of the input that are read, at least 1
	above             int    // rows of padding above them in the first window, fewer than a window has
	left              int    // first column of the first window in the input; negative in padding
	valid             uint64 // bit i is set if column left+i is inside the input
	lanes             uint64 // bit i is set if output i is wanted

	// For depthwise convolutions only.
	filter *float32 // [planes, F, F]
	bias   *float32 // [planes], or nil
	lo, hi float32
}

// depthwiseStripsFit reports whether strips can compute a depthwise convolution.
func depthwiseStripsFit(g *Conv, r *routines) bool {
	return r.stripWidth > 0 && (g.FH == 3 || g.FH == 5) && g.SH <= 2 && stripsFit(g, r)
}

// poolStripsFit reports whether strips can compute a max pool.
func poolStripsFit(g *Conv, r *routines) bool {
	return r.stripWidth > 0 && (g.FH == 3 && g.SH <= 2 || g.FH == 2 && g.SH == 2 && g.PT == 0) && stripsFit(g, r)
}

// stripsFit reports whether the input and windows are as strips need them, but for the windows' size and stride. No
// window may lie wholly above or below the input.
func stripsFit(g *Conv, r *routines) bool {
	return g.W >= r.stripColumns && g.FH == g.FW && g.SH == g.SW && g.DH == 1 && g.DW == 1 &&
		g.PT < g.FH && (g.OH-1)*g.SH-g.PT < g.H
}

// stripAhead is the number of rows to prefetch in whole planes. In bands nothing is prefetched, as the rows after a
// band are in another worker's cache, which would lose them.
const stripAhead = 8

// newStrip returns a strip for rows [oh0, oh1) of outputs, without planes and columns.
func newStrip(g *Conv, width, oh0, oh1 int) strip {
	top := oh0*g.SH - g.PT
	bottom := (oh1-1)*g.SH - g.PT + g.FH
	s := strip{
		width:   width,
		dstStep: g.OW, dstPlane: g.OH * g.OW, outs: oh1 - oh0,
		first: max(top, 0) * g.W, srcStep: g.W, srcPlane: g.H * g.W,
		rows: min(bottom, g.H) - max(top, 0), above: max(0, -top),
	}
	if s.outs == g.OH {
		s.ahead = stripAhead
	}
	return s
}

// columns moves the strip to the outputs from column ow on. dst is the first row of outputs, src the first row of the
// input that is read.
func (s *strip) columns(dst, src []float32, g *Conv, ow int) {
	s.dst, s.src = &dst[ow], &src[0]
	s.lanes = lowBits(min(g.OW-ow, s.width))
	s.left = ow*g.SW - g.PL
	s.valid = lowBits(g.W-s.left) &^ lowBits(-s.left)
}

// stripPlanes returns the number of planes to compute together, strip by strip, so that they stay in the first-level
// cache.
func stripPlanes(g *Conv) int { return max(1, 4096/(g.H*g.W)) }

// lowBits returns a number with the lowest n bits set.
func lowBits(n int) uint64 {
	switch {
	case n <= 0:
		return 0
	case n >= 64:
		return ^uint64(0)
	}
	return 1<<n - 1
}
