package exec

import "cnncalc/internal/kernel"

// bindSiLU computes SILU.
func bindSiLU(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.SiLU}), nil }
