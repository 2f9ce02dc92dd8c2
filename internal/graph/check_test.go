package graph_test

import (
	"strings"
	"testing"

	"cnncalc/internal/graph"
)

// layer is an Op of some kind; Check looks at nothing else.
type layer string

func (l layer) Kind() string                                        { return string(l) }
func (layer) Output(in []graph.Shape) (graph.Shape, error)          { return in[0], nil }
func (layer) Weights(_ []graph.Shape, _ graph.Shape) []graph.Weight { return nil }
func (layer) MACs([]graph.Shape, graph.Shape) (int64, error)        { return 0, nil }
func (layer) MakesVolume() bool                                     { return true }

type merge struct{ layer }

func (merge) JoinsPaths() {}

// twoTowers is a network of two inputs and two outputs.
func twoTowers(t *testing.T) *graph.Graph {
	t.Helper()
	b := graph.Builder{Header: graph.Graph{Name: "towers"}}
	left := b.Add(graph.Node{Name: "left", Op: layer("INPUT")})
	right := b.Add(graph.Node{Name: "right", Op: layer("INPUT")})
	conv := b.Add(graph.Node{Name: "conv1", Op: layer("CONV"), Inputs: []int{right}})
	both := b.Add(graph.Node{Name: "concat1", Op: merge{"CONCAT"}, Inputs: []int{left, conv}})
	b.Output(both)
	b.Output(conv)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBuilder(t *testing.T) {
	g := twoTowers(t)
	if g.Name != "towers" || len(g.Nodes) != 4 {
		t.Errorf("%s has %d nodes, want towers with 4", g.Name, len(g.Nodes))
	}
	if len(g.Inputs) != 2 || g.Inputs[0] != 0 || g.Inputs[1] != 1 {
		t.Errorf("inputs %v, want [0 1]", g.Inputs)
	}
	if len(g.Outputs) != 2 || g.Outputs[0] != 3 || !g.IsOutput(2) || g.IsOutput(0) {
		t.Errorf("outputs %v, want [3 2]", g.Outputs)
	}
}

func TestBuilderMakesTheLastNodeTheOutput(t *testing.T) {
	var b graph.Builder
	b.Add(graph.Node{Name: "input", Op: layer("INPUT")})
	b.Add(graph.Node{Name: "fc1", Op: layer("FC"), Inputs: []int{0}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Outputs) != 1 || g.Outputs[0] != 1 {
		t.Errorf("outputs %v, want [1]", g.Outputs)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(g *graph.Graph)
		want  string
	}{
		{"nothing", func(g *graph.Graph) { g.Nodes = nil }, "no nodes"},
		{"no name", func(g *graph.Graph) { g.Nodes[2].Name = "" }, "no name"},
		{"control character", func(g *graph.Graph) { g.Nodes[2].Name = "a\x1bb" }, "cannot be printed"},
		{"text direction", func(g *graph.Graph) { g.Nodes[2].Name = "a\u202eb" }, "cannot be printed"},
		{"space", func(g *graph.Graph) { g.Nodes[2].Name = "a b" }, "cannot be printed"},
		{"same name", func(g *graph.Graph) { g.Nodes[3].Name = "left" }, "nodes 0 and 3 have the same name left"},
		{"no layer", func(g *graph.Graph) { g.Nodes[2].Op = nil }, "no layer"},
		{"first", func(g *graph.Graph) { g.Nodes[0].Op = layer("CONV") }, "the first node is CONV"},
		{"input that reads", func(g *graph.Graph) { g.Nodes[1].Inputs = []int{0} }, "an INPUT reads"},
		{"reads nothing", func(g *graph.Graph) { g.Nodes[2].Inputs = nil }, "CONV reads no node"},
		{"reads two", func(g *graph.Graph) { g.Nodes[2].Inputs = []int{0, 1} }, "CONV reads 2 nodes"},
		{"reads itself", func(g *graph.Graph) { g.Nodes[2].Inputs = []int{2} }, "node 2, which is not earlier"},
		{"reads a later node", func(g *graph.Graph) { g.Nodes[2].Inputs = []int{3} }, "node 3, which is not earlier"},
		{"reads before the first", func(g *graph.Graph) { g.Nodes[2].Inputs = []int{-1} }, "node -1, which is not earlier"},
		{"refers to a later node", func(g *graph.Graph) { g.Nodes[2].Refs = []graph.Ref{{Key: "like", Node: 3}} },
			"its like refers to node 3, which is not earlier"},
		{"inputs not listed", func(g *graph.Graph) { g.Inputs = []int{0} }, "the inputs are nodes [0 1], but the graph lists [0]"},
		{"module without nodes", func(g *graph.Graph) { g.Modules = []graph.Module{{First: 3, Last: 2}} }, "nodes 3 to 2"},
		{"module of an input", func(g *graph.Graph) { g.Modules = []graph.Module{{First: 0, Last: 2}} }, "nodes 0 to 2"},
		{"module past the end", func(g *graph.Graph) { g.Modules = []graph.Module{{First: 2, Last: 4}} }, "nodes 2 to 4"},
		{"module that reads itself", func(g *graph.Graph) { g.Modules = []graph.Module{{First: 2, Last: 3, Inputs: []int{2}}} },
			"reads node 2, which is not earlier"},
		{"no output", func(g *graph.Graph) { g.Outputs = nil }, "no output"},
		{"output twice", func(g *graph.Graph) { g.Outputs = []int{3, 3} }, "node 3 is listed as an output twice"},
		{"output that is not there", func(g *graph.Graph) { g.Outputs = []int{4} }, "output 4 is not a node"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := twoTowers(t)
			tt.spoil(g)
			err := graph.Check(g)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v, want an error with %q", err, tt.want)
			}
		})
	}
}
