package kernel

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Three filters of two values in panels of two rows: the missing row of the second panel becomes zeros, whatever the
// buffer held before.
func TestPackFilters(t *testing.T) {
	g := pointwise(2, 3, 1)
	b := &bench{t: t}
	dst := b.buffer(packedFiltersSize(&g, &generic))
	packFilters(dst, b.input([]float32{1, 2, 3, 4, 5, 6}), &g, NewWorkers(1), &generic)
	b.check()
	if diff := cmp.Diff([]float32{1, 3, 2, 4, 5, 0, 6, 0}, dst); diff != "" {
		t.Error(diff)
	}
}

// A line of nr+1 values becomes a whole piece and one padded with zeros. Values between the panels do not change.
func TestSpread(t *testing.T) {
	for _, nr := range []int{3, 4, 8, 16} {
		line := values(nr+1, 1)
		panel := nr + 2
		dst := values(panel+nr, 2)
		want := append([]float32(nil), dst...)
		copy(want, line[:nr])
		clear(want[panel:])
		want[panel] = line[nr]
		spread(dst, line, nr, panel)
		if diff := cmp.Diff(want, dst); diff != "" {
			t.Errorf("pieces of %d: %s", nr, diff)
		}
	}
}
