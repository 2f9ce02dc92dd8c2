package kernel

import "math/bits"

// With stride 1 and a filter larger than 1x1, a row of the im2col matrix is a plane of the input, shifted. So it need
// not be packed: the rows of the input that a task reads are copied, with their padding, into a slab, and the product
// routine reads its panel of B from there, each row at an offset of its own. A copy is as large as the input, not as
// many times larger as the filter has taps, and the part of it that a tile reads stays in the first-level cache.
//
// The columns of such a product are places: positions in the padded plane, row after row. Those in the padding are
// computed in vain, and not written.

// slabPlan describes the slab of a task.
type slabPlan struct {
	taps   int // of the filter
	pitch  int // places from one row to the next
	places int // from the first output to the last
	plane  int // values of a channel, with those that the last tile reads in vain
}

const (
	// slabStrip is the number of places of a task, about. The more rows they cover, the fewer are copied twice.
	slabStrip = 480
	// Filters with fewer taps are packed in less time. With more, a block of depth has few channels.
	minSlabTaps = 9
	maxSlabTaps = 49
	// With more filters, slabs hardly pay, and blocks of depth of whole channels are a little smaller than others.
	maxSlabFilters = 192
)

// inSlabs reports whether the routines and the shape of the filter allow slabs. It determines the blocks of depth, and
// therefore must not depend on the size of planes.
func (g *Conv) inSlabs(r *routines) bool {
	taps := g.FH * g.FW
	return r.multiplyTaps != nil && g.SH == 1 && g.SW == 1 && taps >= minSlabTaps && taps <= maxSlabTaps &&
		g.C/g.Groups >= minChannels && g.K/g.Groups <= maxSlabFilters
}

// planSlab returns the plan for strips of slabStrip places.
func planSlab(g *Conv, r *routines) slabPlan {
	right := g.OW - 1 + (g.FW-1)*g.DW - g.PL - (g.W - 1) // padding on the right that outputs read
	s := slabPlan{taps: g.FH * g.FW, pitch: max(g.W+max(g.PL, right, 0), g.OW)}
	s.places = (g.OH-1)*s.pitch + g.OW
	last := s.pitch - 1 + roundUp(slabStrip, r.nr) + r.nr + (g.FH-1)*g.DH*s.pitch + (g.FW-1)*g.DW
	s.plane = ceilDiv(last, s.pitch) * s.pitch
	return s
}

// slabPays reports whether a product with B in a slab takes less time than packing B. On an Intel Sapphire Rapids a slab
// saves the time of multiplying by nine filters, and a hundredth as panels of B stay in the first-level cache.
func slabPays(g *Conv, r *routines) bool {
	// Check the dimensions first, so that their products cannot overflow.
	if !g.inSlabs(r) || max(g.W, g.OW, g.PL, (g.FH-1)*g.DH, (g.FW-1)*g.DW) > maxStage || g.OH > maxPlane/g.OW {
		return false
	}
	s := planSlab(g, r)
	if s.plane > maxStage*s.taps/maxKC {
		return false
	}
	cols := g.OH * g.OW
	if cols%r.nr > r.few {
		cols = roundUp(cols, r.lanes)
	}
	saved := 9/float64(g.K/g.Groups) + 0.01
	return float64(roundUp(s.places, r.nr))*(1-saved) < 0.975*float64(cols)
}

// output returns the first output at or after a place.
func (s *slabPlan) output(g *Conv, place int) int {
	return place/s.pitch*g.OW + min(place%s.pitch, g.OW)
}

// wanted returns which of the n places from place on are outputs: bit i is set for place+i.
func (s *slabPlan) wanted(g *Conv, place, n int) uint64 {
	var wanted uint64
	for i := 0; i < n; {
		x := (place + i) % s.pitch
		if x < g.OW {
			wanted |= lowBits(min(g.OW-x, n-i)) << i
		}
		i += s.pitch - x
	}
	return wanted
}

// fillSlab copies the rows of the channels of rows [k0, k1) of B that the task reads.
func (j *gemmJob) fillSlab(t *gemmTask, k0, k1 int) {
	g, s := &j.g, &j.p.slab
	taps := s.taps
	top := t.col0/s.pitch - g.PT
	rows := (t.col1-1)/s.pitch - t.col0/s.pitch + 1 + (g.FH-1)*g.DH
	row0, row1 := max(0, -top), max(min(rows, g.H-top), 0)
	group := j.group(t)
	for c := k0 / taps; c < k1/taps; c++ {
		slab := t.strip[(c-k0/taps)*s.plane:][:s.plane]
		plane := group[c*g.H*g.W:][:g.H*g.W]
		clear(slab[:min(row0*s.pitch+g.PL, s.plane)])
		for y := row0; y < row1; y++ {
			line := slab[y*s.pitch+g.PL:]
			copy(line, plane[(top+y)*g.W:][:g.W])
			clear(line[g.W:min(s.pitch, len(line))])
		}
		clear(slab[min(max(row0, row1)*s.pitch+g.PL, s.plane):])
	}
}

// tapOffsets sets where the rows of B of a block of depth begin in a slab.
func (j *gemmJob) tapOffsets(offsets []int32) []int32 {
	g, s := &j.g, &j.p.slab
	offsets = offsets[:0]
	for c := range j.p.kc / s.taps {
		for fh := range g.FH {
			for fw := range g.FW {
				offsets = append(offsets, int32(c*s.plane+fh*g.DH*s.pitch+fw*g.DW))
			}
		}
	}
	return offsets
}

// multiplySlab is gemmJob.multiply with B in a slab.
func (j *gemmJob) multiplySlab(t *gemmTask, out []float32, run product) {
	g, s, nr := &j.g, &j.p.slab, j.r.nr
	p := tapProduct{product: run, offsets: t.offsets[:run.kc]}
	for place := t.col0; place < t.col1; place += nr {
		p.wanted = s.wanted(g, place, min(nr, t.col1-place))
		if p.wanted == 0 {
			continue
		}
		p.b = t.strip[place-t.col0/s.pitch*s.pitch:]
		p.c = out[s.output(g, place):]
		j.r.multiplyTaps(p)
	}
}

// tapProduct holds the arguments of routines.multiplyTaps, which multiplies panels of A by a panel of B of nr columns.
// It has no use for ldb, cols, extra and edge.
type tapProduct struct {
	product
	offsets []int32 // where in b each row of B begins
	wanted  uint64  // the columns of B that are multiplied into C, at least one; rows of c have as many values
}

// check panics if a slice is too short for panels of A of mr rows and of B of nr columns, whose last row is the furthest.
func (p *tapProduct) check(mr, nr int) {
	_, _ = p.a[roundUp(p.rows, mr)*p.kc-1], p.b[int(p.offsets[p.kc-1])+nr-1]
	_ = p.c[(p.rows-1)*p.ldc+bits.OnesCount64(p.wanted)-1]
	if p.bias != nil {
		_ = p.bias[roundUp(p.rows, mr)-1]
	}
}
