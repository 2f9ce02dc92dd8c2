package onnxnet_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/op"
)

// modelOf is a model with the input x of 1x4x6x6 and the output y.
func modelOf(nodes []onnx.Node, initializers ...onnx.Tensor) *onnx.Model {
	return &onnx.Model{IRVersion: 8, Opsets: map[string]int64{"": 17}, Graph: onnx.Graph{
		Nodes: nodes, Initializers: initializers, Outputs: []onnx.Value{{Name: "y"}},
		Inputs: []onnx.Value{{Name: "x", Type: onnx.Float, HasShape: true,
			Dims: []onnx.Dim{{Size: 1}, {Size: 4}, {Size: 6}, {Size: 6}}}},
	}}
}

// operator is a node. Its inputs are given as words, its outputs after an arrow: "Add a b -> c". "_" is left out.
func operator(text string, attributes ...onnx.Attribute) onnx.Node {
	in, out, _ := strings.Cut(text, " -> ")
	words := strings.Fields(strings.ReplaceAll(in, " _", " \x00"))
	for i := range words {
		words[i] = strings.Trim(words[i], "\x00")
	}
	return onnx.Node{Op: words[0], Inputs: words[1:], Outputs: strings.Fields(out), Attributes: attributes}
}

func ints(name string, values ...int64) onnx.Attribute {
	return onnx.Attribute{Name: name, Ints: values}
}

// refusal returns the first problem of a model, or "" for a network.
func refusal(m *onnx.Model) string {
	_, _, problems := onnxnet.Read(&onnx.File{Model: m}, "hostile").Lower(graph.Options{})
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Msg
}

