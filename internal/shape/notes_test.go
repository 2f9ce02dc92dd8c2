package shape_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// The worked examples of the CS231n course notes, "Convolutional Neural Networks (CNNs / ConvNets)". Each test
// names the section it is from.

// infer returns the network of one line of layers on an input, and its problems.
func infer(t *testing.T, input, layers string) (*shape.Network, diag.List) {
	t.Helper()
	return inferFile(t, fmt.Sprintf("input: %s\nlayers: %s\n", input, layers), graph.Options{})
}

func inferFile(t *testing.T, text string, o graph.Options) (*shape.Network, diag.List) {
	t.Helper()
	file, _, problems := spec.Read("notes.yaml", []byte(text))
	lowered, more := file.Lower(o)
	if all := slices.Concat(problems, more); len(all) > 0 {
		t.Fatalf("%s\n%v", text, all)
	}
	return shape.Infer(lowered)
}

// fits is infer for a network without problems.
func fits(t *testing.T, input, layers string) *shape.Network {
	t.Helper()
	net, problems := infer(t, input, layers)
	if len(problems) > 0 {
		t.Fatalf("%s on %s: %v", layers, input, problems)
	}
	return net
}

// volumes returns the shapes of all new volumes in order, INPUT first.
func volumes(net *shape.Network) string {
	var shapes []string
	for i, l := range net.Layers {
		if net.Nodes[i].Op.MakesVolume() {
			shapes = append(shapes, l.Out.String())
		}
	}
	return strings.Join(shapes, " ")
}

// last returns the output layer.
func last(net *shape.Network) shape.Layer { return net.Layers[len(net.Layers)-1] }

func TestNotesShapes(t *testing.T) {
	tests := []struct {
		section, input, layers, want string
	}{
		{"Layers used to build ConvNets", "32x32x3", "INPUT -> CONV5-12 -> RELU -> POOL2 -> FC-10",
			"32x32x3 32x32x12 16x16x12 1x1x10"},
		// "for a 7x7 input and a 3x3 filter with stride 1 and pad 0 we would get a 5x5 output. With stride 2 we
		// would get a 3x3 output."
		{"Spatial arrangement", "7x7x1", "INPUT -> CONV3-1 s1 p0", "7x7x1 5x5x1"},
		{"Spatial arrangement", "7x7x1", "INPUT -> CONV3-1 s2 p0", "7x7x1 3x3x1"},
		// The figure's neurons: W=5, F=3, P=1, (5-3+2)/1+1 = 5 with stride 1 and (5-3+2)/2+1 = 3 with stride 2.
		{"Spatial arrangement", "5x1x1", "INPUT -> CONV3x1-1 s1 p=1,1,0,0", "5x1x1 5x1x1"},
		{"Spatial arrangement", "5x1x1", "INPUT -> CONV3x1-1 s2x1 p=1,1,0,0", "5x1x1 3x1x1"},
		{"Use of zero-padding: the common setting keeps the size", "5x5x1", "INPUT -> CONV3-1", "5x5x1 5x5x1"},
		{"Use of zero-padding: without it the output is 3", "5x5x1", "INPUT -> CONV3-1 p0", "5x5x1 3x3x1"},
		{"Real-world example", "227x227x3", "INPUT -> CONV11-96 s4 p0", "227x227x3 55x55x96"},
		{"Numpy examples: X.shape is (11,11,4), F=5, P=0, S=2", "11x11x4", "INPUT -> CONV5-2 s2 p0", "11x11x4 4x4x2"},
		{"Convolution Demo", "5x5x3", "INPUT -> CONV3-2 s2 p1", "5x5x3 3x3x2"},
		{"Pooling Layer", "224x224x64", "INPUT -> POOL2", "224x224x64 112x112x64"},
		{"Layer Sizing Patterns: F=5 with P=2", "32x32x3", "INPUT -> CONV5-8 p2", "32x32x3 32x32x8"},
		{"Layer Sizing Patterns: three 3x3 CONV with 64 filters and pad 1", "224x224x3",
			"INPUT -> CONV3-64 -> RELU -> CONV3-64 -> RELU -> CONV3-64 -> RELU", "224x224x3 224x224x64 224x224x64 224x224x64"},
	}
	for _, test := range tests {
		if got := volumes(fits(t, test.input, test.layers)); got != test.want {
			t.Errorf("%s: %s on %s gives %s, want %s", test.section, test.layers, test.input, got, test.want)
		}
	}
}

