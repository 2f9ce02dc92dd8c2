package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindGELU computes GELU, with the error function or approximately.
func bindGELU(l *layer) (plan, error) {
	if l.op.(*op.GELU).Tanh {
		return activation(kernel.Activation{Kind: kernel.GELUTanh}), nil
	}
	return activation(kernel.Activation{Kind: kernel.GELU}), nil
}
