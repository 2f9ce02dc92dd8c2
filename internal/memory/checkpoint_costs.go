package memory

import (
	"slices"

	"cnncalc/internal/graph"
)

// link is the layers between two places of a network that a segment can begin or end at. All figures are bytes of one
// batch; a peak is what is alive at most, less what earlier links keep.
type link struct {
	macs   int64 // of one picture
	learns bool  // the second place needs a gradient
	volume int64 // of the first place; 0 for the input, which is always there

	plain, plainAfterSegment plainLink // as usual; nothing but the link keeps the volume between it and a segment
	first                    segmentLink
	within                   segmentLink
	// casts are the half copies of weights that autocast makes in each run of it and keeps until that ends; savedCasts
	// are those of them that autograd keeps on.
	casts, savedCasts int64
	// pending is what is alive when the backward pass arrives at the second place, less what is kept.
	pending int64
}

// plainLink is a link that runs as usual.
type plainLink struct {
	keeps             int64 // until its backward pass, besides its result
	forward, backward int64 // peaks
}

// segmentLink is a link of a segment: the first one, or one within it, whose figures leave out the segment's input.
type segmentLink struct {
	keeps    int64 // of its second run, besides its result
	forward  int64 // peak of the first run
	again    int64 // peak of the second run, less what is pending then
	backward int64 // peak
}

// costs is what a network needs link by link, so that the peak of a training with any segments can be added up.
type costs struct {
	places []int // the input (the last of several), the places to cut, and the last node
	links  []link
	least  int64 // what is alive at most in any case, while the optimizer updates
}

// newCosts reads the figures off four replays: one without checkpoints, two in which every other link is a segment, and
// one in which all links but the last are a single one.
func newCosts(m *PyTorch, batch int64) (*costs, error) {
	cuts := m.CutNodes()
	nodes := m.network.Nodes
	first := slices.IndexFunc(nodes, func(n graph.Node) bool { return len(n.Inputs) > 0 }) - 1
	c := &costs{places: slices.Concat([]int{first}, cuts, []int{len(nodes) - 1})}
	last := len(c.places) - 2
	c.links = make([]link, last+1)
	var alternate [2][]graph.Segment // by whether the number of the link is odd
	for t := range last {
		alternate[t%2] = append(alternate[t%2], graph.Segment{From: c.places[t], To: c.places[t+1]})
	}
	var whole []graph.Segment
	if last > 0 {
		whole = []graph.Segment{{To: c.places[last]}}
	}
	var replays [4]*replayed
	for k, segments := range [][]graph.Segment{nil, alternate[0], alternate[1], whole} {
		r, err := m.replayWith(segments, cuts, batch)
		if err != nil {
			return nil, err
		}
		replays[k] = r
	}
	c.read(m, batch, replays[0], [2]*replayed{replays[1], replays[2]}, replays[3])
	return c, nil
}

// read fills in the links.
func (c *costs) read(m *PyTorch, batch int64, plain *replayed, alternate [2]*replayed, whole *replayed) {
	for t := range c.links {
		l := &c.links[t]
		from, to := c.places[t], c.places[t+1]
		for _, layer := range m.network.Layers[from+1 : to+1] {
			l.macs += layer.MACs
			l.learns = l.learns || layer.Trainable() > 0
		}
		l.learns = l.learns || t > 0 && c.links[t-1].learns
		if id := plain.output[from]; plain.tensors[id].part != InputBatch {
			l.volume = plain.size(id, batch)
		}
	}
	c.readCasts(plain, batch)
	isNever := func(int) bool { return false }
	plain.findKept(c, whole, isNever)
	for odd, r := range alternate {
		r.findKept(c, whole, func(t int) bool { return t%2 == odd && t < len(c.links)-1 })
	}
	for t := range c.links {
		// Of the two alternating replays, one has this link as a segment, and the other the link before it.
		c.readLink(t, plain, alternate[t%2], alternate[1-t%2], whole)
	}
	c.least = plain.live[len(plain.live)-1] + m.update.scratch
}

func (c *costs) readCasts(plain *replayed, batch int64) {
	linkOf := func(node int) *link {
		at, _ := slices.BinarySearch(c.places, node)
		return &c.links[at-1]
	}
	for _, id := range plain.casts {
		l, bytes := linkOf(plain.tensors[id].node), plain.size(id, batch)
		l.casts += bytes
		if plain.isAlive(id, plain.loss) {
			l.savedCasts += bytes
		}
	}
}

