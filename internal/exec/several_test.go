package exec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// built makes a network with a Builder. add adds a node for a layer in notation such as "RELU", and returns its index.
func built(t *testing.T, make func(add func(layer string, inputs ...int) int, output func(i int))) *shape.Network {
	t.Helper()
	var b graph.Builder
	add := func(layer string, inputs ...int) int {
		return b.Add(graph.Node{Name: fmt.Sprint("node", b.Len()), Op: layerOf(t, layer), Inputs: inputs})
	}
	make(add, b.Output)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	return n
}

// layerOf returns the last layer of a notation, for volumes of 4x4x2. "INPUT" is such a volume.
func layerOf(t *testing.T, layer string) graph.Op {
	t.Helper()
	n, err := read(line("4x4x2", strings.Replace("CONV1-2 -> "+layer, " -> INPUT", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if layer == "INPUT" {
		return n.Nodes[0].Op
	}
	return n.Nodes[len(n.Nodes)-1].Op
}

// severals returns networks with several inputs or outputs.
var severals = map[string]func(add func(layer string, inputs ...int) int, output func(i int)){
	"two inputs": func(add func(string, ...int) int, output func(int)) {
		left, right := add("INPUT"), add("INPUT")
		output(add("RELU", add("ADD(IDENTITY | IDENTITY)", add("CONV3-2", right), left)))
	},
	"an input that nothing reads, late": func(add func(string, ...int) int, output func(int)) {
		conv := add("CONV3-2", add("INPUT"))
		add("INPUT")
		output(add("RELU", conv))
	},
	"a sum onto a late input": func(add func(string, ...int) int, output func(int)) {
		early := add("INPUT")
		late := add("INPUT")
		output(add("ADD(IDENTITY | IDENTITY)", late, add("CONV3-2", early)))
	},
	"two outputs, of which one is read in place": func(add func(string, ...int) int, output func(int)) {
		conv := add("CONV3-2", add("INPUT"))
		output(add("SIGMOID", add("RELU", conv)))
		output(conv)
	},
	"an output that BN, ADD and activations could be merged with": func(add func(string, ...int) int, output func(int)) {
		in := add("INPUT")
		first := add("CONV3-2", in)
		second := add("CONV3-2", in)
		norm := add("BN", second)
		sum := add("ADD(IDENTITY | IDENTITY)", first, norm)
		output(first)
		output(second)
		output(norm)
		output(sum)
		output(add("RELU", sum))
	},
	"an early output, with layers after it": func(add func(string, ...int) int, output func(int)) {
		conv := add("CONV3-2", add("INPUT"))
		output(conv)
		tail := add("CONV3-2", conv)
		for range 4 {
			tail = add("CONV3-2", add("RELU", tail))
		}
		output(tail)
	},
	"inputs and views of them as outputs": func(add func(string, ...int) int, output func(int)) {
		left, right := add("INPUT"), add("INPUT")
		view := add("DROPOUT", right)
		relu := add("RELU", view)
		output(view)
		output(left)
		output(add("FLATTEN", relu))
		output(relu)
	},
}

// After a run all outputs are valid and match the naive ones, whichever layers are fused or work in place.
func TestSeveralInputsAndOutputs(t *testing.T) {
	for name, network := range severals {
		t.Run(name, func(t *testing.T) {
			n := built(t, network)
			for _, o := range []Options{{Batch: 2, Threads: 2}, {Batch: 2, Threads: 1, Algo: Im2col, Fuse: true},
				{Batch: 1, Threads: 2, Algo: Auto, Fuse: true}} {
				p, err := Compile(n, o)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				if err := p.Load(t.Context(), noisy()); err != nil {
					t.Fatal(err)
				}
				poison(p)
				checkSeveral(t, p)
			}
		})
	}
}

func checkSeveral(t *testing.T, p *Program) {
	t.Helper()
	n, batch := p.network, p.options.Batch
	inputs, err := p.NewInputs()
	if err != nil {
		t.Fatal(err)
	}
	for k, i := range n.Inputs {
		copy(inputs[k], noise(len(inputs[k]), n.Nodes[i].Name))
	}
	before := slices.Concat(inputs...)
	outputs, err := p.RunAll(t.Context(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) != len(n.Outputs) {
		t.Fatalf("%d outputs, want %d", len(outputs), len(n.Outputs))
	}
	if !slices.Equal(before, slices.Concat(inputs...)) {
		t.Error("an input was written to")
	}
	for picture := range batch {
		one := make([][]float32, len(inputs))
		for k := range inputs {
			one[k] = pictures(inputs[k], batch, picture, 1)
		}
		want := naiveNetwork(n, one...)
		for k, i := range n.Outputs {
			if d := far(pictures(outputs[k], batch, picture, 1), want[i].values); !(d < 1e-4) {
				t.Errorf("%+v: output %s of picture %d is off by %.2g", p.options, n.Nodes[i].Name, picture, d)
			}
		}
	}
}

func TestInputsMustFit(t *testing.T) {
	p, err := Compile(built(t, severals["two inputs"]), testOptions(2))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Load(t.Context(), noisy()); err != nil {
		t.Fatal(err)
	}
	right := make([]float32, 2*4*4*2)
	for _, tt := range []struct {
		inputs [][]float32
		want   string
	}{
		{nil, "got 0 input volumes, but the network has 2 inputs"},
		{[][]float32{right}, "got 1 input volumes, but the network has 2 inputs"},
		{[][]float32{right, right[1:]}, "node1 has 63 values, but a batch of 2 with shape 4x4x2 has 64"},
	} {
		if _, err := p.RunAll(t.Context(), tt.inputs); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if _, err := p.Run(t.Context(), right); err == nil {
		t.Error("one volume is enough for two inputs")
	}
	want := int64(4 * 2 * 2 * 4 * 4 * 2)
	if got := p.Footprint().Input; got != want {
		t.Errorf("the inputs take %d bytes, want %d", got, want)
	}
}
