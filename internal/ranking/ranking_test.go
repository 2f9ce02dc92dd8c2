package ranking

import (
	"math"
	"slices"
	"testing"
)

// TestRankHighest ranks two classes of a map of 3x2 positions. Highest does not depend on the means.
func TestRankHighest(t *testing.T) {
	got := Rank([]float32{
		0, 1, 2, 9, 0, 0, // class 0: 9 at position 3
		4, 4, 5, 4, 4, 4, // class 1: 5 at position 2
	}, 2, false)
	if got[0].Index != 1 || got[0].Highest != 2 || got[1].Highest != 3 {
		t.Errorf("%+v", got)
	}
}

func TestRank(t *testing.T) {
	nan := float32(math.NaN())
	none := math.NaN()
	for _, c := range []struct {
		name          string
		scores        []float32
		depth         int
		probabilities bool
		classes       []int
		want          []float64 // probabilities
	}{
		// exp(0)/(exp(0)+exp(ln 3)) is a quarter.
		{"softmax", []float32{0, float32(math.Log(3))}, 2, false, []int{1, 0}, []float64{0.75, 0.25}},
		{"large scores", []float32{1000, 1000}, 2, false, []int{0, 1}, []float64{0.5, 0.5}},
		{"probabilities already", []float32{0.25, 0.5, 0.25}, 3, true, []int{1, 0, 2}, []float64{0.5, 0.25, 0.25}},
		{"means over the area", []float32{0.5, 0.25, 0.5, 0.75}, 2, true, []int{1, 0}, []float64{0.625, 0.375}},
		{"a single score", []float32{-1.5}, 1, false, []int{0}, []float64{none}},
		{"a single probability", []float32{1}, 1, true, []int{0}, []float64{1}},
		{"NaN comes last", []float32{nan, 0.5}, 2, true, []int{1, 0}, []float64{0.5, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Rank(c.scores, c.depth, c.probabilities)
			for i, r := range got {
				want := c.want[i]
				near := math.Abs(r.Probability-want) < 1e-7 || math.IsNaN(r.Probability) && math.IsNaN(want)
				if r.Index != c.classes[i] || !near {
					t.Errorf("%d: class %d with %v, want %d with %v", i, r.Index, r.Probability, c.classes[i], want)
				}
			}
			descending := func(a, b Class) int { return -min(1, max(-1, int(1000*(a.Score-b.Score)))) }
			if !slices.IsSortedFunc(got, descending) {
				t.Errorf("not the largest score first: %+v", got)
			}
		})
	}
}
