package fit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// withFirstStride returns the network with a larger stride in its first layer, and what was changed; nil where it
// cannot have one. The notes: "one compromise might be to use a first CONV layer with filter sizes of 7x7 and stride of
// 2 (as seen in a ZF net). As another example, an AlexNet uses filter sizes of 11x11 and stride of 4." Windows after it
// that no longer fit a whole number of times round down.
func withFirstStride(n *shape.Network) (changed *shape.Network, what string) {
	at := slices.IndexFunc(n.Nodes, func(node graph.Node) bool {
		_, isConv := node.Op.(*op.Conv)
		return isConv && len(n.Nodes[node.Inputs[0]].Inputs) == 0
	})
	if at < 0 {
		return nil, ""
	}
	conv := n.Nodes[at].Op.(*op.Conv)
	window, err := conv.Geometry(n.InputsOf(at)[0])
	if err != nil {
		return nil, ""
	}
	size, stride := int64(7), int64(2)
	if window.W.Stride > 1 {
		size, stride = 11, 4
	}
	if max(window.W.Stride, window.H.Stride) >= stride || max(window.W.Size, window.H.Size) > size {
		return nil, ""
	}
	one := func(n int64) op.Value { return op.Value{Ints: []int64{n}} }
	strided, err := op.With(conv, map[string]op.Value{"size": one(size), "stride": one(stride),
		"pad": one((size - 1) / 2), "rounding": {Word: "floor"}})
	if err != nil {
		return nil, ""
	}
	what = fmt.Sprintf("%s in place of the first layer %s, as the notes say", op.Notation(strided), op.Notation(conv))
	if changed = withOp(n, at, strided, func(o graph.Op) graph.Op { return o }); changed != nil {
		return changed, what
	}
	rounded := map[string]bool{}
	changed = withOp(n, at, strided, func(o graph.Op) graph.Op {
		down := roundedDown(o)
		if down != o {
			rounded[strings.ToLower(o.Kind())+": {rounding: floor}"] = true
		}
		return down
	})
	defaults := strings.Join(slices.Sorted(maps.Keys(rounded)), ", ")
	return changed, fmt.Sprintf("%s; with `defaults: {%s}`", what, defaults)
}

// withOp returns the network with another layer at a node and others changed, nil where they do not fit.
func withOp(n *shape.Network, at int, o op.Layer, change func(graph.Op) graph.Op) *shape.Network {
	var b graph.Builder
	for i, node := range n.Nodes {
		node.Op = change(node.Op)
		if i == at {
			node.Op = o
		}
		b.Add(node)
	}
	return inferred(n, &b, n.Outputs)
}

// roundedDown returns the layer with a window that may fit any number of times.
func roundedDown(o graph.Op) graph.Op {
	layer, ok := o.(op.Layer)
	if !ok {
		return o
	}
	at := slices.IndexFunc(layer.Fields(), func(f op.Field) bool { return f.Key == "rounding" })
	if at < 0 || !layer.Fields()[at].Setting.Value().IsZero() {
		return o
	}
	changed, err := op.With(layer, map[string]op.Value{"rounding": {Word: "floor"}})
	if err != nil {
		return o
	}
	return changed
}

// withPooling returns the network with a global average pool and its last FC in place of the FC from the first one on
// that reads a volume, as GoogLeNet has it ("uses Average Pooling instead of Fully Connected layers at the top of the
// ConvNet", the notes say), and what was changed; nil where it has no such FC or several outputs.
func withPooling(n *shape.Network) (changed *shape.Network, what string) {
	if len(n.Outputs) > 1 {
		return nil, ""
	}
	first, last := -1, -1
	for i := len(n.Nodes) - 1; i > 0 && isHead(n, i); i-- {
		if _, isFC := n.Nodes[i].Op.(*op.FC); !isFC {
			continue
		}
		first, last = i, max(last, i)
	}
	if first < 0 {
		return nil, ""
	}
	from := n.Nodes[first].Inputs[0]
	if _, isFlatten := n.Nodes[from].Op.(*op.Flatten); isFlatten {
		from = n.Nodes[from].Inputs[0]
	}
	if n.Layers[from].Out.IsPlace() {
		return nil, ""
	}
	var b graph.Builder
	for _, node := range n.Nodes[:from+1] {
		b.Add(node)
	}
	b.Add(graph.Node{Name: freeName(n.Graph, "gap"), Op: &op.GlobalAvgPool{}, Inputs: []int{from},
		Pos: n.Nodes[first].Pos})
	for _, node := range n.Nodes[last:] {
		node.Inputs = []int{b.Len() - 1}
		b.Add(node)
	}
	old := n.Nodes[first].Name
	if first < last {
		old += " to " + n.Nodes[last].Name
	}
	what = fmt.Sprintf("GAP -> %s in place of %s, as GoogLeNet has it", op.Short(n.Nodes[last].Op), old)
	return inferred(n, &b, nil), what
}

// isHead reports whether node i ends in a single place, as FC layers and what follows them do, reads the node before it
// alone, and is the only one to read that.
func isHead(n *shape.Network, i int) bool {
	isSequel := slices.Equal(n.Nodes[i].Inputs, []int{i - 1}) && !n.IsOutput(i-1)
	return isSequel && n.Layers[i].Out.IsPlace() &&
		!slices.ContainsFunc(n.Nodes[i+1:], func(later graph.Node) bool { return slices.Contains(later.Inputs, i-1) })
}

// freeName returns a name that no node has, with a number where the plain one is taken.
func freeName(g *graph.Graph, name string) string {
	free := name
	isTaken := func(node graph.Node) bool { return node.Name == free }
	for k := 2; slices.ContainsFunc(g.Nodes, isTaken); k++ {
		free = fmt.Sprintf("%s_%d", name, k)
	}
	return free
}

// inferred returns the network with other nodes and these as its outputs, by default the last node; nil where they do
// not fit.
func inferred(n *shape.Network, b *graph.Builder, outputs []int) *shape.Network {
	b.Header = *n.Graph
	for k, out := range outputs {
		b.Head(out, n.HeadOf(k))
	}
	g, err := b.Graph()
	if err != nil {
		return nil
	}
	changed, problems := shape.Infer(g)
	if len(problems) > 0 || changed.Sound < len(g.Nodes) {
		return nil
	}
	return changed
}
