package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/onnx"
)

// A quantised model has figures, but is not run without its rounding, even where it has no weights.
func TestQuantisedModelIsNotRun(t *testing.T) {
	dims := []onnx.Dim{{Size: 1}, {Size: 3}, {Size: 8}, {Size: 8}}
	kernel := onnx.Attribute{Name: "kernel_shape", Kind: onnx.KindInts, Ints: []int64{2, 2}}
	m := &onnx.Model{IRVersion: 8, Opsets: map[string]int64{"": 13}, Graph: onnx.Graph{
		Name: "quantised",
		Nodes: []onnx.Node{
			{Op: "QuantizeLinear", Inputs: []string{"x", "s"}, Outputs: []string{"q"}},
			{Op: "DequantizeLinear", Inputs: []string{"q", "s"}, Outputs: []string{"d"}},
			{Op: "MaxPool", Inputs: []string{"d"}, Outputs: []string{"y"}, Attributes: []onnx.Attribute{kernel}},
		},
		Initializers: []onnx.Tensor{onnx.NewFloats("s", []int64{}, 0.1)},
		Inputs:       []onnx.Value{{Name: "x", Type: onnx.Float, HasShape: true, Dims: dims}},
		Outputs:      []onnx.Value{{Name: "y", Type: onnx.Float}},
	}}
	var content bytes.Buffer
	if err := onnx.Write(&content, m, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "q.onnx")
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"check", path}, 0, ""},
		{[]string{"memory", path, "--account", "pytorch", "--mode", "inference", "--dtype", "int8"}, 0, ""},
		{[]string{"run", path, "--input", "../../testdata/pictures/photo.jpg", "--preprocess", "unit"}, exitProblem,
			"q.onnx is quantised, and run and convert compute in float32: take the model from before it was quantised"},
		{[]string{"convert", path, "-o", path + ".back.onnx"}, exitProblem, "is quantised"},
	} {
		var out, failed bytes.Buffer
		code := run(context.Background(), test.args, nil, &out, &failed)
		if code != test.code || !strings.Contains(failed.String(), test.want) {
			t.Errorf("%s: code %d, %s", test.args[0], code, failed.String())
		}
	}
}
