package exec

import (
	"fmt"

	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// bindBN computes BN with the running statistics. Loading reduces the tensors to a scale and a shift, kept in the first
// two. Without trained weights BN starts as in PyTorch: the identity except for eps.
func bindBN(l *layer) (plan, error) {
	o := l.op.(*op.BatchNorm)
	eps := o.Eps()
	channels, area := planes(l.in[0])
	tensors := append(scaleAndShift(o.Affine()), tensor{}, tensor{start: 1}) // and running_mean, running_var
	tensors[0].form = fmt.Sprintf("scale and shift, eps %g", eps)
	return plan{
		alias:   memory.InPlace,
		tensors: tensors,
		ready: func(w [][]float32) {
			if !o.Affine() {
				kernel.FoldBatchNorm(w[0], w[1], nil, nil, w[0], w[1], eps)
				return
			}
			kernel.FoldBatchNorm(w[0], w[1], w[0], w[1], w[2], w[3], eps)
		},
		folds:     &folding{shifts: true, channels: firstTwo},
		activates: true,
		run: func(c *call) {
			kernel.ScaleShift(c.out, c.in[0], c.weights[0], c.weights[1], c.images, channels, area, c.act, c.workers)
		},
	}, nil
}

// firstTwo returns the first two tensors as scale and shift.
func firstTwo(weights [][]float32) (scale, shift []float32) { return weights[0], weights[1] }
