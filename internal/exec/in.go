package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindIN computes IN: each channel is a group of its own.
func bindIN(l *layer) (plan, error) {
	o := l.op.(*op.InstanceNorm)
	return l.groupNorm(kernel.GroupNorm{Groups: int(l.in[0].D), Eps: o.Eps()}, o.Affine()), nil
}
