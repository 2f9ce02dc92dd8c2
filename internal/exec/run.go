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

// Observer is notified of each layer as soon as it is computed, in the order of the nodes. It sees each layer's own
// output: an activation function that works in place runs after the observer has seen its input.
type Observer interface {
	// Computed may return an error to stop the run.
	Computed(l Computed) error
}

// Computed describes a layer that was computed.
type Computed struct {
	Node int
	Took time.Duration // by the kernels alone; 0 for INPUTs and views
	// Output is [batch, D, H, W]. It must not be changed, and is valid only until Computed returns, as later layers may
	// overwrite it. It is nil for a layer that was fused with the next and so has no output of its own.
	Output []float32
	// FusedInto is the node that computed this one too, or 0.
	FusedInto int
}

// Run calls RunAll for a network with one input and returns the first output.
func (p *Program) Run(ctx context.Context, input []float32, observers ...Observer) (output []float32, err error) {
	outputs, err := p.RunAll(ctx, append(p.inputs[:0], input), observers...)
	if err != nil {
		return nil, err
	}
	return outputs[0], nil
}

// RunAll computes the outputs of the network for a batch. inputs and outputs hold one volume, [batch, D, H, W], for
// each input and output of the network, in the order of the graph. Outputs are valid until the next run. Inputs are not
// written to, but must not be changed while outputs are in use: the output of a network that only reshapes is its
// input. Outputs may share memory: one may be a view or a part of another.
//
// Without observers a run allocates nothing. When ctx is done, it stops before the next layer, or the next pictures of
// a long one. The error then wraps the cause.
func (p *Program) RunAll(
	ctx context.Context, inputs [][]float32, observers ...Observer,
) (outputs [][]float32, err error) {
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

// setInputs checks and stores the input volumes of a run.
func (p *Program) setInputs(inputs [][]float32) error {
	if len(inputs) != len(p.network.Inputs) {
		return fmt.Errorf("got %d input volumes, but the network has %d inputs", len(inputs), len(p.network.Inputs))
	}
	for k, i := range p.network.Inputs {
		if want := p.inputValues(k); len(inputs[k]) != want {
			return fmt.Errorf("%s has %d values, but a batch of %d with shape %s has %d",
				p.network.Nodes[i].Name, len(inputs[k]), p.options.Batch, p.network.Layers[i].Out, want)
		}
	}
	copy(p.inputs, inputs)
	return nil
}

// ErrLostWeights is the error of Load and Run if borrowed weights can no longer be read.
var ErrLostWeights = errors.New("the weight file was truncated or became unreadable while in use")

// ReadBorrowed calls f, which may read values from a View, and returns ErrLostWeights if they can no longer be read.
func ReadBorrowed(f func() error) (err error) {
	defer catchLostWeights(debug.SetPanicOnFault(true), &err)
	return f()
}

// catchLostWeights is deferred by functions that read borrowed memory. It turns the panic that reading lost memory
// causes into an error, and lets other panics continue. before is the result of debug.SetPanicOnFault.
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

// computed returns the notification of observers about node i.
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

// compute runs a step, in several calls if it is split.
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

// pictures returns the part of a batch's volume that holds the given number of images, from first on.
func pictures(volume []float32, batch, first, images int) []float32 {
	each := len(volume) / batch
	return volume[first*each : (first+images)*each]
}
