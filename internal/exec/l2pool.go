package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindL2Pool computes L2POOL.
func bindL2Pool(l *layer) (plan, error) {
	g, err := l.pooling(l.op.(*op.L2Pool))
	return plan{run: func(c *call) { kernel.L2Pool(c.out, c.in[0], g, c.workers) }}, err
}
