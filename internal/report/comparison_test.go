package report

import (
	"testing"

	"cnncalc/internal/figure"
)

func TestQuotientText(t *testing.T) {
	for x, want := range map[float64]string{
		1: "1.00x", 25_557_032. / 138_357_544: "0.185x", 0.25: "0.250x", 0.9994: "0.999x", 0.9996: "1.00x", 1.004: "1.00x",
		1.006: "1.01x", 9.996: "10.0x", 99.96: "100x", 999.4: "999x", 1234.5: "1,235x", 0.0999: "0.0999x", 0.09996: "0.100x",
		0.000478: "0.000478x", 0: "0x",
	} {
		if got := quotientText(x); got != want {
			t.Errorf("%g: %s, want %s", x, got, want)
		}
	}
}

func TestQuantityText(t *testing.T) {
	for _, c := range []struct {
		n    int64
		unit figure.Unit
		want string
	}{
		{1536, figure.Count, "1,536"}, {-1536, figure.Count, "-1,536"}, {224, figure.Pixels, "224"},
		{1536, figure.Bytes, "1.5 KiB"}, {-1536, figure.Bytes, "-1.5 KiB"},
		{0, figure.Nanoseconds, "0 ns"}, {9_999, figure.Nanoseconds, "9,999 ns"}, {10_000, figure.Nanoseconds, "0.010 ms"},
		{-1_500_000, figure.Nanoseconds, "-1.50 ms"}, {125e9, figure.Nanoseconds, "2m05s"},
	} {
		if got := quantityText(c.n, c.unit, IEC); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.n, c.unit, got, c.want)
		}
	}
}

func TestSettingsText(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"CONV3-8 s2 p1 nobias floor", "CONV3-16 s2 p1 floor", "CONV3-8 nobias -> CONV3-16"},
		{"RELU", "RELU inplace", "RELU -> RELU inplace"},
		{"CONV3-8 s2", "CONV3-8 s1", "CONV3-8 s2 -> CONV3-8 s1"},
		{"FC-10", "FC-20", "FC-10 -> FC-20"},
	} {
		if got := settingsText(c.from, c.to); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}
