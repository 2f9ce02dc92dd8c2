package report

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestBytes(t *testing.T) {
	const vgg = 15_237_608 * 4 // the activations of VGG-16 in float32
	tests := []struct {
		n     int64
		units Units
		want  string
	}{
		{0, IEC, "0 B"},
		{512, IEC, "512 B"},
		{1023, IEC, "1023 B"},
		{1024, IEC, "1.0 KiB"},
		{1075, IEC, "1.0 KiB"}, // 1.0498
		{1076, IEC, "1.1 KiB"}, // 1.0508
		{1 << 16, IEC, "64.0 KiB"},
		{1_048_524, IEC, "1023.9 KiB"}, // 1023.949
		{1_048_525, IEC, "1.0 MiB"},    // 1023.950
		{1_048_575, IEC, "1.0 MiB"},
		{1_048_576, IEC, "1.0 MiB"},
		{vgg, IEC, "58.1 MiB"},
		{138_344_128 * 4, IEC, "527.7 MiB"},
		{12 << 30, IEC, "12.0 GiB"},
		{1<<40 - 1, IEC, "1.0 TiB"},
		{1<<60 - 1, IEC, "1.0 EiB"},
		{math.MaxInt64, IEC, "8.0 EiB"},
		{math.MinInt64, IEC, "-8.0 EiB"},
		{-512, IEC, "-512 B"},
		{999, SI, "999 B"},
		{1000, SI, "1.0 kB"},
		{999_949, SI, "999.9 kB"},
		{999_950, SI, "1.0 MB"},
		{vgg, SI, "61.0 MB"}, // 60.950432
		{math.MaxInt64, SI, "9.2 EB"},
	}
	for _, tt := range tests {
		if got := Bytes(tt.n, tt.units); got != tt.want {
			t.Errorf("Bytes(%d, %s) = %s, want %s", tt.n, tt.units, got, tt.want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	tests := []struct {
		in   string
		want int64
	}{
		{"0", 0},
		{"1048576", 1 << 20},
		{"512B", 512},
		{"12GiB", 12 << 30},
		{"12GB", 12e9},
		{"4G", 4 << 30},
		{"512M", 512 << 20},
		{"64K", 64 << 10},
		{"64kB", 64e3},
		{"2T", 2 << 40},
		{"7E", 7 << 60},
		{"1.5GiB", 3 << 29},
		{"0.1K", 102}, // 102.4
		{" 8 gib ", 8 << 30},
		{"9223372036854775807", math.MaxInt64},
	}
	for _, tt := range tests {
		if got, err := ParseBytes(tt.in); err != nil || got != tt.want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestParseBytesRefuses(t *testing.T) {
	const notASize = " is not a size: write a number and a unit, such as 12GiB, 12GB, 512M (MiB) or 1048576 (bytes)"
	const tooLarge = " is too large a size: the largest is 9223372036854775807 bytes, 8 EiB less one"
	tests := []struct{ in, want string }{
		{"", `""` + notASize},
		{"G", `"G"` + notASize},
		{"-4G", `"-4G"` + notASize},
		{"+4G", `"+4G"` + notASize},
		{"4X", `"4X"` + notASize},
		{"4GiBs", `"4GiBs"` + notASize},
		{"1e9", `"1e9"` + notASize},
		{"0x10", `"0x10"` + notASize},
		{"0x1p8", `"0x1p8"` + notASize},
		{"1_000", `"1_000"` + notASize},
		{"010GiB", `"010GiB" starts with a zero: write 10GiB`},
		{"00.5GiB", `"00.5GiB" starts with a zero: write 0.5GiB`},
		{"1,000", `"1,000"` + notASize},
		{"1.2.3G", `"1.2.3G"` + notASize},
		{".5G", `".5G"` + notASize},
		{"5.G", `"5.G"` + notASize},
		{"NaN", `"NaN"` + notASize},
		{"４G", `"４G"` + notASize},
		{"4\x1bG", `"4\x1bG"` + notASize},
		{"1.5", `"1.5" has no unit and is not whole: write whole bytes, or a unit, such as 1.5GiB`},
		{"9223372036854775808", `"9223372036854775808"` + tooLarge},
		{"8E", `"8E"` + tooLarge},
		{"99999999999G", `"99999999999G"` + tooLarge},
		{strings.Repeat("9", 41), `"` + strings.Repeat("9", 40) + `..." is not a size: its number has more than 40 digits`},
	}
	for _, tt := range tests {
		if got, err := ParseBytes(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("ParseBytes(%q) = %d, error %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func FuzzParseBytes(f *testing.F) {
	for _, s := range []string{"12GiB", "4G", "1.5kB", "9223372036854775807", "8E", "-1", "1e999999999", "0.00000001E", " 1 B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseBytes(s)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("ParseBytes(%q) = %d is negative", s, n)
		}
		if back, err := ParseBytes(strconv.FormatInt(n, 10)); err != nil || back != n {
			t.Fatalf("%d bytes read back as %d, %v", n, back, err)
		}
		// What Bytes prints is within half of its last digit, so reading that back is too.
		for _, units := range []Units{IEC, SI} {
			if near, err := ParseBytes(Bytes(n, units)); err == nil && math.Abs(float64(near)-float64(n)) > 0.051*float64(n) {
				t.Fatalf("%d bytes print as %s", n, Bytes(n, units))
			}
		}
	})
}

func TestParseUnits(t *testing.T) {
	for _, name := range UnitNames() {
		if u, err := ParseUnits(name); err != nil || string(u) != name {
			t.Errorf("ParseUnits(%q) = %q, %v", name, u, err)
		}
	}
	const want = `"ie" is not a kind of units: choose from iec, si; did you mean iec?`
	if _, err := ParseUnits("ie"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
