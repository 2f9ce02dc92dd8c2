package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
)

const withBlocks = `
input: 8x8x4
blocks:
  unit(f): CONV1-f -> RELU
  residual(): ADD(unit(4) | IDENTITY) -> RELU
  stage(): "[residual()]*2"
layers: |
  INPUT -> unit(4) -> stage() -> POOL2 @down -> RELU -> FC-2
`

// modules returns the calls that are modules, each once.
func modules(g *graph.Graph) []string {
	var names []string
	for _, n := range g.Nodes {
		for s := n.Within; s != nil; s = s.Outer {
			if s.Module && !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func functions(g *graph.Graph) []string {
	var names []string
	for _, n := range g.Nodes {
		if n.Function {
			names = append(names, n.Name)
		}
	}
	return names
}

func TestPyTorchModules(t *testing.T) {
	for _, test := range []struct {
		name, pytorch      string
		modules, functions []string
	}{
		{"blocks with paths, themselves or in blocks that they call", "",
			[]string{"stage1", "stage1.residual1", "stage1.residual2"}, nil},
		{"as written", "pytorch: {modules: [unit]}",
			[]string{"stage1.residual1.unit1", "stage1.residual2.unit1", "unit1"}, nil},
		{"none", "pytorch: {modules: []}", nil, nil},
		{"a list makes a module", "pytorch: {lists: [unit], modules: []}",
			[]string{"stage1.residual1.unit1", "stage1.residual2.unit1", "unit1"}, nil},
		{"functions of a kind", "pytorch: {modules: [], functions: [Relu]}", nil,
			[]string{"unit1.relu1", "stage1.residual1.unit1.relu1", "stage1.residual1.relu1", "stage1.residual2.unit1.relu1",
				"stage1.residual2.relu1", "relu1"}},
		{"functions of a kind in a block", "pytorch: {modules: [], functions: [residual.RELU]}", nil,
			[]string{"stage1.residual1.relu1", "stage1.residual2.relu1"}},
		{"functions with a label", "pytorch: {modules: [], functions: [down]}", nil, []string{"down"}},
	} {
		g := sound(t, withBlocks+test.pytorch)
		if diff := cmp.Diff(test.modules, modules(g)); diff != "" {
			t.Errorf("%s: modules (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.functions, functions(g)); diff != "" {
			t.Errorf("%s: functions (-want +got):\n%s", test.name, diff)
		}
	}
}

// A permuted CONV is 1x1, whatever the list picks; a permuted layer has PyTorch's own class.
func TestPyTorchPermuted(t *testing.T) {
	g := sound(t, `
input: 8x8x4
blocks:
  mix(f): CONV3-f -> LN -> CONV1-f -> GELU -> CONV1-f groups=2 -> CONV1-f @last
layers: INPUT -> CONV1-4 -> LN -> mix(8) -> LN volume -> FC-2
pytorch: {permuted: [mix.LN, mix.CONV, mix.GELU], subclasses: [LN]}
`)
	var permuted, subclasses []string
	for _, n := range g.Nodes {
		if n.Permuted {
			permuted = append(permuted, n.Name)
		}
		if n.Subclass {
			subclasses = append(subclasses, n.Name)
		}
	}
	if diff := cmp.Diff([]string{"mix1.ln1", "mix1.conv2", "mix1.gelu1", "mix1.last"}, permuted); diff != "" {
		t.Errorf("permuted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ln1", "ln2"}, subclasses); diff != "" {
		t.Errorf("subclasses (-want +got):\n%s", diff)
	}
}

func TestPyTorchLists(t *testing.T) {
	for _, n := range sound(t, withBlocks+"pytorch: {lists: [residual]}").Nodes {
		for s := n.Within; s != nil; s = s.Outer {
			if s.TakesList != (s.Block == "residual") {
				t.Errorf("%s in %s: takes a list: %t", n.Name, s.Name, s.TakesList)
			}
		}
	}
}

// The layers of an inline block have names and numbers as if they were written where it is called. Its labels name
// nothing, and no call holds what it reads.
func TestInlineBlocks(t *testing.T) {
	const text = `
input: 8x8x4
blocks:
  unit(f): CONV3-f @skip -> RELU -> ADD(@skip | IDENTITY)
  outer(): CONV1-4 -> unit(4)
layers: |
  INPUT -> unit(4) -> [unit(4)]*2 @last -> outer() -> CONV1-2
`
	g := sound(t, text+"pytorch: {inline: [unit]}")
	var names []string
	for _, n := range g.Nodes {
		names = append(names, n.Name)
	}
	want := "input conv1 relu1 add1 conv2 relu2 add2 conv3 relu3 last " +
		"outer1.conv1 outer1.conv2 outer1.relu1 outer1.add1 conv4"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("names %s, want %s", got, want)
	}
	if len(g.Modules) != 1 || g.Modules[0].First != 10 || modules(g)[0] != "outer1" {
		t.Errorf("modules %v of %v, want outer1 only", g.Modules, modules(g))
	}
	if len(sound(t, text).Modules) != 5 {
		t.Error("blocks that are not inline are not modules")
	}
}
