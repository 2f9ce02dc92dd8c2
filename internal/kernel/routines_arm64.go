//go:build arm64 && !noasm

package kernel

// sets returns the routines that the processor supports, fastest first. All arm64 processors have NEON.
func sets() []*routines { return []*routines{&neon, &generic} }

// vectorLanes is the number of values in a vector.
const vectorLanes = 4

// neon keeps 8x12 sums in 24 of the 32 128-bit registers.
var neon = routines{
	name:  "neon",
	mr:    8,
	nr:    12,
	lanes: 12,
	multiply: tiled(8, 12, func(kc int, a, b, c []float32, ldc int, add bool, bias []float32, lo, hi float32) {
		_, _, _ = a[kc*8-1], b[kc*12-1], c[7*ldc+11]
		tileNEON(kc, &a[0], &b[0], &c[0], ldc, add, first(bias, 8), lo, hi)
	}),
	dot4: func(weights []float32, ldw int, x []float32) [4]float32 {
		whole := len(x) &^ 3
		if whole == 0 {
			return dot4Generic(weights, ldw, x)
		}
		_ = weights[3*ldw+len(x)-1]
		var sums [4]float32
		dot4NEON(whole, &weights[0], ldw, &x[0], &sums)
		if whole < len(x) {
			for i, v := range dot4Generic(weights[whole:], ldw, x[whole:]) {
				sums[i] += v
			}
		}
		return sums
	},
	dotBlock: 1024,

	tiles:           genericTiles,
	splitRows:       splitRowsGeneric,
	move:            moveGeneric,
	inputTransform:  inputTransformGeneric,
	outputTransform: outputTransformGeneric,
	affine:          affineGeneric,
	activate:        activateVector,
	add:             addGeneric,
	maxRow:          maxRowGeneric,
	evens:           evensGeneric,
	sum:             sumGeneric,
}

// tileNEON is a tileRoutine for 8x12 values. kc is at least 1.
//
//go:noescape
func tileNEON(kc int, a, b, c *float32, ldc int, add bool, bias *float32, lo, hi float32)

// dot4NEON writes the inner products of n values of x, a multiple of 4, with four rows of weights.
//
//go:noescape
func dot4NEON(n int, weights *float32, ldw int, x *float32, sums *[4]float32)

// first returns the address of the first of n values, or nil if values is nil.
func first(values []float32, n int) *float32 {
	if values == nil {
		return nil
	}
	return &values[:n][0]
}
