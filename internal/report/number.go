package report

import (
	"fmt"
	"strconv"
)

// Short formats n as the CS231n notes write the memory column of their VGG-16 table: below 10,000 in full, and from
// there rounded to two significant digits, halves away from zero, with K, M, G or T for the thousands that the rounded
// number has: 4096, 25K, 800K, 3.2M. The rounding comes first, so 995,000 is 1.0M.
func Short(n int64) string {
	if n < 0 {
		return "-" + shortUnsigned(-uint64(n))
	}
	return shortUnsigned(uint64(n))
}

func shortUnsigned(n uint64) string {
	if n < 10_000 {
		return strconv.FormatUint(n, 10)
	}
	step := uint64(1) // of the second digit
	for n/step >= 100 {
		step *= 10
	}
	n = (n + step/2) / step * step

	suffix, unit := "K", uint64(1e3)
	for _, s := range []string{"M", "G", "T"} {
		if n/unit >= 1000 {
			suffix, unit = s, unit*1000
		}
	}
	if n/unit < 10 {
		return fmt.Sprintf("%d.%d%s", n/unit, n%unit/(unit/10), suffix)
	}
	return fmt.Sprintf("%d%s", n/unit, suffix)
}
