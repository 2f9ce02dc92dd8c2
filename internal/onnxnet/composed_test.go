package onnxnet_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/op"
)

// Operators that are several layers compute what ONNX says.
func TestOperatorsOfSeveralLayers(t *testing.T) {
	const depth, size = 8, 6
	block := onnx.Attribute{Name: "blocksize", Int: 2}
	at := func(c, h, w int) float32 { // of the input, with zeros around it
		if h < 0 || h >= size || w < 0 || w >= size {
			return 0
		}
		return float32((c*size+h)*size + w)
	}
	tests := map[string]struct {
		node    onnx.Node
		stored  []onnx.Tensor
		layers  string
		c, h, w int
		want    func(c, h, w int) float32
	}{
		"DepthToSpace": {operator("DepthToSpace x -> y", block), nil, "SHUFFLE4 -> PIXELSHUFFLE2", 2, 12, 12,
			func(c, h, w int) float32 { return at((h%2*2+w%2)*2+c, h/2, w/2) }},
		"SpaceToDepth": {operator("SpaceToDepth x -> y", block), nil, "PIXELUNSHUFFLE2 -> SHUFFLE8", 32, 3, 3,
			func(c, h, w int) float32 { return at(c%8, 2*h+c/16, 2*w+c/8%2) }},
		"slice of every second row": {operator("Slice x from to axes steps -> y"),
			[]onnx.Tensor{onnx.NewInts("from", 1), onnx.NewInts("to", 6), onnx.NewInts("axes", 2), onnx.NewInts("steps", 2)},
			"CROP6x5 offset=0,1 -> POOL1 s1x2", 8, 3, 6,
			func(c, h, w int) float32 { return at(c, 1+2*h, w) }},
		"slice of every third place": {operator("Slice x from to axes steps -> y"),
			[]onnx.Tensor{onnx.NewInts("from", 0, 0), onnx.NewInts("to", 6, 6), onnx.NewInts("axes", 2, 3),
				onnx.NewInts("steps", 3, 3)},
			"POOL1 s3 floor", 8, 2, 2,
			func(c, h, w int) float32 { return at(c, 3*h, 3*w) }},
		"one channel": {operator("Gather x first -> y", onnx.Attribute{Name: "axis", Int: 1}),
			[]onnx.Tensor{onnx.NewInts("first", -2)},
			"CHANNELS from=6 to=7", 1, 6, 6,
			func(_, h, w int) float32 { return at(6, h, w) }},
		"average with large pads": {operator("AveragePool x -> y", ints("kernel_shape", 3, 3), ints("strides", 1, 1),
			ints("pads", 2, 2, 2, 2),
			onnx.Attribute{Name: "count_include_pad", Int: 1}), nil, "PAD p2 -> AVGPOOL3 s1", 8, 8, 8,
			func(c, h, w int) float32 {
				sum := float32(0)
				for i := range 9 {
					sum += at(c, h-2+i/3, w-2+i%3)
				}
				return sum / 9
			}},
		"padded convolution of single values": {operator("Conv x ones -> y", ints("pads", 1, 0, 0, 2)),
			[]onnx.Tensor{onnx.NewFloats("ones", []int64{1, 8, 1, 1}, 1, 1, 1, 1, 1, 1, 1, 1)},
			"PAD p=0,2,1,0 -> CONV1-1 nobias", 1, 7, 8,
			func(_, h, w int) float32 {
				sum := float32(0)
				for c := range depth {
					sum += at(c, h-1, w)
				}
				return sum
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := modelOf([]onnx.Node{test.node}, test.stored...)
			m.Graph.Inputs[0].Dims[1].Size = depth
			file := network.ReadModel("m", &onnx.File{Model: m})
			n, problems := file.Network(graph.Options{})
			if len(problems) > 0 {
				t.Fatal(&problems[0])
			}
			var layers []string
			for _, node := range n.Nodes[1:] {
				layers = append(layers, op.Notation(node.Op))
			}
			if got := strings.Join(layers, " -> "); got != test.layers {
				t.Errorf("read as %s, want %s", got, test.layers)
			}
			p, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 1, Algo: exec.Auto, Fuse: true})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.Load(context.Background(), func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
				return file.Weights().Fill(dst, tensor.Name)
			}); err != nil {
				t.Fatal(err)
			}
			x := make([]float32, depth*size*size)
			for i := range x {
				x[i] = float32(i)
			}
			got, err := p.Run(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			var want []float32
			for i := range test.c * test.h * test.w {
				want = append(want, test.want(i/test.w/test.h, i/test.w%test.h, i%test.w))
			}
			if !slices.EqualFunc(got, want, func(a, b float32) bool { return a-b < 1e-3 && b-a < 1e-3 }) {
				t.Errorf("%v\nwant\n%v", got, want)
			}
		})
	}
}

