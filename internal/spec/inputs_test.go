package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

const towers = `
inputs: {left: 16x12x3, right: 16x12x1}
blocks:
  tower(w): CONV3-w -> RELU
layers: |
  CONCAT(@left -> tower(4) | @right -> tower(2) @deep) -> GAP -> FC-2
`

func TestInputs(t *testing.T) {
	g := sound(t, towers)
	want := []string{
		"left INPUT []", "right INPUT []", "tower1.conv1 CONV3-4 [0]", "tower1.relu1 RELU [2]", "tower2.conv1 CONV3-2 [1]",
		"deep RELU [4]", "concat1 CONCAT [3 5]", "gap1 GAP [6]", "fc1 FC-2 [7]",
	}
	var got []string
	for _, n := range plainNodes(g) {
		got = append(got, fmt.Sprint(n.Name, " ", n.Notation, " ", n.Inputs))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 1}, g.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// Heads may be all that reads an input.
func TestInputsOfHeads(t *testing.T) {
	g := sound(t, `
inputs: {left: 8x8x3, right: 8x8x1}
layers: "@left"
heads: {a: "@left -> CONV1-2", b: "@right -> CONV1-2"}
`)
	if diff := cmp.Diff([]output{{"a", "a.conv1", false, 1}, {"b", "b.conv1", false, 1}}, outputs(g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// sizes returns the sizes of a graph's inputs.
func sizes(g *graph.Graph) string {
	var texts []string
	for _, i := range g.Inputs {
		s, _ := g.Nodes[i].Op.Output(nil)
		texts = append(texts, s.String())
	}
	return strings.Join(texts, " ")
}

func TestInputSizes(t *testing.T) {
	const unlike = "inputs: {left: 16x12x3, right: 8x8x1}\nlayers: \"@left -> GAP -> CONCAT(IDENTITY | @right -> GAP)\"\n"
	for _, c := range []struct {
		text    string
		options graph.Options
		want    string // the sizes, or a part of the error
	}{
		{towers, graph.Options{}, "16x12x3 16x12x1"},
		{towers, graph.Options{InputWidth: 20, InputHeight: 10}, "20x10x3 20x10x1"},
		{towers, graph.Options{Inputs: map[string]graph.Shape{"right": {W: 20, H: 10, D: 2}}}, "16x12x3 20x10x2"},
		{towers, graph.Options{Inputs: map[string]graph.Shape{"rihgt": {W: 20, H: 10}}},
			"no input rihgt; did you mean right?"},
		{unlike, graph.Options{InputWidth: 20, InputHeight: 20}, "inputs of different sizes, left, right"},
		{unlike, graph.Options{Inputs: map[string]graph.Shape{"left": {W: 20, H: 20}}}, "20x20x3 8x8x1"},
		{"input: 8x8x3\nlayers: INPUT -> GAP", graph.Options{Inputs: map[string]graph.Shape{"left": {W: 20, H: 20}}},
			"one input only"},
	} {
		f, _, problems := Read("test.yaml", []byte(c.text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := f.UnknownInput(c.options); err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: %v, want %s", c.options, err, c.want)
			}
			continue
		}
		g, _ := f.Lower(c.options)
		if got := sizes(g); got != c.want {
			t.Errorf("%+v: %s, want %s", c.options, got, c.want)
		}
	}
}

// A graph whose inputs come late is printed with all inputs first.
func TestPrintLateInputs(t *testing.T) {
	var b graph.Builder
	input := func(name string) int {
		return b.Add(graph.Node{Name: name, Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 4}}})
	}
	relu := b.Add(graph.Node{Name: "relu1", Op: &op.ReLU{}, Inputs: []int{input("early")}})
	b.Add(graph.Node{Name: "add1", Op: &op.Add{}, Inputs: []int{relu, input("late")}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	want := "inputs:\n  early: 8x8x4\n  late: 8x8x4\nlayers: |\n  @early -> RELU -> ADD(IDENTITY | @late)\n"
	if diff := cmp.Diff(want, Print(g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
