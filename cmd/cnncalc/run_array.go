package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
	"cnncalc/internal/weights"
)

// inputFile is one --input: a picture, or an npy file with one input or several.
type inputFile struct {
	path  string
	array *weights.Array // nil for a picture
	count int            // inputs of the network in it
	many  bool           // the array's first axis counts them
}

// openInput opens an array. A picture is opened when it is read.
func openInput(path string, in graph.Shape) (inputFile, error) {
	if !strings.EqualFold(filepath.Ext(path), ".npy") {
		return inputFile{path: path, count: 1}, nil
	}
	return openInputArray(path, in)
}

// hasPicture reports whether any of the inputs is a picture rather than an array.
func hasPicture(files [][]inputFile) bool {
	return slices.ContainsFunc(slices.Concat(files...), func(f inputFile) bool { return f.array == nil })
}

func closeInputs(files [][]inputFile) {
	for _, f := range slices.Concat(files...) {
		if f.array != nil {
			f.array.Close()
		}
	}
}

// readArray reads the array into as many inputs of the network as it has.
func (f *inputFile) readArray(into []float32, in graph.Shape) ([]inputPicture, error) {
	if err := f.array.Read(into); err != nil {
		return nil, problemError("%w", err)
	}
	read := make([]inputPicture, f.count)
	for i := range read {
		read[i] = inputPicture{path: f.path, isArray: true, isPart: f.many, index: i, width: int(in.W), height: int(in.H)}
	}
	return read, nil
}

// openInputArray opens an npy file of the network's input, [D, H, W] or [N, D, H, W].
func openInputArray(path string, in graph.Shape) (inputFile, error) {
	a, err := weights.OpenArray(path)
	if err != nil {
		return inputFile{}, problemError("%w", err)
	}
	want := []int{int(in.D), int(in.H), int(in.W)}
	file := inputFile{path: path, array: a, count: 1}
	if len(a.Shape) == 4 && a.Shape[0] > 0 {
		file.count, file.many = a.Shape[0], true
	}
	if got := a.Shape[max(len(a.Shape)-3, 0):]; !slices.Equal(got, want) || len(a.Shape) > 3 && !file.many {
		a.Close()
		return inputFile{}, problemError("%s: %w", plain.CutPath(path), wrongArray(a.Shape, want))
	}
	return file, nil
}

// wrongArray returns the error for an array whose shape is not the input's, [D, H, W].
func wrongArray(got, want []int) error {
	d, h, w := want[0], want[1], want[2]
	text := fmt.Sprintf("the array is %s, but the input is %s, or (N, %d, %d, %d) for N inputs",
		tuple(got), tuple(want), d, h, w)
	last := []int{h, w, d}
	switch {
	case slices.Equal(got, last):
		text += "; put the channels first: a.transpose(2, 0, 1)"
	case len(got) == 4 && slices.Equal(got[1:], last):
		text += "; put the channels first: a.transpose(0, 3, 1, 2)"
	case d == 1 && slices.Equal(got, want[1:]):
		text += "; add an axis: a[None]"
	}
	return errors.New(text)
}

// tuple writes a shape as numpy does.
func tuple(shape []int) string {
	if len(shape) == 1 {
		return fmt.Sprintf("(%d,)", shape[0])
	}
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]") + ")"
}