func (c *costs) readLink(t int, plain, asSegment, afterSegment, whole *replayed) {
	l, from, to := &c.links[t], c.places[t], c.places[t+1]
	l.plain = plain.plainLink(c, t)
	l.plainAfterSegment = l.plain
	if t > 0 {
		l.plainAfterSegment = afterSegment.plainLink(c, t)
	}
	if t == len(c.links)-1 {
		return // never a segment
	}
	at := plain.backward[to]
	l.pending = plain.liveBefore(at) - plain.keptBackward[t+1]
	if plain.isAlive(plain.output[to], at.from) {
		l.pending -= c.links[t+1].volume
	}
	l.first = segmentLink{
		keeps:    l.plain.keeps,
		forward:  asSegment.peakOf(asSegment.forward, from, to) - asSegment.kept[t],
		again:    asSegment.peakOf(asSegment.again, from, to) - asSegment.keptBackward[t] - l.pending,
		backward: asSegment.peakOf(asSegment.backward, from, to) - asSegment.keptBackward[t],
	}
	if plain.isAlive(plain.output[from], plain.forward[to].to) {
		l.first.keeps -= l.volume // the segment keeps it anyway
	}
	l.within = segmentLink{
		keeps:    l.plain.keeps,
		forward:  whole.peakOf(whole.forward, from, to),
		again:    whole.peakOf(whole.again, from, to) - whole.liveBefore(whole.again[from+1]) + l.volume,
		backward: l.plain.backward,
	}
}

// replayed is an iteration with what is alive.
type replayed struct {
	*pass
	*trace
	live, most         []int64 // after each event, and while it happens
	kept, keptBackward []int64 // by link: what earlier ones keep, while it runs forward and backward
}

// replayWith replays an iteration with these segments.
func (m *PyTorch) replayWith(segments []graph.Segment, cuts []int, batch int64) (*replayed, error) {
	b, err := newBuilder(m.network, m.options, m.classOf(batch).class)
	if err != nil {
		return nil, err
	}
	t := b.checkpointed(segments, cuts)
	p, err := b.finish()
	if err == nil {
		err = p.check(batch)
	}
	if err != nil {
		return nil, err
	}
	r := &replayed{pass: p, trace: t, live: make([]int64, len(p.events)), most: make([]int64, len(p.events))}
	live := p.lasting(batch)
	for i, e := range p.events {
		now := live
		switch e.kind {
		case eventTake:
			live += p.size(e.index, batch)
			now = live
		case eventFree:
			live -= p.size(e.index, batch)
		case eventNeed:
			now += p.needed(e.index, batch)
		}
		r.live[i], r.most[i] = live, now
	}
	return r, nil
}

// findKept finds what the links keep, of which these are segments. whole keeps nothing, so that what is alive there
// when a link begins is there in any case.
func (r *replayed) findKept(c *costs, whole *replayed, isSegment func(t int) bool) {
	casts := int64(0)
	for t := range c.links {
		begin := c.places[t] + 1
		kept := r.liveBefore(r.forward[begin]) - whole.liveBefore(whole.forward[begin])
		r.kept, r.keptBackward = append(r.kept, kept), append(r.keptBackward, kept+casts)
		if !isSegment(t) {
			casts += c.links[t].savedCasts
		}
	}
}

// plainLink returns the figures of a link that is no segment here.
func (r *replayed) plainLink(c *costs, t int) plainLink {
	from, to := c.places[t], c.places[t+1]
	l := plainLink{forward: r.peakOf(r.forward, from, to) - r.kept[t]}
	if t < len(c.links)-1 {
		l.keeps = r.kept[t+1] - r.kept[t]
		l.backward = r.peakOf(r.backward, from, to) - r.keptBackward[t]
		return l
	}
	l.backward = slices.Max(r.most[r.loss:r.backward[from+1].to]) - r.keptBackward[t] // from the loss on
	return l
}

// peakOf returns the most that is alive while the nodes after from up to to run, 0 where nothing happens.
func (r *replayed) peakOf(spans []span, from, to int) int64 {
	most := int64(0)
	for _, s := range spans[from+1 : to+1] {
		if s.from < s.to {
			most = max(most, slices.Max(r.most[s.from:s.to]))
		}
	}
	return most
}

// liveBefore returns what is alive before a span.
func (r *replayed) liveBefore(s span) int64 { return r.live[s.from-1] }

// isAlive reports whether a tensor is alive before an event.
func (r *replayed) isAlive(id, event int) bool {
	for _, e := range slices.Backward(r.events[:event]) {
		if e.index == id && (e.kind == eventTake || e.kind == eventFree) {
			return e.kind == eventTake
		}
	}
	return false
}
