package count

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Operations of every kind of layer on 8x6x4, by the programs' rules and by hand. A dash is an error. In order:
// torchinfo, fvcore, thop, ptflops-aten, ptflops-pytorch, flopcounter, convnet-burden.
var operationsOfKinds = []struct {
	layer string
	want  string
}{
	// 8*6*16*4*9 = 27,648 multiply-accumulates, 768 values.
	{"CONV3-16", "28416 27648 27648 28416 28416 55296 28416"},
	{"CONV3-16 nobias", "27648 27648 27648 27648 27648 55296 27648"},
	{"DWCONV3", "1920 1728 1728 1920 1920 3456 1920"},
	{"LOCAL3-2", "- - - - - - -"},
	// 96 weights; 8*6 places of the input and 16*12 of the output, which has 1152 values.
	{"UPCONV2-6", "19584 4608 18432 5760 19584 9216 5760"},
	{"POOL2", "0 0 0 0 384 0 384"},
	{"AVGPOOL2", "0 0 48 0 384 0 384"},
	{"L2POOL2", "0 0 0 0 - 0 -"},
	{"GAP", "0 192 196 0 384 0 384"},
	{"GAP mean", "0 0 0 0 0 0 384"},
	{"ADAPTAVG4x3", "0 192 240 0 384 0 384"},
	// (8/5 * 6/5 + 1) * 5*5*4 = 292; no stride gives 5x5.
	{"ADAPTAVG5", "0 192 292 0 384 0 -"},
	{"POOL3 s1 d2", "0 0 0 0 384 0 64"},
	{"GMP", "0 0 0 0 384 0 384"},
	{"ADAPTMAX4x3", "0 0 0 0 384 0 384"},
	{"ADAPTMAX5", "0 0 0 0 384 0 -"},
	{"FC-10", "1930 1920 1920 1930 1930 3840 1930"},
	{"FLATTEN", "0 0 0 0 0 0 0"},
	{"RELU", "0 0 0 0 384 0 384"},
	{"LEAKYRELU", "0 0 0 0 192 0 384"},
	{"PRELU", "4 0 192 0 384 0 -"},
	{"RELU6", "0 0 0 0 192 0 384"},
	{"SIGMOID", "0 0 0 0 0 0 0"},
	{"TANH", "0 0 0 0 0 0 -"},
	{"ELU", "0 0 0 0 384 0 -"},
	{"SILU", "0 0 0 0 192 0 -"},
	{"GELU", "0 0 0 0 384 0 -"},
	{"HARDSWISH", "0 0 0 0 0 0 -"},
	{"HARDSIGMOID", "0 0 0 0 0 0 -"},
	{"HARDSIGMOID slope=0.2", "0 0 0 0 0 0 -"},
	{"SELU", "0 0 0 0 0 0 -"},
	{"MISH", "0 0 0 0 0 0 -"},
	{"SOFTPLUS", "0 0 0 0 0 0 -"},
	{"CLIP min=0 max=6", "0 0 0 0 0 0 -"},
	{"GELU tanh", "0 0 0 0 384 0 -"},
	{"LOGSOFTMAX", "0 0 0 0 0 0 -"},
	{"DROPOUT channels", "0 0 0 0 0 0 -"},
	{"SOFTMAX", "0 0 528 0 192 0 0"},
	{"DROPOUT", "0 0 0 0 0 0 0"},
	{"STOCHDEPTH0.2", "0 0 0 0 0 0 -"},
	{"LRN", "0 0 0 0 - 0 672"},
	{"BN", "8 384 768 0 384 0 0"},
	{"BN noaffine", "0 192 384 0 192 0 0"},
	{"LN", "8 960 768 0 192 0 -"},
	{"LN volume", "384 960 768 0 192 0 -"},
	{"LN noaffine", "0 768 384 0 192 0 -"},
	{"GN2", "8 960 0 0 384 0 -"},
	{"GN2 noaffine", "0 768 0 0 192 0 -"},
	{"IN", "0 768 384 0 192 0 -"},
	{"IN affine", "8 960 768 0 384 0 -"},
	{"SCALE", "0 0 0 0 0 0 192"},
	{"SCALE bias", "0 0 0 0 0 0 192"},
	{"SCALE0.1", "0 0 0 0 0 0 -"},
	{"UPSAMPLE2", "0 768 768 0 - 0 -"},
	{"UPSAMPLE2 bilinear", "0 3072 8448 0 - 0 3072"},
	{"RESIZE5x9", "0 180 180 0 - 0 -"},
	{"RESIZE scale=1.5 bilinear align", "0 1728 4752 0 - 0 -"},
	{"PAD1", "0 0 0 0 0 0 -"},
	{"PAD1 reflect", "0 0 0 0 0 0 -"},
	{"CROP3x5", "0 0 0 0 0 0 0"},
	{"CHANNELS from=1 to=3", "0 0 0 0 0 0 -"},
	{"SHUFFLE2", "0 0 0 0 0 0 -"},
	{"PIXELSHUFFLE2", "0 0 0 0 0 0 -"},
	{"PIXELUNSHUFFLE2", "0 0 0 0 0 0 -"},
	{"CONCAT(IDENTITY | IDENTITY)", "0 0 0 0 0 0 0"},
	{"ADD(IDENTITY | IDENTITY)", "0 0 0 0 0 0 192"},
	{"MUL(IDENTITY | IDENTITY)", "0 0 0 0 0 0 192"},
	{"MAX(IDENTITY | IDENTITY)", "0 0 0 0 0 0 -"},
}

