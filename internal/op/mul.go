package op

import "cnncalc/internal/graph"

// Mul is MUL, the product of volumes. An input of 1x1xD is a gate that multiplies whole channels, as in
// squeeze-and-excitation; one of WxHx1 multiplies all channels of a place, as in spatial attention.
type Mul struct{ broadcasting }

func mulKind() Kind {
	return Kind{
		Name:    "MUL",
		Summary: "multiplies the results of its paths; a 1x1xD path gates channels, and a WxHx1 path gates places",
		Backward: "Each path gets the output's gradient times the other paths' product, so they are kept; a gate gets " +
			"the sum over what it gates.",
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

// Autograd reports that the layer saves each path's result if another path needs a gradient. More than two paths are
// multiplied one after the other, and the intermediate products are saved too.
func (o *Mul) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Autocast: WidestType}
	if len(in) < 2 {
		a.Shares, a.Gradient = true, SharedGradient // nothing is multiplied
		return a
	}
	left := savedInput(0)
	indices := make([]int, len(in))
	for i := range in {
		indices[i] = i
	}
	partial := o.partial(in)
	for i := 1; i < len(in); i++ {
		left.Needs = indices[i : i+1]
		a.Saved = append(a.Saved, left, savedInput(i, indices[:i]...))
		if i <= len(partial) {
			left = savedVolume(values(partial[i-1]))
		}
	}
	if !p.saves() {
		a.Forward = o.forward(in)
	}
	if extra := beforeSums(in, out); extra > 0 {
		a.Backward = []Size{{Values: extra}}
	}
	return a
}
