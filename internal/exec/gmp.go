package exec

import "cnncalc/internal/kernel"

// bindGMP computes GMP.
func bindGMP(l *layer) (plan, error) {
	channels, area := planes(l.in[0])
	return plan{run: func(c *call) { kernel.GlobalMaxPool(c.out, c.in[0], c.images, channels, area, c.workers) }}, nil
}
