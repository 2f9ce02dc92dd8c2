package numeral

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestBytes(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int64
	}{
		{"0", 0},
		{"0.0", 0},
		{"1048576B", 1 << 20},
		{"512 b", 512},
		{"12GiB", 12 << 30},
		{"12Gi", 12 << 30},
		{"12GB", 12e9},
		{"12G", 12e9},
		{"512M", 512e6},
		{"64K", 64e3},
		{"64kB", 64e3},
		{"64KiB", 64 << 10},
		{"2T", 2e12},
		{"7Ei", 7 << 60},
		{"1.5GiB", 3 << 29},
		{"0.1Ki", 102}, // 102.4
		{" 8 gib ", 8 << 30},
		{"9223372036854775807B", math.MaxInt64},
	} {
		if got, err := Bytes(test.in); err != nil || got != test.want {
			t.Errorf("Bytes(%q) = %d, %v, want %d", test.in, got, err, test.want)
		}
	}
}

func TestBytesRefuses(t *testing.T) {
	const notASize = " is not a size: write a number and a unit, such as 12GiB (2^30 bytes each), 12GB (10^9) or 512MiB"
	const tooLarge = " is too large a size: the largest is 9223372036854775807 bytes, 8 EiB less one"
	for _, test := range []struct{ in, want string }{
		{"24", `"24" has no unit: write 24GiB (2^30 bytes each), 24MiB (2^20) or 24B`},
		{" 1.5 ", `" 1.5 " has no unit: write 1.5GiB (2^30 bytes each), 1.5MiB (2^20) or 1.5B`},
		{"9223372036854775808", `"9223372036854775808" has no unit: write 9223372036854775808GiB (2^30 bytes each), ` +
			`9223372036854775808MiB (2^20) or 9223372036854775808B`},
		{"", `""` + notASize},
		{"G", `"G"` + notASize},
		{"-4G", `"-4G"` + notASize},
		{"+4G", `"+4G"` + notASize},
		{"4X", `"4X"` + notASize},
		{"4GiBs", `"4GiBs"` + notASize},
		{"4iB", `"4iB"` + notASize},
		{"4BB", `"4BB"` + notASize},
		{"4KM", `"4KM"` + notASize},
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
		{"9223372036854775808B", `"9223372036854775808B"` + tooLarge},
		{"8EiB", `"8EiB"` + tooLarge},
		{"99999999999G", `"99999999999G"` + tooLarge},
		{strings.Repeat("9", 41), `"` + strings.Repeat("9", 40) + `..." is not a size: its number has more than 40 digits`},
	} {
		if got, err := Bytes(test.in); err == nil || err.Error() != test.want {
			t.Errorf("Bytes(%q) = %d, error %v, want %s", test.in, got, err, test.want)
		}
	}
}

func FuzzBytes(f *testing.F) {
	for _, s := range []string{"12GiB", "4G", "1.5kB", "9223372036854775807B", "8E", "-1", "1e999999999", "0.00000001E",
		" 1 B", "7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Bytes(s)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("Bytes(%q) = %d is negative", s, n)
		}
		if back, err := Bytes(fmt.Sprint(n, "B")); err != nil || back != n {
			t.Fatalf("%d bytes read back as %d, %v", n, back, err)
		}
	})
}

func TestRates(t *testing.T) {
	for _, test := range []struct {
		parse func(string) (float64, error)
		text  string
		want  float64
	}{
		{FLOPS, "100GFLOP/s", 100e9},
		{FLOPS, "1.5 TFLOPS", 1.5e12},
		{FLOPS, " 312 tflop/s ", 312e12},
		{FLOPS, "9e9FLOP/s", 9e9},
		{FLOPS, "250M", 250e6},
		{FLOPS, "12 FLOP", 12},
		{FLOPS, "1kflops/s", 1000},
		{FLOPS, "1234567flops", 1234567},
		{Bandwidth, "20GB/s", 20e9},
		{Bandwidth, "20G", 20e9},
		{Bandwidth, "900 GB/S", 900e9},
		{Bandwidth, "900gb/s", 900e9},
		{Bandwidth, "1GiB/s", 1 << 30},
		{Bandwidth, "3.35TB", 3.35e12},
		{Bandwidth, "1000B/s", 1000},
	} {
		if got, err := test.parse(test.text); err != nil || got != test.want {
			t.Errorf("%q: %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

func TestRatesRefuse(t *testing.T) {
	const arithmetic, bandwidth = " is not a rate of arithmetic: ", " is not a bandwidth: "
	for _, test := range []struct {
		parse func(string) (float64, error)
		want  string // with the text in front
		texts []string
	}{
		{FLOPS, " has no unit: write 10TFLOP/s or 10GFLOP/s", []string{"10"}},
		{FLOPS, " has no unit: write ", []string{"9e9", "0.1", "1e30"}},
		{FLOPS, arithmetic, []string{"", "fast", "GFLOP/s", "-1GFLOP/s", "0", "0GFLOP/s", "NaN", "inf", "1e400", "1e30FLOP/s",
			"100GB/s", "1 G G", "0.1FLOP/s", "010GFLOPS", "1_000", "0x1p8", "\xff\xff/s", "İ/s"}},
		{Bandwidth, " is in bits: write 45GB/s", []string{"360Gb/s", "360 Gbit/s", "360Gbps", "360.0Gb", "360Gbits/s"}},
		{Bandwidth, " is in bits: write 0.0125kB/s", []string{"0.1kb/s"}},
		{Bandwidth, " is in bits: write 0.125GiB/s", []string{"1Gib/s", "1Gibit/s"}},
		{Bandwidth, " has no unit: write 20GB/s", []string{"20", "20/s", " 20 /s"}},
		{Bandwidth, bandwidth, []string{"", "/s", "fast", "-20GB/s", "0", "0GB/s", "20GFLOP/s", "NaN", "20GB/h",
			"99999999EB/s", "010GB/s", "1_000", "0x1p8", "\xff\xff/s", "İ/s", "1Ⱥ/s", "s", "1/ſ"}},
	} {
		for _, text := range test.texts {
			if got, err := test.parse(text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q: %v, %v; want%s", text, got, err, test.want)
			}
		}
	}
}
