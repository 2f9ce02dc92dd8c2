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
	r := &replay{pass: p, batch: batch, device: d, blocks: make([]*allocator.Block, len(p.tensors))}
	r.run()
	if m.options.Mode == Training {
		r.update(m.options.Optimizer.rule())
	}
	r.endIteration()
	r.run()
	if m.options.Mode == Training {
		r.step(m.options.Optimizer.rule())
	}
}

// device is an allocator, or what records its use.
type device interface {
	Allocate(bytes int64) *allocator.Block
	Free(b *allocator.Block)
}

// replay is a pass on a device.
type replay struct {
	*pass
	batch  int64
	device device
	blocks []*allocator.Block // by tensor: where it is, nil for nowhere
}

// run replays the pass. What is there already stays.
func (r *replay) run() {
	for _, e := range r.events {
		switch e.kind {
		case eventTake:
			if bytes := r.size(e.index, r.batch); bytes > 0 && r.blocks[e.index] == nil {
				r.blocks[e.index] = r.device.Allocate(bytes)
			}
		case eventFree:
			r.free(e.index)
		case eventNeed:
			if bytes := r.needed(e.index, r.batch); bytes > 0 {
				r.device.Free(r.device.Allocate(bytes))
			}
		}
	}
}

func (r *replay) free(id int) {
	if r.blocks[id] != nil {
		r.device.Free(r.blocks[id])
		r.blocks[id] = nil
	}
}

// update is the first step of the optimizer, which makes its state.
func (r *replay) update(rule optimizerRule) {
	for _, bytes := range r.learnt() {
		for range rule.copies {
			r.device.Allocate(bytes)
		}
	}
	r.step(rule)
}

// step is what a step of the optimizer needs while it runs: copies of all parameters at once.
func (r *replay) step(rule optimizerRule) {
	var copies []*allocator.Block
	for range rule.foreach {
		for _, bytes := range r.learnt() {
			copies = append(copies, r.device.Allocate(bytes))
		}
	}
	for _, b := range copies {
		r.device.Free(b)
	}
}

// learnt returns the sizes of the parameters that the optimizer updates, in the order of the layers.
func (r *replay) learnt() []int64 {
	var sizes []int64
	seen := map[int]bool{}
	for i, layer := range r.network.Layers {
		for k, w := range layer.Weights {
			if id := r.weights[i][k]; w.IsLearnt() && !seen[id] {
				seen[id] = true
				sizes = append(sizes, r.size(id, r.batch))
			}
		}
	}
	return sizes
}

// endIteration frees the results of a pass, and the gradients.
func (r *replay) endIteration() {
	for id := range r.tensors {
		switch r.tensors[id].part {
		case Parameters, Buffers, InputBatch, Targets, Workspace:
		default:
			r.free(id)
		}
	}
}
