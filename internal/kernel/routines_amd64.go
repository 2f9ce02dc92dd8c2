//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// sets returns the routines that the processor supports, fastest first.
func sets() []*routines {
	switch x := &cpu.X86; {
	case !x.HasAVX2 || !x.HasFMA:
		return []*routines{&generic}
	case !x.HasAVX512F:
		return []*routines{&avx2, &generic}
	}
	return []*routines{&avx512, &avx2, &generic}
}

// vectorLanes is the number of values in a vector of the AVX2 routines.
const vectorLanes = 8

// avx2 keeps 6x16 sums in twelve of the sixteen 256-bit registers. Two hold a row of B, one a broadcast value of A, and
// one the mask of the last columns.
var avx2 = routines{
	name:     "avx2",
	mr:       6,
	nr:       16,
	lanes:    16,
	multiply: multiplyVector,
	packRows: packRowsVector,
	dot4:     dot4Vector,
	dotBlock: 2048,
	rowTaps:  rowTapsVector,

	stripWidth: 8,

	tiles:           8,
	splitRows:       splitRowsVector,
	inputTransform:  inputTransformVector,
	outputTransform: outputTransformVector,
	move:            moveGeneric,
	fastWinograd:    true,

	affine:   affineVector,
	activate: activateVector,
	add:      addVector,
	maxRow:   maxRowVector,
	evens:    evensVector,
	sum:      sumVector,
}

// avx512 keeps 8x48 sums in 24 of the 32 512-bit registers. The number of filters of most layers is a multiple of
// eight, and for the last columns panels of one and two vectors are nearly as fast.
var avx512 = func() routines {
	r := avx2
	r.name, r.mr, r.nr, r.lanes = "avx512", 8, 48, 16
	r.multiply, r.strided, r.few, r.extraColumn, r.packRows = multiply512, true, fewColumns, true, packRows512
	r.multiplyTaps = multiplyTaps512
	r.dot4, r.dotBlock = dot4Vector5, 16<<10
	r.rowTaps = rowTaps512
	r.stripWidth = 16
	r.tiles, r.splitRows, r.inputTransform = 16, splitRows512, inputTransform512
	r.outputTransform, r.move = outputTransform512, move512
	r.activate = activate512
	return r
}()

// multiplyVector is routines.multiply for panels of six rows.
func multiplyVector(p product) {
	p.check(6)
	_ = p.b[p.kc*16-1] // complete rows
	multiplyAVX2(&p)
}

//go:noescape
func multiplyAVX2(p *product)

// fewColumns is the largest number of columns that multiplyFewAVX512 computes.
const fewColumns = 4

// multiply512 is routines.multiply for panels of eight rows.
func multiply512(p product) {
	p.check(8)
	switch {
	case p.cols == 1:
		multiplyColumn(&p)
	case p.cols <= fewColumns:
		_ = p.edge[127]
		multiplyFewAVX512(&p)
	default:
		multiplyAVX512(&p)
	}
}

//go:noescape
func multiplyAVX512(p *product)

// multiplyTaps512 is routines.multiplyTaps for panels of eight rows.
func multiplyTaps512(p tapProduct) {
	p.check(8, 48)
	multiplyTapsAVX512(&p)
}

//go:noescape
func multiplyTapsAVX512(p *tapProduct)

// multiplyFewAVX512 computes two to four columns, with the bits that they have in a vector.
//
//go:noescape
func multiplyFewAVX512(p *product)

// multiplyColumn computes a single column, as of a 1x1 plane. Its sums have the same bits as in a vector.
func multiplyColumn(p *product) {
	const each = 128 // rows at a time
	var sums [each]float32
	for i := 0; i < p.rows; i += each {
		rows := min(each, p.rows-i)
		columnAVX512(p.kc, &p.a[i*p.kc], ceilDiv(rows, 8), &p.b[0], p.ldb, &sums[0])
		for row, v := range sums[:rows] {
			at := &p.c[(i+row)*p.ldc]
			if p.add {
				v += *at
			}
			if p.bias != nil {
				v = min(max(v+p.bias[i+row], p.bounds.lo), p.bounds.hi)
			}
			*at = v
		}
	}
}

