package memory

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// SegmentsTo returns segments that follow each other from the input on and end with each of these nodes.
func SegmentsTo(ends []int) []graph.Segment {
	segments := make([]graph.Segment, len(ends))
	from := 0
	for k, to := range ends {
		segments[k] = graph.Segment{From: from, To: to}
		from = to
	}
	return segments
}

// Checkpointed returns the account of a training in which torch.utils.checkpoint, with use_reentrant=False, runs these
// segments, and all other layers run as usual. Only the input of a segment is kept; when the backward pass reaches it,
// the segment runs forward again, and now autograd saves what it needs. Segments begin with the input or a node that
// CutNodes returned, end with one of these, and are in order. The state of the random numbers that is kept for the
// second run, some kilobytes, is not counted.
func (m *PyTorch) Checkpointed(segments []graph.Segment) (*PyTorch, error) {
	if m.options.Mode != Training {
		return nil, fmt.Errorf("checkpoints are for training: inference saves nothing")
	}
	cuts := m.CutNodes()
	if err := m.CheckSegments(segments, cuts); err != nil {
		return nil, err
	}
	other := *m
	other.passes = nil
	for _, c := range m.passes {
		other.passes = append(other.passes, classPass{c.class, sync.OnceValues(func() (*pass, error) {
			p, err := newBuilder(m.network, m.options, c.class)
			if err != nil {
				return nil, err
			}
			p.checkpointed(p.learning(segments), cuts)
			return p.finish()
		})})
	}
	return other.WithOptimizer(m.options.Optimizer)
}

// CheckSegments returns an error for segments that Checkpointed does not take. cuts are what CutNodes returned.
func (m *PyTorch) CheckSegments(segments []graph.Segment, cuts []int) error {
	isCut := func(i int) bool {
		_, ok := slices.BinarySearch(cuts, i)
		return ok
	}
	name := func(i int) string {
		if i < 0 || i >= len(m.network.Nodes) {
			return fmt.Sprint("node ", i)
		}
		return m.network.Nodes[i].Name
	}
	end := 0
	for _, s := range segments {
		switch {
		case s.From < end || s.To <= s.From:
			return fmt.Errorf("the segment that ends with %s is not after the one before", name(s.To))
		case s.From != 0 && !isCut(s.From):
			return fmt.Errorf("a segment cannot begin after %s; %s", name(s.From), placesText)
		case !isCut(s.To):
			return fmt.Errorf("a segment cannot end with %s; %s", name(s.To), placesText)
		case s.From == 0 && m.writesInput():
			return fmt.Errorf("a segment cannot begin with the first layers: they write over the input, so they cannot run " +
				"again")
		}
		end = s.To
	}
	return nil
}

// placesText says where segments begin and end.
const placesText = "segments begin and end where a single volume joins the layers, and no later layer overwrites it"

// writesInput reports whether a layer works in place on the input.
func (m *PyTorch) writesInput() bool {
	p, err := m.passes[0].get()
	return err == nil && p.writesInput
}

// CutNodes returns the places where a checkpoint may cut: the nodes after which the network is joined by a single
// volume that no later layer overwrites, and no later layer takes the size of an earlier volume. Of a network with
// several outputs they all come before the first output. A network with several inputs has none.
func (m *PyTorch) CutNodes() []int {
	p, err := m.passes[0].get()
	if err != nil {
		return nil // not reached: WithOptimizer has asked for it
	}
	n := m.network
	if len(n.Inputs) > 1 {
		return nil // a segment has one input
	}
	written := make([]bool, len(n.Nodes)) // or seen through a view, which may be written to
	for i := range n.Nodes {
		if p.shares[i] {
			written[n.Nodes[i].Inputs[0]] = true
		}
	}
	var cuts []int
	farthest, last := 0, lastReaders(n)
	for i, node := range n.Nodes {
		for _, r := range node.Refs {
			last[r.Node] = max(last[r.Node], i) // whose size i takes
		}
	}
	for i := 1; i < len(n.Nodes)-1; i++ {
		farthest = max(farthest, last[i-1])
		if farthest <= i && !written[i] && !n.IsOutput(i) {
			cuts = append(cuts, i)
		}
	}
	return cuts
}

