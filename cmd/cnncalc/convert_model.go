package main

import (
	"fmt"
	"io"
	"path/filepath"

	"cnncalc/internal/exec"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/shape"
)

// maxModel is the largest model with its weights in it, in bytes: protocol buffers end at 2 GiB. There is room for the
// nodes besides.
const maxModel = 2<<30 - 16<<20

// writeModel writes a network with its weights as an ONNX model. Weights that are too large for one file are written to
// another with .data appended to its name.
func (a *app) writeModel(l *loaded, n *shape.Network, f *convertFlags) error {
	exported, err := onnxnet.Export(n, "cnncalc")
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	trained, tensors, err := a.openConverted(l, n, f)
	if err != nil {
		return err
	}
	defer trained.close()
	if trained.isRandom() {
		a.note("%s: the weights are %s", f.output, trained.what)
	}
	values, err := initializers(exported, trained, tensors)
	if err != nil {
		return codedError{exitIO, err}
	}
	return outputError(trained.whileRead(func() error {
		if exported.Separate(filepath.Base(f.output)+".data", maxModel) {
			err := a.outputs.WriteFile(f.output+".data", func(w io.Writer) error { return exported.WriteData(w, values) })
			if err != nil {
				return err
			}
		}
		return a.outputs.WriteFile(f.output, func(w io.Writer) error { return onnx.Write(w, exported.Model, values) })
	}))
}

// initializers returns the values of the model's initializers that are weights of the network.
func initializers(e *onnxnet.Exported, t *trained, tensors []exec.Tensor) (func(i int) ([]float32, error), error) {
	at := make(map[string]int, len(tensors))
	for i, tensor := range tensors {
		at[tensor.Name] = i
	}
	for _, name := range e.Weights {
		if _, ok := at[name]; name != "" && !ok {
			return nil, fmt.Errorf("the network has no weight %s", name)
		}
	}
	values := t.values(tensors)
	return func(i int) ([]float32, error) { return values(at[e.Weights[i]]) }, nil
}
