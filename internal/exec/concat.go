package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindConcat copies the inputs of CONCAT to their channels. A single input already is the output.
func bindConcat(l *layer) (plan, error) {
	if len(l.in) == 1 {
		return plan{alias: memory.View}, nil
	}
	return plan{run: func(c *call) { kernel.Concat(c.out, c.in, c.images, c.workers) }}, nil
}