// ExtraMACs returns the multiply-accumulates of one picture that run a second time.
func (m *PyTorch) ExtraMACs(segments []graph.Segment) int64 {
	macs := int64(0)
	for _, s := range segments {
		if m.learnsUpTo(s.To) {
			for _, l := range m.network.Layers[s.From+1 : s.To+1] {
				macs += l.MACs // the shape pass has counted their sum
			}
		}
	}
	return macs
}

// learnsUpTo reports whether a layer up to node i has parameters that training changes, so that i, which joins the
// network, needs a gradient.
func (m *PyTorch) learnsUpTo(i int) bool {
	return slices.ContainsFunc(m.network.Layers[:i+1], func(l shape.Layer) bool { return l.Trainable() > 0 })
}

// learning returns the segments in which something is learnt. For others autograd saves nothing anyway, so that they
// need not be checkpointed.
func (p *builder) learning(segments []graph.Segment) []graph.Segment {
	return slices.DeleteFunc(slices.Clone(segments), func(s graph.Segment) bool { return !p.needsGrad[s.To] })
}

// stretch is a segment that is checkpointed, or the layers between two of them.
type stretch struct {
	graph.Segment
	isCheckpointed bool
}

// stretches returns the whole network.
func (p *builder) stretches(segments []graph.Segment) []stretch {
	var all []stretch
	from := 0
	for _, s := range segments {
		if s.From > from {
			all = append(all, stretch{Segment: graph.Segment{From: from, To: s.From}})
		}
		all = append(all, stretch{s, true})
		from = s.To
	}
	return append(all, stretch{Segment: graph.Segment{From: from, To: len(p.network.Nodes) - 1}})
}

// span is a range of events.
type span struct{ from, to int }

// trace says which events belong to what, by node: forward, forward a second time, and backward.
type trace struct {
	forward, again, backward []span
	casts                    []int // half copies of weights that are there at the end of the forward pass
	loss                     int   // the first event after that
}

// checkpointed runs a whole iteration. Modules that one of the cuts divides are written out in its code, so that
// nothing holds their inputs.
func (p *builder) checkpointed(segments []graph.Segment, cuts []int) *trace {
	count := len(p.network.Nodes)
	t := &trace{forward: make([]span, count), again: make([]span, count), backward: make([]span, count)}
	whole := modulesOf(slices.DeleteFunc(slices.Clone(p.network.Modules), func(m graph.Module) bool {
		return slices.ContainsFunc(cuts, func(c int) bool { return m.First <= c && c < m.Last })
	}))
	stretches := p.stretches(segments)
	p.countReads()
	for _, s := range stretches {
		if s.isCheckpointed {
			p.hold(p.output[s.From])
			p.runUnsaved(s.Segment, whole, t.forward)
		} else {
			p.run(s.Segment, whole, t.forward)
		}
	}
	t.casts = slices.Clone(p.casts)
	p.releaseCasts()
	t.loss = len(p.events)
	p.loss()
	for _, s := range slices.Backward(stretches) {
		if !s.isCheckpointed {
			p.back(s.Segment, t.backward)
			continue
		}
		p.runAgain(s.Segment, whole, t.again)
		p.back(s.Segment, t.backward)
		p.release(p.output[s.From])
	}
	p.release(p.rootGradient)
	p.sharding.end()
	return t
}

// run runs a segment forward.
func (p *builder) run(s graph.Segment, whole modules, spans []span) {
	for i := s.From + 1; i <= s.To; i++ {
		p.runNode(i, whole, spans, func() {})
	}
}

// runNode runs a node forward, with what happens before its end. An input is there already.
func (p *builder) runNode(i int, whole modules, spans []span, more func()) {
	if len(p.network.Nodes[i].Inputs) == 0 {
		return
	}
	spans[i].from = len(p.events)
	p.enter(whole, i)
	p.layer(i)
	more()
	p.endLayer(i)
	p.leave(whole, i)
	spans[i].to = len(p.events)
}

