package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindSoftmax computes SOFTMAX.
func bindSoftmax(l *layer) (plan, error) {
	channels, area := planes(l.in[0])
	return plan{
		alias: memory.InPlace,
		run:   func(c *call) { kernel.Softmax(c.out, c.in[0], c.images, channels, area, c.workers) },
	}, nil
}
