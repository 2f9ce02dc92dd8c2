package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
)

// output is an output of a graph, by name.
type output struct {
	Name, Node string
	Training   bool
	Loss       float64
}

func outputs(g *graph.Graph) []output {
	if g.Heads == nil {
		return []output{{g.OutputName(0), g.Nodes[g.Outputs[0]].Name, false, 1}}
	}
	var all []output
	for k, h := range g.Heads {
		all = append(all, output{g.OutputName(k), g.Nodes[g.Outputs[k]].Name, h.Training, h.Loss})
	}
	return all
}

// The outputs are the end of the layers, unless something uses it, and the heads.
func TestHeads(t *testing.T) {
	for _, c := range []struct {
		name, layers, heads string
		want                []output
	}{
		{"none", "INPUT -> CONV3-4 @a", "", []output{{"output", "a", false, 1}}},
		{"an empty mapping", "INPUT -> CONV3-4 @a", "heads: {}", []output{{"output", "a", false, 1}}},
		{"beside the end", "INPUT -> CONV3-4 @a -> RELU", `heads: {x: "@a -> CONV1-2"}`,
			[]output{{"output", "relu1", false, 1}, {"x", "x.conv1", false, 1}}},
		{"in place of the end", "INPUT -> CONV3-4 -> RELU @a", `heads: {x: "@a -> CONV1-2", y: "@a -> CONV1-3"}`,
			[]output{{"x", "x.conv1", false, 1}, {"y", "y.conv1", false, 1}}},
		{"a name for the end", "INPUT -> CONV3-4 -> RELU @a", `heads: {x: "@a"}`, []output{{"x", "a", false, 1}}},
		{"an earlier result", "INPUT -> CONV3-4 @a -> RELU", `heads: {x: "@a"}`,
			[]output{{"output", "relu1", false, 1}, {"x", "a", false, 1}}},
		{"an end that a layer reads", "INPUT -> CONV3-4 @a -> RELU @b -> @a", `heads: {x: "@b"}`,
			[]output{{"x", "b", false, 1}}},
		{"labels of another head", "INPUT -> CONV3-4 @a",
			`heads: {x: "@a -> CONV1-2 @c -> CONV1-2 @d", y: "@x.c -> CONV1-2 @c"}`,
			[]output{{"x", "x.d", false, 1}, {"y", "y.c", false, 1}}},
		{"for training", "INPUT -> CONV3-4 @a -> FC-2", `heads: {x: {layers: "@a -> FC-2", training: true, loss: 0.3}}`,
			[]output{{"output", "fc1", false, 1}, {"x", "x.fc1", true, 0.3}}},
		{"a list", "INPUT -> CONV3-4 @a -> FC-2", `heads: {x: ["@a", conv: {filters: 2, size: 1, name: c}, RELU]}`,
			[]output{{"output", "fc1", false, 1}, {"x", "x.relu1", false, 1}}},
		{"blocks and paths", "INPUT -> CONV3-4 @a -> FC-2", `heads: {x: "@a -> unit() -> ADD(@a -> RELU | unit())"}`,
			[]output{{"output", "fc1", false, 1}, {"x", "x.add1", false, 1}}},
	} {
		g := sound(t, "input: 8x8x3\nblocks:\n  unit(): CONV3-4 -> RELU\nlayers: "+c.layers+"\n"+c.heads)
		if diff := cmp.Diff(c.want, outputs(g)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		checkRoundTrip(t, g)
	}
}

// classes: sets the last FC of the layers and of every head.
func TestClassesOfHeads(t *testing.T) {
	g := sound(t, `
input: 8x8x3
classes: 7
layers: INPUT -> CONV3-4 @a -> FC-5 -> FC
heads: {x: "@a -> GAP -> FC", y: "@a -> FC-3"}
`)
	units := map[string]string{}
	for _, n := range plainNodes(g) {
		units[n.Name] = n.Notation
	}
	for name, notation := range map[string]string{"fc1": "FC-5", "fc2": "FC-7", "x.fc1": "FC-7", "y.fc1": "FC-3"} {
		if units[name] != notation {
			t.Errorf("%s is %s, want %s", name, units[name], notation)
		}
	}
}

// Heads whose labels the layers have too are printed within the layers.
func TestPrintHeadsWithLabelsOfTheLayers(t *testing.T) {
	g := sound(t, "input: 8x8x3\nlayers: INPUT -> CONV3-4 @x.q -> CONV3-4 @a\nheads: {x: \"@a -> CONV1-2 @p -> RELU\"}")
	g.Nodes[3].Name = "x.a"
	checkRoundTrip(t, g)
}

// Heads for training run as soon as the results are there that they read, and the heads before them that are not for
// training; the others follow the layers.
func TestOrderOfHeads(t *testing.T) {
	g := sound(t, `
input: 8x8x3
layers: INPUT -> CONV3-4 @a -> CONV3-5 @b -> CONV3-6 @c -> FC-2
heads:
  late: {layers: "@a -> ADD(CONV1-5 | @b)", training: true}
  early: {layers: "@a -> CONV1-2 @mid", training: true}
  second: {layers: "@early.mid -> CONV1-3 -> RELU", training: true}
  plain: "@a -> CONV1-1"
  last: {layers: "@a -> CONV1-4", training: true}
`)
	want := "input a early.mid second.conv1 second.relu1 b late.conv1 late.add1 c fc1 plain.conv1 last.conv1"
	var names []string
	for _, n := range g.Nodes {
		names = append(names, n.Name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"output", "late", "early", "second", "plain", "last"}, outputNames(g)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// Modules are of the same nodes wherever their heads run.
func TestModulesMoveWithHeads(t *testing.T) {
	g := sound(t, `
input: 8x8x3
blocks:
  unit(f): CONV3-f -> RELU
layers: |
  INPUT -> unit(4) @a -> [CONV3-5 -> RELU] @b -> FC-2
heads:
  aux: {layers: "@a -> unit(6) -> FC-2", training: true}
  inner: {layers: "@b -> unit(7)", training: true}
pytorch: {modules: [unit]}
`)
	now, _ := g.Inference()
	for _, test := range []struct {
		g    *graph.Graph
		want []string
	}{
		{g, []string{"unit1.conv1..a of input", "conv1..b of a", "aux.unit1.conv1..aux.unit1.relu1 of a",
			"inner.unit1.conv1..inner.unit1.relu1 of b"}},
		{now, []string{"unit1.conv1..a of input", "conv1..b of a"}},
	} {
		var got []string
		for _, m := range test.g.Modules {
			name := func(i int) string { return test.g.Nodes[i].Name }
			got = append(got, fmt.Sprintf("%s..%s of %s", name(m.First), name(m.Last), name(m.Inputs[0])))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("modules (-want +got):\n%s", diff)
		}
	}
}

func outputNames(g *graph.Graph) []string {
	names := make([]string, len(g.Outputs))
	for k := range names {
		names[k] = g.OutputName(k)
	}
	return names
}
