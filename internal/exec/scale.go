package exec

import (
	"slices"

	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// bindScale computes SCALE. Without trained weights it is the identity.
func bindScale(l *layer) (plan, error) {
	o := l.op.(*op.Scale)
	channels, area := planes(l.in[0])
	if !o.IsLearnt() {
		factor := float32(o.Factor())
		return plan{
			alias:     memory.InPlace,
			activates: true,
			folds: &folding{channels: func([][]float32) (scale, shift []float32) {
				return slices.Repeat([]float32{factor}, channels), nil
			}},
			run: func(c *call) { kernel.Scale(c.out, c.in[0], factor, c.act, c.workers) },
		}, nil
	}
	tensors := []tensor{{start: 1}, {}}
	if !o.HasBias() {
		tensors = tensors[:1]
	}
	ofChannels := func(weights [][]float32) (scale, shift []float32) {
		if o.HasBias() {
			return weights[0], weights[1]
		}
		return weights[0], nil
	}
	return plan{
		alias:     memory.InPlace,
		tensors:   tensors,
		activates: true,
		folds:     &folding{channels: ofChannels, shifts: o.HasBias()},
		run: func(c *call) {
			scale, shift := ofChannels(c.weights)
			kernel.ScaleShift(c.out, c.in[0], scale, shift, c.images, channels, area, c.act, c.workers)
		},
	}, nil
}
