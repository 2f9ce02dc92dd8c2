package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindLeakyReLU computes LEAKYRELU.
func bindLeakyReLU(l *layer) (plan, error) {
	slope := float32(l.op.(*op.LeakyReLU).Slope())
	return activation(kernel.Activation{Kind: kernel.LeakyReLU, Alpha: slope}), nil
}