// The messages are compared in full: they are what a student reads.
func TestNotesRefusals(t *testing.T) {
	tests := []struct {
		section, input, layers string
		want                   diag.Problem
	}{
		// "when the input has size W=10, no zero-padding is used P=0, and the filter size is F=3, then it would be
		// impossible to use stride S=2, since (W-F+2P)/S+1 = (10-3+0)/2+1 = 4.5"
		{"Constraints on strides", "10x10x1", "INPUT -> CONV3-1 s2 p0", diag.Problem{
			Code: "shape/window",
			Pos:  diag.Pos{Line: 2, Col: 18},
			Msg:  "CONV3-1: (W-F+2P)/S+1 = (10-3+0)/2+1 = 4.5 is not a whole number",
			Fits: "input 9 (4 wide) or 11 (5 wide); p=0,1,0,1; s1 (8 wide) or s7 (2 wide); `floor` (4, as PyTorch does)",
		}},
		// "it claims that the input images were 224x224, which is surely incorrect because (224 - 11)/4 + 1 is quite
		// clearly not an integer"
		{"Real-world example", "224x224x3", "INPUT -> CONV11-96 s4 p0", diag.Problem{
			Code: "shape/window",
			Pos:  diag.Pos{Line: 2, Col: 18},
			Msg:  "CONV11-96: (W-F+2P)/S+1 = (224-11+0)/4+1 = 54.25 is not a whole number",
			Fits: "input 223 (54 wide) or 227 (55 wide, what AlexNet's code used); p=0,3,0,3; " +
				"s3 (72 wide); `floor` (54, as PyTorch does)",
		}},
	}
	for _, test := range tests {
		net, problems := infer(t, test.input, test.layers)
		if diff := cmp.Diff(diag.List{test.want}, problems); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.section, diff)
		}
		if net.Sound != 1 {
			t.Errorf("%s: %d nodes are checked, want the INPUT alone", test.section, net.Sound)
		}
	}
}

func TestNotesWeights(t *testing.T) {
	tests := []struct {
		section, input, layers string
		weights, biases        int64
	}{
		{"Architecture Overview: one neuron on CIFAR-10", "32x32x3", "INPUT -> FC-1", 3_072, 1},
		{"Architecture Overview: one neuron on a respectable size", "200x200x3", "INPUT -> FC-1", 120_000, 1},
		{"Local Connectivity, example 1: one neuron", "32x32x3", "INPUT -> CONV5-1", 75, 1},
		{"Local Connectivity, example 2: one neuron", "16x16x20", "INPUT -> CONV3-1", 180, 1},
		{"Parameter Sharing: 96 filters of 11x11x3", "227x227x3", "INPUT -> CONV11-96 s4 p0", 34_848, 96},
		{"Parameter Sharing: 363 weights and 1 bias for each of 290,400 neurons", "227x227x3", "INPUT -> LOCAL11-96 s4 p0",
			290_400 * 363, 290_400},
		{"Convolution Demo", "5x5x3", "INPUT -> CONV3-2 s2 p1", 54, 2},
	}
	for _, test := range tests {
		got := last(fits(t, test.input, test.layers))
		if got.WeightCount != test.weights || got.BiasCount != test.biases {
			t.Errorf("%s: %d weights and %d biases, want %d and %d", test.section, got.WeightCount, got.BiasCount, test.weights,
				test.biases)
		}
	}
}

