package exec

import "cnncalc/internal/kernel"

// bindHardSwish computes HARDSWISH.
func bindHardSwish(*layer) (plan, error) {
	return activation(kernel.Activation{Kind: kernel.HardSwish}), nil
}
