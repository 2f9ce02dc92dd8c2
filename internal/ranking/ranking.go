// Package ranking ranks classes by the output of a network.
package ranking

import (
	"cmp"
	"math"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Class is a class in the ranking of a picture.
type Class struct {
	Index       int
	Score       float64 // mean over all positions
	Probability float64 // NaN if there is none
	Highest     int     // position of the highest score, row by row
}

// Rank ranks the classes of one picture by their mean score over all positions, the most likely first. scores is
// [depth, positions]. If areProbabilities is set, the scores are probabilities already; otherwise the softmax of the
// means is.
func Rank(scores []float32, depth int, areProbabilities bool) []Class {
	positions := len(scores) / depth
	classes := make([]Class, depth)
	for c := range classes {
		classes[c] = newClass(c, scores[c*positions:(c+1)*positions])
	}
	if areProbabilities {
		for i := range classes {
			classes[i].Probability = classes[i].Score
		}
	} else {
		softmax(classes)
	}
	slices.SortStableFunc(classes, func(a, b Class) int {
		return cmp.Compare(b.Score, a.Score) // NaN comes last
	})
	return classes
}

func newClass(index int, scores []float32) Class {
	var sum float64
	highest := 0
	for i, v := range scores {
		sum += float64(v)
		if v > scores[highest] {
			highest = i
		}
	}
	return Class{Index: index, Score: sum / float64(len(scores)), Highest: highest}
}

// softmax sets the probabilities. A single score has none, as there is nothing to compare it with.
func softmax(classes []Class) {
	if len(classes) == 1 {
		classes[0].Probability = math.NaN()
		return
	}
	largest := math.Inf(-1)
	for _, c := range classes {
		largest = max(largest, c.Score)
	}
	var sum float64
	for i := range classes {
		classes[i].Probability = math.Exp(classes[i].Score - largest)
		sum += classes[i].Probability
	}
	for i := range classes {
		classes[i].Probability /= sum
	}
}

// EndsInProbabilities reports whether a node's result is that of a SOFTMAX, SIGMOID or HARDSIGMOID. Layers that change
// no values in inference may follow it.
func EndsInProbabilities(g *graph.Graph, node int) bool {
	for i := node; len(g.Nodes[i].Inputs) > 0; i = g.Nodes[i].Inputs[0] {
		switch g.Nodes[i].Op.(type) {
		case *op.Softmax, *op.Sigmoid, *op.HardSigmoid:
			return true
		case *op.Dropout, *op.StochDepth, *op.Flatten:
		default:
			return false
		}
	}
	return false
}
