package exec

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"

	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// Tensor describes a weight of the network to a Source.
type Tensor struct {
	Name  string   // the layer's name and PyTorch's name of the tensor: "conv1.weight"
	Also  []string // the same under the names of other layers that share the weights, as PyTorch's state_dict has it
	Shape []int    // outermost first; the product fits in an int
	Role  graph.Role
	Index int // among all tensors of the network
	// FanIn is the number of inputs of each output value, for weights with random initial values. It is 0 for tensors
	// whose values all start as Start.
	FanIn int
	Start float32
}

// Values returns the number of values in the tensor.
func (t *Tensor) Values() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Tensors returns the weights of the network, in order. Weights that layers share are there once, under the first's
// name.
func (p *Program) Tensors() []Tensor {
	var all []Tensor
	first := p.firstTensors()
	for i := range p.steps {
		for k := range p.steps[i].tensors {
			if p.network.Layers[i].Owner == i {
				all = append(all, p.tensor(i, k, len(all)))
			}
			t := &all[first[i]+k]
			if name := p.network.Nodes[i].Name; name != p.network.StoredAs(i) {
				t.Also = append(t.Also, name+"."+p.network.Layers[i].Weights[k].Name)
			}
		}
	}
	return all
}

// tensor returns the k-th weight of node i.
func (p *Program) tensor(i, k, index int) Tensor {
	w := &p.network.Layers[i].Weights[k]
	t := Tensor{
		Name: p.network.StoredAs(i) + "." + w.Name, Role: w.Role, Index: index,
		FanIn: p.steps[i].tensors[k].fanIn, Start: p.steps[i].tensors[k].start,
	}
	for _, d := range w.Dims {
		t.Shape = append(t.Shape, int(d))
	}
	return t
}

// A Source writes the values of a tensor, in C order, to dst, whose length is their number. parallel calls f(i) for
// each i from 0 to n-1 on the program's threads and returns when all calls have returned. f must not call parallel.
type Source func(dst []float32, t Tensor, parallel func(n int, f func(i int))) error

// A View returns the values of a tensor in place, for example in a mapped file, or false if they must be copied. They
// are not written to, and must not change until the program is closed.
type View func(t Tensor) ([]float32, bool)

// Borrow makes Load use the values of view, where it has them, instead of copies. Tensors that are packed or folded are
// still copied.
func (p *Program) Borrow(view View) { p.view = view }

// Borrowed returns the size in bytes of the weights that Load has borrowed. Footprint includes them.
func (p *Program) Borrowed() int64 { return p.borrowed * memory.BytesPerValue }

// maxBytes is more memory than any process can have on current processors.
const maxBytes = min(1<<46, math.MaxInt)

// Load allocates the memory of the footprint, except for the inputs, and reads the weights from source, layer by layer.
// It may be called again for other weights. After an error nothing is loaded. The error wraps ErrNoMemory if the system
// has no memory left.
//
// Systems that overcommit memory may kill the process later, so the caller should first compare the footprint with the
// available memory.
func (p *Program) Load(ctx context.Context, source Source) error {
	p.unload()
	if p.footprint.Total > maxBytes {
		return fmt.Errorf("the network needs %d bytes to run, more than a process can have", p.footprint.Total)
	}
	p.workers = kernel.NewWorkers(p.options.Threads)
	if err := p.fill(ctx, source); err != nil {
		p.unload()
		return err
	}
	p.loaded = true
	return nil
}

func (p *Program) fill(ctx context.Context, source Source) (err error) {
	if p.view != nil {
		defer catchLostWeights(debug.SetPanicOnFault(true), &err) // a view may read the values that it returns
	}
	p.planMemory()
	if p.buffer, err = p.memory.take(int(p.arena.Values)); err != nil {
		return fmt.Errorf("the volumes of all layers: %w", err)
	}
	l := loader{program: p, source: source, staging: p.buffer} // nothing else uses the arena before the first run
	if len(l.staging) < p.staging {
		var loading slab
		defer loading.free()
		if l.staging, err = loading.take(p.staging); err != nil {
			return fmt.Errorf("the largest weights before packing: %w", err)
		}
	}
	l.parallel = func(n int, f func(i int)) {
		p.workers.Run(n, func(task, _ int) { f(task) })
	}
	first := p.firstTensors()
	for i := range p.steps {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped while loading %s: %w", p.network.Nodes[i].Name, context.Cause(ctx))
		}
		if p.isFolded(i) {
			continue // read with the layer that it is folded into
		}
		if holder := p.steps[i].holder; holder != i {
			p.steps[i].weights = p.steps[holder].weights
			continue
		}
		if err := l.step(i, first); err != nil {
			return err
		}
	}
	return nil
}

