package memory

import "cnncalc/internal/allocator"

// Reserved returns an estimate of what PyTorch's caching allocator reserves on a CUDA device. It returns 0 for the CPU,
// which has no such allocator, and where the sum cannot be counted. It replays two passes, since the first one decides
// which segments the second one finds: the weights in the order of the layers, the batch, and every tensor of the pass
// as it is taken and given back. In training, the optimizer makes its state after the first pass, and the gradients are
// set to None before the second. The estimate has not been measured on a device.
func (m *PyTorch) Reserved(batch int64) (int64, error) {
	p, err := m.pass(batch)
	if err != nil {
		return 0, err
	}
	return m.reserved(p, batch), nil
}

// maxReplayed bounds what is replayed, so that the segments can be added up.
const maxReplayed = 1 << 60

func (m *PyTorch) reserved(p *pass, batch int64) int64 {
	if m.options.Torch != Torch2CUDA || p.total.at(batch) > maxReplayed {
		return 0
	}
	device := allocator.New()
	m.replayOn(device, p, batch)
	return device.Reserved()
}

// replayOn replays two passes, and what is between them.
func (m *PyTorch) replayOn(d device, p *pass, batch int64) {
	r := newReplay(d, p, batch)
	r.first(m.options)
	r.second(m.options)
}

// device is an allocator, or what records its use.
type device interface {
	Allocate(bytes int64) *allocator.Block
	Free(b *allocator.Block)
}

// replay is a pass on a device.
type replay struct {
	*pass
	batch     int64
	device    device
	blocks    []*allocator.Block // by tensor: where it is, nil for nowhere
	recording *Recording         // nil if nobody asked for one
}

func newReplay(d device, p *pass, batch int64) *replay {
	return &replay{pass: p, batch: batch, device: d, blocks: make([]*allocator.Block, len(p.tensors))}
}

// first is the first iteration, in which the optimizer makes its state.
func (r *replay) first(o Options) {
	r.run()
	if o.Mode == Training {
		r.makeState(o.Optimizer.rule())
		r.step(o.Optimizer.rule())
	}
	r.endIteration()
}

// second is any later iteration.
func (r *replay) second(o Options) {
	r.run()
	if o.Mode == Training {
		r.step(o.Optimizer.rule())
	}
}

// allocate takes memory for something.
func (r *replay) allocate(what AliveBytes, node int) *allocator.Block {
	b := r.device.Allocate(r.pass.blocks(what.Bytes))
	r.recording.allocated(b, what, node)
	return b
}

func (r *replay) release(b *allocator.Block) {
	r.recording.freed(b)
	r.device.Free(b)
}

// run replays the pass. What is there already stays.
func (r *replay) run() {
	step := 0
	for _, e := range r.events {
		switch e.kind {
		case eventTake, eventFirst:
			t := &r.tensors[e.index]
			if bytes := t.size.at(r.batch); bytes > 0 && r.blocks[e.index] == nil {
				r.blocks[e.index] = r.allocate(AliveBytes{r.recording.nameOf(t, r.pass), t.part, bytes}, t.node)
			}
		case eventFree:
			r.free(e.index)
		case eventNeed:
			if bytes := r.needed(e.index, r.batch); bytes > 0 {
				s := &r.steps[step]
				r.release(r.allocate(AliveBytes{s.Name, Scratch, bytes}, s.Node))
			}
		case eventStep:
			step = e.index + 1
		}
	}
}

func (r *replay) free(id int) {
	if r.blocks[id] != nil {
		r.release(r.blocks[id])
		r.blocks[id] = nil
	}
}

// makeState takes the optimizer's state.
func (r *replay) makeState(rule optimizerRule) {
	for _, w := range r.copies(State) {
		for range rule.copies {
			r.allocate(w.AliveBytes, w.node)
		}
	}
}

// step is what a step of the optimizer needs while it runs: copies of all parameters at once.
func (r *replay) step(rule optimizerRule) {
	var copies []*allocator.Block
	if r.flatGradient > 0 && rule.name != NoOptimizer {
		copies = append(copies, r.allocate(AliveBytes{"flat gradient", Scratch, r.flatGradient}, none))
	}
	for range rule.foreach {
		for _, w := range r.copies(Scratch) {
			copies = append(copies, r.allocate(w.AliveBytes, w.node))
		}
	}
	for _, b := range copies {
		r.release(b)
	}
}

// copyOf is a tensor of the size of a parameter.
type copyOf struct {
	AliveBytes
	node int
}

// copies returns a tensor for each parameter that the optimizer updates, in the order of the layers.
func (r *replay) copies(part Part) []copyOf {
	var copies []copyOf
	for _, id := range r.updated() {
		t := &r.tensors[id]
		copies = append(copies, copyOf{AliveBytes{r.recording.nameOf(t, r.pass), part, t.size.at(r.batch)}, t.node})
	}
	return copies
}

// endIteration frees the results of a pass, and the gradients.
func (r *replay) endIteration() {
	for id := range r.tensors {
		switch r.tensors[id].part {
		case Parameters, Masters, Buffers, GradientBuckets, InputBatch, Targets, Workspace:
		default:
			r.free(id)
		}
	}
}
