package onnxnet_test

import (
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
)

// A size that the file leaves open is a problem whose remedy sets it.
func TestOpenSizes(t *testing.T) {
	for _, test := range []struct {
		dims   []onnx.Dim
		inputs []string
		remedy string
	}{
		{[]onnx.Dim{{Name: "n"}, {Size: 3}, {Name: "h"}, {Name: "w"}}, []string{"x"},
			`leaves the height ("h") of the input "x" open; set it with --input-size 224x224`},
		{[]onnx.Dim{{Size: 1}, {}, {Size: 8}, {Size: 8}}, []string{"x"},
			`leaves the number of channels of the input "x" open; set it with --input-size 224x224x3`},
		{[]onnx.Dim{{Size: 1}, {Size: 3}, {Size: 8}, {}}, []string{"left", "right"},
			`leaves the width of the input "left" open; set it with --input-size left=224x224`},
	} {
		var values []onnx.Value
		for _, name := range test.inputs {
			values = append(values, onnx.Value{Name: name, HasShape: true, Dims: test.dims})
		}
		file := network.ReadModel("open.onnx", &onnx.File{Model: &onnx.Model{
			Opsets: map[string]int64{"": 17},
			Graph: onnx.Graph{
				Nodes:   []onnx.Node{{Op: "Sum", Inputs: test.inputs, Outputs: []string{"y"}}},
				Inputs:  values,
				Outputs: []onnx.Value{{Name: "y"}},
			},
		}})
		_, problems := file.Network(graph.Options{})
		if len(problems) != 1 || !strings.HasSuffix(problems[0].Msg, test.remedy) {
			t.Errorf("%v: %v, want %s", test.dims, problems, test.remedy)
		}
	}
}
