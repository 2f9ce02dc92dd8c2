// Package exec runs a network: it binds the kernels to the kinds of layers, one file per kind under the
// kind's name in package op, follows the arena plan of package memory, and profiles.
//
// A network is compiled, which allocates nothing of size, so that its footprint can be looked at; then its
// weights are loaded; then it runs, any number of times. The kernels' arithmetic is in package kernel, shapes
// are in package shape, pictures and files of weights are the caller's.
package exec

import (
	"fmt"
	"math"

	"cnncalc/internal/checked"
	"cnncalc/internal/choice"
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// Options say how a network is to be run.
type Options struct {
	Batch   int  // pictures in a run, at least 1
	Threads int  // at least 1, at most MaxThreads; the result does not depend on it
	Algo    Algo // how convolutions are computed
	// Fuse computes BN and activation functions together with the layer before them, which is faster. Then
	// the outputs in between are never made, and no Observer can see them.
	Fuse bool
}

// MaxThreads bounds Options.Threads: each thread has scratch memory of its own.
const MaxThreads = 1024

// Algo is a way to compute convolutions.
type Algo string

// The algorithms. The bits of the result differ between them.
const (
	Auto     Algo = "auto"     // the fastest for each layer
	Im2col   Algo = "im2col"   // im2col and a matrix product for every CONV
	Winograd Algo = "winograd" // F(4x4, 3x3) for every dense 3x3 CONV of stride 1, im2col for the others
	Direct   Algo = "direct"   // CONV and DWCONV from the definition, summed in float64: slow, to check the others
)

// Algos are the names that ParseAlgo takes.
func Algos() []string {
	return []string{string(Auto), string(Im2col), string(Winograd), string(Direct)}
}

// ParseAlgo reads an algorithm's name.
func ParseAlgo(name string) (Algo, error) { return choice.Parse[Algo](name, "an algorithm", Algos()) }

// maxValues bounds the values of one volume or tensor, so that the sizes that kernels work out from them (a
// packed copy, the scratch of every worker) fit an int. It is a petabyte on 64-bit systems.
const maxValues = min(1<<48, math.MaxInt/64)

// Program is a network ready to run. It has one arena, so one run goes on at a time; it must not be used by
// several goroutines at once.
type Program struct {
	network   *shape.Network
	options   Options
	steps     []step
	arena     *memory.Arena
	footprint memory.Footprint
	staging   int // values of the largest tensor that is packed

	// What Load allocates.
	workers  *kernel.Workers
	memory   slab
	buffer   []float32 // the arena
	loaded   bool
	view     View  // what Borrow was told, nil for none
	borrowed int64 // values that view gave

	ownInputs slab // what NewInputs allocates

	// What Run uses again.
	inputs  [][]float32 // by the network's inputs
	outputs [][]float32 // by the network's outputs
	call    call
}

// step is the computation of one node.
type step struct {
	plan
	weights [][]float32 // in the order that the op declares them, each as its kernel reads it

	// What fuse decides.
	act       kernel.Activation // applied to the output
	batchNorm int               // node of the BN folded into the weights, 0 for none
	computes  int               // node whose output this step makes: its own, or the last that is fused into it
	fusedInto int               // node whose step makes this node's output, 0 for none
	onto      int               // node to whose output this step's is added, 0 for none

	input int // of the network's inputs: the one that the output is, or is a view of, where it is the caller's
}

// Compile plans the computation of a network that has no problems. Nothing is allocated yet for volumes or
// weights. It fails where an option is out of range, a size is beyond counting, or a layer has no kernel.
func Compile(n *shape.Network, o Options) (*Program, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if n.Sound != len(n.Nodes) {
		return nil, fmt.Errorf("%s has no shape: only a network without problems can be run", n.Nodes[n.Sound].Name)
	}
	p := &Program{network: n, options: o, steps: make([]step, len(n.Nodes))}
	if err := p.bind(); err != nil {
		return nil, err
	}
	for i := range p.steps {
		p.steps[i].computes = i
	}
	if o.Fuse {
		p.fuse()
	}
	needs := make([]memory.Step, len(p.steps))
	for i, s := range p.steps {
		needs[i] = memory.Step{Alias: s.alias, Node: s.onto, Scratch: int64(s.scratch)}
	}
	var err error
	if p.arena, err = memory.PlanArena(n, int64(o.Batch), needs); err != nil {
		return nil, err
	}
	p.findInputs()
	return p, p.addUp()
}

// findInputs finds the input that each output in the caller's memory lies in.
func (p *Program) findInputs() {
	for k, i := range p.network.Inputs {
		p.steps[i].input = k
	}
	for i, node := range p.network.Nodes {
		if p.arena.Output[i] == memory.Caller && len(node.Inputs) > 0 {
			p.steps[i].input = p.steps[node.Inputs[0]].input // a view
		}
	}
	p.inputs = make([][]float32, len(p.network.Inputs))
	p.outputs = make([][]float32, len(p.network.Outputs))
}

func (o *Options) check() error {
	if o.Batch < 1 {
		return fmt.Errorf("the batch must be 1 or more, not %d", o.Batch)
	}
	if o.Threads < 1 || o.Threads > MaxThreads {
		return fmt.Errorf("the number of threads is from 1 to %d, not %d", MaxThreads, o.Threads)
	}
	if o.Algo == "" {
		o.Algo = Auto
	}
	_, err := ParseAlgo(string(o.Algo))
	return err
}

// bind makes the plan of every node that computes something: an INPUT does not.
func (p *Program) bind() error {
	kinds := binders()
	widest := 0
	for i := range p.steps {
		node := &p.network.Nodes[i]
		widest = max(widest, len(node.Inputs))
		if err := p.checkSizes(i); err != nil {
			return fmt.Errorf("%s: %w", node.Name, err)
		}
		if len(node.Inputs) == 0 {
			continue
		}
		bind, ok := kinds[node.Op.Kind()]
		if !ok {
			return fmt.Errorf("%s: there is no kernel for %s", node.Name, node.Op.Kind())
		}
		plan, err := bind(p.layer(i))
		if err != nil {
			return fmt.Errorf("%s: %w", node.Name, err)
		}
		if len(plan.tensors) != len(p.network.Layers[i].Weights) {
			return fmt.Errorf("%s: %d tensors are bound, %d declared", node.Name, len(plan.tensors), len(p.network.Layers[i].Weights))
		}
		p.steps[i].plan = plan
	}
	p.call.in = make([][]float32, 0, widest)
	return nil
}

func (p *Program) checkSizes(i int) error {
	l := &p.network.Layers[i]
	values, err := checked.Product(l.Out.W, l.Out.H, l.Out.D, int64(p.options.Batch))
	if err != nil || values > maxValues {
		return fmt.Errorf("a batch of %d volumes of %s is too large to run", p.options.Batch, l.Out)
	}
	for _, w := range l.Weights {
		if count, err := w.Count(); err != nil || count > maxValues {
			return fmt.Errorf("the tensor %s %v is too large to run", w.Name, w.Dims)
		}
	}
	if _, err := checked.Product(l.MACs, int64(p.options.Batch), 2); err != nil {
		return fmt.Errorf("a batch of %d takes more operations than can be counted", p.options.Batch)
	}
	return nil
}

func (p *Program) layer(i int) *layer {
	return &layer{
		op: p.network.Nodes[i].Op, in: p.network.InputsOf(i), out: p.network.Layers[i].Out,
		macs:  p.network.Layers[i].MACs,
		batch: p.options.Batch, threads: p.options.Threads, algo: p.options.Algo,
	}
}

// addUp makes the footprint.
func (p *Program) addUp() error {
	f := &p.footprint
	var err error
	add := func(to *int64, values int64) {
		bytes, e := checked.Product(values, memory.BytesPerValue)
		if e == nil {
			*to, e = checked.Sum(*to, bytes)
		}
		if e != nil {
			err = e
		}
	}
	for i, s := range p.steps {
		if p.isFolded(i) {
			continue
		}
		for k, t := range s.tensors {
			count, _ := p.network.Layers[i].Weights[k].Count() // checkSizes has counted it
			if t.pack == nil {
				add(&f.Weights, count)
				continue
			}
			add(&f.Packed, int64(t.packed))
			p.staging = max(p.staging, int(count))
		}
		if s.batchNorm > 0 && len(s.tensors) == 1 {
			add(&f.Weights, p.network.Layers[i].Out.D) // the shift takes the place of a bias
		}
	}
	f.Arena = p.arena.Bytes()
	for k := range p.network.Inputs {
		add(&f.Input, int64(p.inputValues(k)))
	}
	add(&f.Loading, max(0, int64(p.staging)-p.arena.Values))
	if err == nil {
		err = f.AddUp()
	}
	if err != nil {
		return fmt.Errorf("the memory to run a batch of %d: %w", p.options.Batch, err)
	}
	return nil
}

// inputValues returns how many values a batch of input k has. checkSizes has made sure that they can be counted.
func (p *Program) inputValues(k int) int {
	values, _ := p.network.Layers[p.network.Inputs[k]].Out.Values()
	return int(values) * p.options.Batch
}

// NewInputs allocates a volume for each of the network's inputs, in their order, of zeros and as large as Run wants them.
// Close frees them. The error wraps ErrNoMemory if the system gave no memory.
func (p *Program) NewInputs() ([][]float32, error) {
	inputs := make([][]float32, len(p.network.Inputs))
	for k := range inputs {
		var err error
		if inputs[k], err = p.ownInputs.take(p.inputValues(k)); err != nil {
			return nil, fmt.Errorf("a batch of %d: %w", p.options.Batch, err)
		}
	}
	return inputs, nil
}

// isFolded tells a BN whose tensors are in the weights of another layer.
func (p *Program) isFolded(i int) bool {
	into := p.steps[i].fusedInto
	return into > 0 && p.steps[into].batchNorm == i
}

// Footprint is the memory that the program takes once its weights are loaded.
func (p *Program) Footprint() memory.Footprint { return p.footprint }

// Allocated is the size in bytes of the arena that Load has allocated, 0 before.
func (p *Program) Allocated() int64 { return int64(len(p.buffer)) * memory.BytesPerValue }

// Arena is the plan of the volumes. It must not be changed.
func (p *Program) Arena() *memory.Arena { return p.arena }

// Network is the network that was compiled.
func (p *Program) Network() *shape.Network { return p.network }

// Batch is the number of pictures in a run.
func (p *Program) Batch() int { return p.options.Batch }

// Close ends the threads and frees the memory, that of outputs and of NewInputs too, which must not be used any more.
// The program cannot run until weights are loaded again.
func (p *Program) Close() {
	p.unload()
	p.ownInputs.free()
}

// unload frees what Load has allocated.
func (p *Program) unload() {
	if p.workers != nil {
		p.workers.Close()
	}
	p.workers, p.buffer, p.loaded, p.borrowed = nil, nil, false, 0
	p.memory.free()
	clear(p.inputs)
	clear(p.outputs)
	clear(p.call.in[:cap(p.call.in)])
	p.call = call{in: p.call.in[:0]}
	for i := range p.steps {
		p.steps[i].weights = nil
	}
}

// output is node i's output, [batch, D, H, W], in the arena or, for an INPUT and views of it, the caller's.
func (p *Program) output(i int) []float32 {
	id := p.arena.Output[i]
	if id == memory.Caller {
		return p.inputs[p.steps[i].input]
	}
	return p.at(id)
}

func (p *Program) at(id int) []float32 {
	b := &p.arena.Buffers[id]
	return p.buffer[b.Offset : b.Offset+b.Values : b.Offset+b.Values]
}

// shapeInts is a shape as kernels take it; checkSizes has made sure that it fits.
func shapeInts(s graph.Shape) (w, h, d int) { return int(s.W), int(s.H), int(s.D) }
