package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"cnncalc/internal/plain"
)

// readTypes lists the supported element types, for messages.
const readTypes = "supported types are F32, F16, BF16 and F64"

// dtype is a supported element type.
type dtype struct {
	name string // numpy's
	code string // safetensors'
	size int64  // bytes per value
	// decode converts len(dst) values from the first len(dst)*size bytes of src.
	decode func(dst []float32, src []byte) error
}

var (
	typeF32  = dtype{"float32", "F32", 4, decodeFloat32}
	typeF64  = dtype{"float64", "F64", 8, decodeFloat64}
	typeF16  = dtype{"float16", "F16", 2, decodeFloat16}
	typeBF16 = dtype{"bfloat16", "BF16", 2, decodeBfloat16}
)

// dtypeByCode returns the element type that safetensors calls code, or false if the type is not supported.
func dtypeByCode(code string) (dtype, bool) {
	for _, t := range []dtype{typeF32, typeF16, typeBF16, typeF64} {
		if t.code == code {
			return t, true
		}
	}
	return dtype{}, false
}

// dtypeOf returns the element type of a numpy type string such as "<f4". It rejects, by name, types without a lossless
// or customary conversion to float32, and big-endian values.
func dtypeOf(descr string) (dtype, error) {
	switch descr {
	case "<f4":
		return typeF32, nil
	case "<f8":
		return typeF64, nil
	case "<f2":
		return typeF16, nil
	case ">f4", ">f8", ">f2":
		return dtype{}, fmt.Errorf("type %s is big-endian; convert it in numpy with a.astype('<f4')", plain.Quote(descr))
	}
	kind := strings.TrimLeft(descr, "<>|=")
	if kind != "" {
		kind = kind[:1]
	}
	what, remedy := "unknown", "supported types are float16, float32 and float64"
	switch kind {
	case "O":
		what = "Python objects (a pickle, which can run arbitrary code and is not loaded)"
		remedy = "save plain arrays of float32"
	case "c":
		what = "complex numbers"
	case "i", "u":
		what = "integers"
	case "b":
		what = "booleans"
	case "S", "a", "U":
		what = "text"
	case "M", "m":
		what = "dates or times"
	case "V":
		what = "raw bytes (numpy saves bfloat16 this way)"
	case "f":
		what = "a floating-point type of another size"
	}
	return dtype{}, fmt.Errorf("type %s is not supported: %s; %s", plain.Quote(descr), what, remedy)
}

func decodeFloat32(dst []float32, src []byte) error {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
	return nil
}

// unreadType returns the error for an unsupported element type, by numpy's or safetensors' name for it.
func unreadType(name string) error {
	if strings.ContainsAny(name, "<>|=") {
		_, err := dtypeOf(name)
		return err
	}
	return fmt.Errorf("type %s is not supported; %s", plain.Cut(name), readTypes)
}

// decodeFloat64 rounds to the nearest float32. A finite value beyond float32's range is an error: as infinity, it would
// look like a fault of the training.
func decodeFloat64(dst []float32, src []byte) error {
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

func decodeFloat16(dst []float32, src []byte) error {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = halfToFloat32(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return nil
}

// decodeBfloat16 converts values exactly: bfloat16 is the upper half of a float32.
func decodeBfloat16(dst []float32, src []byte) error {
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