func TestOperationsOfEveryKind(t *testing.T) {
	names := []string{"torchinfo", "fvcore", "thop", "ptflops-aten", "ptflops-pytorch", "flopcounter", "convnet-burden"}
	seen := map[string]bool{}
	for _, test := range operationsOfKinds {
		n := read(t, test.layer, "input: 8x6x4\nlayers: |\n  INPUT -> "+test.layer)
		seen[n.Nodes[len(n.Nodes)-1].Op.Kind()] = true
		var got []string
		for _, name := range names {
			if r, err := convention(t, name).Count(n, 1); err != nil {
				got = append(got, "-")
			} else {
				got = append(got, fmt.Sprint(r.Totals[Operations]))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", test.layer, got, test.want)
		}
	}
	for _, kind := range op.Kinds() {
		if !seen[kind.Name] {
			t.Errorf("there is no case of %s", kind.Name)
		}
	}
}

// A kind without any counterpart would be an oversight; LOCAL has none.
func TestEveryKindHasCounterparts(t *testing.T) {
	for _, kind := range op.Kinds() {
		c := kind.New().Counterparts()
		if c.InPyTorch() == (kind.Name == "LOCAL") {
			t.Errorf("%s in PyTorch: %+v", kind.Name, c)
		}
		if c.Function != "" && c.Module == "" {
			t.Errorf("%s: the function %s without its module", kind.Name, c.Function)
		}
	}
}

// The kinds that are said to be in the recorded networks are those.
func TestCheckedKindsAreRecorded(t *testing.T) {
	var kinds []string
	for name := range readRecorded(t) {
		kinds = append(kinds, kindsOf(builtIn(t, "torchvision/"+name))...)
	}
	for _, name := range []string{"torchinfo", "torchsummary", "fvcore", "thop", "ptflops-aten", "ptflops-pytorch"} {
		checkKinds(t, name, kinds)
	}
	checkKinds(t, "flopcounter", kindsOf(builtIn(t, "vgg16")))
}

func kindsOf(n *shape.Network) []string {
	var kinds []string
	for _, node := range n.Nodes[1:] {
		kinds = append(kinds, node.Op.Kind())
	}
	return kinds
}

// checkKinds holds what a convention says it is checked with to the kinds of the networks.
func checkKinds(t *testing.T, name string, kinds []string) {
	t.Helper()
	kinds = slices.Compact(slices.Sorted(slices.Values(kinds)))
	if diff := cmp.Diff(kinds, slices.Sorted(slices.Values(convention(t, name).checked))); diff != "" {
		t.Errorf("%s is checked with (-networks +said):\n%s", name, diff)
	}
}

// VGG-16 without an adaptive pool, as in the paper and in torchvision before 0.3.
func TestVGG16(t *testing.T) {
	n := builtIn(t, "vgg16")
	// https://github.com/sksq96/pytorch-summary, README, torchsummary 1.5.1.
	same(t, []string{"Total params: 138,357,544", "Trainable params: 138,357,544", "Non-trainable params: 0",
		"Input size (MB): 0.57",
		"Forward/backward pass size (MB): 218.59", "Params size (MB): 527.79", "Estimated Total Size (MB): 746.96"},
		texts(counted(t, "torchsummary-1.5.1", n, 1)))
	// The later commit counts the network's 1000 outputs again: 8*(28,650,984+1000)/2^20.
	same(t, "Forward/backward pass size (MB): 218.60", texts(counted(t, "torchsummary", n, 1))[4])
	// As recorded for torchvision/vgg16, whose pool has no parameters.
	same(t, []string{"Total mult-adds (G): 15.48", "Input size (kB): 602.17", "Forward/backward pass size (MB): 108.45",
		"Params size (MB): 553.43", "Estimated Total Size (MB): 662.49"}, texts(counted(t, "torchinfo", n, 1))[3:])
	// PyTorch 2's FlopCounterMode, measured: 2*15,470,264,320.
	same(t, int64(30_940_528_640), counted(t, "flopcounter", n, 1).Totals[Operations])
	// The sums of the notes' rows, and cnncalc's MACs.
	same(t, []string{"TOTAL memory (values): 15,237,608", "TOTAL memory (bytes): 60,950,432", "TOTAL params: 138,357,544",
		"MACs: 15,470,264,320"},
		texts(counted(t, "notes", n, 1)))
}

// The other example with an output in torchsummary's README, whose code calls pools, ReLU and one dropout as functions.
func TestTorchsummaryOfFunctions(t *testing.T) {
	n := read(t, "mnist", `
input: 28x28x1
layers: |
  INPUT -> CONV5-10 p0 -> POOL2 -> RELU -> CONV5-20 p0 -> DROPOUT -> POOL2 -> RELU
  -> FC-50 -> RELU -> DROPOUT @last -> FC-10 -> SOFTMAX
pytorch: {functions: [pool, relu, last, softmax]}
`)
	same(t, []string{"Total params: 21,840", "Trainable params: 21,840", "Non-trainable params: 0",
		"Input size (MB): 0.00",
		"Forward/backward pass size (MB): 0.06", "Params size (MB): 0.08", "Estimated Total Size (MB): 0.15"},
		texts(counted(t, "torchsummary-1.5.1", n, 1)))
}

// By hand: torchinfo multiplies the parameters of BN by the batch only, and the object of the input's storage is there
// once. ptflops takes no batch.
func TestBatch(t *testing.T) {
	n := read(t, "batch", "input: 8x6x4\nlayers: INPUT -> CONV3-16 nobias -> BN -> RELU -> FC-10")
	for _, test := range []struct {
		name        string
		want        [quantities]int64
		input, feat int64
	}{
		// CONV 27,648, BN 32, FC 7680+10; 4 bytes of 192 values, of 2*(768+768+10), of 576+32+7690 parameters.
		{"torchinfo", [quantities]int64{8298, 5 * (27_648 + 32 + 7690), 0, 5*768 + 56 + 5*8*1546 + 4*8298}, 5*768 + 56,
			5 * 8 * 1546},
		{"torchsummary", [quantities]int64{8298, 0, 0, 5*768 + 5*8*(3*768+10+10) + 4*8298}, 5 * 768, 5 * 8 * (3*768 + 20)},
		{"fvcore", [quantities]int64{8298, 5 * (27_648 + 2*768 + 7680), 5 * 778, 0}, 0, 0},
		{"ptflops-aten", [quantities]int64{8298, 27_648 + 7690, 0, 0}, 0, 0},
		// With BN's running statistics; the volume of ReLU is BN's.
		{"convnet-burden", [quantities]int64{8330, 5 * (27_648 + 2*768 + 7690), 0, 5*4*1546 + 4*8330}, 0, 5 * 4 * 1546},
	} {
		r := counted(t, test.name, n, 5)
		if r.Totals != test.want || r.Parts[Input] != test.input || r.Parts[Outputs] != test.feat {
			t.Errorf("%s: %v, input %d, outputs %d, want %v, %d, %d", test.name, r.Totals, r.Parts[Input], r.Parts[Outputs],
				test.want, test.input, test.feat)
		}
	}
}

// What is not known, or not counted by the program, is an error that names the layer.
func TestCountErrors(t *testing.T) {
	local := read(t, "local", "input: 8x6x4\nlayers: INPUT -> LOCAL3-2")
	huge := read(t, "huge", "input: 2000000000x1000x1000000\nlayers: INPUT -> RELU")
	for _, test := range []struct {
		as    string
		n     *shape.Network
		batch int64
		want  string
	}{
		{"thop", local, 1, "local1: PyTorch has no layer like LOCAL, so programs that count there have no figure for it"},
		{"convnet-burden", local, 1, "local1: convnet-burden does not know LOCAL"},
		{"torchsummary", huge, 1, "relu1: the size exceeds 2^63-1 and cannot be counted"},
		{"fvcore", local, 0, "the batch must be 1 or more, not 0"},
		{"torchinfo", huge, 10, "input: the size exceeds 2^63-1 and cannot be counted"},
	} {
		if _, err := convention(t, test.as).Count(test.n, test.batch); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.as, err, test.want)
		}
	}
	if _, err := Find("torchinfos"); err == nil || !strings.HasSuffix(err.Error(), "; did you mean torchinfo?") {
		t.Errorf("Find: %v", err)
	}
}

