package exec

import "cnncalc/internal/kernel"

// bindConcat copies the inputs of CONCAT to their channels.
func bindConcat(*layer) (plan, error) {
	return plan{run: func(c *call) { kernel.Concat(c.out, c.in, c.images, c.workers) }}, nil
}
