package memory

import (
	"testing"

	"pgregory.net/rapid"
)

// The partition that has a part of the most is found as by looking at each.
func TestMostTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.Int64Range(1, 30), 1, 12).Draw(t, "sizes")
		partition := rapid.Int64Range(1, 40).Draw(t, "partition")
		total := int64(0)
		for _, s := range sizes {
			total += s
		}
		want := int64(0)
		for first := int64(0); first < total; first += partition {
			touched, start := int64(0), int64(0)
			for _, s := range sizes {
				if start < first+partition && start+s > first {
					touched += s
				}
				start += s
			}
			want = max(want, touched)
		}
		if got := mostTouched(sizes, partition); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	})
}
