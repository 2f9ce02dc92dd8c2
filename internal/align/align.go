// Package align pairs the layers of two networks, and says in what paired layers differ.
//
// Layers with the same label are pairs. Between these, and in a network without labels, the pairs are those of the
// shortest edit script: the fewest layers that are added, removed or changed to make the second network of the first. A
// layer is only ever changed into one of its kind; layers with the same label may be of any kinds.
package align

import (
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// None is in place of a node that a pair does not have.
const None = -1

// Mark says what happened to a layer.
type Mark string

// The marks.
const (
	Same    Mark = "same"
	Added   Mark = "added"
	Removed Mark = "removed"
	Changed Mark = "changed"
)

// Symbol returns the mark as tables have it.
func (m Mark) Symbol() string {
	switch m {
	case Added:
		return "+"
	case Removed:
		return "-"
	case Changed:
		return "~"
	}
	return ""
}

// Layer is a layer of one network and the layer of the other one that it was paired with.
type Layer struct {
	From, To int      // nodes of the two networks; one of them may be None
	Changes  []Change // of a pair; nil if the two do not differ
}

// Mark returns what happened to the layer on the way from the first network to the second.
func (l Layer) Mark() Mark {
	switch {
	case l.From == None:
		return Added
	case l.To == None:
		return Removed
	case len(l.Changes) > 0:
		return Changed
	}
	return Same
}

// Networks returns the layers of two networks without problems, inputs included, in an order that is that of both. A
// layer that changed its place relative to others is removed in one place and added in the other.
//
// It takes a time of O(N*D) for N layers with D edits between them, and of O(N) for very many edits; then there may be
// a script that is shorter.
func Networks(from, to *shape.Network) []Layer {
	a, b := symbols(from, to)
	var pairs []pair
	start := pair{}
	for _, anchor := range append(anchors(from.Graph, to.Graph), pair{len(a), len(b)}) {
		for _, p := range script(a[start.a:anchor.a], b[start.b:anchor.b]) {
			pairs = append(pairs, pair{start.a + p.a, start.b + p.b})
		}
		pairs = append(pairs, anchor)
		start = pair{anchor.a + 1, anchor.b + 1}
	}
	settle(pairs, from.Graph, to.Graph, a, b)
	layers := fill(pairs)
	describe(from, to, a, b, layers)
	return layers
}

// pair is an element of each of two sequences.
type pair struct{ a, b int }

// fill returns the layers of pairs and those between them, first the removed ones and then the added ones. The last
// pair is the ends of the networks.
func fill(pairs []pair) []Layer {
	var layers []Layer
	next := pair{}
	for i, p := range pairs {
		for ; next.a < p.a; next.a++ {
			layers = append(layers, Layer{From: next.a, To: None})
		}
		for ; next.b < p.b; next.b++ {
			layers = append(layers, Layer{From: None, To: next.b})
		}
		if i < len(pairs)-1 {
			layers = append(layers, Layer{From: p.a, To: p.b})
		}
		next = pair{p.a + 1, p.b + 1}
	}
	return layers
}

// anchors returns the pairs of nodes with the same label, as many as have the same order in both networks.
func anchors(from, to *graph.Graph) []pair {
	at := map[string]int{}
	for j := range to.Nodes {
		if isLabel(&to.Nodes[j]) {
			at[to.Nodes[j].Name] = j
		}
	}
	var common []pair
	for i := range from.Nodes {
		if j, ok := at[from.Nodes[i].Name]; ok && isLabel(&from.Nodes[i]) {
			common = append(common, pair{i, j})
		}
	}
	return increasing(common)
}

// isLabel reports whether a person chose all of a node's name. Names in a block have the number of its call in them,
// which another call before it changes.
func isLabel(n *graph.Node) bool {
	for s := n.Within; s != nil; s = s.Outer {
		if s.Block != "" {
			return false
		}
	}
	return n.Labelled
}

// sameLabel reports whether two nodes have the same label.
func sameLabel(a, b *graph.Node) bool { return a.Name == b.Name && isLabel(a) && isLabel(b) }

// increasing returns the longest subsequence in which b increases (patience sorting). a increases already.
func increasing(all []pair) []pair {
	var tails []int // by length less 1, the element that ends such a subsequence with the smallest b
	before := make([]int, len(all))
	for i, p := range all {
		length, _ := slices.BinarySearchFunc(tails, p.b, func(t, b int) int { return all[t].b - b })
		before[i] = None
		if length > 0 {
			before[i] = tails[length-1]
		}
		if length == len(tails) {
			tails = append(tails, i)
		} else {
			tails[length] = i
		}
	}
	var chosen []pair
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i != None; i = before[i] {
			chosen = append(chosen, all[i])
		}
	}
	slices.Reverse(chosen)
	return chosen
}
