// Package weights reads a network's weights from safetensors, npz and npy files, matches their tensors to layers by the
// names that common libraries use, writes them as safetensors or npy, and draws them by He initialisation.
//
// The package knows a layer only by the names and shapes of its tensors. The caller decides where the values go and how
// they are used.
//
// Files are not trusted. Nothing is allocated for a size that a file merely declares: a declared size is first checked
// against the bytes that exist and against the caller's limit.
package weights

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"cnncalc/internal/plain"
)

// Tensor is one named array of float32 values.
type Tensor struct {
	// Name is the tensor's name in the file, or empty where the format has no names. It may contain slashes and colons
	// ("block1/conv/kernel:0"), and in safetensors any character. It is valid UTF-8, but not safe as a path or on a
	// terminal.
	Name string
	// Shape lists the dimensions, outermost first. Their product is len(Data); it is empty for a single value.
	Shape []int
	// Data holds the values in C order: the last dimension changes fastest.
	Data []float32
}

// maxDims bounds the dimensions of an array, as numpy 2 does (NPY_MAXDIMS; 32 in numpy 1).
const maxDims = 64

// valueCount returns the product of the dimensions of shape. It returns false if a dimension is negative, or if the
// array at 8 bytes a value (the largest type that is read) takes more bytes than an int can count. A dimension of 0
// does not excuse the others: (0, 1<<62, 1<<62) is false, so that callers may multiply dimensions in any order.
func valueCount(shape []int) (int64, bool) {
	product, empty := uint64(8), false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(product, uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		product = lo
	}
	if empty {
		return 0, true
	}
	return int64(product / 8), true
}

// quoteName returns the name of a tensor for a message. Long names are cut in the middle: like paths, they differ most
// at their ends.
func quoteName(name string) string { return plain.Escape(strconv.Quote(plain.CutPath(name))) }

// formatShape returns a shape in Python's notation, which the npy header uses: (), (3,), (3, 4).
func formatShape(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(d))
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}
