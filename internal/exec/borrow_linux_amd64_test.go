package exec

import (
	"errors"
	"os"
	"testing"
)

// A file that is cut short while it is in use ends the run with an error, on whatever thread it is noticed. Not on arm64,
// which is emulated here by qemu: it does not say where memory was missing.
func TestBorrowedWeightsLost(t *testing.T) {
	for _, threads := range []int{1, 2} {
		p := compile(t, line("8x8x3", borrowing), Options{Batch: 1, Threads: threads})
		path := saved(t, p)
		loadMapped(t, p, path)
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(t.Context(), inputNoise(p)); !errors.Is(err, ErrLostWeights) {
			t.Errorf("%d threads: %v, want that the weights are lost", threads, err)
		}
	}
}
