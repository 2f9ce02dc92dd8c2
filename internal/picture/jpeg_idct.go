package picture

import "encoding/binary"

const blockSize = 8 * 8

// The inverse cosine transform of Loeffler, Ligtenberg and Moschytz (Practical Fast
// 1-D DCT Algorithms with 11 Multiplications, ICASSP 1989), along rows and then along
// columns, as in package image/jpeg since Go 1.26: the same constants, rounded to as
// many bits, and the same bits dropped in between, which fixes every sample to the
// byte. Sums and products may be taken in another order: they are exact modulo 1<<32.

// Sines and cosines with 8 to 18 fractional bits. cos6 and sin6, of 6*pi/16, are
// divided by the root of 2, and root is 1 divided by it.
const (
	cos1At12 = 4017
	sin1At12 = 799
	cos3At12 = 3406
	sin3At12 = 2276
	cos6At12 = 1108
	sin6At12 = 2676
	cos6At18 = 70936
	sin6At18 = 171254
	rootAt8  = 181
	rootAt14 = 11585
)

// rotate returns the point (x, y) rotated by an angle.
func rotate(x, y, cos, sin int32) (int32, int32) { return x*cos - y*sin, x*sin + y*cos }

// inverseDCT writes the samples of a block, whose rows are stride bytes apart.
// positions is the union of the bits of all positions of coefficients that are not 0,
// but for the first. It uses b as scratch memory.
func inverseDCT(dst []uint8, stride int, b *[blockSize]int32, positions uint32) {
	if positions == 0 {
		fillBlock(dst, stride, sample((b[0]<<17+1<<19)>>20))
		return
	}
	rows := 8
	if positions&(4*8) == 0 { // nothing in the lower half, which stays 0
		rows = 4
	}
	for y := range rows {
		inverseRow((*[8]int32)(b[8*y:]))
	}
	for x := range 8 {
		inverseColumn((*[57]int32)(b[x:]))
	}
	for y := range 8 {
		writeRow((*[8]uint8)(dst[y*stride:]), (*[8]int32)(b[8*y:]))
	}
}

// inverseRow makes of coefficients values with 20 fractional bits.
func inverseRow(x *[8]int32) {
	if x[1]|x[2]|x[3]|x[4]|x[5]|x[6]|x[7] == 0 {
		v := x[0] << 17
		*x = [8]int32{v, v, v, v, v, v, v, v}
		return
	}
	// The even coefficients, then the odd ones.
	a0, a1 := (x[0]+x[4])<<17, (x[0]-x[4])<<17
	a2, a3 := rotate(x[2], x[6], cos6At18, sin6At18)
	a0, a3 = a0+a3, a0-a3
	a1, a2 = a1+a2, a1-a2

	b0, b3 := (x[1]+x[7])<<7, (x[1]-x[7])<<7
	b2, b1 := x[3]*rootAt8, x[5]*rootAt8
	b0, b2 = b0+b2, b0-b2
	b3, b1 = b3+b1, b3-b1
	b3, b0 = rotate(b3>>2, b0>>2, cos3At12, sin3At12)
	b2, b1 = rotate(b2>>2, b1>>2, cos1At12, sin1At12)

	x[0], x[7] = a0+b0, a0-b0
	x[1], x[6] = a1+b1, a1-b1
	x[2], x[5] = a2+b2, a2-b2
	x[3], x[4] = a3+b3, a3-b3
}

// inverseColumn makes of values with 20 fractional bits samples less 128. The values
// are 8 apart.
func inverseColumn(x *[57]int32) {
	first := x[0] + 1<<19 // so that all are rounded in the end
	a0, a1 := (first+x[32])>>2, (first-x[32])>>2
	a2, a3 := rotate(x[16]>>13, x[48]>>13, cos6At12, sin6At12)
	a0, a3 = a0+a3, a0-a3
	a1, a2 = a1+a2, a1-a2

	b0, b3 := x[8]+x[56], x[8]-x[56]
	b2, b1 := x[24]>>13*rootAt14, x[40]>>13*rootAt14
	b0, b2 = b0+b2, b0-b2
	b3, b1 = b3+b1, b3-b1
	b3, b0 = rotate(b3>>14, b0>>14, cos3At12, sin3At12)
	b2, b1 = rotate(b2>>14, b1>>14, cos1At12, sin1At12)

	x[0], x[56] = (a0+b0)>>18, (a0-b0)>>18
	x[8], x[48] = (a1+b1)>>18, (a1-b1)>>18
	x[16], x[40] = (a2+b2)>>18, (a2-b2)>>18
	x[24], x[32] = (a3+b3)>>18, (a3-b3)>>18
}

// writeRow writes eight samples at once, unless one must be clipped.
func writeRow(dst *[8]uint8, x *[8]int32) {
	x0, x1, x2, x3 := uint32(x[0]+128), uint32(x[1]+128), uint32(x[2]+128), uint32(x[3]+128)
	x4, x5, x6, x7 := uint32(x[4]+128), uint32(x[5]+128), uint32(x[6]+128), uint32(x[7]+128)
	if x0|x1|x2|x3|x4|x5|x6|x7 < 256 {
		low, high := x0|x1<<8|x2<<16|x3<<24, x4|x5<<8|x6<<16|x7<<24
		binary.LittleEndian.PutUint64(dst[:], uint64(low)|uint64(high)<<32)
		return
	}
	for i, v := range x {
		dst[i] = sample(v)
	}
}

// fillBlock writes 8x8 equal samples.
func fillBlock(dst []uint8, stride int, v uint8) {
	eight := uint64(v) * 0x0101010101010101
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], eight)
	}
}

// sample adds 128 and clips to 0..255.
func sample(v int32) uint8 { return uint8(min(max(v+128, 0), 255)) }
