package fit

import (
	"fmt"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// withFirstStride is the network with a larger stride in its first layer, and what was changed; nil where it cannot have
// one. The notes: "one compromise might be to use a first CONV layer with filter sizes of 7x7 and stride of 2 (as seen in
// a ZF net). As another example, an AlexNet uses filter sizes of 11x11 and stride of 4." Windows behind it that no longer
// fit a whole number of times round down.
func withFirstStride(n *shape.Network) (changed *shape.Network, what string) {
	at := slices.IndexFunc(n.Nodes, func(node graph.Node) bool {
		return node.Op.Kind() == "CONV" && len(node.Inputs) == 1 && node.Inputs[0] == 0
	})
	if at < 0 {
		return nil, ""
	}
	conv := n.Nodes[at].Op.(*op.Conv)
	window, err := conv.Geometry(n.InputShape())
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
	strided, err := op.With(conv, map[string]op.Value{"size": one(size), "stride": one(stride), "pad": one((size - 1) / 2), "rounding": {Word: "floor"}})
	if err != nil {
		return nil, ""
	}
	nodes := slices.Clone(n.Nodes)
	for i := range nodes {
		nodes[i].Op = roundedDown(nodes[i].Op)
	}
	nodes[at].Op = strided
	was := op.Notation(conv)
	return inferred(n, nodes), fmt.Sprintf("%s s%d in place of the first layer %s, as the notes say", op.Short(strided), stride, was)
}

// roundedDown is a layer whose window may fit any number of times.
func roundedDown(o graph.Op) graph.Op {
	layer, ok := o.(op.Layer)
	if !ok {
		return o
	}
	at := slices.IndexFunc(layer.Fields(), func(f op.Field) bool { return f.Key == "rounding" })
	if at < 0 || layer.Fields()[at].Setting.String() != "" {
		return o
	}
	changed, err := op.With(layer, map[string]op.Value{"rounding": {Word: "floor"}})
	if err != nil {
		return o
	}
	return changed
}

// withPooling is the network with a global average pool and its last FC in place of the FC from the first one on that
// reads a volume, as GoogLeNet has it ("uses Average Pooling instead of Fully Connected layers at the top of the
// ConvNet", the notes say), and what was changed; nil where it has no such FC.
func withPooling(n *shape.Network) (changed *shape.Network, what string) {
	first, last := -1, -1
	for i := len(n.Nodes) - 1; i > 0 && isHead(n, i); i-- {
		if n.Nodes[i].Op.Kind() != "FC" {
			continue
		}
		first, last = i, max(last, i)
	}
	if first < 0 {
		return nil, ""
	}
	from := n.Nodes[first].Inputs[0]
	if n.Nodes[from].Op.Kind() == "FLATTEN" {
		from = n.Nodes[from].Inputs[0]
	}
	if plane := n.Layers[from].Out; plane.W == 1 && plane.H == 1 {
		return nil, ""
	}
	nodes := slices.Clone(n.Nodes[:from+1])
	nodes = append(nodes, graph.Node{Name: "gap", Op: &op.GlobalAvgPool{}, Inputs: []int{from}, Split: -1})
	for _, node := range n.Nodes[last:] {
		node.Inputs = []int{len(nodes) - 1}
		nodes = append(nodes, node)
	}
	old := n.Nodes[first].Name
	if first < last {
		old += " to " + n.Nodes[last].Name
	}
	return inferred(n, nodes), fmt.Sprintf("GAP -> %s in place of %s, as GoogLeNet has it", op.Short(n.Nodes[last].Op), old)
}

// isHead tells whether node i reads the one before it alone, and no later node but the next reads that.
func isHead(n *shape.Network, i int) bool {
	if !slices.Equal(n.Nodes[i].Inputs, []int{i - 1}) {
		return false
	}
	switch n.Nodes[i].Op.Kind() {
	case "CONCAT", "ADD", "MUL", "CONV", "POOL":
		return false
	}
	return !slices.ContainsFunc(n.Nodes[min(i+1, len(n.Nodes)):], func(later graph.Node) bool { return slices.Contains(later.Inputs, i-1) })
}

// inferred is a network with other nodes, nil where they do not fit.
func inferred(n *shape.Network, nodes []graph.Node) *shape.Network {
	g := *n.Graph
	g.Nodes = nodes
	changed, problems := shape.Infer(&g)
	if len(problems) > 0 || changed.Checked < len(nodes) {
		return nil
	}
	return changed
}
