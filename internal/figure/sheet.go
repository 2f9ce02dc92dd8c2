package figure

import (
	"fmt"

	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

// Use is what a network is used for. Only figures of memory and time depend on it.
type Use struct {
	Account memory.AccountName // of peak and the largest batches
	Options memory.Options     // of every account; peak and largest_batch are for its mode
	Budget  *fit.Budget        // of the largest batches; nil if no device is known
	Machine *traffic.Machine   // of time; nil if none is known
	Threads int                // of cnncalc run
}

// Sheet computes the figures of a network, and makes each account when it is first needed. It is not for concurrent
// use.
type Sheet struct {
	network *shape.Network
	use     *Use
	pytorch map[memory.Mode]*memory.PyTorch
	run     *footprint // for the batch that was last asked for
}

// NewSheet returns the sheet of a network without problems.
func NewSheet(n *shape.Network, u *Use) *Sheet {
	return &Sheet{network: n, use: u, pytorch: map[memory.Mode]*memory.PyTorch{}}
}

// Value returns a figure in its unit, for a batch if it depends on one. It fails if Needs names something, and if the
// figure is not known or cannot be counted.
func (s *Sheet) Value(f Figure, batch int64) (int64, error) {
	if needs := f.Needs(s.use); needs != "" {
		return 0, fmt.Errorf("%s needs %s", f.Name, needs)
	}
	value, err := f.value(s, batch)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", f.Name, err)
	}
	return value, nil
}

// options returns the options of an account for a mode.
func (s *Sheet) options(mode memory.Mode) memory.Options {
	o := s.use.Options
	o.Mode = mode
	if mode == memory.Inference {
		o.Optimizer = ""
	}
	return o
}

// PyTorch returns PyTorch's account for a mode, which Sheet makes once.
func (s *Sheet) PyTorch(mode memory.Mode) (*memory.PyTorch, error) {
	if model := s.pytorch[mode]; model != nil {
		return model, nil
	}
	model, err := memory.NewPyTorch(s.network, s.options(mode))
	if err != nil {
		return nil, err
	}
	s.pytorch[mode] = model
	return model, nil
}

// footprint is the memory that cnncalc run takes for a batch, in bytes.
type footprint struct{ batch, arena, total int64 }

// footprint returns that of a batch.
func (s *Sheet) footprint(batch int64) (*footprint, error) {
	if s.run != nil && s.run.batch == batch {
		return s.run, nil
	}
	run, err := runFootprint(s.network, batch, s.use.Threads)
	s.run = run
	return run, err
}
