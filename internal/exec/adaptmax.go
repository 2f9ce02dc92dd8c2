package exec

import "cnncalc/internal/kernel"

// bindAdaptMax computes ADAPTMAX.
func bindAdaptMax(l *layer) (plan, error) {
	g := l.resize()
	return plan{run: func(c *call) { kernel.AdaptiveMaxPool(c.out, c.in[0], g, c.workers) }}, nil
}
