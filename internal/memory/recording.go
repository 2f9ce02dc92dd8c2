package memory

import (
	"fmt"

	"cnncalc/internal/allocator"
)

// Recording is an iteration of a training or an inference on a CUDA device, as PyTorch's caching allocator sees it: any
// but the first, in which the optimizer makes its state. It is an estimate, as PyTorch.Reserved is.
type Recording struct {
	Allocations []Allocation // in the order in which they were made
	Before      int          // how many of them were made before the iteration; of these, the freed ones are left out
	Events      []AllocatorEvent
	Segments    []allocator.Segment // at the end

	started bool
	places  map[*allocator.Block]int // by block: its allocation
}

// Allocation is memory that was taken.
type Allocation struct {
	AliveBytes
	Node    int // whose it is, -1 for the network's
	Address int64
	Block   int64 // bytes of the block
}

// AllocatorEvent is one step of a recording.
type AllocatorEvent struct {
	Allocation int
	Free       bool
}

// Record returns the recording of an iteration. It fails for PyTorch on the CPU, which has no such allocator.
func (m *PyTorch) Record(batch int64) (*Recording, error) {
	if m.options.Torch != Torch2CUDA {
		return nil, fmt.Errorf("PyTorch %s has no caching allocator: take %s", m.options.Torch, Torch2CUDA)
	}
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	if p.total.at(batch) > maxReplayed {
		return nil, fmt.Errorf("a batch of %d is too large to record", batch)
	}
	device := allocator.New()
	r := newReplay(device, p, batch)
	r.recording = &Recording{places: map[*allocator.Block]int{}}
	r.first(m.options)
	r.recording.start()
	r.second(m.options)
	r.recording.Segments = device.Segments()
	return r.recording, nil
}

// AllocationOf returns the allocation that has a block, or false for a free one.
func (r *Recording) AllocationOf(b *allocator.Block) (*Allocation, bool) {
	i, ok := r.places[b]
	if !ok {
		return nil, false
	}
	return &r.Allocations[i], true
}

// nameOf returns what a tensor is called; nothing where nobody records.
func (r *Recording) nameOf(t *tensor, p *pass) string {
	if r == nil {
		return ""
	}
	return t.name(p.network.Graph)
}

func (r *Recording) allocated(b *allocator.Block, what AliveBytes, node int) {
	if r == nil {
		return
	}
	r.places[b] = len(r.Allocations)
	r.Allocations = append(r.Allocations, Allocation{what, node, b.Address(), b.Size()})
	if r.started {
		r.Events = append(r.Events, AllocatorEvent{Allocation: r.places[b]})
	}
}

func (r *Recording) freed(b *allocator.Block) {
	if r == nil {
		return
	}
	if r.started {
		r.Events = append(r.Events, AllocatorEvent{r.places[b], true})
	}
	delete(r.places, b)
}

// start begins the iteration, and forgets what was freed before it.
func (r *Recording) start() {
	alive := make([]Allocation, 0, len(r.places))
	of := make(map[int]*allocator.Block, len(r.places))
	for b, i := range r.places {
		of[i] = b
	}
	for i, a := range r.Allocations {
		if b := of[i]; b != nil {
			r.places[b] = len(alive)
			alive = append(alive, a)
		}
	}
	r.Allocations, r.Before, r.started = alive, len(alive), true
}
