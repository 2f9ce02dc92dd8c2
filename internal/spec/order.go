package spec

import (
	"slices"
	"strings"

	"cnncalc/internal/graph"
)

// span is a run of nodes.
type span struct{ first, len int }

func (s span) holds(i int) bool { return i >= s.first && i < s.first+s.len }

// headNodes are the nodes of a head.
type headNodes struct {
	span
	training bool // the head exists in training only
}

// reordered returns a graph with its nodes in another order: node k of it is node order[k] of g. ok is false if a node
// would come before one that it reads or refers to.
func reordered(g *graph.Graph, order []int) (sorted *graph.Graph, ok bool) {
	place := make([]int, len(order))
	for now, i := range order {
		place[i] = now
	}
	moved := func(nodes []int) []int {
		var now []int // nil for an INPUT, as everywhere
		for _, i := range nodes {
			now = append(now, place[i])
		}
		return now
	}
	copied := *g
	copied.Nodes = make([]graph.Node, len(order))
	ok = true
	for now, i := range order {
		n := g.Nodes[i]
		n.Inputs, n.Refs = moved(n.Inputs), slices.Clone(n.Refs)
		for k := range n.Refs {
			n.Refs[k].Node = place[n.Refs[k].Node]
			ok = ok && n.Refs[k].Node < now
		}
		ok = ok && !slices.ContainsFunc(n.Inputs, func(in int) bool { return in >= now })
		copied.Nodes[now] = n
	}
	copied.Inputs, copied.Outputs = moved(g.Inputs), moved(g.Outputs)
	slices.Sort(copied.Inputs)
	copied.Modules = nil
	for _, m := range g.Modules {
		m.First, m.Last, m.Inputs = place[m.First], place[m.Last], moved(m.Inputs)
		copied.Modules = append(copied.Modules, m)
	}
	return &copied, ok
}

// runOrder returns the order in which the nodes of a file run. In the file the layers come first, and then head by
// head. The nodes of heads for training run as soon as all that they read is computed, as in the code of GoogLeNet: a
// backward pass would otherwise begin with them, and keep the gradients that they make. Heads that run in any case keep
// their place among the heads, as in the code of DeepLab: one for training that is written after such a head runs after
// it.
func runOrder(g *graph.Graph, heads []headNodes) []int {
	isMoved := make([]bool, len(g.Nodes))
	for _, s := range heads {
		for i := range s.len {
			isMoved[s.first+i] = s.training
		}
	}
	order := make([]int, 0, len(g.Nodes))
	for i := range g.Nodes {
		if !isMoved[i] {
			order = append(order, i)
		}
	}
	neededBy := make([]int, len(g.Nodes)) // the last head that runs after a node, from 1
	before := none                        // the end of the last head that runs in any case
	for k, s := range heads {
		if !s.training {
			before = s.first + s.len - 1
			continue
		}
		if before != none {
			neededBy[before] = k + 1
		}
		nodes := make([]int, s.len)
		for i := range nodes {
			nodes[i] = s.first + i
			for _, in := range g.Nodes[nodes[i]].Inputs {
				neededBy[in] = k + 1
			}
			for _, r := range g.Nodes[nodes[i]].Refs {
				neededBy[r.Node] = k + 1
			}
		}
		last := len(order) - 1
		for last >= len(g.Inputs) && neededBy[order[last]] != k+1 {
			last--
		}
		for last+1 < len(order) && isMoved[order[last+1]] {
			last++
		}
		order = slices.Insert(order, last+1, nodes...)
	}
	return order
}

// asWritten returns a graph with its nodes in the order of a file: the inputs, the layers, and head by head. ok is
// false if the nodes of heads cannot be told apart so that they run in the order of g again; then only the inputs come
// first.
func asWritten(g *graph.Graph) (written *graph.Graph, ok bool) {
	g = inputsFirst(g)
	var heads []span
	var spans []headNodes // with nodes, where they are in the file
	isMoved := false
	last := len(g.Nodes)
	for k, name := range headNames(g) {
		s := headSpan(g, g.Outputs[k], name)
		heads = append(heads, s)
		last -= s.len
	}
	first := last
	for k, s := range heads {
		if s.len > 0 {
			training := g.Heads != nil && g.Heads[k].Training
			spans = append(spans, headNodes{span{first, s.len}, training})
			isMoved = isMoved || training
		}
		first += s.len
	}
	if !isMoved {
		return g, true
	}
	order := make([]int, 0, len(g.Nodes))
	for i := range g.Nodes {
		if !slices.ContainsFunc(heads, func(s span) bool { return s.holds(i) }) {
			order = append(order, i)
		}
	}
	for _, s := range heads {
		for k := range s.len {
			order = append(order, s.first+k)
		}
	}
	if len(order) != len(g.Nodes) { // spans overlap
		return g, false
	}
	written, ok = reordered(g, order)
	if !ok {
		return g, false
	}
	for k, name := range headNames(g) {
		if headSpan(written, written.Outputs[k], name).len != heads[k].len {
			return g, false // nodes of the layers have such names too
		}
	}
	for now, i := range runOrder(written, spans) {
		if order[i] != now {
			return g, false
		}
	}
	return written, true
}

// headSpan returns the nodes that can be written in a head of that name which ends in a node.
func headSpan(g *graph.Graph, end int, name string) span {
	s := span{end + 1, 0}
	for name != "" && isOfHead(g, s.first-1, name+".") {
		s.first--
		s.len++
	}
	return s
}

// isOfHead reports whether node i can be written in the head whose nodes have names with this prefix.
func isOfHead(g *graph.Graph, i int, prefix string) bool {
	return i > 0 && len(g.Nodes[i].Inputs) > 0 && strings.HasPrefix(g.Nodes[i].Name, prefix)
}

// inputsFirst returns the graph with its inputs before all layers, as a file has them; g itself if they are.
func inputsFirst(g *graph.Graph) *graph.Graph {
	if g.Inputs[len(g.Inputs)-1] == len(g.Inputs)-1 {
		return g
	}
	order := slices.Clone(g.Inputs)
	for i := range g.Nodes {
		if len(g.Nodes[i].Inputs) > 0 {
			order = append(order, i)
		}
	}
	sorted, _ := reordered(g, order)
	return sorted
}
