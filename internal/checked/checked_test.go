package checked

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestProductAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factors := rapid.SliceOfN(rapid.Int64Range(1, math.MaxInt64), 0, 5).Draw(t, "factors")
		want := big.NewInt(1)
		for _, f := range factors {
			want.Mul(want, big.NewInt(f))
		}
		compare(t, want, func() (int64, error) { return Product(factors...) })
	})
}

func TestSumAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 0, 5).Draw(t, "terms")
		want := new(big.Int)
		for _, n := range terms {
			want.Add(want, big.NewInt(n))
		}
		compare(t, want, func() (int64, error) { return Sum(terms...) })
	})
}

func TestNegativeSizesAreRefused(t *testing.T) {
	if _, err := Product(3, -1); !errors.Is(err, ErrOverflow) {
		t.Errorf("Product(3, -1): %v, want ErrOverflow", err)
	}
	if _, err := Sum(3, -1); !errors.Is(err, ErrOverflow) {
		t.Errorf("Sum(3, -1): %v, want ErrOverflow", err)
	}
}

func compare(t *rapid.T, want *big.Int, compute func() (int64, error)) {
	got, err := compute()
	if !want.IsInt64() {
		if !errors.Is(err, ErrOverflow) {
			t.Fatalf("got %d, %v; want ErrOverflow for %s", got, err, want)
		}
		return
	}
	if err != nil || got != want.Int64() {
		t.Fatalf("got %d, %v; want %s", got, err, want)
	}
}

func TestGCD(t *testing.T) {
	for _, tt := range []struct{ a, b, want int64 }{{12, 18, 6}, {7, 5, 1}, {0, 4, 4}, {4, 0, 4}, {0, 0, 0},
		{1 << 40, 3 << 20, 1 << 20}} {
		if got := GCD(tt.a, tt.b); got != tt.want {
			t.Errorf("GCD(%d, %d) is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
