package report

import (
	"fmt"
	"strconv"
	"time"
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

// Duration formats a time to three significant digits: "0.012 ms", "188 ms", "4.35 s"; from a minute on to the second:
// "2m05s". A negative time is shown as zero.
func Duration(d time.Duration) string {
	ms := float64(max(d, 0)) / float64(time.Millisecond)
	switch {
	case ms < 0.9995:
		return fmt.Sprintf("%.3f ms", ms)
	case ms < 999.5:
		return threeDigits(ms) + " ms"
	case ms < 59_950:
		return threeDigits(ms/1e3) + " s"
	default:
		seconds := int64(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%dm%02ds", seconds/60, seconds%60)
	}
}

// threeDigits formats x >= 0 to three digits, with at most two decimals and all digits before the point.
func threeDigits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}
