//go:build (amd64 || arm64) && !noasm

package kernel

// activateVector is routines.activate. The last values, which do not fill a register, are computed in a padded copy, so
// that the result does not depend on the division into tasks.
func activateVector(dst, src []float32, act Activation) bool {
	n := len(src)
	dst = dst[:n]
	whole := n &^ (vectorLanes - 1)
	if whole > 0 && !activateWhole(&dst[0], &src[0], whole, act) {
		return false
	}
	if whole == n {
		return true
	}
	var rest [vectorLanes]float32
	copy(rest[:], src[whole:])
	if !activateWhole(&rest[0], &rest[0], vectorLanes, act) {
		return false
	}
	copy(dst[whole:], rest[:])
	return true
}

// activateWhole applies act to n values, a multiple of vectorLanes. It returns false without doing anything if it has
// no routine for act.
func activateWhole(dst, src *float32, n int, act Activation) bool {
	switch act.Kind {
	case Sigmoid:
		sigmoidAssembly(dst, src, n)
	case Tanh:
		tanhAssembly(dst, src, n)
	case ELU:
		eluAssembly(dst, src, n, act.Alpha, 1)
	case SELU:
		eluAssembly(dst, src, n, seluAlpha*seluScale, seluScale)
	case SiLU:
		siluAssembly(dst, src, n)
	case GELU:
		geluAssembly(dst, src, n)
	case GELUTanh:
		geluTanhAssembly(dst, src, n)
	case Mish:
		mishAssembly(dst, src, n)
	case HardSwish:
		hardSwishAssembly(dst, src, n)
	default:
		return false
	}
	return true
}

// The functions in assembly process n values, a multiple of vectorLanes.

//go:noescape
func sigmoidAssembly(dst, src *float32, n int)

//go:noescape
func tanhAssembly(dst, src *float32, n int)

// eluAssembly computes scale*x for x > 0, and alpha*(exp(x)-1) otherwise.
//
//go:noescape
func eluAssembly(dst, src *float32, n int, alpha, scale float32)

//go:noescape
func siluAssembly(dst, src *float32, n int)

//go:noescape
func geluAssembly(dst, src *float32, n int)

//go:noescape
func geluTanhAssembly(dst, src *float32, n int)

//go:noescape
func mishAssembly(dst, src *float32, n int)

//go:noescape
func hardSwishAssembly(dst, src *float32, n int)
