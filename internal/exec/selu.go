package exec

import "cnncalc/internal/kernel"

// bindSELU computes SELU.
func bindSELU(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.SELU}), nil }
