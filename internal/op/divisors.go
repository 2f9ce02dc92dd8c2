package op

import (
	"fmt"

	"cnncalc/internal/checked"
)

// furthestDivisor bounds the distance of a proposed number of groups from the written one.
const furthestDivisor = 1024

// nearestDivisors returns the common divisors of a and b that are nearest to n, one below (1 if none is near) and one
// above if any is near.
func nearestDivisors(a, b, n int64) string {
	common := checked.GCD(a, b)
	below := max(divisorFrom(common, min(n-1, common), -1), 1)
	if above := divisorFrom(common, n+1, 1); above > 0 {
		return fmt.Sprintf("%d or %d", below, above)
	}
	return fmt.Sprint(below)
}

// divisorFrom returns the first divisor of n from start on, in steps of 1 or -1, or 0 if none is near.
func divisorFrom(n, start, step int64) int64 {
	for i := range int64(furthestDivisor) {
		d := start + i*step
		if d < 1 || d > n {
			return 0
		}
		if n%d == 0 {
			return d
		}
	}
	return 0
}

// floorDiv returns a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}
