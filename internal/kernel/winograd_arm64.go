//go:build arm64 && !noasm

package kernel

// splitRowsVector is routines.splitRows. It prefetches nothing.
func splitRowsVector(dst []float32, phase int, src []float32, rows, width, from, n, _ int) {
	if width < winogradTile {
		splitRowsGeneric(dst, phase, src, rows, width, from, n, 0)
		return
	}
	_, _ = dst[(winogradTile*rows-1)*phase+n-1], src[rows*width-1]
	first := min(ceilDiv(max(0, -from), winogradTile), n)
	end := max(first, min(n, (width-from)/winogradTile))
	if end-first < 4 {
		end = first
	} else {
		splitRowsNEON(&dst[first], phase, &src[from+first*winogradTile], rows, width, end-first)
	}
	for i := range n {
		if i < first || i >= end {
			splitGroup(dst[i:], phase, src, rows, width, from+i*winogradTile)
		}
	}
}

// splitGroup splits the four values of each row from x on, of which any may be outside the row. Four others are loaded
// instead and put in their places.
func splitGroup(dst []float32, phase int, src []float32, rows, width, x int) {
	at := min(max(x, 0), width-winogradTile)
	var places [winogradTile]uint32
	for i := range places {
		places[i] = padding
		if column := x + i; column >= 0 && column < width {
			places[i] = bytesFrom(4 * (column - at))
		}
	}
	splitGroupNEON(&dst[0], phase, &src[at], rows, width, &places)
}

// splitGroupNEON loads four values of each row, puts the bytes of them that places names in each of four places, or 0
// where there are none, and writes these to the phases.
//
//go:noescape
func splitGroupNEON(dst *float32, phase int, src *float32, rows, width int, places *[4]uint32)

// splitRowsNEON splits 4*n values of each row into phases. n is at least 4.
//
//go:noescape
func splitRowsNEON(dst *float32, phase int, src *float32, rows, width, n int)

// inputTransformVector is routines.inputTransform.
func inputTransformVector(
	dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, temp []float32,
) {
	_, _ = dst[(winogradPoints-1)*step+3], temp[winogradPoints*4-1]
	_ = region[(winogradInput*winogradTile-1)*phase+int(offsets[0])+7]
	inputTransformNEON(&dst[0], step, &region[0], phase, &offsets, &temp[0])
}

//go:noescape
func inputTransformNEON(
	dst *float32, step int, region *float32, phase int, offsets *[winogradMaxTiles]int32, temp *float32)

// outputTransformVector is routines.outputTransform. It prefetches nothing.
func outputTransformVector(
	dst []float32, ldd int, products []float32, step int, _ []float32, bias float32, b bounds, _ int,
) {
	_, _ = dst[3*ldd+4*4-1], products[(winogradPoints-1)*step+3]
	outputTransformNEON(&dst[0], ldd, &products[0], step, bias, b.lo, b.hi)
}

//go:noescape
func outputTransformNEON(dst *float32, ldd int, products *float32, step int, bias, lo, hi float32)
