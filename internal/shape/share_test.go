package shape_test

import (
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
)

// Weights that layers share count once, at the first; in the network that runs, at the first that does.
func TestSharedWeightsCountOnce(t *testing.T) {
	const text = `
input: 8x8x4
layers: INPUT -> CONV3-4 @a -> CONV3-4 share=@a -> RELU @out
heads:
  train: {layers: "@out -> CONV3-6 @b", training: true}
  run: "@out -> CONV3-6 share=@train.b -> RELU"
`
	n, err := network.Sound("test.yaml", []byte(text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const a, b = 4*4*9 + 4, 6*4*9 + 6
	if got := n.Total.Parameters(); got != a+b {
		t.Errorf("%d parameters, want %d", got, a+b)
	}
	now, from := n.Inference()
	if got := now.Total.Parameters(); got != a+b {
		t.Errorf("%d parameters of the network that runs, want %d", got, a+b)
	}
	if got := now.StoredAs(len(now.Nodes) - 2); got != "train.b" {
		t.Errorf("the weights are stored as those of %s, want train.b, of which PyTorch's state_dict has them", got)
	}
	for i, l := range now.Layers {
		if l.Owner > i || n.Layers[from[i]].Owner != n.Layers[from[l.Owner]].Owner {
			t.Errorf("%s has the weights of %s", now.Nodes[i].Name, now.Nodes[l.Owner].Name)
		}
	}
}
