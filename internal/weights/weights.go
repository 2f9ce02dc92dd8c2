// Package weights owns the values that a network's layers are filled with: it reads them from safetensors, npz and
// npy files, finds the tensor of each layer by the names that the common libraries use, writes them as safetensors or npy, and
// draws them by He initialisation.
//
// It knows layers only as names and shapes of the tensors they want. Where the values go, and in which form they are computed
// with, is left to the caller.
//
// Files come from strangers. Nothing is allocated for a size that a file merely declares: a declared
// size is first held against the bytes that are there and against the caller's limit.
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
	// Name is the name inside the file. It may contain slashes and colons ("block1/conv/kernel:0"), and in safetensors
	// any character; it is valid UTF-8, but not safe as a path or on a terminal. Empty where the source has no names.
	Name string
	// Shape lists the dimensions, outermost first; empty for a single value, and the product is len(Data).
	Shape []int
	// Data holds the values in C order: the last dimension changes fastest.
	Data []float32
}

// maxDims bounds the dimensions of an array; it is numpy 2's own bound (NPY_MAXDIMS; 32 before).
const maxDims = 64

// valueCount returns the product of the dimensions of shape. It is false where a dimension is negative or where the
// array would take more bytes than an int can count, at 8 bytes a value (the largest type that is read). A dimension of
// 0 does not excuse the others: (0, 1<<62, 1<<62) is false, so that callers may multiply dimensions in any order.
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

// quoteName returns the name of a tensor for a message. Such names are paths, some of them long, and their end says most.
func quoteName(name string) string { return plain.Escape(strconv.Quote(plain.CutPath(name))) }

// formatShape writes a shape as Python and the npy header do: (), (3,), (3, 4).
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
