package main

import "testing"

func TestGrowthOf(t *testing.T) {
	for _, test := range []struct {
		live uint64
		want int
	}{
		{0, 400},
		{10 << 20, 400},
		{32 << 20, 300}, // up to 128 MiB
		{50 << 20, 156},
		{64 << 20, 100},
		{1 << 30, 100},
	} {
		if got := growthOf(test.live); got != test.want {
			t.Errorf("%d MiB: %d percent, want %d", test.live>>20, got, test.want)
		}
	}
}
