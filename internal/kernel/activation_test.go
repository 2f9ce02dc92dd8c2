package kernel

import (
	"math"
	"testing"
)

// Each set of routines computes activations to 1e-6 of their value: rounding the argument of an exponential costs as
// much. For GELUs, whose argument grows with the square of x, it is 3e-6. Below a floor, the error is a share of the
// floor: of the smallest numbers, of what GELUs have for x = -5, and of the constant that hard functions add.
func TestActivations(t *testing.T) {
	var x []float32
	for v := -110.0; v <= 110; v += 0.0137 {
		x = append(x, float32(v))
	}
	for e := -30; e < 3; e++ {
		v := float32(math.Ldexp(1.1, e))
		x = append(x, v, -v)
	}
	inf := float32(math.Inf(1))
	x = append(x, 0, inf, -inf, float32(math.NaN()), 1e30, -1e30, math.SmallestNonzeroFloat32)
	for _, r := range compiled {
		for kind := Identity; kind <= Ramp; kind++ {
			b := &bench{t: t}
			act := Activation{Kind: kind, Alpha: 0.3, Beta: 0.75}
			got := b.buffer(len(x))
			activateWith(r, got, b.input(x), act)
			b.check()
			limit, floor := 1e-6, 1e-29
			switch kind {
			case HardSwish, HardSigmoid, Ramp:
				floor = 1
			case GELU, GELUTanh:
				limit, floor = 3e-6, 1e-6
			}
			worst, at := 0.0, 0
			for i, v := range x {
				if d := farFrom(float64(got[i]), naiveActivation(float64(v), act), floor); !(d <= worst) {
					worst, at = d, i
				}
			}
			if !(worst < limit) {
				t.Errorf("%s: kind %d of %v is %v, want %v", r.name, kind, x[at], got[at], naiveActivation(float64(x[at]), act))
			}
		}
	}
}

// farFrom returns the difference between got and want as a share of want, but of at least floor. NaN is only near NaN,
// and an infinity near itself.
func farFrom(got, want, floor float64) float64 {
	switch {
	case math.IsNaN(want) && math.IsNaN(got), got == want:
		return 0
	case math.IsNaN(want), math.IsNaN(got), math.IsInf(want, 0), math.IsInf(got, 0):
		return math.Inf(1)
	}
	return math.Abs(got-want) / max(math.Abs(want), floor)
}
