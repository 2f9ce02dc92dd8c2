package numeral

import (
	"errors"
	"math"
	"strconv"
	"testing"
)

// refused holds texts that Int, Uint and Float reject, though Go or C accepts some of them.
var refused = map[string]error{
	"":      ErrSyntax,
	" 1":    ErrSyntax,
	"1 ":    ErrSyntax,
	"-":     ErrSyntax,
	"--1":   ErrSyntax,
	"0x10":  ErrSyntax,
	"0x1p8": ErrSyntax,
	"0b1":   ErrSyntax,
	"0o7":   ErrSyntax,
	"1_000": ErrSyntax,
	"1,000": ErrSyntax,
	"inf":   ErrSyntax,
	"NaN":   ErrSyntax,
	"\xff":  ErrSyntax,
	"１":     ErrSyntax, // a full-width digit
	"010":   ErrLeadingZero,
	"00":    ErrLeadingZero,
}

func TestRefused(t *testing.T) {
	for s, want := range refused {
		if n, err := Int(s); !errors.Is(err, want) {
			t.Errorf("Int(%q) = %d, %v, want %v", s, n, err, want)
		}
		if n, err := Uint(s); !errors.Is(err, want) {
			t.Errorf("Uint(%q) = %d, %v, want %v", s, n, err, want)
		}
		if x, err := Float(s); !errors.Is(err, want) {
			t.Errorf("Float(%q) = %g, %v, want %v", s, x, err, want)
		}
	}
}

func TestInt(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "7": 7, "10": 10, "-3": -3, "-0": 0,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		if n, err := Int(s); n != want || err != nil {
			t.Errorf("Int(%q) = %d, %v, want %d", s, n, err, want)
		}
	}
	for s, want := range map[string]error{
		"+1": ErrSyntax, "1.0": ErrSyntax, "1e3": ErrSyntax, "-010": ErrLeadingZero, "9223372036854775808": ErrRange,
	} {
		if n, err := Int(s); !errors.Is(err, want) {
			t.Errorf("Int(%q) = %d, %v, want %v", s, n, err, want)
		}
	}
}

func TestUint(t *testing.T) {
	if n, err := Uint("18446744073709551615"); n != math.MaxUint64 || err != nil {
		t.Errorf("the largest is %d, %v", n, err)
	}
	for s, want := range map[string]error{"-1": ErrSyntax, "+1": ErrSyntax, "18446744073709551616": ErrRange} {
		if n, err := Uint(s); !errors.Is(err, want) {
			t.Errorf("Uint(%q) = %d, %v, want %v", s, n, err, want)
		}
	}
}

func TestFloat(t *testing.T) {
	for s, want := range map[string]float64{
		"0": 0, "0.485": 0.485, "-1.5": -1.5, "+2": 2, ".5": 0.5, "5.": 5,
		"1e3": 1000, "2.5E-1": 0.25, "1e+02": 100, "1e-999": 0,
	} {
		if x, err := Float(s); x != want || err != nil {
			t.Errorf("Float(%q) = %g, %v, want %g", s, x, err, want)
		}
	}
	for s, want := range map[string]error{
		".": ErrSyntax, "e3": ErrSyntax, "1e": ErrSyntax, "1e+": ErrSyntax,
		"1.2.3": ErrSyntax, "1e2e3": ErrSyntax, "1e1.5": ErrSyntax,
		"00.5": ErrLeadingZero, "-01": ErrLeadingZero, "1e999": ErrRange,
	} {
		if x, err := Float(s); !errors.Is(err, want) {
			t.Errorf("Float(%q) = %g, %v, want %v", s, x, err, want)
		}
	}
}

func TestTrimZeros(t *testing.T) {
	for s, want := range map[string]string{
		"010": "10", "00": "0", "-007": "-7", "00.5": "0.5", "10": "10", "0": "0", "": "",
	} {
		if got := TrimZeros(s); got != want {
			t.Errorf("TrimZeros(%q) = %q, want %q", s, got, want)
		}
	}
}

// FuzzAgainstStrconv checks that strconv parses everything that is accepted as the same number.
func FuzzAgainstStrconv(f *testing.F) {
	for s := range refused {
		f.Add(s)
	}
	f.Add("-1.5e3")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Int(s); err == nil {
			if want, err := strconv.ParseInt(s, 10, 64); err != nil || n != want {
				t.Errorf("Int(%q) = %d, strconv reads %d, %v", s, n, want, err)
			}
		}
		if x, err := Float(s); err == nil {
			if want, err := strconv.ParseFloat(s, 64); err != nil || x != want || math.IsInf(x, 0) || math.IsNaN(x) {
				t.Errorf("Float(%q) = %g, strconv reads %g, %v", s, x, want, err)
			}
		}
		if trimmed := TrimZeros(s); len(trimmed) > len(s) {
			t.Errorf("TrimZeros(%q) = %q", s, trimmed)
		}
	})
}
