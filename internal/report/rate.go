package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cnncalc/internal/numeral"
)

// ParseFLOPS reads a rate of arithmetic in floating-point operations per second: "100GFLOP/s", "1.5 TFLOPS",
// "9e9". The prefixes k, M, G, T, P and E are powers of 1000; case does not matter.
func ParseFLOPS(s string) (float64, error) {
	number := strings.ToUpper(strings.TrimSpace(s))
	for _, unit := range []string{"FLOP/S", "FLOPS/S", "FLOPS", "FLOP"} {
		if before, ok := strings.CutSuffix(number, unit); ok {
			number = strings.TrimSpace(before)
			break
		}
	}
	factor := 1.0
	if n := len(number); n > 0 {
		if power := strings.IndexByte("KMGTPE", number[n-1]); power >= 0 {
			factor = math.Pow(1000, float64(power+1))
			number = strings.TrimSpace(number[:n-1])
		}
	}
	rate, err := numeral.Float(number)
	if err != nil || !(rate*factor >= 1 && rate*factor <= math.MaxInt64) {
		return 0, fmt.Errorf("%s is not a rate of arithmetic: write a number and a unit, such as 100GFLOP/s or 1.5TFLOPS",
			quote(s))
	}
	return rate * factor, nil
}

// ParseBandwidth reads the bandwidth of a memory in bytes per second: a size as [ParseBytes] reads it, with or without
// "/s".
func ParseBandwidth(s string) (float64, error) {
	size := strings.TrimSpace(s)
	if end := len(size) - len("/s"); end >= 0 && strings.EqualFold(size[end:], "/s") {
		size = size[:end]
	}
	bytes, err := ParseBytes(size)
	if err != nil || bytes < 1 {
		return 0, fmt.Errorf("%s is not a bandwidth: write a number and a unit, such as 20GB/s or 900GB/s", quote(s))
	}
	return float64(bytes), nil
}

// FLOPS formats a rate of arithmetic: "100 GFLOP/s".
func FLOPS(rate float64) string { return decimalPrefix(rate) + "FLOP/s" }

// Bandwidth formats a bandwidth: "20 GB/s". Its prefixes are powers of 1000, as vendors write them.
func Bandwidth(rate float64) string { return decimalPrefix(rate) + "B/s" }

// decimalPrefix returns the number with at most four digits, a space, and the prefix of its unit.
func decimalPrefix(x float64) string {
	prefix := ""
	for _, p := range []string{"k", "M", "G", "T", "P", "E"} {
		if x < 1000 {
			break
		}
		x, prefix = x/1000, p
	}
	return strconv.FormatFloat(x, 'g', 4, 64) + " " + prefix
}
