package weights

import (
	"fmt"
	"strings"

	"cnncalc/internal/floats"
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

// inPlace reports whether the bytes of a file are those of float32 values in memory.
func (t dtype) inPlace() bool {
	_, ok := floats.Bytes(nil)
	return ok && t.code == typeF32.code
}

var (
	typeF32  = dtype{"float32", "F32", 4, floats.FromF32}
	typeF64  = dtype{"float64", "F64", 8, floats.FromF64}
	typeF16  = dtype{"float16", "F16", 2, floats.FromF16}
	typeBF16 = dtype{"bfloat16", "BF16", 2, floats.FromBF16}
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

// unreadType returns the error for an unsupported element type, by numpy's or safetensors' name for it.
func unreadType(name string) error {
	if strings.ContainsAny(name, "<>|=") {
		_, err := dtypeOf(name)
		return err
	}
	return fmt.Errorf("type %s is not supported; %s", plain.Cut(name), readTypes)
}
