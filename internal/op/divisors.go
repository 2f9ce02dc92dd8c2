package op

import "fmt"

// nearestDivisors names the common divisors of two numbers that lie nearest to n.
func nearestDivisors(a, b, n int64) string {
	gcd := a
	for rest := b; rest != 0; {
		gcd, rest = rest, gcd%rest
	}
	below, above := int64(1), int64(0)
	for d := int64(1); d*d <= gcd; d++ {
		if gcd%d != 0 {
			continue
		}
		for _, divisor := range []int64{d, gcd / d} {
			if divisor < n {
				below = max(below, divisor)
			} else if above == 0 || divisor < above {
				above = divisor
			}
		}
	}
	if above == 0 || above == n {
		return fmt.Sprint(below)
	}
	return fmt.Sprintf("%d or %d", below, above)
}
