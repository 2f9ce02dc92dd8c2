package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindAdd computes ADD.
func bindAdd(*layer) (plan, error) {
	return plan{
		alias: memory.InPlace,
		run:   func(c *call) { kernel.Add(c.out, c.in, kernel.Activation{}, c.workers) },
	}, nil
}
