package align

import (
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Aspect is in what paired layers differ.
type Aspect string

// The aspects, in the order in which a layer has them.
const (
	Settings   Aspect = "settings"   // and the kind
	Reads      Aspect = "reads"      // the layers that it reads
	Output     Aspect = "output"     // the shape
	Parameters Aspect = "parameters" // that the layer has of its own
	Frozen     Aspect = "frozen"     // of the parameters
	MACs       Aspect = "macs"
)

// Aspects returns the aspects in order.
func Aspects() []Aspect { return []Aspect{Settings, Reads, Output, Parameters, Frozen, MACs} }

// IsCount reports whether the aspect is a number.
func (a Aspect) IsCount() bool { return a == Parameters || a == Frozen || a == MACs }

// Change is a difference between paired layers.
type Change struct {
	Aspect   Aspect
	From, To string // as people read them: CONV3-64 s2, 56x56x64, 1,728
	// FromCount and ToCount are the values of a count.
	FromCount, ToCount int64
}

// describe sets the changes of paired layers. a and b are the symbols of the two networks.
func describe(from, to *shape.Network, a, b []symbol, layers []Layer) {
	partner := make([]int, len(from.Nodes)) // of the nodes of from
	isPaired := make([]bool, len(to.Nodes))
	for i := range partner {
		partner[i] = None
	}
	for _, l := range layers {
		if l.From != None && l.To != None {
			partner[l.From], isPaired[l.To] = l.To, true
		}
	}
	for i := range layers {
		l := &layers[i]
		if l.From == None || l.To == None {
			continue
		}
		l.Changes = changes(from, to, l.From, l.To, a[l.From].all == b[l.To].all)
		if isRewired(&from.Nodes[l.From], &to.Nodes[l.To], partner, isPaired) {
			reads := Change{Aspect: Reads, From: producers(from, l.From), To: producers(to, l.To)}
			at := 0
			if len(l.Changes) > 0 && l.Changes[0].Aspect == Settings {
				at = 1
			}
			l.Changes = slices.Insert(l.Changes, at, reads)
		}
	}
}

// changes returns the differences of two layers but for what they read.
func changes(from, to *shape.Network, i, j int, sameSettings bool) []Change {
	var all []Change
	text := func(aspect Aspect, a, b string) {
		if a != b {
			all = append(all, Change{Aspect: aspect, From: a, To: b})
		}
	}
	count := func(aspect Aspect, a, b int64) {
		if a != b {
			all = append(all, Change{aspect, plain.Count(a), plain.Count(b), a, b})
		}
	}
	a, b := from.Layers[i], to.Layers[j]
	if !sameSettings {
		text(Settings, op.Notation(from.Nodes[i].Op), op.Notation(to.Nodes[j].Op))
	}
	text(Output, a.Out.String(), b.Out.String())
	count(Parameters, a.Parameters(), b.Parameters())
	count(Frozen, a.FrozenCount, b.FrozenCount)
	count(MACs, a.MACs, b.MACs)
	return all
}

// isRewired reports whether two paired layers read different numbers of layers, or paired layers that are not paired
// with each other. A layer that reads one which was added or removed is not rewired: that is seen already. The order of
// what a layer reads matters for CONCAT only.
func isRewired(from, to *graph.Node, partner []int, isPaired []bool) bool {
	if len(from.Inputs) != len(to.Inputs) {
		return true
	}
	var a, b []int // nodes of the second network that both read
	for k := range from.Inputs {
		if p := partner[from.Inputs[k]]; p != None && isPaired[to.Inputs[k]] {
			a, b = append(a, p), append(b, to.Inputs[k])
		}
	}
	if to.Op.Kind() != "CONCAT" {
		slices.Sort(a)
		slices.Sort(b)
	}
	return !slices.Equal(a, b)
}

// producers returns the names of the layers that a node reads.
func producers(n *shape.Network, i int) string {
	var names []string
	for _, in := range n.Nodes[i].Inputs {
		names = append(names, n.Nodes[in].Name)
	}
	return plain.CutNames(strings.Join(names, ", "))
}
