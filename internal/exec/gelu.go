package exec

import "cnncalc/internal/kernel"

// bindGELU computes GELU, the exact form with the error function.
func bindGELU(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.GELU}), nil }
