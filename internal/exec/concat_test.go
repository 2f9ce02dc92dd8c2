package exec

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// compileApart compiles a network so that every CONCAT copies its inputs.
func compileApart(t rapid.TB, n *shape.Network, o Options) *Program {
	p, err := Compile(n, o)
	if err != nil {
		t.Fatal(err)
	}
	if p.arena, err = p.planApart(); err != nil {
		t.Fatal(err)
	}
	for i := range p.steps {
		if p.steps[i].alias == memory.Joined {
			p.steps[i].run = concat
		}
	}
	return p
}

// copies returns how many CONCATs there are, and how many of them copy all of their inputs, or some.
func copies(p *Program) (all, some, concats int) {
	for i := range p.steps {
		if p.steps[i].alias != memory.Joined {
			continue
		}
		concats++
		switch placed := p.placed(i); {
		case placed == 0:
			all++
		case p.steps[i].run != nil:
			some++
		}
	}
	return all, some, concats
}

// concatDrawer draws networks with many CONCATs.
type concatDrawer struct {
	t      *rapid.T
	ops    map[string]graph.Op
	b      graph.Builder
	shapes []graph.Shape
	isRead []bool
}

// concatLayers has one layer with each notation for every volume, whatever its depth.
var concatLayers = []string{
	"INPUT", "CONV3-1", "CONV3-2", "CONV1-2", "CONV1-4", "POOL3 s1 p1", "RELU", "BN", "SILU", "DROPOUT", "FLATTEN", "GMP",
	"ADD(IDENTITY | IDENTITY)", "MUL(IDENTITY | IDENTITY)", "MAX(IDENTITY | IDENTITY)", "CONCAT(IDENTITY | IDENTITY)",
}

func (d *concatDrawer) add(layer string, inputs ...int) {
	node := graph.Node{Name: fmt.Sprint("node", d.b.Len()), Op: d.ops[layer], Inputs: inputs}
	var in []graph.Shape
	for _, i := range inputs {
		in = append(in, d.shapes[i])
		d.isRead[i] = true
	}
	out, err := node.Op.Output(in)
	if err != nil {
		d.t.Fatal(err)
	}
	d.b.Add(node)
	d.shapes, d.isRead = append(d.shapes, out), append(d.isRead, false)
}

