package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Shuffle is SHUFFLE, ShuffleNet's channel shuffle: with D channels in G groups, channel i of group g becomes channel
// i*G+g.
type Shuffle struct {
	volume
	groups int64
}

func shuffleKind() Kind {
	return Kind{
		Name:     "SHUFFLE",
		Summary:  "channel shuffle: SHUFFLE2 takes channels from two groups in turn, as in ShuffleNet",
		Backward: "The gradient is the output's with the channels back in order; nothing is kept.",
		New:      func() Layer { return &Shuffle{} },
	}
}

// Counterparts returns the layer's names in other programs. ShuffleNet's code is a view, a transposition, a copy and
// a view.
func (*Shuffle) Counterparts() Counterparts { return Counterparts{Traced: []string{"contiguous"}} }

// Kind returns "SHUFFLE".
func (*Shuffle) Kind() string { return "SHUFFLE" }

// Groups returns the number of groups.
func (o *Shuffle) Groups() int64 { return o.groups }

// Fields returns the settings.
func (o *Shuffle) Fields() []Field {
	return []Field{{Key: "groups", Place: Head, Doc: "number of groups, which must divide the depth",
		Setting: count{&o.groups, "groups"}}}
}

// Output returns the input's shape.
func (o *Shuffle) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	if o.groups == 0 {
		return s, missing("the number of groups", "SHUFFLE2")
	}
	if s.D%o.groups != 0 {
		return s, diag.Errorf("shape/groups", "the input's depth %d cannot be split into %d groups", s.D, o.groups).
			WithFits("groups=" + nearestDivisors(s.D, s.D, o.groups))
	}
	return s, nil
}

// Explain returns the order of the first channels.
func (o *Shuffle) Explain(in []graph.Shape, _ graph.Shape) []Line {
	depth := one(in).D
	each := depth / o.groups
	text := fmt.Sprintf("%d = %d groups of %d: channel g*%d+i becomes i*%d+g", depth, o.groups, each, each, o.groups)
	return []Line{{"channels", text}}
}

// keepsOrder reports whether the order of the channels stays the same.
func (o *Shuffle) keepsOrder(in graph.Shape) bool { return o.groups == 1 || o.groups == in.D }

// Moves returns 0 and 0 if the order of the channels stays the same.
func (o *Shuffle) Moves(in []graph.Shape, out graph.Shape) (read, written int64) {
	if o.keepsOrder(one(in)) {
		return 0, 0
	}
	return values(out), values(out)
}

// Autograd reports that the layer saves nothing. The transposed view is copied, unless it is in order already, and so
// is its gradient.
func (o *Shuffle) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	if o.keepsOrder(one(in)) {
		return Autograd{Shares: p.readsPlanes(one(in)), Gradient: SharedGradient, Order: PlanesOrder}
	}
	return Autograd{Order: PlanesOrder}
}
