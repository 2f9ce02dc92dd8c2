package exec

import "cnncalc/internal/kernel"

// bindHardSigmoid computes HARDSIGMOID.
func bindHardSigmoid(*layer) (plan, error) {
	return activation(kernel.Activation{Kind: kernel.HardSigmoid}), nil
}
