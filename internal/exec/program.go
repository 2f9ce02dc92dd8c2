// Package exec runs networks. It binds kernels to the kinds of layers, in one file for each kind named as in package
// op, places volumes as planned by package memory, and profiles runs.
//
// A network is first compiled, which allocates no large memory, so that its footprint can be checked. Then its weights
// are loaded, after which it can run any number of times. The arithmetic is in package kernel, shapes are in package
// shape. Reading pictures and weight files is left to the caller.
package exec

import (
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/choice"
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// Options says how a network is run.
type Options struct {
	Batch   int  // pictures in a run, at least 1
	Threads int  // from 1 to MaxThreads; the result does not depend on it
	Algo    Algo // how convolutions are computed
	// Fuse computes BN, ADD and activation functions together with the preceding layer, which is faster. The outputs in
	// between are then never computed, and no Observer sees them.
	Fuse bool
}

// MaxThreads is the limit of Options.Threads.
const MaxThreads = kernel.MaxThreads

// Algo is a way to compute convolutions.
type Algo string

// The algorithms. Their results differ in the last bits.
const (
	Auto     Algo = "auto"     // the fastest for each layer
	Im2col   Algo = "im2col"   // im2col and a matrix product for every CONV
	Winograd Algo = "winograd" // F(4x4, 3x3) for every dense 3x3 CONV with stride 1, im2col for others
	Direct   Algo = "direct"   // CONV and DWCONV by definition, summed in float64: slow, to check the others
)

// Algos returns the names that ParseAlgo accepts.
func Algos() []string {
	return []string{string(Auto), string(Im2col), string(Winograd), string(Direct)}
}

// ParseAlgo returns the algorithm with a name.
func ParseAlgo(name string) (Algo, error) { return choice.Parse[Algo](name, "an algorithm", Algos()) }

// maxValues limits the values of a volume or tensor, so that sizes which kernels derive from them (a packed copy, the
// scratch of all workers) fit in an int. On 64-bit systems it is a petabyte.
const maxValues = min(1<<48, math.MaxInt/64)

// Program is a compiled network. As it has a single arena, it must not be used by several goroutines at once.
type Program struct {
	network   *shape.Network
	options   Options
	steps     []step
	arena     *memory.Arena
	footprint memory.Footprint
	staging   int // values of the largest tensor that is packed

	// Allocated by Load.
	workers  *kernel.Workers
	memory   slab
	buffer   []float32 // the arena
	loaded   bool
	view     View  // set by Borrow, or nil
	borrowed int64 // values borrowed from view

	ownInputs slab // allocated by NewInputs

	// Reused by all runs.
	inputs  [][]float32 // by the network's inputs
	outputs [][]float32 // by the network's outputs
	call    call
}

// step is the computation of one node.
type step struct {
	plan
	weights [][]float32 // in the op's order, each in the layout that its kernel reads
	holder  int         // node whose weights these are: its own, or an earlier one that shares them in the same form

	// Set by fuse.
	act       kernel.Activation // applied to the output
	folded    int               // node of the BN or SCALE folded into the weights, or 0
	computes  int               // node whose output this step computes: its own, or the last fused into it
	fusedInto int               // node whose step computes this one too, or 0
	onto      int               // node to whose output this step's is added, or 0

	input int // index of the network's input that the output is or views, if it is in the caller's memory
}

// Plan plans what cnncalc run does without flags for its algorithms, as Compile does.
func Plan(n *shape.Network, batch int64, threads int) (*Program, error) {
	if batch > math.MaxInt32 {
		return nil, fmt.Errorf("a batch of %d is too large to run", batch)
	}
	return Compile(n, Options{Batch: int(batch), Threads: threads, Algo: Auto, Fuse: true})
}

// Compile plans the computation of a network without problems; the program's network lacks what exists in training
// only. It does not allocate memory for volumes or weights. It fails if an option is out of range, a size overflows, or
// a layer has no kernel.
func Compile(n *shape.Network, o Options) (*Program, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if n.Sound != len(n.Nodes) {
		return nil, fmt.Errorf("%s has no shape: only a network without problems can be run", n.Nodes[n.Sound].Name)
	}
	n, _ = n.Inference()
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
	p.findHolders()
	var err error
	if p.arena, err = memory.PlanArena(n, int64(o.Batch), p.needs()); err != nil {
		return nil, err
	}
	p.findInputs()
	p.findJoined()
	return p, p.addUp()
}

// needs returns what each step needs of the arena.
func (p *Program) needs() []memory.Step {
	needs := make([]memory.Step, len(p.steps))
	for i, s := range p.steps {
		needs[i] = memory.Step{Alias: s.alias, Node: s.onto, Scratch: int64(s.scratch)}
	}
	return needs
}

// findInputs records the input of each node whose output is in the caller's memory.
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

// findHolders finds out which layers can use the weights of an earlier layer as they are stored for that one.
func (p *Program) findHolders() {
	holders := map[int][]int{} // by owner: a node for each form
	for i := range p.steps {
		s := &p.steps[i]
		s.holder = i
		if len(s.tensors) == 0 || p.isFolded(i) {
			continue
		}
		owner := p.network.Layers[i].Owner
		at := slices.IndexFunc(holders[owner], func(h int) bool { return s.tensors[0].form == p.steps[h].tensors[0].form })
		if at < 0 {
			holders[owner] = append(holders[owner], i)
			continue
		}
		s.holder = holders[owner][at]
	}
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

// bind makes the plan of every node that is computed. INPUTs are not.
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
			return fmt.Errorf("%s: %d tensors are bound, %d declared",
				node.Name, len(plan.tensors), len(p.network.Layers[i].Weights))
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

// addUp computes the footprint.
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
		if p.isFolded(i) || s.holder != i {
			continue
		}
		for k, t := range s.tensors {
			count, _ := p.network.Layers[i].Weights[k].Count() // checked by checkSizes
			if t.pack == nil {
				add(&f.Weights, count)
				continue
			}
			add(&f.Packed, int64(t.packed))
			p.staging = max(p.staging, int(count))
		}
		if s.folded > 0 && len(s.tensors) == 1 && p.steps[s.folded].folds.shifts {
			add(&f.Weights, p.network.Layers[i].Out.D) // the shift becomes the bias
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

// inputValues returns the number of values in a batch of input k. checkSizes has checked that it does not overflow.
func (p *Program) inputValues(k int) int {
	values, _ := p.network.Layers[p.network.Inputs[k]].Out.Values()
	return int(values) * p.options.Batch
}

// NewInputs allocates a volume of zeros for each of the network's inputs, in their order and of the size that Run
// expects. Close frees them. The error wraps ErrNoMemory if the system has no memory left.
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

// isFolded reports whether node i is a BN or SCALE that is folded into the weights of another layer.
func (p *Program) isFolded(i int) bool {
	into := p.steps[i].fusedInto
	return into > 0 && p.steps[into].folded == i
}

// Footprint returns the memory that the program takes once its weights are loaded.
func (p *Program) Footprint() memory.Footprint { return p.footprint }

// Allocated returns the size in bytes of the arena, or 0 before Load has allocated it.
func (p *Program) Allocated() int64 { return int64(len(p.buffer)) * memory.BytesPerValue }

// Arena returns the plan of the volumes. It must not be changed.
func (p *Program) Arena() *memory.Arena { return p.arena }

// Network returns the network that was compiled.
func (p *Program) Network() *shape.Network { return p.network }

// Batch returns the number of pictures in a run.
func (p *Program) Batch() int { return p.options.Batch }

// Close ends the threads and frees all memory, including outputs and volumes from NewInputs, which must not be used any
// more. The program cannot run until weights are loaded again.
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

// output returns node i's output, [batch, D, H, W], in the arena or, for INPUTs and views of them, in the caller's
// memory.
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

// shapeInts returns a shape as ints. checkSizes has checked that it fits.
func shapeInts(s graph.Shape) (w, h, d int) { return int(s.W), int(s.H), int(s.D) }
