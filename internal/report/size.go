package report

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"cnncalc/internal/choice"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// Units are the units that sizes in bytes are printed in.
type Units string

// The units: IEC is KiB, MiB, GiB, ... of 1024 each (the notes' "GB" is the GiB), SI is kB, MB, GB, ... of 1000 each.
const (
	IEC Units = "iec"
	SI  Units = "si"
)

// UnitNames returns the names that [ParseUnits] reads.
func UnitNames() []string { return []string{string(IEC), string(SI)} }

// ParseUnits reads the name of units.
func ParseUnits(s string) (Units, error) {
	return choice.Parse[Units](s, "a kind of units", UnitNames())
}

// Bytes formats n bytes: in full below the first unit ("512 B"), above it to one decimal in the largest unit that
// leaves at least 1.0 after rounding: 1,048,575 is "1.0 MiB", never "1024.0 KiB". Any units but SI are IEC.
func Bytes(n int64, units Units) string {
	if n < 0 {
		return "-" + bytesUnsigned(-uint64(n), units)
	}
	return bytesUnsigned(uint64(n), units)
}

func bytesUnsigned(n uint64, units Units) string {
	base, names := uint64(1024), []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if units == SI {
		base, names = 1000, []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	}
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

// maxNumber is the longest number, in characters, that ParseBytes reads.
const maxNumber = 40

// ParseBytes reads a size such as "12GiB", "12GB", "4G", "1.5G", "512 M" or "1048576". KiB, MiB, GiB, TiB, PiB, EiB and
// the bare K, M, G, T, P, E count by 1024; kB, MB, GB, TB, PB, EB count by 1000; B and no unit are bytes. Case does not
// matter. A fraction of a byte is dropped. A size that does not fit an int64 is an error.
func ParseBytes(s string) (int64, error) {
	trimmed := strings.TrimSpace(s)
	end := strings.IndexFunc(trimmed, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(trimmed)
	}
	number, unit := trimmed[:end], strings.TrimSpace(trimmed[end:])
	bytesEach, ok := unitBytes(unit)
	if _, err := numeral.Float(number); errors.Is(err, numeral.ErrLeadingZero) {
		return 0, fmt.Errorf("%s %w: write %s", quote(s), err, plain.Cut(numeral.TrimZeros(trimmed)))
	}
	if !ok || number == "" || strings.Count(number, ".") > 1 || strings.Trim(number, ".") != number {
		return 0, fmt.Errorf("%s is not a size: write a number and a unit, such as 12GiB, 12GB, 512M (MiB) or 1048576 "+
			"(bytes)",
			quote(s))
	}
	if len(number) > maxNumber {
		return 0, fmt.Errorf("%s is not a size: its number has more than %d digits", quote(s), maxNumber)
	}
	if unit == "" && strings.Contains(number, ".") {
		return 0, fmt.Errorf("%s has no unit and is not whole: write whole bytes, or a unit, such as 1.5GiB", quote(s))
	}
	value, _ := new(big.Rat).SetString(number)
	value.Mul(value, new(big.Rat).SetInt64(bytesEach))
	size := new(big.Int).Quo(value.Num(), value.Denom())
	if !size.IsInt64() {
		return 0, fmt.Errorf("%s is too large a size: the largest is 9223372036854775807 bytes, 8 EiB less one", quote(s))
	}
	return size.Int64(), nil
}

// unitBytes returns the number of bytes in the named unit.
func unitBytes(name string) (int64, bool) {
	name = strings.ToUpper(name)
	if name == "" || name == "B" {
		return 1, true
	}
	binary, decimal := int64(1), int64(1)
	for _, prefix := range []string{"K", "M", "G", "T", "P", "E"} {
		binary, decimal = binary*1024, decimal*1000
		switch name {
		case prefix, prefix + "IB":
			return binary, true
		case prefix + "B":
			return decimal, true
		}
	}
	return 0, false
}
