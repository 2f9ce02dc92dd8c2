package traffic_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

func read(t *testing.T, text string) *shape.Network {
	t.Helper()
	net, problems := network.Read("net.yaml", []byte(text)).Network(graph.Options{})
	if net.Sound < len(net.Nodes) { // a network with nothing to count is one here
		t.Fatalf("%s\n%v", text, problems)
	}
	return net
}

func account(t *testing.T, n *shape.Network, batch int64) *traffic.Account {
	t.Helper()
	a, err := traffic.New(n, batch)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func builtIn(t *testing.T, name string) *shape.Network {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, string(text))
}

func index(t *testing.T, n *shape.Network, name string) int {
	t.Helper()
	i := slices.IndexFunc(n.Nodes, func(node graph.Node) bool { return node.Name == name })
	if i < 0 {
		t.Fatalf("no layer %s", name)
	}
	return i
}

// By hand, a batch of 2 over 8x6x3, in values: the volumes are twice those of one picture, the weights are not.
func TestLayers(t *testing.T) {
	n := read(t, `
input: 8x6x3
layers: |
  INPUT -> CONV3-4 -> BN -> RELU -> DROPOUT0.5 -> CONCAT(IDENTITY | POOL3 s1 p1) -> CROP4x2 -> UPSAMPLE2
  -> MUL(IDENTITY | GAP @gate) -> PRELU -> FLATTEN -> FC-5 nobias
`)
	const values = 4
	want := map[string]traffic.Layer{
		"input":     {},
		"conv1":     {Read: 2 * 144, Weights: 108 + 4, Written: 2 * 192, MACs: 2 * 48 * 108},
		"bn1":       {Read: 2 * 192, Weights: 4 * 4, Written: 2 * 192},
		"relu1":     {Read: 2 * 192, Written: 2 * 192},
		"dropout1":  {},
		"pool1":     {Read: 2 * 192, Written: 2 * 192},
		"concat1":   {Read: 2 * 384, Written: 2 * 384},
		"crop1":     {Read: 2 * 64, Written: 2 * 64},
		"upsample1": {Read: 2 * 64, Written: 2 * 256},
		"gate":      {Read: 2 * 256, Written: 2 * 8},
		"mul1":      {Read: 2 * (256 + 8), Written: 2 * 256},
		"prelu1":    {Read: 2 * 256, Weights: 8, Written: 2 * 256},
		"flatten1":  {},
		"fc1":       {Read: 2 * 256, Weights: 5 * 256, Written: 2 * 5, MACs: 2 * 5 * 256},
	}
	a := account(t, n, 2)
	var total traffic.Layer
	for i, node := range n.Nodes {
		w, ok := want[node.Name]
		if !ok {
			t.Fatalf("no figures for %s", node.Name)
		}
		w = traffic.Layer{Read: values * w.Read, Weights: values * w.Weights, Written: values * w.Written, MACs: w.MACs}
		if a.Layers[i] != w {
			t.Errorf("%s: %+v, want %+v", node.Name, a.Layers[i], w)
		}
		total = traffic.Layer{Read: total.Read + w.Read, Weights: total.Weights + w.Weights, Written: total.Written +
			w.Written, MACs: total.MACs + w.MACs}
	}
	if a.Total != total {
		t.Errorf("total %+v, want %+v", a.Total, total)
	}
}

