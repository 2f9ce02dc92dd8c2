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

// Values is the number of values in the tensor.
func (t *Tensor) Values() int {
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

// A View gives a tensor's values where they lie, as a mapped file has them, or false where they must be copied. They
// must stay as they are until the program is closed, and are not written to.
type View func(t Tensor) ([]float32, bool)

// Borrow makes Load use the values of view instead of copies for all tensors that are kept as they are declared, where
// view has them.
func (p *Program) Borrow(view View) { p.view = view }

// Borrowed is how many bytes of the weights Load has borrowed. Footprint counts them too.
func (p *Program) Borrowed() int64 { return p.borrowed * memory.BytesPerValue }

// maxBytes is more than the address space that a process has on today's processors.
const maxBytes = min(1<<46, math.MaxInt)

// Load allocates what the footprint says, except for the inputs, and fills the weights from source, layer by layer; what
// is packed is not kept twice. It may be called again for other weights. After an error nothing is loaded; the error wraps
// ErrNoMemory if the system gave no memory.
//
// Systems that promise more memory than they have end the process later, so the caller compares the footprint with what is
// available first.
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
		defer catchLostWeights(debug.SetPanicOnFault(true), &err) // a view may look at the values that it gives
	}
	if p.buffer, err = p.memory.take(int(p.arena.Values)); err != nil {
		return fmt.Errorf("the volumes of all layers: %w", err)
	}
	l := loader{program: p, source: source, staging: p.buffer} // nothing else uses the arena before the first run
	if len(l.staging) < p.staging {
		var loading slab
		defer loading.free()
		if l.staging, err = loading.take(p.staging); err != nil {
			return fmt.Errorf("the largest weights, until they are packed: %w", err)
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
			continue // read together with the layer that it is folded into
		}
		if err := l.step(i, first); err != nil {
			return err
		}
	}
	return nil
}

// firstTensors gives, for every node, the index of its first tensor among all of the network's.
func (p *Program) firstTensors() []int {
	first := make([]int, len(p.steps))
	index := 0
	for i := range p.steps {
		first[i] = index
		index += len(p.steps[i].tensors)
	}
	return first
}

// loader reads tensors, packing what is packed through staging.
type loader struct {
	program  *Program
	source   Source
	staging  []float32
	parallel func(n int, f func(i int))
}

// onHeap allocates the statistics of a BN that is folded, which are few and not kept.
func onHeap(values int) ([]float32, error) { return make([]float32, values), nil }

// step reads the tensors of node i, and folds the BN after it into them if there is one.
func (l *loader) step(i int, first []int) error {
	s := &l.program.steps[i]
	var scale, shift []float32
	if s.batchNorm > 0 {
		statistics, err := l.tensors(s.batchNorm, first, nil, onHeap)
		if err != nil {
			return err
		}
		l.program.steps[s.batchNorm].ready(statistics)
		scale, shift = statistics[0], statistics[1]
	}
	weights, err := l.tensors(i, first, scale, l.program.memory.take)
	if err != nil {
		return err
	}
	if s.batchNorm > 0 {
		var bias []float32
		if len(weights) > 1 {
			bias = weights[1]
		}
		weights = append(weights[:1], foldBias(bias, scale, shift))
	}
	s.weights = weights
	if s.ready != nil {
		s.ready(s.weights)
	}
	return nil
}

// allocator returns memory for so many values.
type allocator func(values int) ([]float32, error)

// tensors reads the tensors of node i into what take returns. scale, if not nil, multiplies the output channels of the
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

// borrow takes the k-th tensor of a step from the view, unless it is kept in another form.
func (l *loader) borrow(s *step, k int, t Tensor) ([]float32, bool) {
	p := l.program
	if p.view == nil || s.tensors[k].pack != nil || s.ready != nil || s.batchNorm > 0 {
		return nil, false
	}
	values, ok := p.view(t)
	if !ok || len(values) != t.Values() {
		return nil, false
	}
	p.borrowed += int64(len(values))
	return values, true
}

// tensor makes the values as they are held.
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
		rescale(values, scale)
	}
	if h.pack == nil {
		return values, nil
	}
	packed, err := take(h.packed)
	if err != nil {
		return nil, err
	}
	h.pack(packed, values)
	return packed, nil
}
