package exec

import "cnncalc/internal/kernel"

// bindReLU computes RELU.
func bindReLU(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.ReLU}), nil }
