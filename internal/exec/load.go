package exec

import (
	"context"
	"fmt"
	"math"

	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
)

// Tensor is a weight of the network, as a Source is asked for it.
type Tensor struct {
	Name  string // "conv1.weight": the layer's name and PyTorch's name of the tensor
	Shape []int  // outermost first; the product fits an int
	Role  graph.Role
	Index int // among all of the network's tensors
	// FanIn is the number of inputs of one output value, for weights that start at random; 0 for tensors
	// whose values all start as Start.
	FanIn int
	Start float32
}

// values is the number of values in the tensor.
func (t *Tensor) values() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Tensors lists the weights of the network, in order.
func (p *Program) Tensors() []Tensor {
	var all []Tensor
	for i := range p.steps {
		for k := range p.steps[i].tensors {
			all = append(all, p.tensor(i, k, len(all)))
		}
	}
	return all
}

// tensor is the k-th weight of node i.
func (p *Program) tensor(i, k, index int) Tensor {
	w := &p.network.Layers[i].Weights[k]
	t := Tensor{
		Name: p.network.Nodes[i].Name + "." + w.Name, Role: w.Role, Index: index,
		FanIn: p.steps[i].tensors[k].fanIn, Start: p.steps[i].tensors[k].start,
	}
	for _, d := range w.Dims {
		t.Shape = append(t.Shape, int(d))
	}
	return t
}

// A Source writes a tensor's values, in C order, to dst, which has exactly as many. parallel calls f(i) for
// each i in 0..n-1 on the program's threads and returns when all have returned; f must not use parallel.
type Source func(dst []float32, t Tensor, parallel func(n int, f func(i int))) error

// maxBytes is more than the address space that a process has on today's processors.
const maxBytes = min(1<<46, math.MaxInt)

// Load allocates what the footprint says and fills the weights from source, layer by layer; what is packed is
// not kept twice. It may be called again for other weights. After an error nothing is loaded.
//
// The caller looks at the footprint first: where the machine has not that much memory, Go ends the process.
func (p *Program) Load(ctx context.Context, source Source) error {
	p.Close()
	if p.footprint.Total > maxBytes {
		return fmt.Errorf("the network needs %d bytes to run, more than a process can have", p.footprint.Total)
	}
	p.workers = kernel.NewWorkers(p.options.Threads)
	p.buffer = make([]float32, p.arena.Values)
	if err := p.fill(ctx, source); err != nil {
		p.Close()
		return err
	}
	p.loaded = true
	return nil
}

func (p *Program) fill(ctx context.Context, source Source) error {
	// Nothing else uses the arena before the first run.
	staging := p.buffer
	if len(staging) < p.staging {
		staging = make([]float32, p.staging)
	}
	parallel := func(n int, f func(i int)) {
		p.workers.Run(n, func(task, _ int) { f(task) })
	}
	index := 0
	for i := range p.steps {
		s := &p.steps[i]
		for k := range s.tensors {
			if ctx.Err() != nil {
				return fmt.Errorf("stopped while loading %s: %w", p.network.Nodes[i].Name, context.Cause(ctx))
			}
			t := p.tensor(i, k, index)
			values, err := s.tensors[k].load(t, source, staging, parallel)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			s.weights = append(s.weights, values)
			index++
		}
		if s.ready != nil {
			s.ready(s.weights)
		}
	}
	return nil
}

// load makes the values as they are held.
func (h *tensor) load(t Tensor, source Source, staging []float32, parallel func(int, func(int))) ([]float32, error) {
	if h.pack == nil {
		values := make([]float32, t.values())
		return values, source(values, t, parallel)
	}
	original := staging[:t.values()]
	if err := source(original, t, parallel); err != nil {
		return nil, err
	}
	packed := make([]float32, h.packed)
	h.pack(packed, original)
	return packed, nil
}
