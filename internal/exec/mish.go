package exec

import "cnncalc/internal/kernel"

// bindMish computes MISH.
func bindMish(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.Mish}), nil }
