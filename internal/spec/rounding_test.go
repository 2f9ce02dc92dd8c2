package spec

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// The channels of MobileNetV2 with widths of 0.35, 0.5, 0.75, 1.3 and 1.4, as torchvision's _make_divisible gives them.
func TestRound8(t *testing.T) {
	for _, c := range []struct{ channels, percent, want int64 }{
		{32, 35, 16}, {16, 35, 8}, {24, 35, 8}, {64, 35, 24}, {96, 35, 32}, {160, 35, 56}, {320, 35, 112},
		{32, 50, 16}, {16, 50, 8}, {24, 50, 16}, {96, 50, 48}, {160, 50, 80},
		{32, 75, 24}, {16, 75, 16}, {24, 75, 24}, {64, 75, 48}, {96, 75, 72}, {160, 75, 120}, {320, 75, 240},
		{32, 130, 40}, {16, 130, 24}, {24, 130, 32}, {64, 130, 80}, {96, 130, 128}, {160, 130, 208},
		{32, 140, 48}, {16, 140, 24}, {24, 140, 32}, {64, 140, 88}, {96, 140, 136}, {160, 140, 224}, {1280, 140, 1792},
		{1, 1, 8}, {0, 100, 8}, {20, 100, 24}, {19, 100, 24}, {18, 100, 24}, {17, 100, 16}, {12, 100, 16},
	} {
		if got := round8(c.channels*c.percent, 100); got != c.want {
			t.Errorf("%d channels at %d%%: %d, want %d", c.channels, c.percent, got, c.want)
		}
	}
}

func TestRound8AgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		denominator := rapid.Int64Min(1).Draw(t, "denominator")
		numerator := rapid.Int64Min(0).Draw(t, "numerator")
		if numerator/denominator > maxRounded {
			t.Skip("too large")
		}
		v := big.NewRat(numerator, denominator)
		n := new(big.Int).Quo(new(big.Int).Quo(v.Num(), v.Denom()), big.NewInt(1)).Int64()
		n = max(8, (n+4)/8*8)
		if big.NewRat(10*n, 9).Cmp(v) < 0 {
			n += 8
		}
		if got := round8(numerator, denominator); got != n {
			t.Fatalf("%d, want %d", got, n)
		}
	})
}
