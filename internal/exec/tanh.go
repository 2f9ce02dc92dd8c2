package exec

import "cnncalc/internal/kernel"

// bindTanh computes TANH.
func bindTanh(*layer) (plan, error) { return activation(kernel.Activation{Kind: kernel.Tanh}), nil }
