package spec

import (
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
)

// part is a text of a printed file and the nodes that it makes: the layers, or a head, whose text may also only name
// its result.
type part struct {
	head       graph.Head // of a head, with the name that is printed; without a name for the layers
	end        int        // the output that it ends in; none for layers that do not end in one
	first, len int        // of its nodes
	prefix     string     // of the names of its nodes
	chain      []chainItem
}

func (p *part) isHead() bool { return p.head.Name != "" }

// shortName returns the label of a node of the part, which names it without the name of the head.
func (p *part) shortName(name string) string { return strings.TrimPrefix(name, p.prefix) }

// partsOf divides a graph into the layers and the heads. It returns the graph in the order of the parts.
func partsOf(g *graph.Graph) (*graph.Graph, []part) {
	written, ok := asWritten(g)
	if !ok {
		return written, partsWithoutNodes(written)
	}
	parts := headsOf(written, isOfHead)
	for k := range parts[1:] {
		if p := &parts[k+1]; p.end >= p.first+p.len {
			return inputsFirst(g), partsWithoutNodes(inputsFirst(g)) // a later head has the node
		}
	}
	return written, arranged(written, parts)
}

// partsWithoutNodes divides a graph into layers that make all nodes, and heads that name their results.
func partsWithoutNodes(g *graph.Graph) []part {
	return arranged(g, headsOf(g, func(*graph.Graph, int, string) bool { return false }))
}

// headsOf returns the layers and the heads without their chains. The nodes of a head are the last ones before those of
// later heads that isOfHead lets it have.
func headsOf(g *graph.Graph, isOfHead func(g *graph.Graph, i int, prefix string) bool) []part {
	names := headNames(g)
	layers := part{end: none, len: len(g.Nodes)}
	if len(g.Inputs) > 1 {
		layers.first, layers.len = len(g.Inputs), len(g.Nodes)-len(g.Inputs) // which inputs: has
	}
	var heads []part
	for k, out := range slices.Backward(g.Outputs) {
		if names[k] == "" {
			layers.end = out
			continue
		}
		p := part{end: out, prefix: names[k] + ".", head: graph.Head{Name: names[k], Loss: 1}}
		if g.Heads != nil {
			p.head.Training, p.head.Loss = g.Heads[k].Training, g.Heads[k].Loss
		}
		end := layers.first + layers.len
		for out == end+p.len-1 && isOfHead(g, end-1, p.prefix) {
			end--
			p.len++
		}
		p.first, layers.len = end, end-layers.first
		heads = append(heads, p)
	}
	parts := append(heads, layers)
	slices.Reverse(parts)
	return parts
}

func arranged(g *graph.Graph, parts []part) []part {
	newArranger(g).arrange(parts)
	return parts
}

// arrange sets the chains of the parts.
func (a *arranger) arrange(parts []part) {
	for k := range parts {
		p := &parts[k]
		p.chain = a.chain(p.first, p.first+p.len)
	}
}

// headNames returns by output the name of the head that it is printed as, or "" if it is the end of the layers: an
// output without a name that nothing reads.
func headNames(g *graph.Graph) []string {
	names := make([]string, len(g.Outputs))
	if g.Heads == nil {
		return names
	}
	taken := map[string]bool{}
	for k := range g.Outputs {
		name := g.OutputName(k)
		if g.Heads[k].Name == "" && !isRead(g, g.Outputs[k]) {
			taken[name] = true
			continue
		}
		name = asName(name)
		free := name
		for n := 2; taken[free]; n++ {
			free = name + "_" + strconv.Itoa(n)
		}
		taken[free] = true
		names[k] = free
	}
	return names
}

func isRead(g *graph.Graph, i int) bool {
	for _, n := range g.Nodes[i:] {
		for _, in := range n.Inputs {
			if in == i {
				return true
			}
		}
	}
	return false
}

// asName returns a text as the name of a head, with _ in place of what names do not have.
func asName(s string) string {
	if isName(s) {
		return s
	}
	name := []byte("out_" + s)
	for i, c := range name {
		if !isLetter(rune(c)) && !isDigit(rune(c)) {
			name[i] = '_'
		}
	}
	return string(name[:min(len(name), maxWord/2)])
}
