// Package weights owns the values that a network's layers are filled with: it reads them from
// npy and npz files, writes arrays as npy, and draws them by He initialisation.
//
// A file becomes a list of named tensors, exactly as the file has them. Which tensor belongs to which
// layer, whether its shape fits, and what to say about NaN or infinite values is left to the caller.
//
// Files come from strangers. Nothing is allocated for a size that a file merely declares: a declared
// size is first held against the bytes that are there and against the caller's limit.
package weights

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Tensor is one named array of float32 values.
type Tensor struct {
	// Name is the name inside the archive, without ".npy". It may contain slashes and colons
	// ("block1/conv/kernel:0"); it is valid UTF-8
	// without control characters, but not safe as a path. Empty where the source has no names.
	Name string
	// Shape lists the dimensions, outermost first; empty for a single value, and the product is len(Data).
	Shape []int
	// Data holds the values in C order: the last dimension changes fastest.
	Data []float32
}

// maxDims bounds the dimensions of an array; it is numpy 2's own bound (NPY_MAXDIMS; 32 before).
const maxDims = 64

// ReadFile reads every tensor of the npy or npz file at path; the content decides which of the two it is, not the
// name. An npy file gives one tensor, named after the file without its extension.
//
// limit bounds the bytes of all Data together. keep, where not nil, is asked for each name of an npz archive;
// arrays that it turns down are neither unpacked nor checked (the int64 num_batches_tracked of PyTorch's batch norm
// would stop the reading otherwise).
//
// Anything but a regular file is refused, so that a FIFO or a device can't block. Errors start with the path.
func ReadFile(path string, limit int64, keep func(name string) bool) ([]Tensor, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()

	tensors, err := readAny(f, size, limit, keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(tensors) == 1 && tensors[0].Name == "" {
		base := filepath.Base(path)
		tensors[0].Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	return tensors, nil
}

func readAny(f *os.File, size, limit int64, keep func(string) bool) ([]Tensor, error) {
	head, err := readHead(f, size)
	if err != nil {
		return nil, err
	}
	switch {
	case isNPY(head):
		t, err := ReadNPY(io.NewSectionReader(f, 0, size), size, limit)
		if err != nil {
			return nil, err
		}
		return []Tensor{t}, nil
	case isZip(head):
		return ReadNPZ(f, size, limit, keep)
	}
	return nil, errors.New("not an npy or npz file: " + describeHead(head))
}

// openRegular opens path for reading and returns its length in bytes. The kind is looked at before opening, because
// opening a FIFO blocks until somebody writes to it.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, fmt.Errorf("%s: is a folder; name the npy or npz file in it", path)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: is not a regular file; copy its content into one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	// The length of what was opened, should the path have been replaced since.
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

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