// runUnsaved runs a segment forward under no_grad. What the kernels make for the backward pass anyway is released at
// once.
func (p *builder) runUnsaved(s graph.Segment, whole modules, spans []span) {
	learns := slices.Clone(p.needsGrad[s.From+1 : s.To+1])
	clear(p.needsGrad[s.From+1 : s.To+1])
	for i := s.From + 1; i <= s.To; i++ {
		p.runNode(i, whole, spans, func() { p.need(p.madeInVain(i)) })
	}
	copy(p.needsGrad[s.From+1:], learns)
}

// madeInVain returns the new tensors that autograd would save for node i, on top of what else it needs.
func (p *builder) madeInVain(i int) []linear {
	var made linear
	for _, s := range p.rules[i].Saved {
		if s.Tensor == op.NewTensor && s.What != op.Activation {
			l := p.linear(s.Size, p.width[i])
			made.each, made.once = made.each+l.each, made.once+l.once // addUp reports what cannot be counted
		}
	}
	if made == (linear{}) {
		return nil
	}
	needs := p.linears(p.rules[i].Forward, p.width[i])
	if len(needs) == 0 {
		return []linear{made}
	}
	for k := range needs {
		needs[k].each, needs[k].once = needs[k].each+made.each, needs[k].once+made.once
	}
	return needs
}

// runAgain runs a segment forward a second time. Nothing asks for its result.
func (p *builder) runAgain(s graph.Segment, whole modules, spans []span) {
	for i := s.From + 1; i <= s.To; i++ {
		for _, in := range p.network.Nodes[i].Inputs {
			p.reads[in]++
		}
	}
	p.hold(p.output[s.From])
	p.run(s, whole, spans)
	p.release(p.output[s.To])
	p.releaseCasts()
}

// back runs a segment backward.
func (p *builder) back(s graph.Segment, spans []span) {
	for i := s.To; i > s.From; i-- {
		spans[i].from = len(p.events)
		if p.needsGrad[i] && p.grad[i] != none {
			p.layerBackward(i)
		}
		spans[i].to = len(p.events)
	}
}

// maxCutNodes bounds the work of BestCuts.
const maxCutNodes = 64

// Cuts is a way to cut a network into segments.
type Cuts struct {
	Nodes []int // the last of each segment but the network's last
	Model int64 // about the peak by which the nodes were chosen; Checkpointed has the account's
}

// BestCuts returns, for 2 to most segments, the cuts that keep the least alive for a batch. It chooses them by what is
// alive while a segment runs again: the inputs of the segments so far, what autograd saves in this one with the
// gradients of its largest volume, and the gradients of the parameters from there on. It considers at most some of many
// places to cut. The list ends where there are no more places.
func (m *PyTorch) BestCuts(batch int64, most int) ([]Cuts, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	c := newCutter(m, p, batch)
	var best []Cuts
	for segments := 2; segments <= min(most, len(c.nodes)-1); segments++ {
		best = append(best, c.best(segments))
	}
	return best, nil
}

// cutter chooses cuts. Its nodes are the input, the places to cut, and the last node.
type cutter struct {
	nodes  []int
	volume []int64   // by place: of the node's output
	cost   [][]int64 // by first and last place: what is alive in the segment between, but for the inputs of segments
}

func newCutter(m *PyTorch, p *pass, batch int64) *cutter {
	places := m.CutNodes()
	for step := (len(places) + maxCutNodes - 1) / maxCutNodes; step > 1; step = 1 {
		var some []int
		for i := step - 1; i < len(places); i += step {
			some = append(some, places[i])
		}
		places = some
	}
	last := len(p.network.Nodes) - 1
	c := &cutter{nodes: slices.Concat([]int{0}, places, []int{last})}
	volumes := make([]int64, last+1)
	for i := range volumes {
		volumes[i] = p.tensors[p.output[i]].size.at(batch)
	}
	saved, savedBy, gradients := p.savedByNode(batch)
	fixed := m.update.rounded + p.fixed()
	for k, from := range c.nodes {
		c.volume = append(c.volume, volumes[from])
		row := make([]int64, len(c.nodes))
		here, largest := int64(0), int64(0)
		learnt := int64(0)
		for _, g := range gradients[from+1:] {
			learnt += g
		}
		own := int64(0)
		if savedBy[p.output[from]] > from {
			own = volumes[from]
		}
		next := k + 1
		for i := from + 1; i <= last; i++ {
			here, largest = here+saved[i], max(largest, volumes[i])
			if i == c.nodes[next] {
				row[next] = fixed + learnt + max(here-own, 0) + 2*largest
				next++
			}
		}
		c.cost = append(c.cost, row)
	}
	return c
}

