package op

import (
	"fmt"

	"cnncalc/internal/checked"
)

// How far from the written number of groups another is proposed.
const furthestDivisor = 1024

// nearestDivisors names the common divisors of two numbers that lie nearest to n; 1 where none below is near.
func nearestDivisors(a, b, n int64) string {
	common := checked.GCD(a, b)
	below := max(divisorFrom(common, min(n-1, common), -1), 1)
	if above := divisorFrom(common, n+1, 1); above > 0 {
		return fmt.Sprintf("%d or %d", below, above)
	}
	return fmt.Sprint(below)
}

// divisorFrom is the first divisor of n from a start on, in steps of 1 or -1; 0 where none is near.
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

// floorDiv is a/b rounded down, for b above zero.
func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}
