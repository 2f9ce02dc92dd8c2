package report

import (
	"strings"
	"testing"
)

func TestParseRates(t *testing.T) {
	for _, c := range []struct {
		text    string
		want    float64
		written string
	}{
		{"100GFLOP/s", 100e9, "100 GFLOP/s"},
		{"1.5 TFLOPS", 1.5e12, "1.5 TFLOP/s"},
		{" 312 tflop/s ", 312e12, "312 TFLOP/s"},
		{"9e9", 9e9, "9 GFLOP/s"},
		{"250M", 250e6, "250 MFLOP/s"},
		{"12 FLOP", 12, "12 FLOP/s"},
		{"1kflops/s", 1000, "1 kFLOP/s"},
		{"1234567flops", 1234567, "1.235 MFLOP/s"},
	} {
		got, err := ParseFLOPS(c.text)
		if err != nil || got != c.want || FLOPS(got) != c.written {
			t.Errorf("%q: %v (%s), %v; want %v (%s)", c.text, got, FLOPS(got), err, c.want, c.written)
		}
	}
	for _, c := range []struct {
		text    string
		want    float64
		written string
	}{
		{"20GB/s", 20e9, "20 GB/s"},
		{"900 GB/S", 900e9, "900 GB/s"},
		{"1GiB/s", 1 << 30, "1.074 GB/s"},
		{"3.35TB", 3.35e12, "3.35 TB/s"},
		{"1000", 1000, "1 kB/s"},
	} {
		got, err := ParseBandwidth(c.text)
		if err != nil || got != c.want || Bandwidth(got) != c.written {
			t.Errorf("%q: %v (%s), %v; want %v (%s)", c.text, got, Bandwidth(got), err, c.want, c.written)
		}
	}
}

func TestParseRatesRefuse(t *testing.T) {
	for _, text := range []string{"", "fast", "GFLOP/s", "-1GFLOP/s", "0", "NaN", "inf", "1e400", "1e30", "100GB/s", "1 G G", "0.1", "010GFLOPS", "1_000", "0x1p8", "\xff\xff/s", "İ/s"} {
		if got, err := ParseFLOPS(text); err == nil || !strings.Contains(err.Error(), "is not a rate of arithmetic") {
			t.Errorf("%q: %v, %v; want an error", text, got, err)
		}
	}
	for _, text := range []string{"", "/s", "fast", "-20GB/s", "0GB/s", "20GFLOP/s", "NaN", "20GB/h", "99999999EB/s", "010GB/s", "1_000", "0x1p8",
		"\xff\xff/s", "İ/s", "1Ⱥ/s", "s", "1/ſ"} {
		if got, err := ParseBandwidth(text); err == nil || !strings.Contains(err.Error(), "is not a bandwidth") {
			t.Errorf("%q: %v, %v; want an error", text, got, err)
		}
	}
}
