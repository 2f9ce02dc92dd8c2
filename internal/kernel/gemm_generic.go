package kernel

// generic is the portable set. Go's compiler emits no vector instructions, so the sums of a tile, a column of A and a
// row of B must fit in the 15 registers that Go uses for floats on amd64. There (Zen 5, Go 1.26), of fourteen shapes
// from 2x4 to 8x1, tiles of eight or nine sums are the fastest, at 11 to 12 GFLOP/s. 4x4 spills and reaches half of
// that. The loop is unrolled four times to hide the cost of advancing the slices, which would halve the speed.
var generic = routines{
	name: "generic",
	mr:   2,
	nr:   4,
	dot4: dot4Generic,

	dotBlock: 1024,

	lanes:    4,
	multiply: tiled(2, 4, tileGeneric),

	tiles:           genericTiles,
	splitRows:       splitRowsGeneric,
	move:            moveGeneric,
	inputTransform:  inputTransformGeneric,
	outputTransform: outputTransformGeneric,

	affine: affineGeneric,
	add:    addGeneric,
	maxRow: maxRowGeneric,
	evens:  evensGeneric,
	sum:    sumGeneric,
}

func tileGeneric(kc int, a, b, c []float32, ldc int, add bool, bias []float32, lo, hi float32) {
	var c00, c01, c02, c03 float32
	var c10, c11, c12, c13 float32
	a, b = a[:kc*2], b[:kc*4]
	for len(a) >= 8 && len(b) >= 16 {
		a0, a1 := a[0], a[1]
		c00 += a0 * b[0]
		c10 += a1 * b[0]
		c01 += a0 * b[1]
		c11 += a1 * b[1]
		c02 += a0 * b[2]
		c12 += a1 * b[2]
		c03 += a0 * b[3]
		c13 += a1 * b[3]

		a0, a1 = a[2], a[3]
		c00 += a0 * b[4]
		c10 += a1 * b[4]
		c01 += a0 * b[5]
		c11 += a1 * b[5]
		c02 += a0 * b[6]
		c12 += a1 * b[6]
		c03 += a0 * b[7]
		c13 += a1 * b[7]

		a0, a1 = a[4], a[5]
		c00 += a0 * b[8]
		c10 += a1 * b[8]
		c01 += a0 * b[9]
		c11 += a1 * b[9]
		c02 += a0 * b[10]
		c12 += a1 * b[10]
		c03 += a0 * b[11]
		c13 += a1 * b[11]

		a0, a1 = a[6], a[7]
		c00 += a0 * b[12]
		c10 += a1 * b[12]
		c01 += a0 * b[13]
		c11 += a1 * b[13]
		c02 += a0 * b[14]
		c12 += a1 * b[14]
		c03 += a0 * b[15]
		c13 += a1 * b[15]

		a, b = a[8:], b[16:]
	}
	for len(a) >= 2 && len(b) >= 4 {
		a0, a1 := a[0], a[1]
		c00 += a0 * b[0]
		c10 += a1 * b[0]
		c01 += a0 * b[1]
		c11 += a1 * b[1]
		c02 += a0 * b[2]
		c12 += a1 * b[2]
		c03 += a0 * b[3]
		c13 += a1 * b[3]
		a, b = a[2:], b[4:]
	}
	r0, r1 := c[:4], c[ldc:ldc+4]
	if add {
		c00 += r0[0]
		c01 += r0[1]
		c02 += r0[2]
		c03 += r0[3]
		c10 += r1[0]
		c11 += r1[1]
		c12 += r1[2]
		c13 += r1[3]
	}
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
	if bias != nil {
		affineGeneric(r0, r0, 1, bias[0], bounds{lo, hi})
		affineGeneric(r1, r1, 1, bias[1], bounds{lo, hi})
	}
}

func affineGeneric(dst, src []float32, scale, shift float32, b bounds) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = min(max(v*scale+shift, b.lo), b.hi)
	}
}

func addGeneric(dst, x, y []float32, b bounds) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i, v := range x {
		dst[i] = min(max(v+y[i], b.lo), b.hi)
	}
}

// dot4Generic keeps two sums per row: with one, each addition would wait for the previous one.
func dot4Generic(weights []float32, ldw int, x []float32) [4]float32 {
	n := len(x)
	w0 := weights[:n]
	w1 := weights[ldw : ldw+n]
	w2 := weights[2*ldw : 2*ldw+n]
	w3 := weights[3*ldw : 3*ldw+n]
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	i := 0
	for ; i+2 <= n; i += 2 {
		x0, x1 := x[i], x[i+1]
		a0 += w0[i] * x0
		b0 += w0[i+1] * x1
		a1 += w1[i] * x0
		b1 += w1[i+1] * x1
		a2 += w2[i] * x0
		b2 += w2[i+1] * x1
		a3 += w3[i] * x0
		b3 += w3[i+1] * x1
	}
	if i < n {
		a0 += w0[i] * x[i]
		a1 += w1[i] * x[i]
		a2 += w2[i] * x[i]
		a3 += w3[i] * x[i]
	}
	return [4]float32{a0 + b0, a1 + b1, a2 + b2, a3 + b3}
}

func maxRowGeneric(dst, src []float32, stride int) {
	for i := range dst {
		dst[i] = max(dst[i], src[i*stride])
	}
}

func evensGeneric(dst, src []float32) {
	for i := range dst {
		dst[i] = src[2*i]
	}
}

// sumGeneric is routines.sum. Four partial sums avoid that each addition waits for the previous one.
func sumGeneric(values []float32) float64 {
	var a, b, c, d float64
	for len(values) >= 4 {
		a += float64(values[0])
		b += float64(values[1])
		c += float64(values[2])
		d += float64(values[3])
		values = values[4:]
	}
	for _, v := range values {
		a += float64(v)
	}
	return (a + b) + (c + d)
}
