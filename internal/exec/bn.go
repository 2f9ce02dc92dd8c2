package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// bindBN computes BN with the running statistics. Loading reduces the four tensors to a scale and a shift, kept in
// weight and bias. Without trained weights BN starts as in PyTorch: the identity except for eps.
func bindBN(l *layer) (plan, error) {
	eps := l.op.(*op.BatchNorm).Eps()
	channels, area := planes(l.in[0])
	return plan{
		alias:   memory.InPlace,
		tensors: []tensor{{start: 1}, {}, {}, {start: 1}}, // weight, bias, running_mean, running_var
		ready: func(w [][]float32) {
			kernel.FoldBatchNorm(w[0], w[1], w[0], w[1], w[2], w[3], eps)
		},
		isBN:      true,
		activates: true,
		run: func(c *call) {
			kernel.ScaleShift(c.out, c.in[0], c.weights[0], c.weights[1], c.images, channels, area, c.act, c.workers)
		},
	}, nil
}
