package memory

import (
	"cmp"
	"fmt"
	"sync"

	"cnncalc/internal/checked"
	"cnncalc/internal/choice"
	"cnncalc/internal/shape"
)

// Mode is what a network is used for.
type Mode string

// The modes.
const (
	Inference Mode = "inference" // in evaluation, under no_grad
	// Training is one iteration: forward, backward, and the optimizer's step. The optimizer's state is there already, and
	// gradients are set to None before it, as zero_grad does by default in PyTorch 2.
	Training Mode = "training"
)

// Modes returns the names that ParseMode takes.
func Modes() []string { return []string{string(Inference), string(Training)} }

// ParseMode reads a mode's name.
func ParseMode(s string) (Mode, error) { return choice.Parse[Mode](s, "a mode", Modes()) }

// Options are what PyTorch's account of a network depends on in addition to the batch.
type Options struct {
	Torch     Torch
	Mode      Mode
	DType     DType
	Optimizer Optimizer // in training; "" is none
	// ComputeMajor is the major compute capability of the CUDA device, 8 for an A100; 0 where it is not known.
	ComputeMajor int
	// Parallel is how a training is spread over devices; zero for one device, and a pass for each update.
	Parallel Parallel
}

// Check returns an error for what PyTorch does not do.
func (o Options) Check() error {
	switch {
	case o.DType == INT8 && o.Mode == Training:
		return fmt.Errorf("int8 is for inference: PyTorch trains no quantised network; amp, bf16 and fp16 take less than " +
			"fp32")
	case o.Torch == Torch113CPU && (o.DType == FP16 || o.DType == AMP):
		return fmt.Errorf("PyTorch %s computes no convolutions in half: take bf16, or PyTorch %s", o.Torch, Torch2CUDA)
	}
	return nil
}

// PyTorch is PyTorch's account of a network, for any batch. It may be used concurrently.
type PyTorch struct {
	network *shape.Network
	options Options
	passes  []classPass
	update  update // in training
}

// classPass is the pass of the batches from class on, made when it is first needed.
type classPass struct {
	class int64
	get   func() (*pass, error)
}

// NewPyTorch works out what is taken and given back, layer by layer. It fails for options that Options.Check refuses,
// where there is nothing to train, and where a size cannot be counted.
func NewPyTorch(n *shape.Network, o Options) (*PyTorch, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	m := &PyTorch{network: n, options: o}
	for _, class := range o.Torch.BatchClasses() {
		m.passes = append(m.passes, classPass{class, sync.OnceValues(func() (*pass, error) { return newPass(n, o, class) })})
	}
	return m.WithOptimizer(o.Optimizer)
}

// Options returns what the account is for.
func (m *PyTorch) Options() Options { return m.options }

// WithOptimizer returns the account with another optimizer. It shares what is the same, so it takes no time to make.
func (m *PyTorch) WithOptimizer(o Optimizer) (*PyTorch, error) {
	other := *m
	other.options.Optimizer = cmp.Or(o, NoOptimizer)
	p, err := m.passes[0].get()
	if err == nil && m.options.Mode == Training {
		other.update, err = other.options.Optimizer.updateOf(p)
	}
	return &other, err
}

// pass returns the pass for a batch, after checking that its sizes can be counted.
func (m *PyTorch) pass(batch int64) (*pass, error) {
	if batch < 1 {
		return nil, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	p, err := m.classOf(batch).get()
	if err == nil {
		err = p.check(batch)
	}
	if err == nil {
		_, err = checked.Sum(p.total.at(batch), m.update.rounded, m.update.scratch)
	}
	if err != nil {
		return nil, fmt.Errorf("a batch of %d: %w", batch, err)
	}
	return p, nil
}

// classOf returns the class that a batch is in.
func (m *PyTorch) classOf(batch int64) classPass {
	of := m.passes[0]
	for _, c := range m.passes {
		if batch >= c.class {
			of = c
		}
	}
	return of
}

// Peak returns the most bytes that are alive at once. It does not shrink when the batch grows, except in PyTorch 1.13,
// which uses other kernels on the CPU from batches of 2 and of 16 on.
func (m *PyTorch) Peak(batch int64) (int64, error) {
	p, err := m.pass(batch)
	if err != nil {
		return 0, err
	}
	bytes, _, end := p.peak(batch)
	return max(bytes, end+m.update.scratch) + m.update.rounded, nil
}

// Timeline returns what is alive after every step, in order: the input, for what exists before; every layer forward;
// the loss; every layer that has a gradient backward; and the optimizer's step.
func (m *PyTorch) Timeline(batch int64) ([]Moment, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	return m.timeline(p, batch), nil
}

func (m *PyTorch) timeline(p *pass, batch int64) []Moment {
	steps := p.timeline(batch)
	for i := range steps {
		steps[i].Live += m.update.rounded
		steps[i].Most += m.update.rounded
	}
	if m.options.Mode == Training && m.options.Optimizer != NoOptimizer {
		// What the last layer's backward step released is no longer alive.
		_, _, end := p.peak(batch)
		live := end + m.update.rounded
		steps = append(steps, Moment{Update, none, string(m.options.Optimizer), live, live + m.update.scratch})
	}
	return steps
}
