package spec

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// as returns the options that give a file these variables, and its input this side if it is not 0.
func as(side int64, vars map[string][]int64) graph.Options {
	return graph.Options{InputWidth: side, InputHeight: side, Vars: vars}
}

func TestRewriteOptions(t *testing.T) {
	one := map[string][]int64{"N": {1}}
	for _, c := range []struct {
		name, text, want string
		options          graph.Options
	}{
		{"nothing", "input: 8x8x3 # small\nlayers: INPUT -> CONV3-8\n", "input: 8x8x3 # small\nlayers: INPUT -> CONV3-8\n",
			graph.Options{}},
		{"the input and a variable", "vars: {w: 4, N: 2} # two\ninput: 8x8x3\nlayers: INPUT -> CONV3-w*N\n",
			"vars: {w: 4, N: 1} # two\ninput: 16x16x3\nlayers: INPUT -> CONV3-w*N\n", as(16, one)},
		{"quotes, and characters of several bytes",
			"{name: 'é', input: \"8x8x3\", vars: {N: 2}, layers: INPUT -> CONV3-4*N}",
			"{name: 'é', input: \"16x16x3\", vars: {N: 1}, layers: INPUT -> CONV3-4*N}", as(16, one)},
		{"lists", "input: 8x8x3\nvars: {w: [4, 8], N: 2}\nlayers: |\n  INPUT -> [CONV3-w]*N\n",
			"input: 8x8x3\nvars: {w: [1, 2, 3], N: 3}\nlayers: |\n  INPUT -> [CONV3-w]*N\n",
			as(0, map[string][]int64{"w": {1, 2, 3}, "N": {3}})},
		{"a variable without a value", "input: 8x8x3\n# All of them.\nlayers: INPUT -> CONV3-4 -> POOL2?\n",
			"input: 8x8x3\n# All of them.\nvars: {pool: 0}\nlayers: INPUT -> CONV3-4 -> POOL2?\n",
			as(0, map[string][]int64{"pool": {0}})},
		{"one besides others", "input: 8x8x3\nvars: {w: 4}\nlayers: INPUT -> CONV3-w -> POOL2?\n",
			"input: 8x8x3\nvars: {pool: 0, w: 4}\nlayers: INPUT -> CONV3-w -> POOL2?\n",
			as(0, map[string][]int64{"pool": {0}})},
		{"one besides others on lines", "input: 8x8x3\nvars:\n    w: 4\nlayers: INPUT -> CONV3-w -> POOL2?\n",
			"input: 8x8x3\nvars:\n    pool: 0\n    w: 4\nlayers: INPUT -> CONV3-w -> POOL2?\n",
			as(0, map[string][]int64{"pool": {0}})},
		{"an input of several", "inputs: {a: 8x8x3, b: 8x8x1}\nlayers: CONCAT(@a | @b)\n",
			"inputs: {a: 8x8x3, b: 8x8x4}\nlayers: CONCAT(@a | @b)\n",
			graph.Options{Inputs: map[string]graph.Shape{"b": {W: 8, H: 8, D: 4}}}},
		{"a list on lines, which is not edited",
			"input: 8x8x3\nvars:\n  w:\n    - 4\n    - 8\nlayers: INPUT -> [CONV3-w]*2\n",
			"input: 8x8x3\nlayers: |\n  INPUT -> CONV3-1 -> CONV3-2\n", as(0, map[string][]int64{"w": {1, 2}})},
	} {
		f, _, problems := Read("test.yaml", []byte(c.text))
		g, more := f.Lower(c.options)
		if problems = append(problems, more...); len(problems) > 0 {
			t.Fatal(c.name, problems)
		}
		if diff := cmp.Diff(c.want, f.Rewrite(g, c.options)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// withConvs returns a graph with 1x1 CONV layers in place of its FC layers, and without its FLATTENs.
func withConvs(t testing.TB, g *graph.Graph) *graph.Graph {
	t.Helper()
	b := graph.Builder{Header: *g}
	place := make([]int, len(g.Nodes))
	for i, n := range g.Nodes {
		n.Inputs = nil
		for _, in := range g.Nodes[i].Inputs {
			n.Inputs = append(n.Inputs, place[in])
		}
		if n.Op.Kind() == "FLATTEN" {
			place[i] = n.Inputs[0]
			continue
		}
		if n.Op.Kind() == "FC" {
			units := n.Op.(op.Layer).Fields()[0].Setting.Value()
			conv, err := op.New("CONV", map[string]op.Value{"size": {Ints: []int64{1}}, "filters": units})
			if err != nil {
				t.Fatal(err)
			}
			n.Op = conv
		}
		place[i] = b.Add(n)
	}
	for k, out := range g.Outputs {
		b.Head(place[out], g.HeadOf(k))
	}
	now, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestRewriteLayers(t *testing.T) {
	const block = "blocks:\n  unit(w): CONV1-w -> RELU\n"
	for _, c := range []struct{ name, layers, want string }{
		{"an item", "INPUT -> unit(4)*2 -> FC-10 # scores\n", "INPUT -> unit(4)*2 -> CONV1-10 @fc1 # scores\n"},
		{"one with a label, and one that is left out", "INPUT -> unit(4) -> FLATTEN -> FC-10 @last\n",
			"INPUT -> unit(4) -> CONV1-10 @last\n"},
		{"a repeat", "INPUT -> unit(4) -> [FC-8 -> RELU]*2 -> FC-2\n",
			"INPUT -> unit(4) -> CONV1-8 @fc1 -> RELU -> CONV1-8 @fc2 -> RELU -> CONV1-2 @fc3\n"},
		{"quotes, and heads", "\"INPUT -> unit(4) -> FC-8 @in\"\nheads: {a: '@in -> RELU -> FC-2', b: '@in -> FC-3 @z'}\n",
			"\"INPUT -> unit(4) -> CONV1-8 @in\"\nheads: {a: '@in -> RELU -> CONV1-2 @fc1', b: '@in -> CONV1-3 @z'}\n"},
		{"a list", "\n  - INPUT -> unit(4)\n  - FLATTEN -> FC-8\n  - RELU\n",
			"\n  - INPUT -> unit(4)\n  - CONV1-8 @fc1\n  - RELU\n"},
	} {
		file := "input: 1x1x4\n" + block + "layers: "
		f, _, problems := Read("test.yaml", []byte(file+c.layers))
		g, more := f.Lower(graph.Options{})
		if problems = append(problems, more...); len(problems) > 0 {
			t.Fatal(c.name, problems)
		}
		if diff := cmp.Diff(file+c.want, f.Rewrite(withConvs(t, g), graph.Options{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// A flag under defaults: does not hold for a layer that replaces another.
func TestRewriteUndoesDefaults(t *testing.T) {
	const text = "input: 1x1x4\ndefaults: {conv: {nobias: true, rounding: floor}}\nlayers: INPUT -> CONV1-4 -> "
	f, _, _ := Read("test.yaml", []byte(text+"FC-10\n"))
	g, problems := f.Lower(graph.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := text + "CONV1-10 nobias=false @fc1\n"
	if diff := cmp.Diff(want, f.Rewrite(withConvs(t, g), graph.Options{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What cannot be edited is printed: an FC in a block, and a label that its head cannot have since the layers have it.
func TestRewritePrintsTheRest(t *testing.T) {
	for _, text := range []string{
		"input: 1x1x4\nblocks:\n  last(w): FC-w -> RELU\nlayers: INPUT -> last(8)*2\n",
		"input: 1x1x4\nlayers: INPUT -> CONV1-4 @x -> FC-2\nheads: {a: '@x -> FC-3'}\n",
		"input: 1x1x4\nlayers: INPUT -> ADD(FC-4 | IDENTITY)\n",
	} {
		f, _, _ := Read("test.yaml", []byte(text))
		g, problems := f.Lower(graph.Options{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		g = withConvs(t, g)
		if got := f.Rewrite(g, graph.Options{}); got != PrintBlocks(g) {
			t.Errorf("edited:\n%s", got)
		}
		checkRewritten(t, f, g, graph.Options{})
	}
}

// FuzzRewrite checks that a file with other values of variables, another input, and other layers reads as the graph.
func FuzzRewrite(f *testing.F) {
	f.Add(blocksAndLabels)
	f.Add("inputs: {a: 8x8x1, b: 8x8x2}\nvars: {N: [1, 2]}\nlayers: CONCAT(@a | @b -> RELU)*N @c -> FC-2\n" +
		"heads: {x: '@c -> FC-2 @d'}")
	f.Add("input: 8x8x1\nvars: {N: 2}\nlayers: '[CONV3-2 -> RELU?]*N -> FLATTEN -> FC-2 # é'")
	f.Add("input: 8x8x1\nlayers: [fc: {units: 2, name: a.b}, RELU, \"\\u0046C-2\"]")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzzed {
			return
		}
		file, _, problems := Read("test.yaml", []byte(text))
		o := graph.Options{InputWidth: 16, InputHeight: 16, Vars: map[string][]int64{}}
		for _, name := range file.Variables() {
			o.Vars[name] = []int64{1}
		}
		if file.isArrowText || file.UnknownInput(o) != nil {
			o.InputWidth, o.InputHeight = 0, 0
		}
		g, more := file.lower(o, fuzzedSteps)
		if problems = append(problems, more...); len(problems) > 0 || len(g.Nodes) > 500 {
			return
		}
		checkRewritten(t, file, g, o)
		for i := range g.Nodes {
			g.Nodes[i].Pos = diag.Pos{}
		}
		checkRewritten(t, file, withConvs(t, g), o)
	})
}

func checkRewritten(t *testing.T, file *File, g *graph.Graph, o graph.Options) {
	t.Helper()
	if text := file.Rewrite(g, o); !readsAs(text, g) {
		g.Modules = nil // printed files have none
		checkReadsAs(t, text, g)
	}
}
