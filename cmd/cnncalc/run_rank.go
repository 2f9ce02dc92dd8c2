package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// ranked are the classes of one picture, the most likely first.
type ranked struct {
	class       int
	score       float64
	probability float64 // NaN where there is none
	highest     int     // place of the area with its highest score, row by row
}

// confidence is the probability for people, or the score where there is none.
func (r ranked) confidence() string {
	if math.IsNaN(r.probability) {
		return fmt.Sprintf("score %.4g", r.score)
	}
	return fmt.Sprintf("%6.2f%%", 100*r.probability)
}

// rank sorts the outputs of one picture, [D, area], by their mean over the area. probabilities tells that they are
// some already; else softmax makes them so.
func rank(scores []float32, depth int, probabilities bool) []ranked {
	area := len(scores) / depth
	classes := make([]ranked, depth)
	for c := range classes {
		places := scores[c*area : (c+1)*area]
		var sum float64
		highest := 0
		for i, v := range places {
			sum += float64(v)
			if v > places[highest] {
				highest = i
			}
		}
		classes[c] = ranked{class: c, score: sum / float64(area), highest: highest}
	}
	softmax(classes, probabilities)
	slices.SortStableFunc(classes, func(a, b ranked) int {
		return cmp.Compare(b.score, a.score) // NaN comes last
	})
	return classes
}

// softmax fills in the probabilities. A single score has none, as there is nothing to compare it with.
func softmax(classes []ranked, already bool) {
	if len(classes) == 1 && !already {
		classes[0].probability = math.NaN()
		return
	}
	largest := math.Inf(-1)
	for _, c := range classes {
		largest = max(largest, c.score)
	}
	var sum float64
	for i := range classes {
		classes[i].probability = classes[i].score
		if !already {
			classes[i].probability = math.Exp(classes[i].score - largest)
		}
		sum += classes[i].probability
	}
	for i := range classes {
		if !already {
			classes[i].probability /= sum
		}
	}
}
