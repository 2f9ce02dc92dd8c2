package onnxnet_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// Every built-in network is written as a model and read again: the same layers in the same order, each weight bound to
// its own tensor. What ONNX does not say is left out on both sides.
func TestBuiltInsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range architectures.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := architectures.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			n, err := network.Sound(name, data, graph.Options{})
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, n)
		})
	}
}

// unwritable says why some of PyTorch's cases cannot be written.
var unwritable = map[string]string{
	"dilated": "(LOCAL)", "fused": "(LOCAL)", "local": "(LOCAL)", "padding": "(LOCAL)", "rectangular": "(LOCAL)",
	"rounding": "(LOCAL)", "share-kinds": "(LOCAL)", "lrn": "an even number of channels, here 4",
	"pool-ceil": "counts its padding and rounds up", "max-pools": "no maximum over uneven windows",
}

// PyTorch's cases, in which every setting of every kind occurs, compute the same after they were written and read.
func TestCasesComputeTheSame(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../testdata/pytorch/*/net.yaml")
	if err != nil || len(paths) < 30 {
		t.Fatalf("only %d cases (%v)", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			n, err := network.Sound(path, data, graph.Options{})
			if err != nil {
				t.Fatal(err)
			}
			exported, err := onnxnet.Export(n, "cnncalc")
			if reason := unwritable[name]; reason != "" {
				if err == nil || !strings.Contains(err.Error(), reason) {
					t.Errorf("%v, want %q", err, reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want, p := run(t, n, exec.He(7))
			model := &onnx.File{Model: writtenWith(t, exported, p)}
			file := network.ReadModel("case", model)
			back, problems := file.Network(graph.Options{})
			if len(problems) > 0 {
				t.Fatal(&problems[0])
			}
			got, _ := run(t, back, func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
				return file.Weights().Fill(dst, tensor.Name)
			})
			for k := range want {
				for i, v := range want[k] {
					if math.Abs(float64(got[k][i]-v)) > 1e-4*max(1, math.Abs(float64(v))) {
						t.Fatalf("value %d of output %d is %v, was %v", i, k, got[k][i], v)
					}
				}
			}
		})
	}
}

// A layer of a head may have the name of another layer's weight, or of a number that a layer is written with.
func TestNamesOfLayersThatAreNamesOfWeights(t *testing.T) {
	for _, text := range []string{
		"input: 8x8x3\nlayers: INPUT -> CONV3-4 @aux -> RELU\nheads:\n  aux: \"@aux -> CONV1-4 @weight -> RELU @bias\"\n",
		"input: 8x8x3\nlayers: INPUT -> SCALE0.1 @h -> RELU\nheads:\n  h: \"@h -> CONV1-4 @factor -> RELU\"\n",
	} {
		n, err := network.Sound("names", []byte(text), graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, n)
	}
}

// The outputs of a model have the names of the heads, also where a layer that is called so comes before. An input keeps
// its name.
func TestOutputsAreCalledAsHeads(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"input: 8x8x3\nlayers: INPUT -> CONV3-4 -> FC-2\n", []string{"fc1"}},
		{"input: 8x8x3\nlayers: INPUT -> CONV3-4 -> FC-2 @end\nheads: {scores: \"@end\"}\n", []string{"scores"}},
		{"input: 8x8x3\nlayers: INPUT -> CONV3-4 @map -> FC-2\nheads: {map: \"@map -> CONV1-5\"}\n",
			[]string{"output", "map"}},
		{"input: 8x8x3\nlayers: INPUT -> CONV3-4 @a -> FC-2\nheads: {fc1: \"@a\", conv1: \"@a -> DROPOUT0.5 -> CONV1-5\"}\n",
			[]string{"output", "fc1", "conv1"}},
		{"inputs: {left: 8x8x3, right: 8x8x3}\nlayers: ADD(@left | @right -> CONV3-3) @b -> FC-2\n" +
			"heads: {left: \"@b -> FC-3\"}\n",
			[]string{"output", "left.fc1"}},
	} {
		n, err := network.Sound("heads", []byte(tt.text), graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, n)
		exported, err := onnxnet.Export(n, "cnncalc")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		made := map[string]int{}
		for _, v := range exported.Model.Graph.Outputs {
			got = append(got, v.Name)
		}
		for _, node := range exported.Model.Graph.Nodes {
			made[node.Outputs[0]]++
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: the outputs are %v, want %v", tt.text, got, tt.want)
		}
		for name, times := range made {
			if times != 1 {
				t.Errorf("%s: %d nodes make %s", tt.text, times, name)
			}
		}
	}
}

// ONNX demands that a graph has a name.
func TestNamelessNetwork(t *testing.T) {
	n, err := network.Sound("", []byte("input: 8x8x3\nlayers: INPUT -> FC-2\n"), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	exported, err := onnxnet.Export(n, "cnncalc")
	if err != nil || exported.Model.Graph.Name == "" {
		t.Errorf("the graph is called %q (%v)", exported.Model.Graph.Name, err)
	}
}

// run returns the outputs of a network for the same numbers each time.
func run(t *testing.T, n *shape.Network, source exec.Source) ([][]float32, *exec.Program) {
	t.Helper()
	p, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 1, Algo: exec.Auto, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Load(context.Background(), source); err != nil {
		t.Fatal(err)
	}
	inputs, err := p.NewInputs()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range inputs {
		for i := range values {
			values[i] = float32(math.Sin(float64(i)))
		}
	}
	outputs, err := p.RunAll(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	for k := range outputs {
		outputs[k] = slices.Clone(outputs[k])
	}
	return outputs, p
}

// writtenWith returns a model as it is read after it was written, with random weights.
func writtenWith(t *testing.T, e *onnxnet.Exported, p *exec.Program) *onnx.Model {
	t.Helper()
	tensors := p.Tensors()
	var file bytes.Buffer
	err := onnx.Write(&file, e.Model, func(i int) ([]float32, error) {
		at := slices.IndexFunc(tensors, func(tensor exec.Tensor) bool { return tensor.Name == e.Weights[i] })
		values := make([]float32, tensors[at].Values())
		return values, exec.He(7)(values, tensors[at], func(n int, f func(int)) {
			for k := range n {
				f(k)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func roundTrip(t *testing.T, n *shape.Network) {
	t.Helper()
	exported, err := onnxnet.Export(n, "cnncalc")
	if err != nil {
		t.Skip(err)
	}
	var file bytes.Buffer
	for i := range exported.Model.Graph.Initializers {
		if exported.Weights[i] != "" { // the values are not of interest
			exported.Model.Graph.Initializers[i].External("weights", 0, 0)
		}
	}
	if err := onnx.Write(&file, exported.Model, nil); err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	back, weights, problems := onnxnet.Read(&onnx.File{Model: m}, n.Name).Lower(graph.Options{})
	if len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	checkPrinted(t, n.Name, back)
	n, _ = n.Inference() // a model has no heads for training
	want, got := layersOf(t, n.Graph), layersOf(t, back)
	if !slices.Equal(want, got) {
		for i := range min(len(want), len(got)) {
			if want[i] != got[i] {
				t.Fatalf("%d and %d layers; layer %d was\n%s\nand came back as\n%s", len(want), len(got), i, want[i], got[i])
			}
		}
		t.Fatalf("%d layers became %d", len(want), len(got))
	}
	for i, name := range exported.Weights {
		if name == "" {
			continue
		}
		// The reader names layers by their kind and number, so that the weight is found by its tensor.
		if tensor := exported.Model.Graph.Initializers[i].Name; !weights.Plain(tensor) {
			t.Errorf("%s is not bound as it is", tensor)
		}
	}
}

// linesOf is how many lines the files of some models have at most.
var linesOf = map[string]int{
	"torchvision/resnet18": 13, "torchvision/resnet50": 15, "torchvision/resnet101": 15, "torchvision/resnet152": 15,
	"torchvision/densenet121": 14, "torchvision/mobilenet_v2": 14, "torchvision/mobilenet_v3_small": 18,
	"torchvision/mobilenet_v3_large": 22, "torchvision/efficientnet_b0": 18, "torchvision/regnet_y_400mf": 18,
	"torchvision/convnext_tiny": 11, "torchvision/shufflenet_v2_x1_0": 18, "torchvision/googlenet": 19,
	"torchvision/inception_v3": 40, "torchvision/squeezenet1_0": 10, "torchvision/vgg16": 12, "unet": 12, "yolov3": 22,
	"resnet110": 14,
}

// checkPrinted prints a model's network with blocks and reads the file: it has the same layers, under the same names,
// which no module holds, and it is short.
func checkPrinted(t *testing.T, name string, g *graph.Graph) {
	t.Helper()
	text := spec.PrintBlocks(g)
	again, err := network.Sound("printed", []byte(text), graph.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	names := func(g *graph.Graph) (names []string) {
		for _, n := range g.Nodes {
			names = append(names, n.Name)
		}
		return names
	}
	if !slices.Equal(layersOf(t, g), layersOf(t, again.Graph)) || !slices.Equal(names(g), names(again.Graph)) {
		t.Errorf("another network is read from\n%s", text)
	}
	if len(again.Modules) > 0 {
		t.Errorf("%d modules in\n%s", len(again.Modules), text)
	}
	if lines := strings.Count(text, "\n"); linesOf[name] > 0 && lines > linesOf[name] {
		t.Errorf("%d lines, want %d at most:\n%s", lines, linesOf[name], text)
	}
}

// layersOf returns the layers that a model has, with the layers that they read.
func layersOf(t *testing.T, g *graph.Graph) []string {
	t.Helper()
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	var layers []string
	at := make([]int, len(g.Nodes))
	for i, node := range g.Nodes {
		from := make([]int, len(node.Inputs))
		for k, in := range node.Inputs {
			from[k] = at[in]
		}
		if leavesNoTrace(node, n.Layers[i].Out, n.InputsOf(i)) {
			at[i] = from[0]
			continue
		}
		at[i] = len(layers)
		layers = append(layers, fmt.Sprint(settingsOf(t, node.Op, n.InputsOf(i)), n.Layers[i].Out, from))
	}
	return layers
}

// leavesNoTrace reports whether a model has no operator for a layer.
func leavesNoTrace(n graph.Node, out graph.Shape, in []graph.Shape) bool {
	switch n.Op.Kind() {
	case "ADAPTAVG":
		return out == in[0]
	case "DROPOUT", "STOCHDEPTH", "FLATTEN":
		return true
	case "CONCAT", "ADD", "MUL":
		return len(n.Inputs) == 1
	}
	return false
}

// settingsOf returns what a layer computes: its window in numbers, and its other settings without those that a model
// does not say. A decimal number may be written in several ways.
func settingsOf(t *testing.T, o graph.Op, in []graph.Shape) string {
	t.Helper()
	layer, ok := o.(op.Layer)
	if !ok {
		return o.Kind()
	}
	settings := op.Settings(layer)
	var text []string
	if w, isWindow := o.(op.Windowed); isWindow {
		g, err := w.Geometry(in[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []op.Axis{g.W, g.H} {
			text = append(text, fmt.Sprint(a.Size, a.Stride, a.Dilation, a.Before, a.Out))
		}
		for _, key := range []string{"size", "stride", "dilation", "pad", "rounding"} {
			delete(settings, key)
		}
	}
	delete(settings, "inplace")
	kind := o.Kind()
	switch kind {
	case "UPSAMPLE": // also of a RESIZE whose factor is whole
		kind = "RESIZE"
		delete(settings, "factor")
		fallthrough
	case "CROP", "RESIZE": // the size may be another layer's; it is that of the output
		delete(settings, "size")
		delete(settings, "like")
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		v := settings[key].String()
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			v = fmt.Sprint(f)
		}
		if pair := key + v; pair != "beta0.75" && pair != "groups1" { // defaults
			text = append(text, key+"="+v)
		}
	}
	return kind + " " + strings.Join(text, " ")
}
