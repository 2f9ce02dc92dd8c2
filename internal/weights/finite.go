package weights

import (
	"fmt"
	"math"
	"unsafe"
)

// NotFinite describes the NaN and infinite values of a tensor, or returns "" if there are none. A network computes with
// such values, but its results are hardly what was intended.
func NotFinite(name string, shape []int, values []float32) string {
	if allFinite(values) {
		return ""
	}
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
	return fmt.Sprintf("tensor %s has %d NaN and %d infinite values, the first at %s",
		quoteName(name), nans, infinities, formatShape(position(first, shape)))
}

// allFinite reports whether no value is NaN or infinite. Adding 1 to the exponent carries into the sign, which is
// cleared first, only where all bits of the exponent are set; so the loop needs no branch, and takes two values at a
// time.
func allFinite(values []float32) bool {
	const magnitude, one, sign = 0x7fffffff_7fffffff, 0x00800000_00800000, 0x80000000_80000000
	var seen uint64
	add := func(pair uint64) { seen |= pair&magnitude + one }
	if len(values) > 0 && uintptr(unsafe.Pointer(&values[0]))%8 != 0 {
		add(uint64(math.Float32bits(values[0])))
		values = values[1:]
	}
	if pairs := len(values) / 2; pairs > 0 {
		for _, pair := range unsafe.Slice((*uint64)(unsafe.Pointer(&values[0])), pairs) {
			add(pair)
		}
	}
	if len(values)%2 == 1 {
		add(uint64(math.Float32bits(values[len(values)-1])))
	}
	return seen&sign == 0
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
