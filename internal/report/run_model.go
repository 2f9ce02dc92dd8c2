package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/plain"
)

// modelled returns the layers with a time and a least time.
func (v *Run) modelled() []RunLayer {
	return slices.DeleteFunc(slices.Clone(v.Layers), func(l RunLayer) bool { return l.Least <= 0 || l.Time <= 0 })
}

// ratio returns how many times its least time a layer took, 0 where that is not known.
func (l *RunLayer) ratio() float64 {
	if l.Least <= 0 || l.Time <= 0 {
		return 0
	}
	return l.Time.Seconds() / l.Least
}

// modelLine compares the layers' times with the roofline model: the ratio of the sums, and whether the model puts the
// layers in the same order; "" for fewer than two layers.
func (v *Run) modelLine() string {
	layers := v.modelled()
	if len(layers) < 2 {
		return ""
	}
	var took, least []float64
	sumTook, sumLeast := 0.0, 0.0
	for _, l := range layers {
		took, least = append(took, l.Time.Seconds()), append(least, l.Least)
		sumTook, sumLeast = sumTook+l.Time.Seconds(), sumLeast+l.Least
	}
	return fmt.Sprintf("The layers took %s times their least times together. The rank correlation of the two is %.2f: "+
		"at 1, the model puts the layers in the order of their times.", timesText(sumTook/sumLeast),
		rankCorrelation(took, least))
}

// timesText formats how many times something is another to three significant digits, and whole from 1000 on.
func timesText(x float64) string {
	if x < 999.5 || x > 1e15 {
		return fmt.Sprintf("%.3g", x)
	}
	return plain.Count(int64(x + 0.5))
}

// rankCorrelation returns Spearman's rank correlation of at least two pairs, 0 where one side is all the same.
func rankCorrelation(x, y []float64) float64 {
	rx, ry := ranks(x), ranks(y)
	mean := float64(len(x)-1) / 2
	var xy, xx, yy float64
	for i := range rx {
		dx, dy := rx[i]-mean, ry[i]-mean
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks returns the place of each value among all, from 0 on. Equal values share the mean of their places.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for first := 0; first < len(order); {
		last := first
		for last+1 < len(order) && values[order[last+1]] == values[order[first]] {
			last++
		}
		for _, i := range order[first : last+1] {
			ranks[i] = float64(first+last) / 2
		}
		first = last + 1
	}
	return ranks
}