// columnAVX512 writes the sums of all rows, eight per panel.
//
//go:noescape
func columnAVX512(kc int, a *float32, panels int, b *float32, ldb int, sums *float32)

// packRowsVector is routines.packRows for strides 1 and 2.
func packRowsVector(dst []float32, ldd int, src []float32, at, next, stride int, steps []packStep, rows int) {
	// Steps may read before src[at], and lanes that are not read may lie outside src.
	packRowsAVX2(&dst[0], ldd, &src[0], at, next, stride, &steps[0], len(steps)/rows, rows)
}

//go:noescape
func packRowsAVX2(dst *float32, ldd int, src *float32, at, next, stride int, steps *packStep, n, rows int)

// packRows512 is routines.packRows for strides 1 and 2.
func packRows512(dst []float32, ldd int, src []float32, at, next, stride int, steps []packStep, rows int) {
	packRowsAVX512(&dst[0], ldd, &src[0], at, next, stride, &steps[0], len(steps)/rows, rows)
}

//go:noescape
func packRowsAVX512(dst *float32, ldd int, src *float32, at, next, stride int, steps *packStep, n, rows int)

// dot4Vector uses the generic routine for the last values of a row, fewer than 16.
func dot4Vector(weights []float32, ldw int, x []float32) [4]float32 {
	whole := len(x) &^ 15
	if whole == 0 {
		return dot4Generic(weights, ldw, x)
	}
	_ = weights[3*ldw+len(x)-1]
	var sums [4]float32
	dot4AVX2(whole, &weights[0], ldw, &x[0], &sums)
	if whole < len(x) {
		for i, v := range dot4Generic(weights[whole:], ldw, x[whole:]) {
			sums[i] += v
		}
	}
	return sums
}

// dot4Vector5 is routines.dot4.
func dot4Vector5(weights []float32, ldw int, x []float32) (sums [4]float32) {
	if len(x) > 0 {
		_ = weights[3*ldw+len(x)-1]
		dot4AVX512(len(x), &weights[0], ldw, &x[0], &sums)
	}
	return sums
}

// rowTapsVector is routines.rowTaps for strides 1 and 2.
func rowTapsVector(dst, src []float32, t taps) bool {
	n := len(dst)
	if n < 8 || t.stride > 2 {
		return false
	}
	// With stride 2 the routine reads one value after the last that it uses.
	_ = src[(t.rows-1)*t.step+(t.fw-1)*t.dw+n*t.stride-1]
	_ = t.filter[t.rows*t.fw-1]
	rowTapsAVX2(&dst[0], n, &src[0], t.step, t.rows, &t.filter[0], t.fw, t.dw,
		t.stride, t.bias, t.bounds.lo, t.bounds.hi)
	return true
}

// rowTapsAVX2 computes n outputs of a row, at least 8.
//
//go:noescape
func rowTapsAVX2(
	dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw, stride int, bias, lo, hi float32)

// rowTaps512 is routines.rowTaps for strides 1 and 2.
func rowTaps512(dst, src []float32, t taps) bool {
	n := len(dst)
	if n == 0 || t.stride != 1 {
		return rowTapsVector(dst, src, t)
	}
	_ = src[(t.rows-1)*t.step+(t.fw-1)*t.dw+n-1]
	_ = t.filter[t.rows*t.fw-1]
	rowTapsAVX512(&dst[0], n, &src[0], t.step, t.rows, &t.filter[0], t.fw, t.dw, t.bias, t.bounds.lo, t.bounds.hi)
	return true
}

// rowTapsAVX512 computes n outputs of a row with stride 1, at least one.
//
//go:noescape
func rowTapsAVX512(dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw int, bias, lo, hi float32)

// dot4AVX2 writes the inner products of n values of x, a multiple of 16, with four rows of weights.
//
//go:noescape
func dot4AVX2(n int, weights *float32, ldw int, x *float32, sums *[4]float32)

// dot4AVX512 writes the inner products of n values of x, at least 1, with four rows of weights.
//
//go:noescape
func dot4AVX512(n int, weights *float32, ldw int, x *float32, sums *[4]float32)

