package onnxnet_test

import (
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
)

// Both forms of a quantised convolution are the convolution, whose weights cannot be run.
func TestQuantisedModels(t *testing.T) {
	node := func(op string, output string, inputs ...string) onnx.Node {
		return onnx.Node{Op: op, Name: output, Inputs: inputs, Outputs: []string{output}}
	}
	for name, nodes := range map[string][]onnx.Node{
		"QDQ": {
			node("QuantizeLinear", "xq", "x", "s", "z"), node("DequantizeLinear", "xd", "xq", "s", "z"),
			node("DequantizeLinear", "wd", "w", "s", "z"), node("DequantizeLinear", "bd", "b", "s"),
			node("Conv", "c", "xd", "wd", "bd"), node("Relu", "r", "c"),
			node("QuantizeLinear", "rq", "r", "s", "z"), node("DequantizeLinear", "y", "rq", "s", "z"),
		},
		"QLinear": {
			node("QuantizeLinear", "xq", "x", "s", "z"),
			node("QLinearConv", "c", "xq", "s", "z", "w", "s", "z", "s", "z", "b"), node("Relu", "r", "c"),
			node("DequantizeLinear", "y", "r", "s", "z"),
		},
	} {
		stored := func(name string, typ onnx.Type, dims ...int64) onnx.Tensor {
			tensor := onnx.Tensor{Name: name, Type: typ, Dims: dims}
			tensor.External("values", 0, 0)
			return tensor
		}
		file := network.ReadModel(name, &onnx.File{Model: &onnx.Model{
			IRVersion: 8, Opsets: map[string]int64{"": 13},
			Graph: onnx.Graph{
				Nodes: nodes,
				Initializers: []onnx.Tensor{
					stored("w", onnx.Int8, 4, 3, 3, 3), stored("b", onnx.Int32, 4), stored("s", onnx.Float), stored("z", onnx.Int8),
				},
				Inputs:  []onnx.Value{{Name: "x", HasShape: true, Dims: []onnx.Dim{{Size: 1}, {Size: 3}, {Size: 8}, {Size: 8}}}},
				Outputs: []onnx.Value{{Name: "y"}},
			},
		}})
		n, problems := file.Network(graph.Options{})
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, &problems[0])
			continue
		}
		if got, want := layersOf(t, n.Graph), layersOf(t, written(t, "INPUT -> CONV3-4 p0 -> RELU").Graph); !slices.Equal(got,
			want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if !file.Weights().AreQuantised() {
			t.Errorf("%s: the weights are not said to be quantised", name)
		}
		err := file.Weights().Fill(make([]float32, 108), "conv1.weight")
		if err == nil || !strings.Contains(err.Error(), "its values are int8; only floating-point weights can be run") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
