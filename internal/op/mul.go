package op

import (
	"slices"

	"cnncalc/internal/graph"
)

// Mul is MUL, the product of volumes; one of them may be a gate of 1x1xD that multiplies whole channels, as in
// squeeze-and-excitation.
type Mul struct{ volume }

func mulKind() Kind {
	return Kind{
		Name:     "MUL",
		Summary:  "multiplies the results of its paths; a 1x1xD path gates whole channels",
		Backward: "Each path gets the output's gradient times the other paths' product, so they are kept; a gate gets the sum over its channel.",
		Merge:    true,
		New:      func() Layer { return &Mul{} },
	}
}

// Counterparts are the names elsewhere.
func (*Mul) Counterparts() Counterparts {
	return Counterparts{Traced: []string{"mul"}, MatConvNet: "vl_nnscale"}
}

// Kind is "MUL".
func (*Mul) Kind() string { return "MUL" }

// Fields is empty.
func (*Mul) Fields() []Field { return nil }

// Output is the shape of the inputs that are no gates. An error is a *Mismatch where two inputs differ.
func (*Mul) Output(in []graph.Shape) (graph.Shape, error) {
	widest := graph.Shape{}
	for _, s := range in {
		if s.W*s.H > widest.W*widest.H {
			widest = s
		}
	}
	plane := widest
	if widest.W == 1 && widest.H == 1 && slices.ContainsFunc(in, func(s graph.Shape) bool { return !s.HasPlane() }) {
		plane = graph.Shape{} // an input whose plane is not known may be wider than all gates
	}
	stretched := make([]graph.Shape, len(in))
	for i, s := range in {
		if s.W == 1 && s.H == 1 {
			s.W, s.H = plane.W, plane.H
		}
		stretched[i] = s
	}
	out, a, b := common(stretched)
	if a != b {
		return graph.Shape{}, &Mismatch{A: a, B: b, Problem: unlike("volumes of one shape, or gates of 1x1xD", stretched[a], stretched[b])}
	}
	return out, nil
}

// Taps are the same place, or for a gate the only one there is.
func (*Mul) Taps(in, out graph.Shape) (w, h Taps) {
	if in.W == 1 && in.H == 1 && (out.W > 1 || out.H > 1) {
		return whole(1), whole(1)
	}
	return shifted(0), shifted(0)
}
