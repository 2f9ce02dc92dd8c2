package graph

import "slices"

// Builder makes a Graph node by node, in order. The zero Builder is ready to use. Header holds everything but
// nodes, inputs, outputs and heads.
type Builder struct {
	// Header is the graph without its nodes: name, preprocessing, labels.
	Header Graph

	nodes           []Node
	inputs, outputs []int
	heads           []Head
}

// Grow makes room for n more nodes.
func (b *Builder) Grow(n int) { b.nodes = slices.Grow(b.nodes, n) }

// Add appends a node and returns its index, which later nodes may name as an input. A node without inputs is an input
// of the network.
func (b *Builder) Add(n Node) int {
	i := len(b.nodes)
	if len(n.Inputs) == 0 {
		b.inputs = append(b.inputs, i)
	}
	b.nodes = append(b.nodes, n)
	return i
}

// Output makes node i an output of the network. The first one is the end of the layers; others have the names of their
// nodes.
func (b *Builder) Output(i int) {
	h := Head{Loss: 1}
	if len(b.outputs) > 0 {
		h.Name = b.nodes[i].Name
	}
	b.Head(i, h)
}

// Head makes node i an output of the network.
func (b *Builder) Head(i int, h Head) {
	b.outputs = append(b.outputs, i)
	b.heads = append(b.heads, h)
}

// Len returns the number of nodes so far.
func (b *Builder) Len() int { return len(b.nodes) }

// Node returns node i, which may be changed until the graph is made.
func (b *Builder) Node(i int) *Node { return &b.nodes[i] }

// Graph returns the graph, or the error of Check. If no output was declared, the last node is the output.
func (b *Builder) Graph() (*Graph, error) {
	g := b.Header
	g.Nodes, g.Inputs, g.Outputs, g.Heads = b.nodes, b.inputs, b.outputs, b.heads
	if len(g.Heads) == 1 && g.Heads[0].Name == "" {
		g.Heads = nil
	}
	if len(g.Outputs) == 0 && len(g.Nodes) > 0 {
		g.Outputs = []int{len(g.Nodes) - 1}
	}
	if err := Check(&g); err != nil {
		return nil, err
	}
	return &g, nil
}
