package exec

import "cnncalc/internal/kernel"

// bindAdaptAvg computes ADAPTAVG.
func bindAdaptAvg(l *layer) (plan, error) {
	g := l.resize()
	return plan{run: func(c *call) { kernel.AdaptiveAvgPool(c.out, c.in[0], g, c.workers) }}, nil
}
