package op

import (
	"slices"

	"cnncalc/internal/graph"
)

// Mul is MUL, the product of volumes. An input of 1x1xD is a gate, which multiplies whole channels as in
// squeeze-and-excitation.
type Mul struct {
	volume
	join
}

func mulKind() Kind {
	return Kind{
		Name:    "MUL",
		Summary: "multiplies the results of its paths; a 1x1xD path gates whole channels",
		Backward: "Each path gets the output's gradient times the other paths' product, so they are kept; a gate gets " +
			"the sum over its channel.",
		New: func() Layer { return &Mul{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Mul) Counterparts() Counterparts {
	return Counterparts{Traced: []string{"mul"}, MatConvNet: "vl_nnscale"}
}

// Kind returns "MUL".
func (*Mul) Kind() string { return "MUL" }

// Fields returns nil: the layer has no settings.
func (*Mul) Fields() []Field { return nil }

// Output returns the shape of the inputs that are not gates. The error is a *Mismatch if two inputs differ.
func (*Mul) Output(in []graph.Shape) (graph.Shape, error) {
	widest := graph.Shape{}
	for _, s := range in {
		if s.W*s.H > widest.W*widest.H {
			widest = s
		}
	}
	plane := widest
	if widest.W == 1 && widest.H == 1 && slices.ContainsFunc(in, func(s graph.Shape) bool { return !s.HasPlane() }) {
		plane = graph.Shape{} // an input with an unknown plane may not be a gate
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
		return graph.Shape{}, &Mismatch{
			A:       a,
			B:       b,
			Problem: differing("volumes of one shape, or gates of 1x1xD", stretched[a], stretched[b]),
		}
	}
	return out, nil
}

// Taps returns the same place, or a gate's only place.
func (*Mul) Taps(in, out graph.Shape) (w, h Taps) {
	if in.W == 1 && in.H == 1 && (out.W > 1 || out.H > 1) {
		return whole(1), whole(1)
	}
	return shifted(0), shifted(0)
}

// Autograd reports that the layer saves each path's result if another path needs a gradient. More than two paths are
// multiplied one after the other, and the intermediate products are saved too.
func (*Mul) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Autocast: WidestType}
	if len(in) < 2 {
		a.Shares, a.Gradient = true, SharedGradient // nothing is multiplied
		return a
	}
	left, soFar := savedInput(0), in[0]
	indices := make([]int, len(in))
	for i := range in {
		indices[i] = i
	}
	for i := 1; i < len(in); i++ {
		left.Needs = indices[i : i+1]
		a.Saved = append(a.Saved, left, savedInput(i, indices[:i]...))
		soFar = stretched(soFar, in[i])
		left = savedVolume(values(soFar))
	}
	if len(in) > 2 && !p.Training {
		a.Forward = []Size{{Values: values(out)}} // the product so far
	}
	// The gradient of a gate is a whole volume before it is summed.
	if slices.ContainsFunc(in, func(s graph.Shape) bool { return s != out }) {
		a.Backward = []Size{{Values: values(out)}}
	}
	return a
}

// stretched returns the shape of the product of two volumes, one of which may be a gate.
func stretched(a, b graph.Shape) graph.Shape {
	if a.W*a.H > b.W*b.H {
		return a
	}
	return b
}
