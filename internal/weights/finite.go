package weights

import (
	"fmt"
	"math"
)

// NotFinite describes the NaN and infinite values of a tensor, or returns "" if there are none. A network computes with
// such values, but its results are hardly what was intended.
func NotFinite(name string, shape []int, values []float32) string {
	nans, infinities, first := 0, 0, -1
	for i, v := range values {
		const exponent = 0x7f800000
		bits := math.Float32bits(v)
		if bits&exponent != exponent {
			continue
		}
		if first < 0 {
			first = i
		}
		if v != v {
			nans++
		} else {
			infinities++
		}
	}
	if first < 0 {
		return ""
	}
	return fmt.Sprintf("tensor %s has %d NaN and %d infinite values, the first at %s",
		quoteName(name), nans, infinities, formatShape(position(first, shape)))
}

// position returns the index along each dimension of value i in C order.
func position(i int, shape []int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}
