package memory

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/graph"
)

// Plan is which segments of a network are checkpointed.
type Plan struct {
	Segments  []graph.Segment
	Peak      int64 // of the account with these segments
	ExtraMACs int64 // of one picture
}

// Planner finds the segments with which a batch needs the least recomputation, of all that torch.utils.checkpoint can
// express: segments that do not overlap, of which the input is kept. What a segment needs depends on the layers before
// it only by what these keep, so that dynamic programming over the places where the network can be cut finds the plans.
// Chen, Xu, Zhang and Guestrin (Training Deep Nets with Sublinear Memory Cost, 2016) choose such segments for layers
// that are alike; Beaumont, Eyraud-Dubois, Herrmann, Joly and Shilova (Optimal checkpointing for heterogeneous chains,
// 2019) find the best plan of any chain in the same way, of a larger class: their segments may be nested.
type Planner struct {
	model *PyTorch
	batch int64
	costs *costs
	plain Plan // without segments
	curve []Plan
	// Exact reports whether all plans were compared so far. It is false for a network with so many different volumes
	// that only some of the ways to reach a place were followed.
	Exact bool
}

const (
	// maxWays bounds the ways to reach a place that are followed.
	maxWays = 1 << 8
	// fewWays are enough to find a good plan, with which others are compared.
	fewWays = 64
	// curveSteps is the number of steps between the least and the largest peak that Curve distinguishes.
	curveSteps = 50
)

// NewPlanner returns the planner of a training.
func NewPlanner(m *PyTorch, batch int64) (*Planner, error) {
	if m.options.Mode != Training {
		return nil, fmt.Errorf("checkpoints are for training: inference saves nothing")
	}
	c, err := newCosts(m, batch)
	if err != nil {
		return nil, err
	}
	p := &Planner{model: m, batch: batch, costs: c, Exact: true}
	return p, p.findCurve()
}

// Places returns the number of places where the network can be cut.
func (p *Planner) Places() int { return len(p.costs.places) - 2 }

// Plain returns the plan without segments.
func (p *Planner) Plain() Plan { return p.plain }

// Curve returns plans of which none is better in both the peak and the MACs that run again, from the largest peak, with
// none that run again, to the least one. Plans whose peaks differ by less than a fiftieth of the range are left out.
func (p *Planner) Curve() []Plan { return p.curve }

// findCurve finds the ends of the curve, and what is between them.
func (p *Planner) findCurve() error {
	most, err := p.plan(&way{})
	if err != nil {
		return err
	}
	least, err := p.leastPeak(most.Peak)
	if err != nil {
		return err
	}
	p.plain, p.curve = *most, []Plan{*most}
	resolution := max(1, (most.Peak-least.Peak)/curveSteps)
	if err := p.between(most, least, least.Peak, resolution); err != nil {
		return err
	}
	p.add(least)
	return nil
}

// add adds a plan to the end of the curve, in place of one that it is better than.
func (p *Planner) add(plan *Plan) {
	last := len(p.curve) - 1
	switch {
	case plan.Peak >= p.curve[last].Peak:
		return
	case plan.ExtraMACs <= p.curve[last].ExtraMACs:
		p.curve[last] = *plan
	default:
		p.curve = append(p.curve, *plan)
	}
}

// between adds the plans between two of the curve. Up to the limit there is none that is better than low.
func (p *Planner) between(high, low *Plan, limit, resolution int64) error {
	if high.Peak-limit <= resolution || high.ExtraMACs >= low.ExtraMACs && high.Peak <= low.Peak {
		return nil
	}
	middle := limit + (high.Peak-limit)/2
	found, err := p.solve(middle, low.ExtraMACs)
	if err != nil {
		return err
	}
	if found.ExtraMACs == low.ExtraMACs {
		return p.between(high, low, middle, resolution)
	}
	if err := p.between(high, found, middle, resolution); err != nil {
		return err
	}
	p.add(found)
	return p.between(found, low, limit, resolution)
}

