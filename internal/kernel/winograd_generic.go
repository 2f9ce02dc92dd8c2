package kernel

// genericTiles is the number of tiles that the portable transforms compute at a time.
const genericTiles = 4

// splitRowsGeneric is routines.splitRows in portable code.
func splitRowsGeneric(dst []float32, phase int, src []float32, rows, width, from, n, _ int) {
	for y := range rows {
		row, to := src[y*width:][:width], dst[y*winogradTile*phase:]
		to0, to1, to2, to3 := to[:n], to[phase:][:n], to[2*phase:][:n], to[3*phase:][:n]
		for i := range n {
			x := from + i*winogradTile
			if x >= 0 && x+winogradTile <= width {
				four := row[x:][:winogradTile]
				to0[i], to1[i], to2[i], to3[i] = four[0], four[1], four[2], four[3]
				continue
			}
			to0[i], to1[i], to2[i], to3[i] = orZero(row, x), orZero(row, x+1), orZero(row, x+2), orZero(row, x+3)
		}
	}
}

// orZero returns row[x], or 0 outside the row.
func orZero(row []float32, x int) float32 {
	if x < 0 || x >= len(row) {
		return 0
	}
	return row[x]
}

// inputTransformGeneric is routines.inputTransform in portable code.
func inputTransformGeneric(
	dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, _ []float32,
) {
	for lane, offset := range offsets[:genericTiles] {
		var half, d [winogradInput][winogradInput]float32
		for y := range winogradInput {
			var row [winogradInput]float32
			for x := range winogradInput {
				row[x] = region[(y*winogradTile+x%winogradTile)*phase+x/winogradTile+int(offset)]
			}
			half[y] = inputPoints(row)
		}
		for x := range winogradInput {
			column := [winogradInput]float32{half[0][x], half[1][x], half[2][x], half[3][x], half[4][x], half[5][x]}
			d[x] = inputPoints(column)
		}
		for y := range winogradInput {
			for x := range winogradInput {
				dst[(y*winogradInput+x)*step+lane] = d[x][y]
			}
		}
	}
}

// inputPoints returns B^T times six values.
func inputPoints(d [winogradInput]float32) [winogradInput]float32 {
	a, b := d[4]-4*d[2], d[3]-4*d[1]
	c, e := d[4]-d[2], 2*(d[3]-d[1])
	return [winogradInput]float32{4*d[0] - 5*d[2] + d[4], a + b, a - b, c + e, c - e, 4*d[1] - 5*d[3] + d[5]}
}

// outputTransformGeneric is routines.outputTransform in portable code.
func outputTransformGeneric(
	dst []float32, ldd int, products []float32, step int, _ []float32, bias float32, b bounds, _ int,
) {
	for lane := range genericTiles {
		var half [winogradInput][winogradTile]float32
		for y := range winogradInput {
			var m [winogradInput]float32
			for x := range winogradInput {
				m[x] = products[(y*winogradInput+x)*step+lane]
			}
			half[y] = outputPoints(m)
		}
		for x := range winogradTile {
			column := [winogradInput]float32{half[0][x], half[1][x], half[2][x], half[3][x], half[4][x], half[5][x]}
			for y, v := range outputPoints(column) {
				dst[y*ldd+lane*winogradTile+x] = min(max(v+bias, b.lo), b.hi)
			}
		}
	}
}

// outputPoints returns A^T times six values.
func outputPoints(m [winogradInput]float32) [winogradTile]float32 {
	p, q, r, s := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	return [winogradTile]float32{m[0] + p + r, q + 2*s, p + 4*r, q + 8*s + m[5]}
}

// moveGeneric is routines.move in portable code.
func moveGeneric(dst []float32, ldd int, src []float32, lds, rows, cols, _ int) {
	copyRows(dst, src, rows, cols, ldd, lds)
}