// splitRowsVector is routines.splitRows. It uses portable code outside the row and for values that do not fill a
// register.
func splitRowsVector(dst []float32, phase int, src []float32, rows, width, from, n, _ int) {
	first := min(ceilDiv(max(0, -from), winogradTile), n)
	whole := max(0, min(n, (width-from)/winogradTile)-first) &^ 7
	for y := range rows {
		to, row := dst[y*winogradTile*phase:], src[y*width:][:width]
		if whole > 0 {
			_ = to[(winogradTile-1)*phase+first+whole-1]
			splitRowsAVX2(&to[first], phase, &row[from+first*winogradTile], whole)
		}
		splitRowsGeneric(to, phase, row, 1, width, from, first, 0)
		if rest := first + whole; rest < n {
			splitRowsGeneric(to[rest:], phase, row, 1, width, from+rest*winogradTile, n-rest, 0)
		}
	}
}

// splitRowsAVX2 splits 4*n values into phases. n is a multiple of 8.
//
//go:noescape
func splitRowsAVX2(dst *float32, phase int, src *float32, n int)

// inputTransformVector is routines.inputTransform.
func inputTransformVector(
	dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, temp []float32,
) {
	_, _ = dst[(winogradPoints-1)*step+7], temp[winogradPoints*8-1]
	_ = region[(winogradInput*winogradTile-1)*phase+int(offsets[7])]
	inputTransformAVX2(&dst[0], step, &region[0], phase, &offsets, &temp[0])
}

//go:noescape
func inputTransformAVX2(
	dst *float32, step int, region *float32, phase int, offsets *[winogradMaxTiles]int32, temp *float32)

// outputTransformVector is routines.outputTransform.
func outputTransformVector(
	dst []float32, ldd int, products []float32, step int, temp []float32, bias float32, b bounds, _ int,
) {
	_, _ = dst[3*ldd+4*8-1], temp[winogradPoints*8-1]
	_ = products[(winogradPoints-1)*step+7]
	outputTransformAVX2(&dst[0], ldd, &products[0], step, &temp[0], bias, b.lo, b.hi)
}

//go:noescape
func outputTransformAVX2(dst *float32, ldd int, products *float32, step int, temp *float32, bias, lo, hi float32)

// splitRows512 is routines.splitRows.
func splitRows512(dst []float32, phase int, src []float32, rows, width, from, n, next int) {
	_, _ = dst[(winogradTile*rows-1)*phase+n-1], src[rows*width-1]
	splitRowsAVX512(&dst[0], phase, &src[0], rows, width, from, n, next)
}

//go:noescape
func splitRowsAVX512(dst *float32, phase int, src *float32, rows, width, from, n, next int)

// inputTransform512 is routines.inputTransform.
func inputTransform512(
	dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, _ []float32,
) {
	_ = dst[(winogradPoints-1)*step+15]
	_ = region[(winogradInput*winogradTile-1)*phase+int(offsets[0])+31]
	inputTransformAVX512(&dst[0], step, &region[0], phase, &offsets)
}

//go:noescape
func inputTransformAVX512(dst *float32, step int, region *float32, phase int, offsets *[winogradMaxTiles]int32)

// outputTransform512 is routines.outputTransform.
func outputTransform512(
	dst []float32, ldd int, products []float32, step int, _ []float32, bias float32, b bounds, next int,
) {
	_, _ = dst[3*ldd+4*16-1], products[(winogradPoints-1)*step+15]
	outputTransformAVX512(&dst[0], ldd, &products[0], step, bias, b.lo, b.hi, next)
}

//go:noescape
func outputTransformAVX512(dst *float32, ldd int, products *float32, step int, bias, lo, hi float32, next int)

// move512 is routines.move.
func move512(dst []float32, ldd int, src []float32, lds, rows, cols, next int) {
	if rows <= 0 || cols <= 0 {
		return
	}
	_, _ = dst[(rows-1)*ldd+cols-1], src[(rows-1)*lds+cols-1]
	moveAVX512(&dst[0], ldd, &src[0], lds, rows, cols, next)
}

//go:noescape
func moveAVX512(dst *float32, ldd int, src *float32, lds, rows, cols, next int)