// fixed returns the bytes of parameters and buffers, which are always alive.
func (p *pass) fixed() int64 {
	bytes := int64(0)
	for _, t := range p.tensors {
		if t.part == Parameters || t.part == Buffers {
			bytes += t.size.once
		}
	}
	return bytes
}

// savedByNode returns by node what autograd saves for it and for none before it, without parameters, and the gradients
// of its parameters; and by tensor, the first node that it is saved for.
func (p *pass) savedByNode(batch int64) (saved []int64, savedBy []int, gradients []int64) {
	saved, gradients = make([]int64, len(p.saved)), make([]int64, len(p.saved))
	savedBy = make([]int, len(p.tensors)) // 0 for none: the input saves nothing
	for i, ids := range p.saved {
		for _, id := range ids {
			t := &p.tensors[id]
			if isWeight := t.part == Parameters || t.part == Buffers || t.part == WeightCasts; savedBy[id] == 0 && !isWeight {
				savedBy[id] = i
				saved[i] += t.size.at(batch)
			}
		}
		for _, id := range p.weights[i] {
			if t := &p.tensors[id]; t.part == Parameters {
				gradients[i] += t.size.once
			}
		}
	}
	return saved, savedBy, gradients
}

// best halves the bound on what is alive until no smaller one can be met.
func (c *cutter) best(segments int) Cuts {
	last := len(c.nodes) - 1
	low, high := int64(0), int64(0) // nothing meets low
	for i, row := range c.cost {
		high = max(high, row[last])
		for _, v := range c.volume[:i+1] {
			high = max(high, v)
		}
	}
	for _, v := range c.volume {
		high += v
	}
	places := c.within(high, segments)
	for high-low > high/1024+1 {
		middle := low + (high-low)/2
		if found := c.within(middle, segments); found != nil {
			places, high = found, middle
		} else {
			low = middle
		}
	}
	cuts := Cuts{Model: high}
	for _, k := range places {
		cuts.Nodes = append(cuts.Nodes, c.nodes[k])
	}
	return cuts
}

// within returns the places of cuts into so many segments with which no more than the bound is alive, nil where there
// are none. Of the ways to reach a place it follows the one that has kept the least.
func (c *cutter) within(bound int64, segments int) []int {
	count := len(c.nodes)
	kept := make([][]int64, segments+1) // by segments so far and place: the inputs of segments so far; -1 for no way
	from := make([][]int, segments+1)
	for s := range kept {
		kept[s], from[s] = slices.Repeat([]int64{-1}, count), make([]int, count)
	}
	kept[0][0] = c.volume[0]
	for s := 1; s <= segments; s++ {
		for i := s - 1; i < count-1; i++ {
			if kept[s-1][i] < 0 {
				continue
			}
			for j := i + 1; j < count; j++ {
				total := kept[s-1][i] + c.volume[j]
				if kept[s-1][i]+c.cost[i][j] <= bound && (kept[s][j] < 0 || total < kept[s][j]) {
					kept[s][j], from[s][j] = total, i
				}
			}
		}
	}
	if kept[segments][count-1] < 0 {
		return nil
	}
	places := make([]int, 0, segments)
	for s, place := segments, count-1; s > 1; s-- {
		place = from[s][place]
		places = append(places, place)
	}
	slices.SortFunc(places, cmp.Compare[int])
	return places
}
