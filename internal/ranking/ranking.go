// Package ranking makes a ranking of classes from the output of a network.
package ranking

import (
	"cmp"
	"math"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Class is one class in the ranking of a picture.
type Class struct {
	Index       int
	Score       float64 // the mean over the places
	Probability float64 // NaN where there is none
	Highest     int     // the place with its highest score, row by row; 0 for one place
}

// Rank sorts the outputs of one picture, [depth, places], by their mean over the places, the most likely class first.
// areProbabilities says that the outputs are probabilities already; otherwise softmax makes probabilities of the means.
func Rank(scores []float32, depth int, areProbabilities bool) []Class {
	places := len(scores) / depth
	classes := make([]Class, depth)
	for c := range classes {
		classes[c] = newClass(c, scores[c*places:(c+1)*places])
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

// softmax fills in the probabilities. A single score has none: there is nothing to compare it with.
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

// EndsInProbabilities reports whether a SOFTMAX or a SIGMOID makes the first output of a network, perhaps followed by
// layers that change no value when it runs.
func EndsInProbabilities(g *graph.Graph) bool {
	for i := g.Outputs[0]; len(g.Nodes[i].Inputs) > 0; i = g.Nodes[i].Inputs[0] {
		switch g.Nodes[i].Op.(type) {
		case *op.Softmax, *op.Sigmoid, *op.HardSigmoid:
			return true
		case *op.Dropout, *op.Flatten:
		default:
			return false
		}
	}
	return false
}