// Every pair of conventions, on every built-in network that both can count.
func TestReconcileAddsUp(t *testing.T) {
	pairs := 0
	for _, name := range architectures.Names() {
		n := builtIn(t, name)
		var results []*Result
		for _, c := range Conventions() {
			if r, err := c.Count(n, 3); err == nil {
				results = append(results, r)
			} else if !mayFail(name, err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, from := range results {
			for _, to := range results {
				for _, d := range differences(from, to) {
					pairs++
					checkAddsUp(t, name, from, to, d)
				}
			}
		}
	}
	if pairs < 5000 {
		t.Errorf("only %d differences were checked", pairs)
	}
}

func checkAddsUp(t *testing.T, name string, from, to *Result, d Difference) {
	t.Helper()
	what := fmt.Sprintf("%s, %s to %s, %s", name, from.Convention.Name, to.Convention.Name, d.Quantity)
	sum := d.From
	for _, item := range d.Items {
		sum += item.Amount
		if item.Amount == 0 || item.Places < 1 || item.Of == "" || item.What == "" {
			t.Errorf("%s: %+v", what, item)
		}
	}
	if d.From != from.Totals[d.Quantity] || d.To != to.Totals[d.Quantity] || sum != d.To {
		t.Errorf("%s: %d, with its items %d, want %d", what, d.From, sum, d.To)
	}
	if from == to && len(d.Items) > 0 {
		t.Errorf("%s: %v", what, d.Items)
	}
}

// mayFail tells the failures that are known of built-in networks.
func mayFail(name string, err error) bool {
	if strings.Contains(name, "densenet") {
		return strings.Contains(err.Error(), "torchsummary fails here")
	}
	if strings.HasPrefix(name, "yolov3") {
		return strings.Contains(err.Error(), "upsample1: ")
	}
	if strings.Contains(name, "/fcn_") || strings.Contains(name, "/deeplabv3_") {
		return strings.Contains(err.Error(), "RESIZE")
	}
	if slices.ContainsFunc([]string{"shufflenet", "efficientnet", "mobilenet_v3", "convnext"},
		func(s string) bool { return strings.Contains(name, s) }) {
		return strings.Contains(err.Error(), "convnet-burden does not know ")
	}
	return slices.Contains([]string{"alexnet", "zfnet", "googlenet"}, name) &&
		strings.Contains(err.Error(), "LRN is not counted here")
}

// By hand, of torchvision/vgg16_bn: 13,547,520 values of convolutions, 9192 of FC; 8448 parameters of BN.
func TestReconcileItems(t *testing.T) {
	n := builtIn(t, "torchvision/vgg16_bn")
	for _, test := range []struct {
		a, b string
		want []string
	}{
		{"notes", "torchinfo", []string{
			"CONV biases, 1 for each value of the output (13): 13547520", "FC biases, 1 for each value of the output (3): 9192",
			"BN 1 for each parameter (13): 8448"}},
		{"fvcore", "thop", []string{
			"BN 4 for each value of the output (13): 54190080", "BN 2 for each value of the output (13): -27095040",
			"ADAPTAVG input's plane/output's plane + 1, for each value of the output (1): 50176", "ADAPTAVG 1 for each value " +
				"of the input (1): -25088"}},
		{"flopcounter", "notes",
			[]string{"all layers multiply-accumulates counted again: two FLOPs each (16): -15470264320"}},
	} {
		r, err := Reconcile(convention(t, test.a), convention(t, test.b), n, 1)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range r.Differences {
			if d.Quantity == Operations {
				for _, item := range d.Items {
					got = append(got, fmt.Sprintf("%s %s (%d): %d", item.Of, item.What, item.Places, item.Amount))
				}
			}
		}
		same(t, test.want, got)
	}
}

// Two inputs of 4x4x1 that are added, by the notes: 3 volumes of 16 values of 4 bytes, the inputs' two among them.
func TestSeveralInputs(t *testing.T) {
	n := read(t, "sum", "input: 4x4x1\nlayers: INPUT -> ADD(IDENTITY | IDENTITY)\n")
	var b graph.Builder
	left := b.Add(graph.Node{Name: "left", Op: n.Nodes[0].Op})
	right := b.Add(graph.Node{Name: "right", Op: n.Nodes[0].Op})
	b.Add(graph.Node{Name: "sum", Op: n.Nodes[1].Op, Inputs: []int{left, right}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	both, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	r, err := notes().Count(both, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Totals[Activations] != 3*16 || r.Parts[Input] != 2*16*4 || r.Parts[Outputs] != 16*4 {
		t.Errorf("%d values, inputs %d bytes, outputs %d", r.Totals[Activations], r.Parts[Input], r.Parts[Outputs])
	}
}
