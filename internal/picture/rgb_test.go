package picture

import (
	"math"
	"testing"
)

func TestMulDiv255(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			want := int(math.Round(float64(a) * float64(b) / 255)) // no product is halfway: 255 is odd
			if got := mulDiv255(a, b); got != want {
				t.Fatalf("%d*%d/255 is %d, want %d", a, b, got, want)
			}
		}
	}
}
