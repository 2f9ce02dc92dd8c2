package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindLogSoftmax computes LOGSOFTMAX.
func bindLogSoftmax(l *layer) (plan, error) {
	channels, area := planes(l.in[0])
	return plan{
		alias: memory.InPlace,
		run:   func(c *call) { kernel.LogSoftmax(c.out, c.in[0], c.images, channels, area, c.workers) },
	}, nil
}
