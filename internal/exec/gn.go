package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// bindGN computes GN.
func bindGN(l *layer) (plan, error) {
	o := l.op.(*op.GroupNorm)
	return l.groupNorm(kernel.GroupNorm{Groups: int(o.Groups()), Eps: o.Eps()}, o.Affine()), nil
}

// groupNorm is the plan of a normalisation over groups of channels, whose sizes are filled in.
func (l *layer) groupNorm(g kernel.GroupNorm, affine bool) plan {
	g.C, g.Area = planes(l.in[0])
	return plan{
		alias:     memory.InPlace,
		tensors:   scaleAndShift(affine),
		activates: true,
		run: func(c *call) {
			g.N = c.images
			scale, shift := c.scaleAndShift()
			kernel.NormaliseGroups(c.out, c.in[0], scale, shift, g, c.act, c.workers)
		},
	}
}

// scaleAndShift are the tensors of a normalisation, which start as the identity; none without affine.
func scaleAndShift(affine bool) []tensor {
	if !affine {
		return nil
	}
	return []tensor{{start: 1}, {}}
}

// scaleAndShift returns the tensors of a normalisation, nil without affine.
func (c *call) scaleAndShift() (scale, shift []float32) {
	if len(c.weights) == 0 {
		return nil, nil
	}
	return c.weights[0], c.weights[1]
}