// Parameter Sharing: 55*55*96 = 290,400 neurons with 364 parameters each are 105,705,600; sharing leaves 34,944.
func TestNotesParameterSharing(t *testing.T) {
	alone := last(fits(t, "227x227x3", "INPUT -> LOCAL11-96 s4 p0"))
	shared := last(fits(t, "227x227x3", "INPUT -> CONV11-96 s4 p0"))
	if alone.Activations != 290_400 || alone.Parameters() != 105_705_600 {
		t.Errorf("without sharing: %d neurons with %d parameters, want 290,400 with 105,705,600", alone.Activations,
			alone.Parameters())
	}
	if alone.Parameters() != 364*alone.Activations {
		t.Errorf("without sharing: %d parameters, want 364 for each of %d neurons", alone.Parameters(), alone.Activations)
	}
	if shared.Parameters() != 34_944 {
		t.Errorf("with sharing: %d parameters, want 34,944", shared.Parameters())
	}
	if shared.MACs != alone.MACs {
		t.Errorf("sharing changes the MACs from %d to %d", alone.MACs, shared.MACs)
	}
}

// Pooling Layer: 2x2 with stride 2 discards 75% of the activations and has no parameters.
func TestNotesPooling(t *testing.T) {
	net := fits(t, "224x224x64", "INPUT -> POOL2")
	before, after := net.Layers[0], net.Layers[1]
	if 4*after.Activations != before.Activations || after.Parameters() != 0 {
		t.Errorf("POOL2 keeps %d of %d values and has %d parameters, want a quarter and none", after.Activations,
			before.Activations, after.Parameters())
	}
}

// Converting FC layers to CONV layers: AlexNet's three FC on a 7x7x512 volume.
func TestNotesFCAsCONV(t *testing.T) {
	full := fits(t, "7x7x512", "INPUT -> FC-4096 -> FC-4096 -> FC-1000")
	conv := fits(t, "7x7x512", "INPUT -> CONV7-4096 p0 -> CONV1-4096 -> CONV1-1000")
	want := []int64{0, 102_760_448, 16_777_216, 4_096_000}
	for i, w := range want {
		f, c := full.Layers[i], conv.Layers[i]
		if f.WeightCount != w || c.WeightCount != w {
			t.Errorf("layer %d: %d weights as FC and %d as CONV, want %d", i, f.WeightCount, c.WeightCount, w)
		}
		if f.Out != c.Out || f.BiasCount != c.BiasCount || f.MACs != c.MACs {
			t.Errorf("layer %d: as FC %v, as CONV %v; they should be equal", i, f, c)
		}
	}
}

// Converting FC layers to CONV layers: "if 224x224 image gives a volume of size [7x7x512] - i.e. a reduction by 32,
// then forwarding an image of size 384x384 through the converted architecture would give the equivalent volume in
// size [12x12x512]", and then the scores [6x6x1000], since (12-7)/1+1 = 6.
func TestNotesLargerPicture(t *testing.T) {
	const converted = `
input: 224x224x3
layers: |
  INPUT
  -> [CONV3-64  -> RELU]*2 -> POOL2 -> [CONV3-128 -> RELU]*2 -> POOL2
  -> [CONV3-{256,512,512} -> RELU -> [CONV3-{256,512,512} -> RELU]*2 -> POOL2]*3 @before
  -> CONV7-4096 p0 -> RELU -> CONV1-4096 -> RELU -> CONV1-1000 @scores
`
	for _, test := range []struct {
		side           int64
		before, scores string
	}{
		{224, "7x7x512", "1x1x1000"},
		{384, "12x12x512", "6x6x1000"},
	} {
		net, problems := inferFile(t, converted, graph.Options{InputWidth: test.side, InputHeight: test.side})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		got := map[string]string{}
		for i, node := range net.Nodes {
			if node.Labelled {
				got[node.Name] = net.Layers[i].Out.String()
			}
		}
		want := map[string]string{"before": test.before, "scores": test.scores}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("a picture of %d (-want +got):\n%s", test.side, diff)
		}
	}
}