// affineVector is routines.affine. The last values, which do not fill a register, are computed in a padded copy:
// portable code could give NaNs different bits, and the result must not depend on the division into tasks.
func affineVector(dst, src []float32, scale, shift float32, b bounds) {
	n := len(src)
	dst = dst[:n]
	whole := n &^ 7
	if whole > 0 {
		affineAVX2(&dst[0], &src[0], whole, scale, shift, b.lo, b.hi)
	}
	if whole < n {
		var rest [8]float32
		copy(rest[:], src[whole:])
		affineAVX2(&rest[0], &rest[0], 8, scale, shift, b.lo, b.hi)
		copy(dst[whole:], rest[:])
	}
}

// affineAVX2 is routines.affine for n values, a multiple of 8.
//
//go:noescape
func affineAVX2(dst, src *float32, n int, scale, shift, lo, hi float32)

// addVector is routines.add. It handles the last values as affineVector does.
func addVector(dst, x, y []float32, b bounds) {
	n := len(dst)
	x, y = x[:n], y[:n]
	whole := n &^ 7
	if whole > 0 {
		addAVX2(&dst[0], &x[0], &y[0], whole, b.lo, b.hi)
	}
	if whole < n {
		var rest, other [8]float32
		copy(rest[:], x[whole:])
		copy(other[:], y[whole:])
		addAVX2(&rest[0], &rest[0], &other[0], 8, b.lo, b.hi)
		copy(dst[whole:], rest[:])
	}
}

// addAVX2 is routines.add for n values, a multiple of 8.
//
//go:noescape
func addAVX2(dst, x, y *float32, n int, lo, hi float32)

// activate512 is routines.activate. Functions that networks rarely apply to large volumes have no routine of their own.
func activate512(dst, src []float32, act Activation) bool {
	n := len(src)
	if n == 0 {
		return activateVector(dst, src, act)
	}
	dst = dst[:n]
	switch act.Kind {
	case Sigmoid:
		sigmoidAVX512(&dst[0], &src[0], n)
	case SiLU:
		siluAVX512(&dst[0], &src[0], n)
	case GELU:
		geluAVX512(&dst[0], &src[0], n)
	case HardSwish:
		hardSwishAVX512(&dst[0], &src[0], n)
	default:
		return activateVector(dst, src, act)
	}
	return true
}

// The functions for AVX-512 process n values, at least one.

//go:noescape
func sigmoidAVX512(dst, src *float32, n int)

//go:noescape
func siluAVX512(dst, src *float32, n int)

//go:noescape
func geluAVX512(dst, src *float32, n int)

//go:noescape
func hardSwishAVX512(dst, src *float32, n int)

// maxRowVector is routines.maxRow. It uses portable code for strides other than 1 and 2 and for short rows.
func maxRowVector(dst, src []float32, stride int) {
	n := len(dst)
	if stride == 2 && n > 0 && len(src) < 2*n {
		n-- // the routine reads one value after the last that it uses
	}
	if n >= 8 && stride <= 2 {
		_ = src[n*stride-1]
		maxRowAVX2(&dst[0], &src[0], n, stride)
		dst, src = dst[n:], src[min(n*stride, len(src)):]
	}
	maxRowGeneric(dst, src, stride)
}

// maxRowAVX2 is routines.maxRow for n values, at least 8, and strides 1 and 2.
//
//go:noescape
func maxRowAVX2(dst, src *float32, n, stride int)

// evensVector is routines.evens. It uses portable code for rows of fewer than 8 values.
func evensVector(dst, src []float32) {
	n := len(dst)
	if n > 0 && len(src) < 2*n {
		n-- // the routine reads one value after the last that it uses
	}
	if n >= 8 {
		_ = src[2*n-1]
		evensAVX2(&dst[0], &src[0], n)
		dst, src = dst[n:], src[min(2*n, len(src)):]
	}
	evensGeneric(dst, src)
}

// evensAVX2 is routines.evens for n values, at least 8.
//
//go:noescape
func evensAVX2(dst, src *float32, n int)

// sumVector is routines.sum. It uses portable code for the last values, fewer than 16.
func sumVector(values []float32) float64 {
	whole := len(values) &^ 15
	if whole == 0 {
		return sumGeneric(values)
	}
	return sumAVX2(&values[0], whole) + sumGeneric(values[whole:])
}

// sumAVX2 is routines.sum for n values, a multiple of 16.
//
//go:noescape
func sumAVX2(values *float32, n int) float64
