package op

import "cnncalc/internal/graph"

// StochDepth is STOCHDEPTH, stochastic depth: in training it sets whole volumes to zero at random, usually on the path
// of a residual block, and does nothing when the network runs.
type StochDepth struct {
	elementwise
	view
	rate number
	mode string
}

func stochdepthKind() Kind {
	return Kind{
		Name: "STOCHDEPTH",
		Summary: "stochastic depth: sets the volume of a random share of the pictures to zero in training, does nothing " +
			"when the network runs: STOCHDEPTH0.2",
		Backward: "The gradient passes where the forward pass kept the volume, so a number for each picture is kept, or " +
			"one for the batch.",
		New: func() Layer { return &StochDepth{} },
	}
}

// Counterparts returns the layer's names in other programs. The module is torchvision's, which computes nothing in
// evaluation, so that a trace does not show it.
func (*StochDepth) Counterparts() Counterparts {
	return Counterparts{Module: "StochasticDepth", Traced: []string{}}
}

// Kind returns "STOCHDEPTH".
func (*StochDepth) Kind() string { return "STOCHDEPTH" }

// Fields returns the settings.
func (o *StochDepth) Fields() []Field {
	modes := []string{"row", "batch"}
	return []Field{
		{Key: "rate", Place: Head, Doc: "share of the volumes set to zero, required",
			Setting: decimal{to: &o.rate, what: "the rate", min: 0, max: 1, openMax: true}},
		{Key: "mode", Words: modes, Doc: "row, the default, draws for each picture, batch once for all",
			Setting: choice{&o.mode, "mode", modes}},
	}
}

// Output returns the input's shape.
func (o *StochDepth) Output(in []graph.Shape) (graph.Shape, error) {
	if o.rate.text == "" {
		return graph.Shape{}, missing("the rate", "STOCHDEPTH0.2")
	}
	return one(in), nil
}

// Autograd reports that the layer saves what it multiplies with: a number for each picture, or one for the batch. It
// is an ordinary product, so that its output and its gradient are volumes of their own. In evaluation, and at a rate of
// 0, the output is the input (torchvision/ops/stochastic_depth.py).
func (o *StochDepth) Autograd(p Pass, _ []graph.Shape, _ graph.Shape) Autograd {
	if !p.Training || o.rate.value == 0 {
		return Autograd{Shares: true, Gradient: SharedGradient}
	}
	mask := Size{Values: 1}
	if o.mode == "batch" {
		mask = Size{Fixed: 1}
	}
	return keeps(Saved{What: Mask, Size: mask})
}
