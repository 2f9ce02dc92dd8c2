package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"google.golang.org/protobuf/encoding/protowire"

	"cnncalc/internal/floats"
)

// Count returns the number of values by the tensor's shape. The error says which size is wrong.
func (t *Tensor) Count() (int64, error) {
	count := uint64(1)
	for _, d := range t.Dims {
		if d < 0 {
			return 0, fmt.Errorf("its shape has a size of %d", d)
		}
		high, low := bits.Mul64(count, uint64(d))
		if high != 0 || low > math.MaxInt64/16 {
			return 0, errors.New("its shape has more values than can be counted")
		}
		count = low
	}
	return int64(count), nil
}

// IsExternal reports whether the values are in a file of their own.
func (t *Tensor) IsExternal() bool { return t.external != nil }

// Floats fills dst with the values of a tensor of floating-point type, which must be as many as its shape says.
func (f *File) Floats(dst []float32, t *Tensor) error {
	count, err := t.Count()
	if err != nil {
		return err
	}
	if count != int64(len(dst)) {
		return fmt.Errorf("it has %d values, but %d were requested", count, len(dst))
	}
	if !t.Type.IsFloat() {
		return fmt.Errorf("its values are %s; only floating-point weights can be run", t.Type)
	}
	if t.varints != nil {
		return t.halves(dst)
	}
	b, err := f.bytes(t, count)
	if err != nil {
		return err
	}
	switch t.Type {
	case Float16:
		return floats.FromF16(dst, b)
	case BFloat16:
		return floats.FromBF16(dst, b)
	case Double:
		return floats.FromF64(dst, b)
	}
	return floats.FromF32(dst, b)
}

// View returns the values of a tensor of float32 in place, or false if they must be read with Floats. They must not be
// changed, or used after Close.
func (f *File) View(t *Tensor) ([]float32, bool) {
	if t.Type != Float || f.mapped == nil {
		return nil, false
	}
	count, err := t.Count()
	if err != nil || count == 0 {
		return nil, false
	}
	b, err := f.bytes(t, count)
	if err != nil {
		return nil, false
	}
	return floats.View(b)
}

// bytes returns the little-endian values of a tensor.
func (f *File) bytes(t *Tensor, count int64) ([]byte, error) {
	size := count * t.Type.info().size
	if t.external != nil {
		return f.external(t.external, size)
	}
	if int64(len(t.fixed)) != size {
		return nil, fmt.Errorf("it has %d bytes of values, but its shape and type need %d", len(t.fixed), size)
	}
	return t.fixed, nil
}

// halves reads float16 and bfloat16 values, which may be stored as one integer each.
func (t *Tensor) halves(dst []float32) error {
	if t.Type != Float16 && t.Type != BFloat16 {
		return fmt.Errorf("its values are stored as integers, but their type is %s", t.Type)
	}
	b := t.varints
	half := make([]byte, 2)
	for i := range dst {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 || v > math.MaxUint16 {
			return fmt.Errorf("value %d of %d is missing or not 16 bits wide", i, len(dst))
		}
		b = b[n:]
		binary.LittleEndian.PutUint16(half, uint16(v))
		convert := floats.FromF16
		if t.Type == BFloat16 {
			convert = floats.FromBF16
		}
		if err := convert(dst[i:i+1], half); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("it has more than the %d values that its shape needs", len(dst))
	}
	return nil
}

// Ints returns the values of a tensor of integers or booleans, at most limit of them.
func (f *File) Ints(t *Tensor, limit int) ([]int64, error) {
	count, err := t.Count()
	if err != nil {
		return nil, err
	}
	if count > int64(limit) {
		return nil, fmt.Errorf("it has %d values where at most %d are expected", count, limit)
	}
	values := make([]int64, count)
	if t.varints != nil {
		return values, t.unpack(values)
	}
	b, err := f.bytes(t, count)
	if err != nil {
		return nil, err
	}
	for i := range values {
		values[i], err = integer(t.Type, b, i)
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// integer returns value i of the little-endian values in b.
func integer(t Type, b []byte, i int) (int64, error) {
	switch t {
	case Bool, Uint8:
		return int64(b[i]), nil
	case Int8:
		return int64(int8(b[i])), nil
	case Uint16:
		return int64(binary.LittleEndian.Uint16(b[2*i:])), nil
	case Int16:
		return int64(int16(binary.LittleEndian.Uint16(b[2*i:]))), nil
	case Int32:
		return int64(int32(binary.LittleEndian.Uint32(b[4*i:]))), nil
	case Uint32:
		return int64(binary.LittleEndian.Uint32(b[4*i:])), nil
	case Int64, Uint64:
		return int64(binary.LittleEndian.Uint64(b[8*i:])), nil
	}
	return 0, fmt.Errorf("its values are %s where integers are expected", t)
}

// unpack reads the tensor's varints.
func (t *Tensor) unpack(values []int64) error {
	if t.Type.IsFloat() || t.Type.info().size == 0 {
		return fmt.Errorf("its values are %s where integers are expected", t.Type)
	}
	b := t.varints
	for i := range values {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("it has %d values, but its shape needs %d", i, len(values))
		}
		values[i], b = int64(v), b[n:]
	}
	if len(b) > 0 {
		return fmt.Errorf("it has more than the %d values that its shape needs", len(values))
	}
	return nil
}
