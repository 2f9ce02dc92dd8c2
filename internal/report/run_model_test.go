package report

import (
	"math"
	"strings"
	"testing"
	"time"
)

// By hand: places 0, 1, 2, 3 against 1, 0, 2, 3 differ by 1 twice, so that the correlation is 1 - 6*2/(4*15).
func TestRankCorrelation(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{10, 20, 30, 90}, 1},
		{[]float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}, -1},
		{[]float64{1, 2, 3, 4}, []float64{2, 1, 3, 4}, 0.8},
		{[]float64{1, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1, 2}, []float64{5, 5, 7}, 1}, // equal values share their places
	} {
		if got := rankCorrelation(c.x, c.y); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v, %v: %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

func TestModelLine(t *testing.T) {
	v := &Run{Layers: []RunLayer{
		{Time: 4 * time.Millisecond, Least: 0.001}, {Time: 8 * time.Millisecond, Least: 0.003},
		{Time: time.Millisecond}, {Least: 0.001}, // one is not modelled, one not measured
	}}
	if line := v.modelLine(); !strings.HasPrefix(line, "The layers took 3 times their least times together. The rank "+
		"correlation of the two is 1.00:") {
		t.Error(line)
	}
	if r := v.Layers[0].ratio(); r != 4 {
		t.Errorf("the ratio is %v", r)
	}
	if line := (&Run{Layers: v.Layers[:1]}).modelLine(); line != "" {
		t.Error(line)
	}
}