// Layer Patterns, "Prefer a stack of small filter CONV to one large receptive field CONV layer": with C channels
// throughout, one 7x7 has 49C^2 weights and three 3x3 have 27C^2.
func TestNotesStackOfSmallFilters(t *testing.T) {
	for _, c := range []int64{1, 3, 64, 512} {
		input := fmt.Sprintf("56x56x%d", c)
		large := fits(t, input, fmt.Sprintf("INPUT -> CONV7-%d", c)).Total
		stack := fits(t, input, fmt.Sprintf("INPUT -> [CONV3-%d -> RELU]*3", c)).Total
		if large.WeightCount != 49*c*c || stack.WeightCount != 27*c*c {
			t.Errorf("C=%d: %d weights in one 7x7 and %d in three 3x3, want %d and %d", c, large.WeightCount, stack.WeightCount,
				49*c*c, 27*c*c)
		}
		if large.Out != stack.Out {
			t.Errorf("C=%d: one 7x7 gives %s, three 3x3 give %s", c, large.Out, stack.Out)
		}
	}
}

// Layer Patterns: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC, and the networks that the notes
// list as its cases.
func TestNotesGrammar(t *testing.T) {
	const file = `
input: 32x32x3
classes: 10
vars: {N: 2, M: 3, K: 1}
defaults: {conv: {size: 3, filters: 8}, pool: {size: 2}, fc: {units: 64}}
layers: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC
`
	const stage1 = "CONV RELU POOL"
	const stage2 = "CONV RELU CONV RELU POOL"
	tests := []struct {
		what             string
		n, m, k          int64
		pool             []int64
		want, lastVolume string // the kinds, and the volume that the first FC reads
	}{
		{"INPUT -> FC, a linear classifier: N = M = K = 0", 0, 0, 0, nil, "INPUT FC", "32x32x3"},
		{"INPUT -> CONV -> RELU -> FC", 1, 1, 0, []int64{0}, "INPUT CONV RELU FC", "32x32x8"},
		{"INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC", 1, 2, 1, nil,
			"INPUT " + stage1 + " " + stage1 + " FC RELU FC", "8x8x8"},
		{"INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC", 2, 3, 2, nil,
			"INPUT " + stage2 + " " + stage2 + " " + stage2 + " FC RELU FC RELU FC", "4x4x8"},
		{"N = 0: only pools", 0, 2, 0, nil, "INPUT POOL POOL FC", "8x8x3"},
		{"M = 0: no stages, whatever N", 3, 0, 1, nil, "INPUT FC RELU FC", "32x32x3"},
		{"K = 0: one FC", 1, 1, 0, []int64{1}, "INPUT " + stage1 + " FC", "16x16x8"},
		{"pool = 0: no pools", 2, 2, 1, []int64{0}, "INPUT CONV RELU CONV RELU CONV RELU CONV RELU FC RELU FC", "32x32x8"},
		{"a pool in the last stage only", 1, 3, 0, []int64{0, 0, 1}, "INPUT CONV RELU CONV RELU " + stage1 + " FC", "16x16x8"},
	}
	for _, test := range tests {
		o := graph.Options{Vars: map[string][]int64{"N": {test.n}, "M": {test.m}, "K": {test.k}}}
		if test.pool != nil {
			o.Vars["pool"] = test.pool
		}
		net, problems := inferFile(t, file, o)
		if len(problems) > 0 {
			t.Errorf("%s: %v", test.what, problems)
			continue
		}
		var kinds []string
		read := ""
		for i, node := range net.Nodes {
			kinds = append(kinds, node.Op.Kind())
			if node.Op.Kind() == "FC" && read == "" {
				read = net.InputsOf(i)[0].String()
			}
		}
		if got := strings.Join(kinds, " "); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.what, got, test.want)
		}
		if read != test.lastVolume {
			t.Errorf("%s: the first FC reads %s, want %s", test.what, read, test.lastVolume)
		}
		if got := net.Total.Out.String(); got != "1x1x10" {
			t.Errorf("%s: the output is %s, want the 10 classes", test.what, got)
		}
	}
}
