// Package floats turns the little-endian floating-point values of files into float32. Each function reads the first
// len(dst) values of src, which must be that long.
package floats

import (
	"encoding/binary"
	"fmt"
	"math"
)

// FromF32 copies len(dst) values.
func FromF32(dst []float32, src []byte) error {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
	return nil
}

// FromF64 rounds to the nearest float32. A finite value beyond float32's range is an error: as infinity, it would
// look like a fault of the training.
func FromF64(dst []float32, src []byte) error {
	src = src[:8*len(dst)]
	for i := range dst {
		v := math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		dst[i] = float32(v)
		if math.IsInf(float64(dst[i]), 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("float64 value %g is beyond the range of float32", v)
		}
	}
	return nil
}

// FromF16 converts len(dst) values exactly.
func FromF16(dst []float32, src []byte) error {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = halfToFloat32(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return nil
}

// FromBF16 converts values exactly: bfloat16 is the upper half of a float32.
func FromBF16(dst []float32, src []byte) error {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
	return nil
}

// halfToFloat32 converts an IEEE 754 binary16 value exactly: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
// It keeps the payload of a NaN.
func halfToFloat32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h) & 0x3ff
	switch exponent {
	case 0: // zero or subnormal: fraction * 2^-24, which every float32 holds exactly
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