// planMemory announces the arena and all weights. Those that are folded or borrowed later take nothing.
func (p *Program) planMemory() {
	slices := 1
	for i := range p.steps {
		slices += len(p.steps[i].tensors)
	}
	f := &p.footprint
	p.memory.plan(slices, int((f.Weights+f.Packed+f.Arena)/memory.BytesPerValue))
}

// firstTensors returns, for each node, the index of its first tensor among all tensors of the network.
func (p *Program) firstTensors() []int {
	first := make([]int, len(p.steps))
	index := 0
	for i := range p.steps {
		if owner := p.network.Layers[i].Owner; owner != i {
			first[i] = first[owner]
			continue
		}
		first[i] = index
		index += len(p.steps[i].tensors)
	}
	return first
}

// loader reads tensors. Those to be packed are read into staging first.
type loader struct {
	program  *Program
	source   Source
	staging  []float32
	parallel func(n int, f func(i int))
}

// onHeap allocates the tensors of a folded layer, which are small and not kept.
func onHeap(values int) ([]float32, error) { return make([]float32, values), nil }

// step reads the tensors of node i, and folds a following BN or SCALE into them.
func (l *loader) step(i int, first []int) error {
	s := &l.program.steps[i]
	var scale, shift []float32
	if s.folded > 0 {
		var err error
		if scale, shift, err = l.folded(s.folded, first); err != nil {
			return err
		}
	}
	weights, err := l.tensors(i, first, scale, l.program.memory.take)
	if err != nil {
		return err
	}
	if s.folded > 0 {
		var bias []float32
		if len(weights) > 1 {
			bias = weights[1]
		}
		if bias = foldBias(bias, scale, shift); bias != nil {
			weights = append(weights[:1], bias)
		}
	}
	s.weights = weights
	if s.ready != nil {
		s.ready(s.weights)
	}
	return nil
}

// folded returns the scale and shift of each channel of node i, which is folded into another.
func (l *loader) folded(i int, first []int) (scale, shift []float32, err error) {
	s := &l.program.steps[i]
	weights, err := l.tensors(i, first, nil, onHeap)
	if err != nil {
		return nil, nil, err
	}
	if s.ready != nil {
		s.ready(weights)
	}
	scale, shift = s.folds.channels(weights)
	return scale, shift, nil
}

// allocator returns memory for the given number of values.
type allocator func(values int) ([]float32, error)

// tensors reads the tensors of node i into memory from take. scale, if not nil, multiplies the output channels of the
// first.
func (l *loader) tensors(i int, first []int, scale []float32, take allocator) ([][]float32, error) {
	p := l.program
	var all [][]float32
	for k := range p.steps[i].tensors {
		t := p.tensor(i, k, first[i]+k)
		if k > 0 {
			scale = nil
		}
		values, ok := l.borrow(&p.steps[i], k, t)
		if !ok {
			var err error
			if values, err = l.tensor(&p.steps[i].tensors[k], t, scale, take); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		all = append(all, values)
	}
	return all, nil
}

// borrow returns the k-th tensor of a step from the view, unless it is stored in another form.
func (l *loader) borrow(s *step, k int, t Tensor) ([]float32, bool) {
	p := l.program
	if p.view == nil || s.tensors[k].pack != nil || s.ready != nil || s.folded > 0 {
		return nil, false
	}
	values, ok := p.view(t)
	if !ok || len(values) != t.Values() {
		return nil, false
	}
	p.borrowed += int64(len(values))
	return values, true
}

// tensor returns the values as they are stored.
func (l *loader) tensor(h *tensor, t Tensor, scale []float32, take allocator) (values []float32, err error) {
	if h.pack != nil {
		values = l.staging[:t.Values()]
	} else if values, err = take(t.Values()); err != nil {
		return nil, err
	}
	if err := l.source(values, t, l.parallel); err != nil {
		return nil, err
	}
	if scale != nil {
		rescale(values, scale, l.parallel)
	}
	if h.pack == nil {
		return values, nil
	}
	packed, err := take(h.packed)
	if err != nil {
		return nil, err
	}
	h.pack(packed, values, l.program.workers)
	return packed, nil
}
