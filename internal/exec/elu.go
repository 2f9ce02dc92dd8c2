package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindELU computes ELU.
func bindELU(l *layer) (plan, error) {
	alpha := float32(l.op.(*op.ELU).Alpha())
	return activation(kernel.Activation{Kind: kernel.ELU, Alpha: alpha}), nil
}
