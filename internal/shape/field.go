package shape

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/op"
)

// Field is the receptive field of a layer's values on both axes of the picture.
type Field struct {
	W, H FieldAxis
}

// FieldAxis is the receptive field on one axis, in pixels of the picture: value o is computed from pixels among the
// Size pixels that start at Start + o*Jump, and from no others. Borders are ignored, as usual (Araujo et al.,
// "Computing Receptive Fields of Convolutional Neural Networks", 2019): a field may reach into the padding, so Start
// may be negative and Size larger than the picture. It is a hull: with dilation, not every pixel in it counts.
//
// After a merge it covers the fields of all paths, from the first pixel of any to the last; if one path's field
// contains the others, it is that one. If the fields of the values differ in size, as after an UPSAMPLE, Size is the
// largest, and each field starts where Start + o*Jump, rounded, says.
type FieldAxis struct {
	Size  int64
	Jump  Ratio // 0 if all values see the same pixels, which are then within the picture
	Start int64
	// Unknown says why the field is not known; "" if it is.
	Unknown string
}

// IsShared reports whether all values see the same pixels, as those of FC and GAP do.
func (a FieldAxis) IsShared() bool { return a.Jump.Num == 0 }

// Ratio is a fraction in lowest terms.
type Ratio struct{ Num, Den int64 }

// Float returns the nearest floating-point number.
func (r Ratio) Float() float64 { return float64(r.Num) / float64(r.Den) }

// The reasons why a field may be unknown.
const (
	differingPaths = "its paths advance by different steps, or do not see the same pixels"
	uneven         = "the fields of its values repeat only after too many places"
	beyond         = "it exceeds the countable range"
	severalSizes   = "the network has inputs of different sizes"
)

// Bounds of the work, far above any real network. Pixels are at most maxPixel, which JSON numbers hold exactly.
const (
	maxPeriod = 1 << 8  // of one node
	maxSpans  = 1 << 18 // of the nodes with a period above 1 together
	maxPixel  = 1 << 53
)

// Fields returns the receptive fields of all nodes of a network without problems.
func Fields(n *Network) []Field {
	fields := make([]Field, len(n.Nodes))
	picture := n.InputShape()
	w, h := newTracer(picture.W, len(n.Nodes)), newTracer(picture.H, len(n.Nodes))
	fields[0] = Field{W: w.sights[0].field(), H: h.sights[0].field()}
	for i := 1; i < len(n.Nodes); i++ {
		node, out := &n.Nodes[i], n.Layers[i].Out
		if len(node.Inputs) == 0 {
			w.start(i, out.W)
			h.start(i, out.H)
		}
		seenW, seenH := w.sights[i], h.sights[i] // nil unless it is an INPUT
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

// span is the pixels from first to last. It is empty if last is below first.
type span struct{ first, last int64 }

var emptySpan = span{0, -1}

func (s span) isEmpty() bool { return s.last < s.first }

// hull returns the smallest span that holds both.
func (s span) hull(t span) span {
	switch {
	case s.isEmpty():
		return t
	case t.isEmpty():
		return s
	}
	return span{min(s.first, t.first), max(s.last, t.last)}
}

// holds reports whether t is within s.
func (s span) holds(t span) bool {
	return t.isEmpty() || !s.isEmpty() && s.first <= t.first && t.last <= s.last
}

// within cuts off what is outside 0 to size-1.
func (s span) within(size int64) span { return span{max(s.first, 0), min(s.last, size-1)} }

// sight says which pixels the values of a node see on one axis: place o sees spans[o] for o below the period; each
// period further on, the spans move on by pixels.
type sight struct {
	spans   []span // one for each place of a period
	pixels  int64  // by which the spans of the next period move on; 0 if every place sees the same single span
	unknown string
}

func (s *sight) period() int64 { return int64(len(s.spans)) }

// at returns what a place sees; ok is false if that is beyond maxPixel.
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

// over returns the hull of what the places first, first+step, ... last see. Places a period apart see spans that move
// on evenly, so those within a period of either end are the outermost.
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
	t.start(0, picture)
	return t
}

// start makes node i an input of so many pixels. Those of all inputs of one size count as the same.
func (t *tracer) start(i int, pixels int64) {
	t.sights[i] = &sight{spans: []span{{0, 0}}, pixels: 1}
	if pixels != t.picture {
		t.sights[i] = &sight{unknown: severalSizes}
	}
}

// through returns what a layer's values see if its taps read values that see s.
func (t *tracer) through(s *sight, taps op.Taps) *sight {
	if s.unknown != "" {
		return s
	}
	// The output's period is the smallest number of repeats of the taps that advances the input by whole periods.
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

// join returns what values see that are computed from a and b at the same place. There are places of them. a is nil
// for the first input.
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
		return &sight{unknown: differingPaths}
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

// joinShared joins sights of which at least one is shared by all places. The result is shared too, provided that the
// shared span holds whatever the other sees of the picture.
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
		return &sight{unknown: differingPaths}
	}
	return a
}

// affords reports whether a node may have such a period.
func (t *tracer) affords(period int64) bool {
	if period > 1 {
		t.spans += int(min(period, maxPeriod))
	}
	return period <= maxPeriod && t.spans <= maxSpans
}

// field returns the receptive field that the sight amounts to.
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

// floorDivMod divides by b > 0, with a rest from 0 to b-1.
func floorDivMod(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// times returns the product and whether it is within maxPixel.
func times(a, b int64) (int64, bool) {
	if a != 0 && max(b, -b) > maxPixel/max(a, -a) {
		return 0, false
	}
	return a * b, true
}
