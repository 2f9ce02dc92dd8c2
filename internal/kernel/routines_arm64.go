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
	packRows: packRowsVector,
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
	rowTaps:  rowTapsVector,

	stripWidth:   8,
	stripColumns: 4,

	tiles:           4,
	splitRows:       splitRowsVector,
	move:            moveVector,
	inputTransform:  inputTransformVector,
	outputTransform: outputTransformVector,
	fastWinograd:    true,
	affine:          affineVector,
	activate:        activateVector,
	add:             addVector,
	maxRow:          maxRowVector,
	evens:           evensVector,
	sum:             sumVector,
}

// tileNEON is a tileRoutine for 8x12 values. kc is at least 1.
//
//go:noescape
func tileNEON(kc int, a, b, c *float32, ldc int, add bool, bias *float32, lo, hi float32)

// dot4NEON writes the inner products of n values of x, a multiple of 4, with four rows of weights.
//
//go:noescape
func dot4NEON(n int, weights *float32, ldw int, x *float32, sums *[4]float32)

// packRowsVector is routines.packRows for strides 1 and 2. It prefetches nothing.
func packRowsVector(dst []float32, ldd int, src []float32, at, _, stride int, steps []packStep, rows int) {
	// Steps may read before src[at], and lanes that are not read may lie outside src.
	packRowsNEON(&dst[0], ldd, &src[0], at, stride, &steps[0], len(steps)/rows, rows)
}

// packRowsNEON fills vectors of twelve values.
//
//go:noescape
func packRowsNEON(dst *float32, ldd int, src *float32, at, stride int, steps *packStep, n, rows int)

// rowTapsVector is routines.rowTaps for strides 1 and 2.
func rowTapsVector(dst, src []float32, t taps) bool {
	n := len(dst)
	if n < 4 || t.stride > 2 {
		return false
	}
	// With stride 2 the routine reads one value after the last that it uses.
	_ = src[(t.rows-1)*t.step+(t.fw-1)*t.dw+n*t.stride-1]
	_ = t.filter[t.rows*t.fw-1]
	rowTapsNEON(&dst[0], n, &src[0], t.step, t.rows, &t.filter[0], t.fw, t.dw,
		t.stride, t.bias, t.bounds.lo, t.bounds.hi)
	return true
}

// rowTapsNEON computes n outputs of a row, at least 4.
//
//go:noescape
func rowTapsNEON(
	dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw, stride int, bias, lo, hi float32)

// moveVector is routines.move. It prefetches nothing.
func moveVector(dst []float32, ldd int, src []float32, lds, rows, cols, _ int) {
	if rows <= 0 || cols <= 0 {
		return
	}
	_, _ = dst[(rows-1)*ldd+cols-1], src[(rows-1)*lds+cols-1]
	moveNEON(&dst[0], ldd, &src[0], lds, rows, cols)
}

// moveNEON is routines.move for at least one row and one column.
//
//go:noescape
func moveNEON(dst *float32, ldd int, src *float32, lds, rows, cols int)

// affineVector is routines.affine.
func affineVector(dst, src []float32, scale, shift float32, b bounds) {
	if n := len(src); n > 0 {
		_ = dst[n-1]
		affineNEON(&dst[0], &src[0], n, scale, shift, b.lo, b.hi)
	}
}

// affineNEON is routines.affine for n values, at least 1.
//
//go:noescape
func affineNEON(dst, src *float32, n int, scale, shift, lo, hi float32)

// addVector is routines.add.
func addVector(dst, x, y []float32, b bounds) {
	if n := len(dst); n > 0 {
		_, _ = x[n-1], y[n-1]
		addNEON(&dst[0], &x[0], &y[0], n, b.lo, b.hi)
	}
}

// addNEON is routines.add for n values, at least 1.
//
//go:noescape
func addNEON(dst, x, y *float32, n int, lo, hi float32)

// maxRowVector is routines.maxRow. It uses portable code for strides other than 1 and 2.
func maxRowVector(dst, src []float32, stride int) {
	n := len(dst)
	if n == 0 || stride > 2 {
		maxRowGeneric(dst, src, stride)
		return
	}
	_ = src[(n-1)*stride]
	maxRowNEON(&dst[0], &src[0], n, stride)
}

// maxRowNEON is routines.maxRow for n values, at least 1, and strides 1 and 2.
//
//go:noescape
func maxRowNEON(dst, src *float32, n, stride int)

// evensVector is routines.evens.
func evensVector(dst, src []float32) {
	if n := len(dst); n > 0 {
		_ = src[2*(n-1)]
		evensNEON(&dst[0], &src[0], n)
	}
}

// evensNEON is routines.evens for n values, at least 1.
//
//go:noescape
func evensNEON(dst, src *float32, n int)

// sumVector is routines.sum. It uses portable code for the last values, fewer than 16.
func sumVector(values []float32) float64 {
	whole := len(values) &^ 15
	if whole == 0 {
		return sumGeneric(values)
	}
	return sumNEON(&values[0], whole) + sumGeneric(values[whole:])
}

// sumNEON is routines.sum for n values, a multiple of 16.
//
//go:noescape
func sumNEON(values *float32, n int) float64

// first returns the address of the first of n values, or nil if values is nil.
func first(values []float32, n int) *float32 {
	if values == nil {
		return nil
	}
	return &values[:n][0]
}
