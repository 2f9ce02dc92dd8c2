package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindPool computes POOL. Padding is never the maximum.
func bindPool(l *layer) (plan, error) {
	g, err := l.pooling(l.op.(*op.MaxPool))
	return plan{
		scratch: kernel.MaxPoolScratch(g, l.threads),
		run:     func(c *call) { kernel.MaxPool(c.out, c.in[0], c.scratch, g, c.workers) },
	}, err
}
