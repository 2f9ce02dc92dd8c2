package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindAvgPool computes AVGPOOL.
func bindAvgPool(l *layer) (plan, error) {
	o := l.op.(*op.AvgPool)
	g, err := l.pooling(o)
	countPad := !o.ExcludePad
	return plan{run: func(c *call) { kernel.AvgPool(c.out, c.in[0], g, countPad, c.workers) }}, err
}
