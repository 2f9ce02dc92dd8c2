package exec

import "cnncalc/internal/kernel"

// bindGELU computes the exact GELU, with the error function.
func bindGELU(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.GELU}), nil }
