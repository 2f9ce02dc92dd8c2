package preprocess

import (
	"slices"
	"testing"

	"cnncalc/internal/graph"
)

// The mean and deviation of ImageNet are those of red, green and blue (torchvision); a network that takes blue first
// gets them in its own order.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		bgr       bool
		mean, std []float64
	}{
		{false, []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}},
		{true, []float64{0.406, 0.456, 0.485}, []float64{0.225, 0.224, 0.229}},
	} {
		_, got := Options(graph.Preprocess{BGR: c.bgr}, graph.Shape{W: 224, H: 224, D: 3}, "")
		if !slices.Equal(got.Mean, c.mean) || !slices.Equal(got.Std, c.std) {
			t.Errorf("bgr %v: mean %v and deviation %v, want %v and %v", c.bgr, got.Mean, got.Std, c.mean, c.std)
		}
	}
}
