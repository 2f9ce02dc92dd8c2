package onnxnet_test

import (
	"fmt"
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
			IRVersion: 8, Opsets: map[string]int64{"": 17},
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

// A size is refused by an input that cannot have it.
func TestSizesOfInputs(t *testing.T) {
	all := func(w, h, d int64) graph.Options { return graph.Options{InputWidth: w, InputHeight: h, InputDepth: d} }
	for _, test := range []struct {
		dims    [][]onnx.Dim
		options graph.Options
		want    string
	}{
		{[][]onnx.Dim{{{}, {Size: 10}}}, all(8, 8, 0), `the input "x0" has the dimensions N, C: its size is 1x1`},
		{[][]onnx.Dim{{{}, {Size: 10}}}, all(1, 1, 12), ""},
		{[][]onnx.Dim{{{}, {Size: 3}, {Size: 9}}}, all(8, 8, 0),
			`the input "x0" has the dimensions N, C, W: its size is 224x1`},
		{[][]onnx.Dim{{{}, {Size: 3}, {Size: 9}}}, all(8, 1, 0), ""},
		{[][]onnx.Dim{{{}, {Size: 3}, {}, {}}, {{}, {Size: 4}, {}, {}}}, all(8, 9, 0), ""},
		{[][]onnx.Dim{{{}, {Size: 3}, {}, {Size: 8}}, {{}, {Size: 4}, {}, {}}}, all(8, 8, 0),
			"the model has inputs of different sizes, x0, x1: name the one to change, as in x1=96x96"},
		{[][]onnx.Dim{{{}, {Size: 3}, {}, {Size: 8}}, {{}, {Size: 10}}},
			graph.Options{Inputs: map[string]graph.Shape{"x1": {W: 5, H: 1}}},
			`the input "x1" has the dimensions N, C: its size is 1x1`},
	} {
		m := &onnx.Model{IRVersion: 8, Opsets: map[string]int64{"": 17}}
		m.Graph.Outputs = []onnx.Value{{Name: "y"}}
		n := onnx.Node{Op: "Sum", Outputs: []string{"y"}}
		for i, dims := range test.dims {
			name := fmt.Sprintf("x%d", i)
			n.Inputs = append(n.Inputs, name)
			m.Graph.Inputs = append(m.Graph.Inputs, onnx.Value{Name: name, HasShape: true, Dims: dims})
		}
		m.Graph.Nodes = []onnx.Node{n}
		got := ""
		if err := network.ReadModel("sizes.onnx", &onnx.File{Model: m}).UnknownInput(test.options); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%v: %s\nwant %s", test.dims, got, test.want)
		}
	}
}
