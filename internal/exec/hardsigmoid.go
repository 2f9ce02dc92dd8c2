package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindHardSigmoid computes HARDSIGMOID.
func bindHardSigmoid(l *layer) (plan, error) {
	o := l.op.(*op.HardSigmoid)
	if o.IsDefault() {
		return activation(kernel.Activation{Kind: kernel.HardSigmoid}), nil
	}
	act := kernel.Activation{Kind: kernel.Ramp, Alpha: float32(o.Slope()), Beta: float32(o.Shift())}
	return activation(act), nil
}
