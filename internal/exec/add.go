package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindAdd computes ADD.
func bindAdd(*layer) (plan, error) {
	return plan{
		alias:     memory.InPlace,
		activates: true,
		adds:      true,
		run:       func(c *call) { kernel.Add(c.out, c.in, c.act, c.workers) },
	}, nil
}
