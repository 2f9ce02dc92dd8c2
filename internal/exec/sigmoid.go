package exec

import "cnncalc/internal/kernel"

// bindSigmoid computes SIGMOID.
func bindSigmoid(*layer) (plan, error) {
	return activation(kernel.Activation{Kind: kernel.Sigmoid}), nil
}
