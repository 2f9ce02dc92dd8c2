package fit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
)

// A network with heads keeps them when a layer changes, and is not given another end.
func TestRewritesKeepHeads(t *testing.T) {
	const net = `
input: 16x16x3
layers: INPUT -> CONV3-8 @a -> POOL2 -> FC-16 -> FC-10
heads: {aux: {layers: "@a -> GAP -> FC-10", training: true, loss: 0.3}}
`
	n, err := network.Sound("net.yaml", []byte(net), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	changed := withOp(n, 1, n.Nodes[1].Op.(op.Layer), func(o graph.Op) graph.Op { return o })
	if diff := cmp.Diff(n.Heads, changed.Heads); diff != "" {
		t.Errorf("heads (-before +after):\n%s", diff)
	}
	if changed, what := withPooling(n); changed != nil {
		t.Errorf("a network with heads gets %s", what)
	}
}
