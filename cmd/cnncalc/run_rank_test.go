package main

import (
	"math"
	"slices"
	"testing"

	"cnncalc/internal/graph"
)

// A map of 3x2 places, two classes. Their places are those of the highest scores, whatever the means.
func TestRankKnowsTheHighestPlace(t *testing.T) {
	scores := []float32{
		0, 1, 2, 9, 0, 0, // class 0: 9 at 0,1
		4, 4, 5, 4, 4, 4, // class 1: 5 at 2,0
	}
	got := rank(scores, 2, false)
	out := graph.Shape{W: 3, H: 2, D: 2}
	if got[0].class != 1 || *placeOf(got[0], out) != (mapPlace{2, 0}) || *placeOf(got[1], out) != (mapPlace{0, 1}) {
		t.Errorf("%+v", got)
	}
	if at := placeOf(rank(scores[:2], 2, false)[0], graph.Shape{W: 1, H: 1, D: 2}); at != nil {
		t.Errorf("a place %v without a map", at)
	}
}

func TestRank(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name          string
		scores        []float32
		depth         int
		probabilities bool
		classes       []int
		confidence    []string
	}{
		// exp(0)/(exp(0)+exp(ln 3)) is a quarter.
		{"softmax", []float32{0, float32(math.Log(3))}, 2, false, []int{1, 0}, []string{" 75.00%", " 25.00%"}},
		{"large scores", []float32{1000, 1000}, 2, false, []int{0, 1}, []string{" 50.00%", " 50.00%"}},
		{"probabilities already", []float32{0.25, 0.5, 0.25}, 3, true, []int{1, 0, 2}, []string{" 50.00%", " 25.00%", " 25.00%"}},
		{"means over the area", []float32{0.5, 0.25, 0.5, 0.75}, 2, true, []int{1, 0}, []string{" 62.50%", " 37.50%"}},
		{"a single score", []float32{-1.5}, 1, false, []int{0}, []string{"score -1.5"}},
		{"a single probability", []float32{1}, 1, true, []int{0}, []string{"100.00%"}},
		{"NaN comes last", []float32{nan, 0.5}, 2, true, []int{1, 0}, []string{" 50.00%", "score NaN"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var classes []int
			var confidence []string
			for _, r := range rank(c.scores, c.depth, c.probabilities) {
				classes, confidence = append(classes, r.class), append(confidence, r.confidence())
			}
			if !slices.Equal(classes, c.classes) || !slices.Equal(confidence, c.confidence) {
				t.Errorf("classes %v with %q, want %v with %q", classes, confidence, c.classes, c.confidence)
			}
		})
	}
}