// Models that contradict themselves, or ask for what no network has, are errors that say what is wrong.
func TestHostileModels(t *testing.T) {
	relu := operator("Relu x -> y")
	axis := onnx.Attribute{Name: "axis", Int: 1}
	huge := onnx.NewTensor("w", 1<<40, 1<<40)
	tests := map[string]struct {
		model *onnx.Model
		want  string
	}{
		"cycle": {modelOf([]onnx.Node{operator("Add x b -> a"), operator("Relu a -> b"), operator("Relu b -> y")}),
			`node 0 reads "b", which a later node makes: the nodes are out of order or in a cycle`},
		"two producers": {modelOf([]onnx.Node{relu, relu}), `node 1 makes "y", which exists already`},
		"huge initializer": {modelOf([]onnx.Node{relu}, huge),
			`the initializer "w": its shape has more values than can be counted`},
		"negative initializer": {modelOf([]onnx.Node{relu}, onnx.NewTensor("w", -1)),
			`the initializer "w": its shape has a size of -1`},
		"many dimensions": {modelOf([]onnx.Node{relu}, onnx.NewTensor("w", make([]int64, 100)...)),
			`the initializer "w": its shape has 100 dimensions; at most 32 are possible`},
		"bytes of another shape": {modelOf([]onnx.Node{operator("Reshape x s -> y")},
			onnx.Tensor{Name: "s", Type: onnx.Int64, Dims: []int64{3}}),
			`Reshape, node 0: it has 0 bytes of values, but its shape and type need 24`},
		"huge constant": {modelOf([]onnx.Node{operator("Constant -> c", constant(onnx.NewTensor("", 1<<31))),
			operator("Add x c -> y")}),
			`Constant, node 0: its output would have a size of 2147483648`},
		"missing input": {modelOf([]onnx.Node{operator("Conv x -> y")}), `Conv, node 0: it lacks its input 2`},
		"input left out": {modelOf([]onnx.Node{operator("Concat _ x -> y", axis)}),
			`Concat, node 0: it lacks its input 1`},
		"no input": {modelOf([]onnx.Node{operator("Shape -> s"), operator("Reshape x s -> y")}),
			`Shape, node 0: it lacks its input 1`},
		"constant for volume": {modelOf([]onnx.Node{operator("Conv w x -> y")}, onnx.NewTensor("w", 1, 4, 6, 6)),
			`Conv: its first input is a constant, [1x4x6x6]`},
		"constant only": {modelOf([]onnx.Node{operator("SpaceToDepth w -> y", onnx.Attribute{Name: "blocksize", Int: 2})},
			onnx.NewTensor("w", 1, 4, 60, 60)), `SpaceToDepth: its first input is a constant, [1x4x60x60]`},
		"another's operator": {modelOf([]onnx.Node{{Op: "Slice", Domain: "com.example", Outputs: []string{"y"}}}),
			`Slice: it is an operator of the domain "com.example", not of ONNX: export the model without it`},
		"made-up operator": {modelOf([]onnx.Node{operator("AdaptiveAveragePool x -> y")}),
			`AdaptiveAveragePool: cnncalc has no layer for it`},
		"second output": {modelOf([]onnx.Node{operator("Dropout x -> a y")}),
			`Dropout: its output "y" is used, which no layer makes`},
		"no first output": {modelOf([]onnx.Node{{Op: "MaxPool", Inputs: []string{"x"}, Outputs: []string{"", "y"},
			Attributes: []onnx.Attribute{ints("kernel_shape", 2, 2)}}}), `MaxPool: its first output has no name`},
		"negative part": {modelOf([]onnx.Node{operator("Split x s -> y z", axis)}, onnx.NewInts("s", 5, -1)),
			`Split, node 0: 2 sizes do not split 4 into 2 parts`},
		"parts beyond the range": {modelOf([]onnx.Node{operator("Split x s -> y z", axis)},
			onnx.NewInts("s", math.MaxInt64, math.MinInt64+5)),
			`Split, node 0: 2 sizes do not split 4 into 2 parts`},
		"training": {modelOf([]onnx.Node{operator("Dropout x r t -> y")}, onnx.NewFloats("r", nil, 0.5),
			onnx.NewInts("t", 1)),
			`Dropout: it is exported for training; export the model for inference`},
		"names": {modelOf([]onnx.Node{{Name: "\x1b[31m\u202e", Op: "Conv\x1b[1m\u202e", Inputs: []string{"\u202ea\n"},
			Outputs: []string{"y"}}}),
			`node 0, "\x1b[31m\u202e" reads "\u202ea\n", which no node makes`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := refusal(test.model); got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func constant(t onnx.Tensor) onnx.Attribute { return onnx.Attribute{Name: "value", Tensor: &t} }

// A step that is larger than what is left takes one value.
func TestSliceOfOneStep(t *testing.T) {
	m := modelOf([]onnx.Node{operator("Slice r from to axes step -> s"), operator("Reshape x s -> y")},
		onnx.NewInts("r", 1, 144, 7), onnx.NewInts("from", 0), onnx.NewInts("to", 9), onnx.NewInts("axes", 0),
		onnx.NewInts("step", math.MaxInt64))
	if got, want := refusal(m), "Reshape, node 1: [1x4x6x6] has 144 values, and [1] cannot hold them"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Reshapes that merge the batch with another dimension keep track of it.
func TestBatchInOneDimension(t *testing.T) {
	for _, node := range []onnx.Node{
		operator("Flatten x -> y", onnx.Attribute{Name: "axis", Int: 0}),
		operator("Flatten x -> y", onnx.Attribute{Name: "axis", Int: 2}),
		operator("Squeeze x -> y"),
	} {
		if got := refusal(modelOf([]onnx.Node{node})); got != "" {
			t.Errorf("%s: %s", node.Op, got)
		}
	}
}

// Models of a size that the reader allows take time in proportion to it. If it were that to the square, the test would
// run out of time.
func TestLargeModels(t *testing.T) {
	const count = 100_000
	chain := func(first string, node func(from, to string) onnx.Node) []onnx.Node {
		nodes := make([]onnx.Node, count)
		for i := range nodes {
			nodes[i] = node(fmt.Sprintf("%s%d", first, i), fmt.Sprintf("%s%d", first, i+1))
		}
		return nodes
	}
	var names bytes.Buffer
	var copies []onnx.Node
	for i := range count {
		fmt.Fprintf(&names, " c%d", i)
		copies = append(copies, operator(fmt.Sprintf("Identity x -> c%d", i)))
	}
	inputs := modelOf([]onnx.Node{operator("Relu x -> y")})
	for i := range count {
		inputs.Graph.Inputs = append(inputs.Graph.Inputs, onnx.Value{
			Name: strings.Repeat("é", 1+i%200) + fmt.Sprint(i), Type: onnx.Float, HasShape: true,
			Dims: inputs.Graph.Inputs[0].Dims,
		})
	}
	parts := make([]string, count)
	for i := range parts {
		parts[i] = fmt.Sprintf("p%d", i)
	}
	parts[count-1] = "y"
	doubled := append([]onnx.Node{operator("Constant -> n0", ints("value_ints", 1))},
		chain("n", func(from, to string) onnx.Node { return operator("Expand " + from + " big -> " + to) })...)
	doubled = append(doubled, operator(fmt.Sprintf("Reshape x n%d -> y", count)))
	tests := map[string]struct {
		model *onnx.Model
		want  string
	}{
		"constants": {modelOf(doubled, onnx.NewInts("big", 4000)),
			"Expand, node 2098: the model computes constants of more than 8388608 numbers"},
		"copies that one node reads": {modelOf(append(copies, operator("Sum"+names.String()+" -> y"))), ""},
		"a value that one node reads again and again": {
			modelOf([]onnx.Node{operator("Identity x -> a"), operator("Sum" + strings.Repeat(" a", count) + " -> y")}), ""},
		"inputs": {inputs, ""},
		"parts": {modelOf([]onnx.Node{{Op: "Split", Inputs: []string{"x"}, Outputs: parts,
			Attributes: []onnx.Attribute{{Name: "axis", Int: 1}}}}),
			"Split: from=4 is past the last channel of a depth of 4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refusal(test.model); got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// What the node cases of the onnx package and ONNX Runtime taught.
func TestOperators(t *testing.T) {
	filters := onnx.NewTensor("w", 4, 4, 3, 3)
	scales := func(v ...float32) onnx.Tensor { return onnx.NewFloats("s", []int64{4}, v...) }
	word := func(name, value string) onnx.Attribute { return onnx.Attribute{Name: name, String: value} }
	tests := map[string]struct {
		model *onnx.Model
		want  string
	}{
		"more at the end": {modelOf([]onnx.Node{operator("ConvTranspose x w -> y", ints("strides", 2, 2),
			word("auto_pad", "SAME_UPPER"))}, filters),
			"UPCONV3-4 s2 p=0,1,0,1 nobias"},
		"more at the start": {modelOf([]onnx.Node{operator("ConvTranspose x w -> y", ints("strides", 2, 2),
			ints("output_shape", 12, 12))}, filters),
			"UPCONV3-4 s2 p=1,0,1,0 nobias"},
		"corners of a whole size": {modelOf([]onnx.Node{operator("Resize x _ s -> y", word("mode", "linear"),
			word("coordinate_transformation_mode", "align_corners"))}, scales(1, 1, 2, 2)), "RESIZE12 bilinear align"},
		"corners of a rounded size": {modelOf([]onnx.Node{operator("Resize x _ s -> y", word("mode", "linear"),
			word("coordinate_transformation_mode", "align_corners"))}, scales(1, 1, 0.6, 0.6)),
			"Resize: its scales [1 1 0.6 0.6] do not give [1x4x3x3] exactly"},
		"a single activation": {modelOf([]onnx.Node{operator("Relu x -> y")}), "RELU"},
		"least value": {modelOf([]onnx.Node{operator("Clip x low -> y")}, onnx.NewFloats("low", nil, -0.5)),
			"CLIP min=-0.5"},
		"largest value": {modelOf([]onnx.Node{operator("Clip x _ high -> y")}, onnx.NewFloats("high", nil, 2)),
			"CLIP max=2"},
		"all values of a float": {modelOf([]onnx.Node{operator("Clip x low high -> y")},
			onnx.NewFloats("low", nil, -math.MaxFloat32),
			onnx.NewFloats("high", nil, 1)), "CLIP max=1"},
		"no limits": {modelOf([]onnx.Node{operator("Relu x -> a"), operator("Clip a -> y")}), "RELU"},
		"computed limit": {modelOf([]onnx.Node{operator("Relu x -> a"), operator("Clip x a -> y")}),
			"Clip: its limits are computed by the network"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n, problems := network.ReadModel("m", &onnx.File{Model: test.model}).Network(graph.Options{})
			got := ""
			if len(problems) > 0 {
				got = problems[0].Msg
			} else {
				got = op.Notation(n.Nodes[len(n.Nodes)-1].Op)
			}
			if got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// A softmax along the pictures of a batch is not one along the channels.
func TestSoftmaxAlongBatch(t *testing.T) {
	m := modelOf([]onnx.Node{operator("GlobalAveragePool x -> a"),
		operator("Softmax a -> y", onnx.Attribute{Name: "axis"})})
	m.Opsets[""] = 11
	if got := refusal(m); got != "" {
		t.Error(got)
	}
	m.Graph.Inputs[0].Dims[0].Size = 2
	if got, want := refusal(m), "Softmax: it goes along the pictures of a batch"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What operators mean at other opsets than 17.
func TestOpsets(t *testing.T) {
	word := func(name, value string) onnx.Attribute {
		return onnx.Attribute{Name: name, Kind: onnx.KindString, String: value}
	}
	whole := func(name string, value int64) onnx.Attribute {
		return onnx.Attribute{Name: name, Kind: onnx.KindInt, Int: value}
	}
	number := func(name string, value float32) onnx.Attribute {
		return onnx.Attribute{Name: name, Kind: onnx.KindFloat, Float: value}
	}
	four := func(name string) onnx.Tensor { return onnx.NewFloats(name, []int64{4}, 1, 2, 3, 4) }
	two := func(name string) onnx.Tensor { return onnx.NewFloats(name, []int64{2}, 1, 2) }
	norm := "BatchNormalization x a b c d -> y"
	norms := []onnx.Tensor{four("a"), four("b"), four("c"), four("d")}
	one := func(opset int64, n onnx.Node, initializers ...onnx.Tensor) *onnx.Model {
		m := modelOf([]onnx.Node{n}, initializers...)
		m.Opsets[""] = opset
		return m
	}
	for name, test := range map[string]struct {
		model *onnx.Model
		want  string
	}{
		"sum from an axis": {one(6, operator("Add x a -> y", whole("axis", 1), whole("broadcast", 1)), four("a")),
			"SCALE bias"},
		"sum of the last": {one(6, operator("Add x a -> y", whole("axis", 1)),
			onnx.NewFloats("a", []int64{6}, 1, 2, 3, 4, 5, 6)), "Add, node 0: the shapes [1x4x6x6] and [6x1x1] do not fit"},
		"slope": {one(6, operator("PRelu x a -> y"), four("a")), "PRELU"},
		"slope of the last": {one(7, operator("PRelu x a -> y"), four("a")),
			"PRelu: its slope is [4]; PRELU has one for each channel, or one"},
		"norm for training": {one(6, operator(norm), norms...),
			"BatchNormalization: it is exported for training; export the model for inference"},
		"norm": {one(6, operator(norm, whole("is_test", 1)), norms...), "BN"},
		"norm of each place": {one(8, operator(norm, whole("spatial", 0)), norms...),
			"BatchNormalization: it has statistics for each place (spatial = 0); BN has one for each channel"},
		"norm of groups, old": {one(20, operator("GroupNormalization x a b -> y", whole("num_groups", 2)), two("a"),
			two("b")), "GN2"},
		"norm of groups, mixed": {one(21, operator("GroupNormalization x a b -> y", whole("num_groups", 2)), two("a"),
			two("b")),
			"GroupNormalization: its weight is [2], but GN needs [4]"},
		"norm of no groups": {one(18, operator("GroupNormalization x a b -> y", whole("num_groups", 0)), two("a"), two("b")),
			"GroupNormalization: GN: groups must be 1 or more, not 0"},
		"norm of odd groups": {one(18, operator("GroupNormalization x a b -> y", whole("num_groups", 3)), two("a"), two("b")),
			"GroupNormalization: the input's depth 4 cannot be split into 3 groups"},
		"norm of groups, new": {one(21, operator("GroupNormalization x a b -> y", whole("num_groups", 2)), four("a"),
			four("b")), "GN2"},
		"no axes": {modelOf([]onnx.Node{operator("Relu x -> r"),
			operator("ReduceSum r a -> y", whole("noop_with_empty_axes", 1))}, onnx.NewInts("a")), "RELU"},
		"all axes": {one(18, operator("ReduceMean x a -> y"), onnx.NewInts("a")),
			"ReduceMean: it reduces dimensions [0 1 2 3] of [N C H W]; GAP and GMP reduce height and width"},
		"window": {one(17, operator("Conv x w -> y", ints("kernel_shape", 3, 3)),
			onnx.NewTensor("w", 4, 4, 5, 5)), "Conv, node 0: its kernel_shape is [3x3], but its filters are [4x4x5x5]"},
		"swish": {one(24, operator("Swish x -> y")), "SILU"},
		"swish, slow": {one(24, operator("Swish x -> y", number("alpha", 0.5))),
			"Swish: its alpha is 0.5; SILU has 1"},
		"sizes of axes": {one(18, operator("Resize x _ _ s -> y", ints("axes", 2, 3), word("mode", "nearest"),
			word("coordinate_transformation_mode", "asymmetric"), word("nearest_mode",
				"floor")), onnx.NewInts("s", 12, 12)), "UPSAMPLE2"},
		"ratio": {one(18, operator("Resize x _ _ s -> y", ints("axes", 2, 3), word("keep_aspect_ratio_policy", "not_larger")),
			onnx.NewInts("s", 12, 9)),
			`Resize, node 0: its keep_aspect_ratio_policy is "not_larger"; RESIZE stretches`},
		"scales of old": {one(6, operator("Upsample x -> y", number("height_scale", 2), number("width_scale", 2))),
			"UPSAMPLE2"},
		"parts": {one(18, operator("Split x -> y z", whole("axis", 1), whole("num_outputs", 3))),
			"Split, node 0: it has 2 outputs, but its num_outputs is 3"},
		"to integers": {one(17, operator("Cast x -> y", whole("to", 7))), "Cast: it turns values into int64"},
		"named type":  {one(5, operator("Cast x -> y", word("to", "INT32"))), "Cast: it turns values into int32"},
		"sparse average": {one(19, operator("AveragePool x -> y", ints("kernel_shape", 2, 2), ints("dilations", 2, 2))),
			"AveragePool: its window is dilated, which that of AVGPOOL cannot be"},
	} {
		t.Run(name, func(t *testing.T) {
			n, problems := network.ReadModel("m", &onnx.File{Model: test.model}).Network(graph.Options{})
			got := ""
			if len(problems) > 0 {
				got = problems[0].Msg
			} else {
				got = op.Notation(n.Nodes[len(n.Nodes)-1].Op)
			}
			if got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}