// pick draws an earlier volume, mostly one of the last, whose shape is accepted.
func (d *concatDrawer) pick(name string, accept func(s graph.Shape) bool) int {
	var all []int
	for i := max(0, len(d.shapes)-8); i < len(d.shapes); i++ {
		if accept(d.shapes[i]) {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return rapid.SampledFrom(all).Draw(d.t, name)
}

func (d *concatDrawer) draw() {
	any := func(graph.Shape) bool { return true }
	wide := func(s graph.Shape) bool { return s.W == 4 && s.D < 40 }
	often := slices.Repeat([]string{"CONCAT(IDENTITY | IDENTITY)"}, 6)
	layer := rapid.SampledFrom(append(often, concatLayers[1:]...)).Draw(d.t, "layer")
	switch in := d.pick("input", any); layer {
	case "CONCAT(IDENTITY | IDENTITY)":
		inputs := []int{in}
		for range rapid.IntRange(1, 3).Draw(d.t, "more") {
			fits := func(s graph.Shape) bool { return s.W == d.shapes[in].W && s.H == d.shapes[in].H && s.D < 40 }
			inputs = append(inputs, d.pick("joined", fits))
		}
		for _, i := range inputs {
			if d.shapes[i].W != d.shapes[in].W {
				return
			}
		}
		d.add(layer, inputs...)
	case "ADD(IDENTITY | IDENTITY)", "MUL(IDENTITY | IDENTITY)", "MAX(IDENTITY | IDENTITY)":
		s := d.shapes[in]
		fits := func(o graph.Shape) bool { return o == s || o.D == 1 && o.W == s.W || o.D == s.D && o.W == 1 }
		if other := d.pick("operand", fits); fits(d.shapes[other]) {
			inputs := []int{in, other}
			if rapid.Bool().Draw(d.t, "swapped") {
				inputs = []int{other, in}
			}
			d.add(layer, inputs...)
		}
	case "CONV3-1", "CONV3-2", "CONV1-2", "CONV1-4", "POOL3 s1 p1", "GMP":
		d.add(layer, d.pick("input", wide))
	default:
		d.add(layer, in)
	}
}

// concatNetworks draws networks with many CONCATs.
func concatNetworks(t *testing.T) *rapid.Generator[*shape.Network] {
	ops := map[string]graph.Op{}
	for _, layer := range concatLayers {
		ops[layer] = layerOf(t, layer)
	}
	return rapid.Custom(func(t *rapid.T) *shape.Network {
		d := &concatDrawer{t: t, ops: ops}
		return d.network()
	})
}

func (d *concatDrawer) network() *shape.Network {
	d.add("INPUT")
	for range rapid.IntRange(3, 25).Draw(d.t, "layers") {
		d.draw()
	}
	for i, isRead := range d.isRead {
		if !isRead || rapid.IntRange(0, 9).Draw(d.t, "output") == 0 {
			d.b.Output(i)
		}
	}
	g, err := d.b.Graph()
	if err != nil {
		d.t.Fatal(err)
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		d.t.Fatal(&problems[0])
	}
	return n
}

// observed runs a program, and returns what its observers see, and then the outputs.
func observed(t rapid.TB, p *Program, input []float32) [][]float32 {
	if err := p.Load(context.Background(), noisy()); err != nil {
		t.Fatal(err)
	}
	poison(p)
	var seen [][]float32
	outputs, err := p.RunAll(context.Background(), [][]float32{input}, each(func(c Computed) {
		seen = append(seen, slices.Clone(c.Output))
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range outputs {
		seen = append(seen, slices.Clone(out))
	}
	return seen
}

// Layers that write to the output of a CONCAT compute the same bits as when their outputs are copied, in no larger an
// arena.
func TestRandomConcats(t *testing.T) {
	networks := concatNetworks(t)
	rapid.Check(t, func(t *rapid.T) {
		n := networks.Draw(t, "network")
		o := Options{
			Batch: rapid.IntRange(1, 3).Draw(t, "batch"), Threads: rapid.IntRange(1, 2).Draw(t, "threads"),
			Algo: rapid.SampledFrom([]Algo{Auto, Im2col, Direct}).Draw(t, "algorithm"), Fuse: rapid.Bool().Draw(t, "fuse"),
		}
		p, err := Compile(n, o)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		apart := compileApart(t, n, o)
		defer apart.Close()
		if p.arena.Values > apart.arena.Values {
			t.Errorf("an arena of %d values, %d where all inputs are copied", p.arena.Values, apart.arena.Values)
		}
		input := inputNoise(p)
		got, want := observed(t, p, slices.Clone(input)), observed(t, apart, input)
		for i := range want {
			if !sameBits(got[i], want[i]) {
				t.Errorf("volume %d of %d is not what it is where all inputs are copied", i, len(want))
			}
		}
		if all, _, concats := copies(p); o.Batch > 1 && all < concats {
			t.Error("an input of a CONCAT is not one piece of its output in a batch")
		}
	})
}

// What TestRandomConcats compares is not copies with copies: of the CONCATs of such networks, here the same ones in
// every run with one version of rapid, 184 have inputs at their places, and 103 copy them.
func TestRandomConcatsCopyLittle(t *testing.T) {
	networks := concatNetworks(t)
	placed, copied := 0, 0
	for seed := range 50 {
		p, err := Compile(networks.Example(seed), Options{Batch: 1, Threads: 1, Algo: Auto, Fuse: true})
		if err != nil {
			t.Fatal(err)
		}
		all, _, concats := copies(p)
		p.Close()
		placed, copied = placed+concats-all, copied+all
	}
	if placed < 20 || copied < 20 {
		t.Errorf("%d CONCATs have inputs at their places, %d copy them", placed, copied)
	}
}

// For one picture these networks copy nothing to join volumes.
func TestConcatsOfBuiltInNetworks(t *testing.T) {
	for _, name := range []string{"densenet121", "densenet201", "inception_v3", "squeezenet1_0", "shufflenet_v2_x1_0"} {
		text, err := architectures.Open("torchvision/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			p := compile(t, string(text), Options{Batch: 1, Threads: threads, Algo: Auto, Fuse: true})
			if all, some, concats := copies(p); concats == 0 || all+some > 0 {
				t.Errorf("%s, %d threads: of %d CONCATs, %d copy all inputs and %d some", name, threads, concats, all, some)
			}
		}
	}
}

// No built-in network needs a larger arena than with copies.
func TestConcatsTakeNoMemory(t *testing.T) {
	for _, name := range architectures.Names() {
		text, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{Fuse: true}, {Algo: Im2col, Fuse: true}, {}} {
			o.Batch, o.Threads = 1, 2
			p := compile(t, string(text), o)
			apart, err := p.planApart()
			if err != nil {
				t.Fatal(err)
			}
			if p.arena.Values > apart.Values {
				t.Errorf("%s, %+v: %d values, %d with copies", name, o, p.arena.Values, apart.Values)
			}
		}
	}
}

func TestConcatsSayWhatTheyCopy(t *testing.T) {
	for _, tt := range []struct {
		layers, want string
		batch        int
	}{
		{"CONCAT(CONV1-2 | CONV3-2 -> RELU)", "no copy", 1},
		{"CONCAT(POOL3 s1 p1 | IDENTITY)", "copy", 1},
		{"CONCAT(CONV1-2 | CONV3-2)", "", 2},
		{"POOL3 s1 p1 -> DROPOUT -> CONCAT(IDENTITY | IDENTITY)", "copy", 1},
		{"CONCAT(IDENTITY | DROPOUT)", "", 1},
	} {
		p := compile(t, line("4x4x2", tt.layers), Options{Batch: tt.batch, Threads: 1, Fuse: true})
		if got := p.Algorithm(len(p.steps) - 1); got.Name != tt.want || (got.Why == "") != (tt.want == "") {
			t.Errorf("%s, batch %d: %+v, want %q", tt.layers, tt.batch, got, tt.want)
		}
	}
}
