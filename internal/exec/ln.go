package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// bindLN computes LN: over the depth at each place, or over all of the volume as one group.
func bindLN(l *layer) (plan, error) {
	o := l.op.(*op.LayerNorm)
	if o.Volume {
		return l.groupNorm(kernel.GroupNorm{Groups: 1, Eps: o.Eps(), Each: true}, o.Affine()), nil
	}
	channels, area := planes(l.in[0])
	return plan{
		alias:     memory.InPlace,
		tensors:   scaleAndShift(o.Affine()),
		activates: true,
		run: func(c *call) {
			scale, shift := c.scaleAndShift()
			kernel.LayerNorm(c.out, c.in[0], scale, shift, c.images, channels, area, o.Eps(), c.act, c.workers)
		},
	}, nil
}
