package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindAdd computes ADD.
func bindAdd(l *layer) (plan, error) {
	channels, area := planes(l.out)
	return plan{
		alias:     memory.InPlace,
		activates: true,
		adds:      true,
		run:       func(c *call) { kernel.Add(c.out, c.in, c.images, channels, area, c.act, c.workers) },
	}, nil
}
