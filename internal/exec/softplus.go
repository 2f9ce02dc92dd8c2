package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindSoftplus computes SOFTPLUS.
func bindSoftplus(l *layer) (plan, error) {
	o := l.op.(*op.Softplus)
	act := kernel.Activation{Kind: kernel.Softplus, Alpha: float32(o.Beta()), Beta: float32(o.Threshold())}
	return activation(act), nil
}
