package shape_test

import (
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Inference stops at a thousand problems.
func TestInferStopsWhenCrowded(t *testing.T) {
	g := &graph.Graph{Nodes: []graph.Node{{Name: "input", Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 3}}}},
		Inputs: []int{0}}
	for range 1500 {
		conv, err := op.New("CONV",
			map[string]op.Value{"size": {Ints: []int64{9}}, "filters": {Ints: []int64{3}}, "pad": {Ints: []int64{0}}})
		if err != nil {
			t.Fatal(err)
		}
		g.Nodes = append(g.Nodes, graph.Node{Op: conv, Inputs: []int{0}})
	}
	g.Outputs = []int{1500}
	if _, problems := shape.Infer(g); len(problems) != 1000 {
		t.Errorf("%d problems", len(problems))
	}
}
