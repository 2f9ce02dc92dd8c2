package spec

import (
	"math/bits"

	"cnncalc/internal/diag"
)

// roundingName is the function of the language that rounds a number of channels.
const roundingName = "round8"

// evalRounding returns a quotient that is rounded by round8. Any other expression is one over 1.
func (s *scope) evalRounding(e *rounding) (value int64, isList bool, err *diag.Problem) {
	quotient, ok := e.of.(*binary)
	if !ok || quotient.operator != '/' {
		quotient = &binary{operator: '/', left: e.of, right: &literal{1}}
	}
	numerator, leftList, err := s.eval(quotient.left)
	if err != nil {
		return 0, false, err
	}
	denominator, rightList, err := s.eval(quotient.right)
	if err != nil {
		return 0, false, err
	}
	if s.operations != nil {
		*s.operations++
	}
	if denominator == 0 {
		return 0, false, diag.ErrorfAt(quotient.pos, "variable/arithmetic", "%d/0 has no value", numerator)
	}
	if numerator < 0 || denominator < 0 || numerator/denominator > maxRounded {
		return 0, false, diag.ErrorfAt(e.pos, "variable/arithmetic", "%s takes numbers from 0 to %d, not %d/%d", roundingName,
			int64(maxRounded), numerator, denominator)
	}
	return round8(numerator, denominator), leftList || rightList, nil
}

// maxRounded bounds what is rounded, far above any number of channels.
const maxRounded = 1 << 40

// round8 returns the multiple of 8 that is nearest to a quotient, at least 8, or the next one if that is less than nine
// tenths of the quotient: _make_divisible of the MobileNets' code
// (github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet/mobilenet.py).
func round8(numerator, denominator int64) int64 {
	whole, rest := numerator/denominator, numerator%denominator
	n := max(8, (whole+4)/8*8)
	// 10n < 9(whole + rest/denominator), that is (10n - 9whole) * denominator < 9rest
	switch missing := 10*n - 9*whole; {
	case missing < 0:
		return n + 8
	case missing < 9:
		high, low := bits.Mul64(uint64(missing), uint64(denominator))
		restHigh, restLow := bits.Mul64(9, uint64(rest))
		if high < restHigh || high == restHigh && low < restLow {
			return n + 8
		}
	}
	return n
}
