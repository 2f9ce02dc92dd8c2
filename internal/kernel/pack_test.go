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

// The sizes that the package comment gives for one convolution. They do not depend on the processor of the test.
func TestDocumentedConvolution(t *testing.T) {
	g := Conv{N: 1, C: 128, H: 56, W: 56, K: 128, OH: 28, OW: 28, FH: 3, FW: 3, SH: 2, SW: 2, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1}
	if WinogradFits(g) {
		t.Error("Winograd's algorithm fits")
	}
	tile := generic
	tile.mr, tile.nr, tile.lanes = 8, 48, 16
	tile.packRows = func([]float32, int, []float32, int, int, int, []packStep, int) {}
	for workers := 1; workers <= 2; workers++ {
		p := planGEMM(&g, &tile, workers)
		got := []int{p.rows, p.depth, p.cols, p.kc, p.paddedRows / tile.mr, p.strip, ceilDiv(p.strip, tile.nr), p.blocks}
		if diff := cmp.Diff([]int{128, 1152, 784, 384, 16, 208, 5, 1}, got); diff != "" {
			t.Errorf("%d workers: %s", workers, diff)
		}
		if p.packing != packTaps {
			t.Errorf("%d workers: packing is %d", workers, p.packing)
		}
	}
	panel, block := 4*384*tile.nr, 4*384*blockMC
	if panel != 72<<10 || block != 192<<10 {
		t.Errorf("a panel of B has %d bytes, a block of A %d", panel, block)
	}
}
