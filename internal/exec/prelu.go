package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// preluStart is the initial slope (He et al., 2015, section 2.1), also PyTorch's.
const preluStart = 0.25

// bindPReLU computes PRELU.
func bindPReLU(l *layer) (plan, error) {
	channels, area := planes(l.in[0])
	return plan{
		alias:   memory.InPlace,
		tensors: []tensor{{start: preluStart}},
		run: func(c *call) {
			kernel.PReLU(c.out, c.in[0], c.weights[0], c.images, channels, area, c.workers)
		},
	}, nil
}
