package report

import "strconv"

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