// VGG-16's conv2 by hand: two volumes of 224*224*64 and 36,928 parameters, of 4 bytes each. Its im2col matrix holds
// each value of its input nine times. AlexNet's conv1 is the notes' example, [363 x 3025].
func TestPapers(t *testing.T) {
	vgg := builtIn(t, "vgg16")
	a := account(t, vgg, 1)
	conv2, fc1 := a.Layers[index(t, vgg, "conv2")], a.Layers[index(t, vgg, "fc1")]
	if want := (traffic.Layer{Read: 12_845_056, Weights: 147_712, Written: 12_845_056,
		MACs: 1_849_688_064}); conv2 != want {
		t.Errorf("conv2: %+v, want %+v", conv2, want)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	near("intensity of conv2", conv2.Intensity(), 1_849_688_064.0/25_837_824)
	near("intensity of fc1", fc1.Intensity(), 102_760_448.0/(100_352+411_058_176+16_384))
	unrolled := a.Im2col[index(t, vgg, "conv2")]
	near("columns of conv2", float64(unrolled.Columns), 9*12_845_056)
	near("inflation of conv2", unrolled.Inflation(), 9)
	if fc := a.Im2col[index(t, vgg, "fc1")]; fc != (traffic.Unrolling{}) || fc.Inflation() != 0 {
		t.Errorf("fc1 has columns %+v", fc)
	}
	alexnet := builtIn(t, "alexnet")
	first := account(t, alexnet, 64).Im2col[index(t, alexnet, "conv1")] // of one picture, whatever the batch
	near("columns of conv1", float64(first.Columns), 4*363*3025)
	near("inflation of conv1", first.Inflation(), 363*3025/(227*227*3.0))
}

func TestRoofline(t *testing.T) {
	m := traffic.Machine{FLOPS: 100e9, Bandwidth: 20e9}
	if m.Ridge() != 2.5 { // 50e9 MACs and 20e9 bytes a second
		t.Errorf("ridge %v, want 2.5", m.Ridge())
	}
	for _, tt := range []struct {
		what    string
		l       traffic.Layer
		memory  bool
		seconds float64
	}{
		{"at the ridge", traffic.Layer{Read: 4e9, MACs: 10e9}, false, 0.2},
		{"above", traffic.Layer{Read: 2e9, Weights: 1e9, Written: 1e9, MACs: 20e9}, false, 0.4},
		{"below", traffic.Layer{Read: 2e9, Weights: 1e9, Written: 1e9, MACs: 5e9}, true, 0.2},
		{"bytes alone", traffic.Layer{Read: 10e9, Written: 10e9}, true, 1},
		{"nothing", traffic.Layer{}, false, 0},
	} {
		if got := m.IsMemoryBound(tt.l); got != tt.memory {
			t.Errorf("%s: bound by memory: %v, want %v", tt.what, got, tt.memory)
		}
		if got := m.LeastTime(tt.l); math.Abs(got-tt.seconds) > 1e-12 {
			t.Errorf("%s: %v s, want %v", tt.what, got, tt.seconds)
		}
	}
	a := &traffic.Account{Layers: []traffic.Layer{{Read: 4e9, MACs: 20e9}, {Read: 20e9}}}
	if got := a.LeastTime(m); math.Abs(got-1.4) > 1e-12 {
		t.Errorf("both layers: %v s, want 1.4", got)
	}
	if (traffic.Layer{}).Intensity() != 0 {
		t.Error("nothing moved has an intensity")
	}
}

// A larger batch reads the weights no more often, so that FC layers come to be bound by arithmetic.
func TestBatchRaisesIntensity(t *testing.T) {
	n := builtIn(t, "vgg16")
	m := traffic.Machine{FLOPS: 100e9, Bandwidth: 20e9}
	fc := index(t, n, "fc2")
	if one, many := account(t, n, 1).Layers[fc], account(t, n, 64).Layers[fc]; !m.IsMemoryBound(one) ||
		m.IsMemoryBound(many) || one.Weights != many.Weights {
		t.Errorf("fc2: %+v and %+v", one, many)
	}
}

func TestBeyondCounting(t *testing.T) {
	for _, tt := range []struct {
		batch int64
		text  string
		want  string
	}{
		{0, "input: 8x8x1\nlayers: CONV3-1\n", "the batch must be 1 or more"},
		{math.MaxInt64 / 8, "input: 8x8x1\nlayers: CONV3-1\n", "conv1, a batch of"},
		{1, "input: 1000000000x550000000x1\nlayers: CONV3-1\n", "conv1, a batch of 1: the size exceeds"},
		{1, "input: 2000000000x1000000000x1\nlayers: ADD(IDENTITY | IDENTITY | IDENTITY | IDENTITY | IDENTITY)\n", "add1"},
		{1, fmt.Sprintf("input: 20000000x20000000x1\nlayers: |\n  INPUT -> %s\n", "[TANH]*4000"), "tanh"},
	} {
		if _, err := traffic.New(read(t, tt.text), tt.batch); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40s, batch %d: %v, want %q", tt.text, tt.batch, err, tt.want)
		}
	}
}

// Two inputs of 4x4x1 that are added: each is read once, and neither is a layer.
func TestSeveralInputs(t *testing.T) {
	n := read(t, "input: 4x4x1\nlayers: INPUT -> ADD(IDENTITY | IDENTITY)\n")
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
	want := traffic.Layer{Read: 2 * 16 * 4, Written: 16 * 4}
	if a := account(t, both, 1); a.Layers[2] != want || a.Total != want || a.Layers[right] != (traffic.Layer{}) {
		t.Errorf("%+v, want %+v for the sum alone", a.Layers, want)
	}
}

// By hand: a CONV1-3 of 4x4x3 reads 48 floats, has 9+3 weights and writes 48 floats. The RELU and the ADD after it,
// computed at once, only read the other operand of the ADD, 48 floats.
func TestTogether(t *testing.T) {
	n := read(t,
		"input: 4x4x3\nlayers: INPUT -> CONV1-3 @a -> CONV1-3 @b -> RELU @c -> ADD(IDENTITY | @a) @d -> GAP -> FC-2")
	a := account(t, n, 1)
	b := index(t, n, "b")
	got := a.Together(b, []int{index(t, n, "c"), index(t, n, "d")})
	want := traffic.Layer{Read: 4 * (48 + 48), Weights: 4 * (9 + 3), Written: 4 * 48, MACs: 16 * 9}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
