package report

import (
	"fmt"

	"cnncalc/internal/choice"
	"cnncalc/internal/numeral"
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

// BytesAsGiven formats a size that a user gave: in the units, with the same size in the other units before it where
// only those express it exactly: 24 * 10^9 is "24.0 GB (22.4 GiB)".
func BytesAsGiven(n int64, units Units) string {
	text, other := Bytes(n, units), Bytes(n, units.other())
	if isExact(n, text) || !isExact(n, other) {
		return text
	}
	return other + " (" + text + ")"
}

// other returns the units that u is not.
func (u Units) other() Units {
	if u == SI {
		return IEC
	}
	return SI
}

// isExact reports whether text is the size n.
func isExact(n int64, text string) bool {
	bytes, err := numeral.Bytes(text)
	return err == nil && bytes == n
}
