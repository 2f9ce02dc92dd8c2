package kernel

// stripWidth is the number of neighbouring outputs of a row in a strip: the values of a 512-bit register.
const stripWidth = 16

// strip is what a routine for windows of 3x3, or of 2x2 with a stride of 2, computes in one call: up to stripWidth
// columns of outputs, from the first row to the last, of some planes. Each row of the input is loaded once, for all
// windows that see it, and columns outside of it are masked: there is no padded copy, and an edge costs no more than
// the middle.
type strip struct {
	planes int // at least 1
	ahead  int // rows of input between the one at hand and the one that is fetched

	dst               *float32 // the first output
	dstStep, dstPlane int      // values from one row of outputs to the next, and from one plane
	outs              int      // rows of outputs, at least 1; the last sees a row of the input
	src               *float32 // the first row of the input that is seen, `first` values into the plane
	first             int
	srcStep, srcPlane int    // values from one row of the input to the next, and from one plane
	rows              int    // rows that are seen, at least 1
	above             int    // rows of padding above them that the first window sees, 0 to 2
	left              int    // column of the input at which the first window begins; negative in padding
	valid             uint64 // bit i tells that column left+i is inside the input
	lanes             uint64 // bit i tells that output i is wanted

	// Of depthwise convolutions only.
	filter *float32 // [planes, 3, 3]
	bias   *float32 // [planes], or nil
	lo, hi float32
}

// stripsFit tells that strips compute the windows g: none is wholly above or below the input.
func stripsFit(g *Conv) bool {
	return g.FH == 3 && g.FW == 3 && g.DH == 1 && g.DW == 1 && g.SH == g.SW && g.SH <= 2 &&
		g.PT <= 2 && (g.OH-1)*g.SH-g.PT < g.H
}

// poolStripsFit is stripsFit for max pools.
func poolStripsFit(g *Conv) bool {
	return stripsFit(g) || g.FH == 2 && g.FW == 2 && g.DH == 1 && g.DW == 1 && g.SH == 2 && g.SW == 2 &&
		g.PT == 0 && (g.OH-1)*g.SH < g.H
}

// stripAhead is how many rows ahead whole planes are fetched. Where a band ends, the rows that follow are another
// worker's, which would lose them.
const stripAhead = 8

// newStrip is the strip of rows [oh0, oh1) of outputs, without its planes and columns.
func newStrip(g *Conv, oh0, oh1 int) strip {
	top := oh0*g.SH - g.PT
	bottom := (oh1-1)*g.SH - g.PT + g.FH
	s := strip{
		dstStep: g.OW, dstPlane: g.OH * g.OW, outs: oh1 - oh0,
		first: max(top, 0) * g.W, srcStep: g.W, srcPlane: g.H * g.W,
		rows: min(bottom, g.H) - max(top, 0), above: max(0, -top),
	}
	if s.outs == g.OH {
		s.ahead = stripAhead
	}
	return s
}

// columns moves the strip to the outputs from column ow on. dst is the first row of outputs, src of the input that
// is seen.
func (s *strip) columns(dst, src []float32, g *Conv, ow int) {
	s.dst, s.src = &dst[ow], &src[0]
	s.lanes = lowBits(min(g.OW-ow, stripWidth))
	s.left = ow*g.SW - g.PL
	s.valid = lowBits(g.W-s.left) &^ lowBits(-s.left)
}

// stripPlanes is the number of planes that are computed together, strip by strip, so that they stay in the
// first-level cache.
func stripPlanes(g *Conv) int { return max(1, 4096/(g.H*g.W)) }

// lowBits has the lowest n bits set.
func lowBits(n int) uint64 {
	switch {
	case n <= 0:
		return 0
	case n >= 64:
		return ^uint64(0)
	}
	return 1<<n - 1
}
