//go:build amd64 && !noasm

package kernel

// activateVector is routines.activate. The last values, which do not fill a register, are computed in a padded copy, so
// that the result does not depend on the division into tasks.
func activateVector(dst, src []float32, act Activation) bool {
	n := len(src)
	dst = dst[:n]
	whole := n &^ 7
	if whole > 0 && !activateAVX2(&dst[0], &src[0], whole, act) {
		return false
	}
	if whole == n {
		return true
	}
	var rest [8]float32
	copy(rest[:], src[whole:])
	if !activateAVX2(&rest[0], &rest[0], 8, act) {
		return false
	}
	copy(dst[whole:], rest[:])
	return true
}

// activateAVX2 applies act to n values, a multiple of 8. It returns false without doing anything if it has no routine
// for act.
func activateAVX2(dst, src *float32, n int, act Activation) bool {
	switch act.Kind {
	case Sigmoid:
		sigmoidAVX2(dst, src, n)
	case Tanh:
		tanhAVX2(dst, src, n)
	case ELU:
		eluAVX2(dst, src, n, act.Alpha, 1)
	case SELU:
		eluAVX2(dst, src, n, seluAlpha*seluScale, seluScale)
	case SiLU:
		siluAVX2(dst, src, n)
	case GELU:
		geluAVX2(dst, src, n)
	case GELUTanh:
		geluTanhAVX2(dst, src, n)
	case Mish:
		mishAVX2(dst, src, n)
	case HardSwish:
		hardSwishAVX2(dst, src, n)
	default:
		return false
	}
	return true
}

//go:noescape
func sigmoidAVX2(dst, src *float32, n int)

//go:noescape
func tanhAVX2(dst, src *float32, n int)

// eluAVX2 computes scale*x for x > 0, and alpha*(exp(x)-1) otherwise.
//
//go:noescape
func eluAVX2(dst, src *float32, n int, alpha, scale float32)

//go:noescape
func siluAVX2(dst, src *float32, n int)

//go:noescape
func geluAVX2(dst, src *float32, n int)

//go:noescape
func geluTanhAVX2(dst, src *float32, n int)

//go:noescape
func mishAVX2(dst, src *float32, n int)

//go:noescape
func hardSwishAVX2(dst, src *float32, n int)
