package report

import (
	"math"
	"testing"

	"cnncalc/internal/numeral"
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

func TestBytesAsGiven(t *testing.T) {
	for _, test := range []struct {
		n     int64
		units Units
		want  string
	}{
		{24e9, IEC, "24.0 GB (22.4 GiB)"},
		{24e9, SI, "24.0 GB"},
		{24 << 30, IEC, "24.0 GiB"},
		{24 << 30, SI, "24.0 GiB (25.8 GB)"},
		{24<<30 - 1, IEC, "24.0 GiB"}, // exact in neither
		{512, IEC, "512 B"},
		{0, SI, "0 B"},
	} {
		if got := BytesAsGiven(test.n, test.units); got != test.want {
			t.Errorf("%d bytes in %s: %s, want %s", test.n, test.units, got, test.want)
		}
	}
}

// What Bytes prints is within half of its last digit, and so is reading it back.
func FuzzBytes(f *testing.F) {
	for _, n := range []int64{0, 1023, 1 << 20, 12e9, math.MaxInt64} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		for _, units := range []Units{IEC, SI} {
			near, err := numeral.Bytes(Bytes(n, units))
			if err == nil && math.Abs(float64(near)-float64(n)) > 0.051*float64(n) {
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
