package shape

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/op"
)

// Field is the receptive field of a layer's values on both axes of the picture.
type Field struct {
	W, H FieldAxis
}

// FieldAxis is the receptive field on one axis, in pixels of the picture: value o is computed from pixels of the
// Size that start at Start + o*Jump, and from no others. Borders are left out of account, as is usual (Araujo et al.,
// "Computing Receptive Fields of Convolutional Neural Networks", 2019): a field may reach into the padding, so that
// Start is below zero or Size above the picture's, and it is a hull: with dilation not all pixels in it count.
//
// Of several paths it holds all, from the first pixel of any to the last: where the fields of paths lie one within the
// other it is the largest. Where values differ, as those behind an UPSAMPLE do, Size is the largest, and the place of
// each that of its field up to the rounding of o*Jump.
type FieldAxis struct {
	Size  int64
	Jump  Ratio // 0 where all values see the same pixels; these are then within the picture
	Start int64
	// Unknown is why nothing is known, "" otherwise.
	Unknown string
}

// IsShared tells that all values see the same pixels, as those of FC and GAP do.
func (a FieldAxis) IsShared() bool { return a.Jump.Num == 0 }

// Ratio is a fraction in lowest terms.
type Ratio struct{ Num, Den int64 }

// Why a field may not be known.
const (
	unlikePaths = "its paths move on by unlike steps, or do not see the same"
	uneven      = "its values see fields that repeat after too many places"
	beyond      = "it passes what can be counted"
)

// Bounds of the work: no real network comes near. A pixel is at most maxPixel, which JSON's numbers hold exactly.
const (
	maxPeriod = 1 << 8  // of one node
	maxSpans  = 1 << 18 // of the nodes with a period above 1 together
	maxPixel  = 1 << 53
)

// Fields are the receptive fields of all nodes of a network without problems.
func Fields(n *Network) []Field {
	fields := make([]Field, len(n.Nodes))
	picture := n.InputShape()
	w, h := newTracer(picture.W, len(n.Nodes)), newTracer(picture.H, len(n.Nodes))
	fields[0] = Field{W: w.sights[0].field(), H: h.sights[0].field()}
	for i := 1; i < len(n.Nodes); i++ {
		node, out := &n.Nodes[i], n.Layers[i].Out
		var seenW, seenH *sight
		for _, input := range node.Inputs {
			tapsW, tapsH := op.TapsOf(node.Op, n.Layers[input].Out, out)
			seenW = w.join(seenW, w.through(w.sights[input], tapsW), out.W)
			seenH = h.join(seenH, h.through(h.sights[input], tapsH), out.H)
		}
		w.sights[i], h.sights[i] = seenW, seenH
		fields[i] = Field{W: seenW.field(), H: seenH.field()}
	}
	return fields
}

// span is the pixels from first to last. It is empty where last is below first.
type span struct{ first, last int64 }

var emptySpan = span{0, -1}

func (s span) isEmpty() bool { return s.last < s.first }

// hull holds both spans.
func (s span) hull(t span) span {
	switch {
	case s.isEmpty():
		return t
	case t.isEmpty():
		return s
	}
	return span{min(s.first, t.first), max(s.last, t.last)}
}

// holds tells whether t is within s.
func (s span) holds(t span) bool {
	return t.isEmpty() || !s.isEmpty() && s.first <= t.first && t.last <= s.last
}

// within cuts off what lies outside 0 to size-1.
func (s span) within(size int64) span { return span{max(s.first, 0), min(s.last, size-1)} }

// sight is which pixels the values of a node see on one axis: place o sees spans[o] for o below the period, and the
// span that many pixels further on for each period more.
type sight struct {
	spans   []span // one for each place of a period
	pixels  int64  // that a period moves on by; 0 where there is one span, which every place sees
	unknown string
}

func (s *sight) period() int64 { return int64(len(s.spans)) }

// at is what a place sees.
func (s *sight) at(place int64) (span, bool) {
	turns, index := floorDivMod(place, s.period())
	shift, ok := times(turns, s.pixels)
	moved := s.spans[index]
	if !moved.isEmpty() {
		moved.first += shift
		moved.last += shift
	}
	return moved, ok && max(moved.last, -moved.first) <= maxPixel
}

