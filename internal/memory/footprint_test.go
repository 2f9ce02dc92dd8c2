package memory_test

import (
	"errors"
	"math"
	"testing"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
)

func TestFootprint(t *testing.T) {
	f := memory.Footprint{Weights: 1, Packed: 20, Arena: 300, Input: 4000, Loading: 50000}
	if err := f.AddUp(); err != nil || f.Total != 54321 {
		t.Errorf("the total is %d (%v), want 54321", f.Total, err)
	}
	f.Arena = math.MaxInt64
	if err := f.AddUp(); !errors.Is(err, checked.ErrOverflow) {
		t.Errorf("a total past counting: %v", err)
	}
}
