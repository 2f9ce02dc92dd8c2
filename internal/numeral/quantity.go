package numeral

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"cnncalc/internal/plain"
)

// maxNumber is the longest number, in characters, that Bytes reads.
const maxNumber = 40

// prefixes are those of units, each 1000 or 1024 times the one before.
const prefixes = "KMGTPE"

// errNoUnit is the error for a quantity without a unit, which could be of any.
var errNoUnit = errors.New("has no unit")

// Bytes parses a size: a number and a unit, such as "12GiB", "1.5 GB", "512M" or "64B". An i in the unit means powers
// of 1024: GiB and Gi are 2^30 bytes. Without it, units are powers of 1000: GB and G are 10^9 bytes. Case does not
// matter. A fraction of a byte is dropped. A number without a unit is an error, except 0. The error quotes s and says
// what to write.
func Bytes(s string) (int64, error) {
	trimmed := strings.TrimSpace(s)
	number, unit := cutUnit(trimmed)
	each, ok := unitBytes(unit)
	_, err := Float(number)
	switch isPlain := number != "" && strings.Count(number, ".") <= 1 && strings.Trim(number, ".") == number; {
	case errors.Is(err, ErrLeadingZero):
		return 0, fmt.Errorf("%s %w: write %s", plain.Quote(s), err, plain.Cut(TrimZeros(trimmed)))
	case !ok || !isPlain:
		return 0, fmt.Errorf("%s is not a size: write a number and a unit, such as 12GiB (2^30 bytes each), 12GB (10^9) "+
			"or 512MiB", plain.Quote(s))
	case len(number) > maxNumber:
		return 0, fmt.Errorf("%s is not a size: its number has more than %d digits", plain.Quote(s), maxNumber)
	case unit == "" && strings.Trim(number, "0.") != "":
		cut := plain.Cut(number)
		return 0, fmt.Errorf("%s %w: write %sGiB (2^30 bytes each), %sMiB (2^20) or %sB", plain.Quote(s), errNoUnit,
			cut, cut, cut)
	}
	value, _ := new(big.Rat).SetString(number)
	value.Mul(value, new(big.Rat).SetInt64(each))
	size := new(big.Int).Quo(value.Num(), value.Denom())
	if !size.IsInt64() {
		return 0, fmt.Errorf("%s is too large a size: the largest is 9223372036854775807 bytes, 8 EiB less one",
			plain.Quote(s))
	}
	return size.Int64(), nil
}

// cutUnit returns the digits and points that s starts with, and the unit after them.
func cutUnit(s string) (number, unit string) {
	rest := strings.TrimLeft(s, ".0123456789")
	return s[:len(s)-len(rest)], strings.TrimSpace(rest)
}

// unitBytes returns the number of bytes in the named unit, 1 for none.
func unitBytes(name string) (int64, bool) {
	letters := strings.TrimSuffix(strings.ToUpper(name), "B")
	if letters == "" {
		return 1, true
	}
	prefix, base := letters, int64(1000)
	if binary, ok := strings.CutSuffix(letters, "I"); ok {
		prefix, base = binary, 1024
	}
	if len(prefix) != 1 || !strings.Contains(prefixes, prefix) {
		return 0, false
	}
	bytes := int64(1)
	for range strings.Index(prefixes, prefix) + 1 {
		bytes *= base
	}
	return bytes, true
}

// FLOPS parses a rate of arithmetic in floating-point operations per second: "100GFLOP/s", "1.5 TFLOPS", "13T". The
// prefixes k, M, G, T, P and E are powers of 1000. Case does not matter. A number without a prefix or unit is an error,
// which quotes s and says what to write.
func FLOPS(s string) (float64, error) {
	number := strings.ToUpper(strings.TrimSpace(s))
	written := number
	for _, unit := range []string{"FLOP/S", "FLOPS/S", "FLOPS", "FLOP"} {
		if before, ok := strings.CutSuffix(number, unit); ok {
			number = strings.TrimSpace(before)
			break
		}
	}
	factor := 1.0
	if n := len(number); n > 0 {
		if power := strings.IndexByte(prefixes, number[n-1]); power >= 0 {
			factor = math.Pow(1000, float64(power+1))
			number = strings.TrimSpace(number[:n-1])
		}
	}
	rate, err := Float(number)
	switch {
	case err == nil && number == written && rate > 0:
		return 0, fmt.Errorf("%s %w: write %sTFLOP/s or %sGFLOP/s", plain.Quote(s), errNoUnit, plain.Cut(number),
			plain.Cut(number))
	case err != nil || !(rate*factor >= 1 && rate*factor <= math.MaxInt64):
		return 0, fmt.Errorf("%s is not a rate of arithmetic: write a number and a unit, such as 100GFLOP/s or 1.5TFLOP/s",
			plain.Quote(s))
	}
	return rate * factor, nil
}

// Bandwidth parses the bandwidth of a memory in bytes per second: a size as [Bytes] reads it, with or without "/s". A
// rate in bits, as networks state theirs, is an error: "Gb/s", "Gbit/s", "Gbps". The error quotes s and says what to
// write.
func Bandwidth(s string) (float64, error) {
	size := strings.TrimSpace(s)
	if inBytes := ofBits(size); inBytes != "" {
		return 0, fmt.Errorf("%s is in bits: write %s", plain.Quote(s), inBytes)
	}
	if end := len(size) - len("/s"); end >= 0 && strings.EqualFold(size[end:], "/s") {
		size = size[:end]
	}
	bytes, err := Bytes(size)
	switch {
	case errors.Is(err, errNoUnit):
		return 0, fmt.Errorf("%s %w: write %sGB/s", plain.Quote(s), errNoUnit, plain.Cut(strings.TrimSpace(size)))
	case err != nil || bytes < 1:
		return 0, fmt.Errorf("%s is not a bandwidth: write a number and a unit, such as 20GB/s or 900GB/s", plain.Quote(s))
	}
	return float64(bytes), nil
}

// bitUnits are the ends of units that count bits a second.
var bitUnits = []string{"b", "b/s", "bit", "bit/s", "bits", "bits/s", "bps"}

// ofBits returns a rate in bits as one in bytes, "360Gb/s" as "45GB/s", and "" for any other. As engineers write it, b
// is a bit after a prefix in its own case, and B a byte.
func ofBits(s string) string {
	number, unit := cutUnit(s)
	if unit == "" || !strings.Contains("kKMGTPE", unit[:1]) || len(number) > maxNumber {
		return ""
	}
	prefix := unit[:1]
	if strings.HasPrefix(unit[1:], "i") {
		prefix = unit[:2]
	}
	value, ok := new(big.Rat).SetString(number)
	if !ok || !slices.Contains(bitUnits, unit[len(prefix):]) {
		return ""
	}
	bytes := value.Quo(value, big.NewRat(8, 1)).FloatString(maxNumber)
	return strings.TrimRight(strings.TrimRight(bytes, "0"), ".") + prefix + "B/s"
}