// over is the hull of the places first, first+step, ... last. Places a period apart see spans that move on evenly,
// so those within a period of either end are the outermost.
func (s *sight) over(first, last, step int64) (hull span, ok bool) {
	hull = emptySpan
	for i := range min((last-first)/step+1, s.period()) {
		low, okLow := s.at(first + i*step)
		high, okHigh := s.at(last - i*step)
		if !okLow || !okHigh {
			return emptySpan, false
		}
		hull = hull.hull(low).hull(high)
	}
	return hull, true
}

// tracer follows one axis through the network.
type tracer struct {
	picture int64 // its pixels
	sights  []*sight
	spans   int // of periods above 1, in all
}

func newTracer(picture int64, nodes int) *tracer {
	t := &tracer{picture: picture, sights: make([]*sight, nodes)}
	t.sights[0] = &sight{spans: []span{{0, 0}}, pixels: 1}
	return t
}

// through is what a layer's values see through its taps on values that see s.
func (t *tracer) through(s *sight, taps op.Taps) *sight {
	if s.unknown != "" {
		return s
	}
	// The output's period is whole turns of the taps, which move on by whole periods of the input.
	turns := int64(1)
	if taps.In > 0 {
		turns = s.period() / checked.GCD(s.period(), taps.In)
	}
	period := turns * taps.Out // both are below 2^32
	if !t.affords(period) {
		return &sight{unknown: uneven}
	}
	pixels, ok := times(turns*taps.In/s.period(), s.pixels)
	if !ok {
		return &sight{unknown: beyond}
	}
	seen := &sight{spans: make([]span, period), pixels: pixels}
	for place := range period {
		first, last, step := taps.At(place)
		if last < first {
			seen.spans[place] = emptySpan
			continue
		}
		if seen.spans[place], ok = s.over(first, last, step); !ok {
			return &sight{unknown: beyond}
		}
		if taps.In == 0 {
			seen.spans[place] = seen.spans[place].within(t.picture)
		}
	}
	return seen
}

// join is what the values see that are made of both, at the same place; places is their number. a is nil at first.
func (t *tracer) join(a, b *sight, places int64) *sight {
	switch {
	case a == nil:
		return b
	case a.unknown != "":
		return a
	case b.unknown != "":
		return b
	case a.pixels == 0 || b.pixels == 0:
		return t.joinShared(a, b, places)
	case a.pixels*b.period() != b.pixels*a.period(): // below 2^63, by the bounds
		return &sight{unknown: unlikePaths}
	}
	period := a.period() / checked.GCD(a.period(), b.period()) * b.period()
	if !t.affords(period) {
		return &sight{unknown: uneven}
	}
	joined := &sight{spans: make([]span, period), pixels: a.pixels * (period / a.period())}
	for place := range period {
		inA, okA := a.at(place)
		inB, okB := b.at(place)
		if !okA || !okB {
			return &sight{unknown: beyond}
		}
		joined.spans[place] = inA.hull(inB)
	}
	return joined
}

// joinShared joins where the values of one see the same pixels, or of both. All see the same then if these hold what
// the others see of the picture.
func (t *tracer) joinShared(a, b *sight, places int64) *sight {
	if a.pixels != 0 {
		a, b = b, a
	}
	if b.pixels == 0 {
		return &sight{spans: []span{a.spans[0].hull(b.spans[0])}}
	}
	all, ok := b.over(0, places-1, 1)
	if !ok {
		return &sight{unknown: beyond}
	}
	if !a.spans[0].holds(all.within(t.picture)) {
		return &sight{unknown: unlikePaths}
	}
	return a
}

// affords tells whether a node may have such a period.
func (t *tracer) affords(period int64) bool {
	if period > 1 {
		t.spans += int(min(period, maxPeriod))
	}
	return period <= maxPeriod && t.spans <= maxSpans
}

// field sums the sight up.
func (s *sight) field() FieldAxis {
	if s.unknown != "" {
		return FieldAxis{Unknown: s.unknown}
	}
	common := checked.GCD(s.pixels, s.period())
	f := FieldAxis{Jump: Ratio{s.pixels / common, s.period() / common}}
	for _, seen := range s.spans {
		if seen.isEmpty() {
			continue
		}
		if f.Size == 0 {
			f.Start = seen.first
		}
		f.Size = max(f.Size, seen.last-seen.first+1)
	}
	return f
}

// floorDivMod divides by b > 0 so that the rest is from 0 to b-1.
func floorDivMod(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// times multiplies, and tells whether the product is a pixel that is counted.
func times(a, b int64) (int64, bool) {
	if a != 0 && max(b, -b) > maxPixel/max(a, -a) {
		return 0, false
	}
	return a * b, true
}
