package exec

import "cnncalc/internal/kernel"

// bindGAP computes GAP.
func bindGAP(l *layer) (plan, error) {
	channels, area := planes(l.in[0])
	return plan{run: func(c *call) { kernel.GlobalAvgPool(c.out, c.in[0], c.images, channels, area, c.workers) }}, nil
}
