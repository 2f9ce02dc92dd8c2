package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// Observer is told of every layer as soon as it is computed, in the order of the nodes. It sees each layer's own
// output: an activation function that works in place runs after the observer has seen its input.
type Observer interface {
	// Computed may return an error to stop the run.
	Computed(l Computed) error
}

// Computed is a layer that was computed.
type Computed struct {
	Node int
	Took time.Duration // of the kernels alone; 0 for an INPUT and for views
	// Output is [batch, D, H, W]. It is valid until Computed returns, as later layers may write over it, and
	// must not be changed. It is nil for a layer that was computed together with the next, so that its own
	// output never was.
	Output []float32
	// FusedInto is the node that this one was computed together with, 0 for none.
	FusedInto int
}

// Run is RunAll for a network with one input. It returns the main output.
func (p *Program) Run(ctx context.Context, input []float32, observers ...Observer) (output []float32, err error) {
	outputs, err := p.RunAll(ctx, append(p.inputs[:0], input), observers...)
	if err != nil {
		return nil, err
	}
	return outputs[0], nil
}

// RunAll takes a batch through the network: a volume for each of the network's inputs, and one of each of its outputs, both
// in the order of the graph. Each is [batch, D, H, W]. Outputs are valid until the next run. Inputs are not written to; they
// must stay as they are for as long as an output is used, which may be a part of them if a network only reshapes.
//
// Without observers a run allocates nothing. It stops between layers, and between pictures in long ones, when
// ctx is done; the error then wraps the cause.
func (p *Program) RunAll(ctx context.Context, inputs [][]float32, observers ...Observer) (outputs [][]float32, err error) {
	if !p.loaded {
		return nil, errors.New("the network has no weights yet: load them before it runs")
	}
	if err := p.setInputs(inputs); err != nil {
		return nil, err
	}
	p.workers.Bind()
	defer p.workers.Release()
	if p.borrowed > 0 {
		defer catchLostWeights(debug.SetPanicOnFault(true), &err)
	}
	for i := range p.steps {
		var took time.Duration
		if p.steps[i].run != nil {
			start := time.Now()
			if err := p.compute(ctx, i); err != nil {
				return nil, err
			}
			took = time.Since(start)
		}
		for _, o := range observers {
			if err := o.Computed(p.computed(i, took)); err != nil {
				return nil, err
			}
		}
	}
	for k, i := range p.network.Outputs {
		p.outputs[k] = p.output(i)
	}
	return p.outputs, nil
}

// setInputs takes the volumes for a run.
func (p *Program) setInputs(inputs [][]float32) error {
	if len(inputs) != len(p.network.Inputs) {
		return fmt.Errorf("there are %d input volumes, but the network has %d inputs", len(inputs), len(p.network.Inputs))
	}
	for k, i := range p.network.Inputs {
		if want := p.inputValues(k); len(inputs[k]) != want {
			return fmt.Errorf("%s has %d values, but %d of %s have %d", p.network.Nodes[i].Name, len(inputs[k]), p.options.Batch,
				p.network.Layers[i].Out, want)
		}
	}
	copy(p.inputs, inputs)
	return nil
}

// ErrLostWeights is the error of Load or Run where borrowed weights could not be read any more.
var ErrLostWeights = errors.New("the file of weights was cut short, or could not be read, while it was in use")

// ReadBorrowed calls f, which may read what a View has given, and returns ErrLostWeights where that is no longer there.
func ReadBorrowed(f func() error) (err error) {
	defer catchLostWeights(debug.SetPanicOnFault(true), &err)
	return f()
}

// catchLostWeights is deferred where borrowed memory is read: it makes an error of the panic that touching it has given
// because it is no longer there, and lets others go on. before is what debug.SetPanicOnFault returned.
func catchLostWeights(before bool, err *error) {
	panicked := recover()
	debug.SetPanicOnFault(before)
	if panicked == nil {
		return
	}
	value := panicked
	if task, ok := panicked.(*kernel.TaskPanic); ok {
		value = task.Value
	}
	if fault, ok := value.(interface{ Addr() uintptr }); ok && fault.Addr() != 0 {
		*err = ErrLostWeights
		return
	}
	panic(panicked)
}

// computed is what an observer is told of node i.
func (p *Program) computed(i int, took time.Duration) Computed {
	c := Computed{Node: i, Took: took, FusedInto: p.steps[i].fusedInto}
	maker := i
	if c.FusedInto > 0 {
		maker = c.FusedInto
	}
	if p.steps[maker].computes == i {
		c.Output = p.output(i)
	}
	return c
}

// compute runs one step, some pictures at a time where it is split.
func (p *Program) compute(ctx context.Context, i int) error {
	s, c := &p.steps[i], &p.call
	c.weights, c.act, c.workers, c.scratch = s.weights, s.act, p.workers, nil
	c.accumulate = s.onto > 0
	if id := p.arena.Scratch[i]; id != memory.None {
		c.scratch = p.at(id)
	}
	batch := p.options.Batch
	atOnce := s.atOnce
	if atOnce == 0 {
		atOnce = batch
	}
	for first := 0; first < batch; first += atOnce {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped before %s: %w", p.network.Nodes[i].Name, context.Cause(ctx))
		}
		c.images = min(atOnce, batch-first)
		c.in = c.in[:0]
		for _, in := range p.network.Nodes[i].Inputs {
			c.in = append(c.in, pictures(p.output(in), batch, first, c.images))
		}
		c.out = pictures(p.output(i), batch, first, c.images)
		s.run(c)
	}
	return nil
}

// pictures cuts so many, from first on, out of a volume of the whole batch.
func pictures(volume []float32, batch, first, images int) []float32 {
	each := len(volume) / batch
	return volume[first*each : (first+images)*each]
}
