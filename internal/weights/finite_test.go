package weights

import (
	"math"
	"testing"
)

// One value that is not finite is found wherever it is, and however the values are aligned.
func TestAllFinite(t *testing.T) {
	inf := float32(math.Inf(1))
	all := make([]float32, 12)
	for i := range all {
		all[i] = -math.MaxFloat32
	}
	for start := range 4 {
		for n := range 9 {
			values := all[start:][:n]
			if !allFinite(values) {
				t.Errorf("%d values from %d on are not finite", n, start)
			}
			for i := range values {
				for _, v := range []float32{inf, -inf, float32(math.NaN())} {
					values[i] = v
					if allFinite(values) {
						t.Errorf("%v is finite as value %d of %d", v, i, n)
					}
				}
				values[i] = math.MaxFloat32
			}
		}
	}
}
