package plain

import (
	"fmt"
	"strconv"
	"time"
)

// Bytes formats n bytes in units of 1024: in full below the first unit ("512 B"), above it to one decimal in the
// largest unit that leaves at least 1.0 after rounding: 1,048,575 is "1.0 MiB", never "1024.0 KiB".
func Bytes(n int64) string {
	return inUnits(n, 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"})
}

// BytesSI is [Bytes] in units of 1000.
func BytesSI(n int64) string { return inUnits(n, 1000, []string{"kB", "MB", "GB", "TB", "PB", "EB"}) }

func inUnits(n int64, base uint64, names []string) string {
	if n < 0 {
		return "-" + inUnitsUnsigned(-uint64(n), base, names)
	}
	return inUnitsUnsigned(uint64(n), base, names)
}

func inUnitsUnsigned(n, base uint64, names []string) string {
	if n < base {
		return fmt.Sprintf("%d B", n)
	}
	unit := uint64(1)
	for _, name := range names {
		unit *= base
		// Tenths of the remainder, rounded half up. The product stays below 2^64: the largest unit is 2^60.
		whole, tenths := n/unit, (n%unit*10+unit/2)/unit
		if tenths == 10 {
			whole, tenths = whole+1, 0
		}
		if whole < base {
			return fmt.Sprintf("%d.%d %s", whole, tenths, name)
		}
	}
	return fmt.Sprintf("%d B", n) // not reached: an int64 is below 16 EiB
}

// Duration formats a time to three significant digits: "0.012 ms", "188 ms", "4.35 s"; from a minute on to the second:
// "2m05s". A negative time is shown as zero.
func Duration(d time.Duration) string {
	ms := float64(max(d, 0)) / float64(time.Millisecond)
	switch {
	case ms < 0.9995:
		return fmt.Sprintf("%.3f ms", ms)
	case ms < 999.5:
		return ThreeDigits(ms) + " ms"
	case ms < 59_950:
		return ThreeDigits(ms/1e3) + " s"
	default:
		seconds := int64(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%dm%02ds", seconds/60, seconds%60)
	}
}

// ThreeDigits formats x >= 0 to three digits, with at most two decimals and all digits before the point.
func ThreeDigits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	default:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
}