// Within returns the plan with the fewest MACs that run again whose peak is at most limit, nil where no plan's is.
func (p *Planner) Within(limit int64) (*Plan, error) {
	at := slices.IndexFunc(p.curve, func(plan Plan) bool { return plan.Peak <= limit })
	if at < 0 {
		return nil, nil
	}
	return p.solve(limit, p.curve[at].ExtraMACs)
}

// Least returns the plan with the least peak of those with at most so many MACs that run again.
func (p *Planner) Least(macs int64) (*Plan, error) {
	at := len(p.curve) - 1
	for p.curve[at].ExtraMACs > macs {
		at-- // the first has none
	}
	best, limit, bound := &p.curve[at], int64(0), macs
	if at+1 < len(p.curve) {
		limit = p.curve[at+1].Peak
	}
	for limit < best.Peak-1 {
		middle := limit + (best.Peak-limit)/2
		found, err := p.solve(middle, bound)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
			limit = middle
		default:
			best = found
		}
	}
	return best, nil
}

// solve returns the plan with the fewest MACs that run again, and of these one with the fewest segments, whose peak is
// at most limit; nil where there is none with at most so many.
func (p *Planner) solve(limit, macs int64) (*Plan, error) {
	s := search{Planner: p, limit: limit - p.model.update.rounded, macs: macs, width: fewWays}
	found := s.run()
	if s.isCut {
		if found != nil {
			s.macs = found.macs
		}
		s.width, s.isCut = maxWays, false
		if better := s.run(); better != nil {
			found = better
		}
		p.Exact = p.Exact && !s.isCut
	}
	if found == nil {
		return nil, nil
	}
	return p.plan(found)
}

// leastPeak returns the plan with the least peak, which is at most high.
func (p *Planner) leastPeak(high int64) (*Plan, error) {
	low := int64(0) // no plan's peak
	for low < high-1 {
		middle := low + (high-low)/2
		s := search{Planner: p, limit: middle - p.model.update.rounded, macs: math.MaxInt64, keepsLeast: true}
		if s.run() == nil {
			low = middle
		} else {
			high = middle
		}
	}
	return p.solve(high, math.MaxInt64)
}

// plan makes a plan of a way. Its peak is the account's.
func (p *Planner) plan(w *way) (*Plan, error) {
	plan := &Plan{ExtraMACs: w.macs}
	for ; w.from != nil; w = w.from {
		if w.isSegment {
			plan.Segments = append(plan.Segments, graph.Segment{From: p.costs.places[w.begin], To: p.costs.places[w.end]})
		}
	}
	slices.Reverse(plan.Segments)
	m, err := p.model.Checkpointed(plan.Segments)
	if err != nil {
		return nil, err
	}
	plan.Peak, err = m.Peak(p.batch)
	return plan, err
}

// way is a choice of segments up to a place.
type way struct {
	kept, keptBackward int64 // by the links so far, while later ones run forward and backward
	macs               int64
	segments           int

	from       *way
	begin, end int // the places of its last segment or plain link
	isSegment  bool
}

// search looks for a way to the last node with which at most limit is alive.
type search struct {
	*Planner
	limit      int64
	macs       int64 // that run again at most
	width      int   // of the ways to a place that are followed
	keepsLeast bool  // only those that keep the least are followed, whatever runs again
	isCut      bool  // not all were followed
}

// ways are those to one place, by how the last link runs.
type ways struct{ plain, segment []*way }

// run returns the way with the fewest MACs that run again, and then the fewest segments; nil where there is none.
func (s *search) run() *way {
	c := s.costs
	if c.least > s.limit {
		return nil
	}
	at := make([]ways, len(c.places))
	at[0].plain = []*way{{}}
	for t := range c.links {
		l := &c.links[t]
		plain, segment := s.best(at[t].plain), s.best(at[t].segment)
		for _, w := range plain {
			s.addPlain(&at[t+1], l, &l.plain, w, t)
		}
		for _, w := range segment {
			s.addPlain(&at[t+1], l, &l.plainAfterSegment, w, t)
		}
		s.addSegments(at, append(plain, segment...), t)
	}
	end := s.best(at[len(c.links)].plain)
	if len(end) == 0 {
		return nil
	}
	return end[0]
}

