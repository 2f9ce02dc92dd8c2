package exec

import (
	"errors"
	"os"
	"testing"

	"cnncalc/internal/weights"
)

// A file that is truncated while in use ends the run with an error, whichever thread notices it. The test does not run
// on arm64, as qemu, which emulates it, does not report the address of the fault.
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

// A view may read values of a file that was truncated after it was opened, as the view that warns of NaN does.
func TestBorrowedWeightsLostWhileLoading(t *testing.T) {
	p := compile(t, line("8x8x3", borrowing), testOptions(1))
	path := saved(t, p)
	file, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p.Borrow(func(tensor Tensor) ([]float32, bool) {
		values, ok := file.View(tensor.Name)
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		return values, ok && values[0] < 2
	})
	if err := p.Load(t.Context(), noisy()); !errors.Is(err, ErrLostWeights) {
		t.Errorf("got %v, want that the weights are lost", err)
	}
	if p.Allocated() != 0 {
		t.Error("memory is kept after an error")
	}
}
