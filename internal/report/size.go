package report

import (
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

// Bytes formats n bytes as [plain.Bytes] or [plain.BytesSI] do. Any units but SI are IEC.
func Bytes(n int64, units Units) string {
	if units == SI {
		return plain.BytesSI(n)
	}
	return plain.Bytes(n)
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