// addPlain adds the way that goes on with a link as usual.
func (s *search) addPlain(to *ways, l *link, as *plainLink, w *way, t int) {
	if w.kept+as.forward <= s.limit && w.keptBackward+as.backward <= s.limit {
		to.plain = append(to.plain, &way{kept: w.kept + as.keeps, keptBackward: w.keptBackward + as.keeps + l.savedCasts,
			macs: w.macs, segments: w.segments, from: w, begin: t, end: t + 1})
	}
}

// addSegments adds the ways that go on from place t with a segment.
func (s *search) addSegments(at []ways, from []*way, t int) {
	c := s.costs
	if len(from) == 0 || t == 0 && s.model.writesInput() {
		return
	}
	input := c.links[t].volume
	var sum segmentSum
	for j := t; j < len(c.links)-1; j++ {
		l := &c.links[j]
		if j == t {
			sum.add(l, &l.first, 0, 0)
		} else {
			sum.add(l, &l.within, input, sum.keeps)
		}
		if !l.learns {
			continue
		}
		backward := max(sum.again+l.pending, sum.backward)
		for _, w := range from {
			if w.kept+sum.forward <= s.limit && w.keptBackward+backward <= s.limit && w.macs+sum.macs <= s.macs {
				at[j+1].segment = append(at[j+1].segment, &way{kept: w.kept + input, keptBackward: w.keptBackward + input,
					macs: w.macs + sum.macs, segments: w.segments + 1, from: w, begin: t, end: j + 1, isSegment: true})
			}
		}
	}
}

// segmentSum is the links of a segment so far.
type segmentSum struct {
	forward, again, backward int64 // peaks, again less what is pending
	keeps                    int64 // of the second run, besides the segment's input
	casts, savedCasts, macs  int64
}

// add adds a link, before which the segment's input and what earlier links of it keep are alive.
func (s *segmentSum) add(l *link, as *segmentLink, input, kept int64) {
	s.forward = max(s.forward, input+as.forward)
	s.again = max(s.again, input+kept+s.casts+as.again)
	s.backward = max(s.backward, input+kept+s.savedCasts+as.backward)
	s.keeps += as.keeps
	s.casts, s.savedCasts, s.macs = s.casts+l.casts, s.savedCasts+l.savedCasts, s.macs+l.macs
}

// best returns the ways that no other is better than in every respect, the one with the fewest MACs that run again
// first.
func (s *search) best(all []*way) []*way {
	if s.keepsLeast {
		for _, w := range all {
			w.macs, w.segments = 0, 0
		}
	}
	slices.SortFunc(all, func(a, b *way) int {
		if a.macs != b.macs { // nearly always
			return cmp.Compare(a.macs, b.macs)
		}
		return cmp.Or(cmp.Compare(a.segments, b.segments), cmp.Compare(a.keptBackward, b.keptBackward),
			cmp.Compare(a.kept, b.kept))
	})
	var best, least []*way // least are those of best that keep the least
	for _, w := range all {
		isWorse := func(b *way) bool { return b.kept <= w.kept && b.keptBackward <= w.keptBackward }
		if slices.ContainsFunc(least, isWorse) {
			continue
		}
		best = append(best, w)
		least = slices.DeleteFunc(least, func(b *way) bool { return w.kept <= b.kept && w.keptBackward <= b.keptBackward })
		least = append(least, w)
	}
	if s.keepsLeast || len(best) <= s.width {
		return best
	}
	s.isCut = true
	few := make([]*way, s.width)
	for k := range few {
		few[k] = best[k*(len(best)-1)/(s.width-1)]
	}
	return few
}
