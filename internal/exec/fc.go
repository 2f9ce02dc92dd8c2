package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindFC computes FC for the whole batch in one call, so that the weights are read only once.
func bindFC(l *layer) (plan, error) {
	o := l.op.(*op.FC)
	channels, area := planes(l.in[0])
	inputs, units := channels*area, int(o.Units)
	return plan{
		tensors:   weightAndBias(tensor{fanIn: inputs}, o.NoBias),
		activates: true,
		scales:    true,
		run: func(c *call) {
			kernel.Linear(c.out, c.in[0], c.weights[0], c.images, units, inputs, c.epilogue(), c.workers)
		},
	}, nil
}