// An operand that the network computes is not taken for one that was left out.
func TestComputedOperands(t *testing.T) {
	filters := onnx.NewTensor("w", 4, 4, 1, 1)
	scale := onnx.NewFloats("scale", []int64{4}, 1, 2, 3, 4)
	for name, test := range map[string]struct {
		node onnx.Node
		want string
	}{
		"bias":        {operator("Conv x w m -> y"), "Conv: its bias is computed by the network"},
		"bias, up":    {operator("ConvTranspose x w m -> y"), "ConvTranspose: its bias is computed by the network"},
		"lower limit": {operator("Clip x m -> y"), "Clip: its limits are computed by the network"},
		"upper limit": {operator("Clip x _ m -> y"), "Clip: its limits are computed by the network"},
		"bias of norms": {operator("LayerNormalization x scale m -> y", onnx.Attribute{Name: "axis", Int: 1}),
			"LayerNormalization: its bias is computed by the network"},
	} {
		t.Run(name, func(t *testing.T) {
			mean := []onnx.Node{operator("GlobalAveragePool x -> g"), operator("Flatten g -> f"),
				operator("Squeeze f axes -> m")}
			m := modelOf(append(mean, test.node), filters, scale, onnx.NewInts("axes", 0))
			if got := refusal(m); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// A model with several operators that cnncalc has no layer for names each once, also those that read what another made.
func TestEveryRefusal(t *testing.T) {
	m := modelOf([]onnx.Node{
		operator("Reshape x flat -> tokens"),
		operator("Concat class tokens -> t", onnx.Attribute{Name: "axis", Int: 2}),
		operator("Transpose t -> u", ints("perm", 0, 2, 1)), operator("MatMul t u -> a"), operator("Softmax a -> b"),
		operator("MatMul b t -> c"), operator("NonZero c -> d"), operator("Gather c first -> e"),
		operator("Gather c first -> f"),
		operator("Add d e -> g"), operator("Add g f -> h"), operator("NonZero h -> y"),
	}, onnx.NewInts("flat", 1, 4, 36), onnx.NewFloats("class", []int64{1, 4, 1}, 1, 2, 3, 4), onnx.NewInts("first", 0))
	_, _, problems := onnxnet.Read(&onnx.File{Model: m}, "m").Lower(graph.Options{})
	var got []string
	for _, p := range problems {
		got = append(got, p.Node+": "+p.Msg)
	}
	want := []string{
		`1: Concat: one of its inputs is a constant, [1x4x1]`,
		`3: MatMul: it multiplies two computed tensors, [1x4x37] and [1x37x4]: attention, ` +
			`which cnncalc has no layer for (2 times)`,
		`6: NonZero: cnncalc has no layer for it`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Up to opset 20, GroupNormalization has a scale and a bias for each group, which are those of all of its channels.
func TestScalesOfGroups(t *testing.T) {
	m := modelOf([]onnx.Node{
		operator("GroupNormalization x a b -> y", onnx.Attribute{Name: "num_groups", Kind: onnx.KindInt, Int: 2}),
	}, onnx.NewFloats("a", []int64{2}, 1, 2), onnx.NewFloats("b", []int64{2}, 3, 4))
	m.Opsets[""] = 18
	file := network.ReadModel("m", &onnx.File{Model: m})
	if _, problems := file.Network(graph.Options{}); len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	for name, want := range map[string][]float32{"gn1.weight": {1, 1, 2, 2}, "gn1.bias": {3, 3, 4, 4}} {
		got := make([]float32, 4)
		if err := file.Weights().Fill(got, name); err != nil {
			t.Fatal(err)
		}
		if _, inPlace := file.Weights().View(name); inPlace || !slices.Equal(got, want) {
			t.Errorf("%s: %v, in place: %v; want %v", name, got, inPlace, want)
		}
	}
}
