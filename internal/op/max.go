package op

import "cnncalc/internal/graph"

// Max is MAX, the largest of its inputs' values at each place, as in maxout.
type Max struct{ broadcasting }

func maxKind() Kind {
	return Kind{
		Name:     "MAX",
		Summary:  "the largest value of its paths at each place, maxout: MAX(CONV3-64 | CONV3-64)",
		Backward: "The gradient goes to the path with the larger value, half of it to each of two equals, so all are kept.",
		New:      func() Layer { return &Max{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Max) Counterparts() Counterparts { return Counterparts{Traced: []string{"maximum"}} }

// Kind returns "MAX".
func (*Max) Kind() string { return "MAX" }

// Fields returns nil: the layer has no settings.
func (*Max) Fields() []Field { return nil }

// Autograd reports that the layer saves each path's result. More than two paths are compared one after the other, and
// the intermediate maxima are saved too. A gradient is made from half of the output's and from two masks of a byte a
// value, which are counted as a float32 would be.
func (o *Max) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Autocast: WidestType}
	if len(in) < 2 {
		a.Shares, a.Gradient = true, SharedGradient // nothing is compared
		return a
	}
	for i := range in {
		a.Saved = append(a.Saved, savedInput(i))
	}
	for _, s := range o.partial(in) {
		a.Saved = append(a.Saved, savedVolume(values(s)))
	}
	if !p.Training {
		a.Forward = o.forward(in)
	}
	// The gradients of a third path and of those that follow are made when the first has gone.
	extra := sum(beforeSums(in, out), values(out), values(out)/2) - product(values(out), int64(len(in)-2))
	if extra > 0 {
		a.Backward = []Size{{Values: extra}}
	}
	return a
}
