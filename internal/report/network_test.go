package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// The columns that help and completion name are those of the table.
func TestNetworkColumns(t *testing.T) {
	b := graph.Builder{}
	b.Add(graph.Node{Name: "input", Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 4}}})
	b.Add(graph.Node{Name: "relu1", Op: &op.ReLU{}, Inputs: []int{0}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(networkTable(n, LayerRows{}, moreColumns(n)).Keys(), NetworkColumns()); diff != "" {
		t.Errorf("(-table +listed):\n%s", diff)
	}
}
