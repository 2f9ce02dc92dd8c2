package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindLocal computes LOCAL for the whole batch in one call. Each weight serves a single output position, so reading the
// weights is most of the work.
func bindLocal(l *layer) (plan, error) {
	o := l.op.(*op.Local)
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	g := l.convolution(window, 1, l.batch)
	return plan{
		scratch:   kernel.LocalScratch(g, l.threads),
		tensors:   weightAndBias(tensor{fanIn: g.C * g.FH * g.FW}, o.NoBias),
		activates: true,
		run: func(c *call) {
			kernel.Local(c.out, c.in[0], c.weights[0], c.epilogue().Bias, c.scratch, g, c.act, c.workers)
		},
	}, nil
}
