package op

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Conv is CONV, a convolution: filters of F x F x D/groups slide over the volume, with the same weights at every
// place.
type Conv struct {
	window
	sharing
	Filters int64
	groups  int64
	NoBias  bool
}

func convKind() Kind {
	return Kind{
		Name:    "CONV",
		Summary: "convolution: CONV3-64 is 64 filters of 3x3, CONV7x1-192 is 7 wide and 1 high",
		Backward: "The gradient of the input is also a convolution: of the output's gradient with the " +
			"filters flipped in both " +
			"directions; the gradient of the weights is a convolution of the input with the output's gradient. The input " +
			"must be kept for it.",
		New: func() Layer { return &Conv{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Conv) Counterparts() Counterparts {
	return Counterparts{Module: "Conv2d", Function: "conv2d", Traced: []string{"_convolution"}, MatConvNet: "vl_nnconv"}
}

// IsPermutable reports whether each place is computed from the same place alone, by all channels: as Linear does.
func (o *Conv) IsPermutable() bool {
	one, isSet := extent{1, 1}, extent{} != o.stride
	return o.size == one && (!isSet || o.stride == one) && !o.pad.isPadded() && o.Groups() == 1
}

// Kind returns "CONV".
func (*Conv) Kind() string { return "CONV" }

// MakesVolume returns true.
func (*Conv) MakesVolume() bool { return true }

// Groups returns the number of groups that the depth is split into, by default 1.
func (o *Conv) Groups() int64 { return max(o.groups, 1) }

// Fields returns the settings.
func (o *Conv) Fields() []Field {
	return []Field{
		o.sizeField(),
		{Key: "filters", Place: Dash, Doc: "number of filters K, the output's depth", Setting: count{&o.Filters, "filters"}},
		o.strideField("stride S; default 1"),
		padField(&o.pad, "zeros around the input; d(F-1)/2 for odd F and S=1, otherwise required"),
		o.dilationField(),
		{
			Key:     "groups",
			Letter:  "g",
			Doc:     "number of groups that the depth is split into; default 1",
			Setting: count{&o.groups, "groups"},
		},
		flagField(&o.NoBias, "nobias", "no biases"),
		o.roundingField(),
		o.shareField(),
	}
}

// Geometry returns the window resolved against the input.
func (o *Conv) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, convRules("CONV3-64"))
}

// Output returns W2 = (W1-F+2P)/S+1 on both axes and depth K.
func (o *Conv) Output(in []graph.Shape) (graph.Shape, error) {
	if o.Filters == 0 {
		return graph.Shape{}, missing("the number of filters", "CONV3-64")
	}
	known := graph.Shape{D: o.Filters}
	if err := dividesGroups(one(in).D, o.Filters, o.Groups()); err != nil {
		return known, err
	}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(o.Filters), nil
}

// Weights returns the filters, [K, C/groups, FH, FW], and the biases, [K].
func (o *Conv) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return weightAndBias(o.NoBias, o.Filters, o.Filters, one(in).D/o.Groups(), o.size.H, o.size.W)
}

// MACs returns the filter's size times the number of outputs.
func (o *Conv) MACs(in []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(out.W, out.H, out.D, one(in).D/o.Groups(), o.size.H, o.size.W)
}

// Columns returns FW*FH*C values for each place, over all groups.
func (o *Conv) Columns(in []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(o.size.W, o.size.H, one(in).D, out.W, out.H)
}

// dividesGroups returns an error, with groups that would fit, if the depth or the filters cannot be split.
func dividesGroups(depth, filters, groups int64) error {
	if depth != 0 && depth%groups != 0 {
		return diag.Errorf("shape/groups", "the input's depth %d cannot be split into %d groups", depth, groups).
			WithFits("groups=" + nearestDivisors(depth, filters, groups))
	}
	if filters%groups != 0 {
		return diag.Errorf("shape/groups", "%d filters cannot be split into %d groups", filters, groups).
			WithFits("groups=" + nearestDivisors(max(depth, filters), filters, groups))
	}
	return nil
}

// Explain returns the formula, the effect of sharing and the im2col matrices.
func (o *Conv) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	window := [3]int64{o.size.W, o.size.H, one(in).D / o.Groups()}
	lines := append(explainAxes(g), explainSharing(out, window, !o.NoBias)...)
	return append(lines, explainIm2col(one(in), out, window, o.Groups())...)
}

// Autograd reports that the layer saves the input and the weight.
func (o *Conv) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	return torchConv{g, one(in).D, out.D, o.Groups(), !o.NoBias}.autograd(p)
}
