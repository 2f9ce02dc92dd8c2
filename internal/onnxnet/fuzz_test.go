package onnxnet_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/shape"
)

// FuzzImport reads models that are broken anywhere, in their bytes or in what they say. Each is a network or an error.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob(models + "*.onnx")
	if err != nil || len(files) == 0 {
		f.Fatal("no models", err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content, []byte{})
	}
	f.Fuzz(func(t *testing.T, content, edits []byte) {
		m, err := onnx.Decode(content)
		if err != nil {
			return
		}
		for ; len(edits) >= 4; edits = edits[4:] {
			edit(&m.Graph, edits[0], int(edits[1]), int(edits[2]), edits[3])
		}
		importModel(t, m)
	})
}

// importModel reads a model as a network with its weights, which may fail.
func importModel(t *testing.T, m *onnx.Model) {
	g, weights, problems := onnxnet.Read(&onnx.File{Model: m}, "fuzz").Lower(graph.Options{})
	if len(problems) > 0 {
		return
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		return
	}
	for i, layer := range g.Nodes {
		for _, w := range layer.Op.Weights(n.InputsOf(i), n.Layers[i].Out) {
			if count, err := w.Count(); err == nil && count < 1<<16 && len(layer.Refs) == 0 {
				_ = weights.Fill(make([]float32, count), layer.Name+"."+w.Name)
			}
		}
	}
}

// operators are those that edit puts into a model.
var operators = []string{
	"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "ReduceMean", "ReduceMax", "Gemm",
	"MatMul", "BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "LRN", "Softmax",
	"PRelu", "Add", "Sub", "Mul", "Div", "Sum", "Max", "Concat", "Slice", "Split", "Transpose", "Flatten", "Reshape",
	"Squeeze", "Unsqueeze", "Resize", "Upsample", "DepthToSpace", "SpaceToDepth", "Pad", "Clip", "Dropout", "Relu",
	"HardSigmoid", "Constant", "ConstantOfShape", "Shape", "Size", "Gather", "Range", "Where", "Expand",
	"Cast", "Identity",
	"Pow", "Sqrt", "Erf", "Equal", "Mod", "Neg", "Abs",
}

// edit changes one thing of a graph: what says which, at and to where, by says into what.
func edit(g *onnx.Graph, what byte, at, to int, by byte) {
	if len(g.Nodes) == 0 {
		return
	}
	n := &g.Nodes[at%len(g.Nodes)]
	number := int64(int8(by))
	if by == 0x7f || by == 0x80 { // extremes
		number <<= 56
	}
	switch what % 11 {
	case 0:
		n.Op = operators[to%len(operators)]
	case 1:
		if len(n.Attributes) > 0 {
			n.Attributes[to%len(n.Attributes)].Int = number
		}
	case 2:
		if len(n.Attributes) > 0 {
			if a := &n.Attributes[to%len(n.Attributes)]; len(a.Ints) > 0 {
				a.Ints[int(by)%len(a.Ints)] = int64(int8(by)) / 2
			}
		}
	case 3:
		if len(n.Inputs) > 0 {
			from := g.Nodes[to%len(g.Nodes)]
			if len(from.Outputs) > 0 {
				n.Inputs[int(by)%len(n.Inputs)] = from.Outputs[0]
			}
		}
	case 4:
		if len(n.Inputs) > 0 && len(g.Initializers) > 0 {
			n.Inputs[int(by)%len(n.Inputs)] = g.Initializers[to%len(g.Initializers)].Name
		}
	case 5:
		n.Inputs = n.Inputs[:min(to, len(n.Inputs))]
	case 6:
		if len(n.Inputs) > 0 {
			n.Inputs[to%len(n.Inputs)] = ""
		}
	case 7:
		if len(g.Initializers) > 0 {
			if t := &g.Initializers[to%len(g.Initializers)]; len(t.Dims) > 0 {
				t.Dims[int(by)%len(t.Dims)] = number
			}
		}
	case 8:
		if len(g.Inputs) > 0 {
			if v := &g.Inputs[0]; len(v.Dims) > 0 {
				v.Dims[to%len(v.Dims)].Size = number
			}
		}
	case 9:
		if len(n.Attributes) > 0 {
			n.Attributes = slices.Delete(n.Attributes, to%len(n.Attributes), to%len(n.Attributes)+1)
		}
	case 10:
		if len(g.Initializers) > 0 {
			n.Inputs = append(n.Inputs, g.Initializers[to%len(g.Initializers)].Name)
		}
	}
}
