package exec

import "cnncalc/internal/kernel"

// bindReLU6 computes RELU6.
func bindReLU6(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.ReLU6}), nil }
