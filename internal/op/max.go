package op

import (
	"slices"

	"cnncalc/internal/graph"
)

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

// Autograd reports that the layer saves both results that it compares if one of them needs a gradient. More than two
// paths are compared one after the other, and the intermediate maxima are saved too. A gradient is made from half of
// the output's and from two masks of a byte a value, which are counted as a float32 would be; those of repeated inputs
// are summed afterwards.
func (o *Max) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Autocast: WidestType}
	if len(in) < 2 {
		a.Shares, a.Gradient = true, SharedGradient // nothing is compared
		return a
	}
	left, indices := savedInput(0), []int{0}
	partial := o.partial(in)
	for i := 1; i < len(in); i++ {
		indices = append(indices, i)
		left.Needs = slices.Clone(indices)
		a.Saved = append(a.Saved, left, savedInput(i, left.Needs...))
		if i <= len(partial) {
			left = savedVolume(values(partial[i-1]))
		}
	}
	if !p.Training {
		a.Forward = o.forward(in)
	}
	// The gradients of a third path and of those that follow are made when the first has gone.
	extra := sum(unsummed(in, out), values(out), values(out)/2) - product(values(out), int64(len(in)-2))
	if extra > 0 {
		a.Backward = []Size{{Values: extra}}
	}
	return a
}
