package op

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Local is LOCAL, a locally connected layer: a convolution without parameter sharing, which has its own weights at
// every place.
type Local struct {
	window
	sharing
	Filters int64
	NoBias  bool
}

func localKind() Kind {
	return Kind{
		Name:    "LOCAL",
		Summary: "locally connected: CONV with separate weights at every place, LOCAL3-64",
		Backward: "As for CONV, but each place has its own filters, so the weights' gradients are not summed over " +
			"places. The input must " +
			"be kept.",
		New: func() Layer { return &Local{} },
	}
}

// Counterparts returns no names: neither PyTorch nor MatConvNet has the layer.
func (*Local) Counterparts() Counterparts { return Counterparts{} }

// Kind returns "LOCAL".
func (*Local) Kind() string { return "LOCAL" }

// MakesVolume returns true.
func (*Local) MakesVolume() bool { return true }

// Fields returns the settings.
func (o *Local) Fields() []Field {
	return []Field{
		o.sizeField(),
		{
			Key:     "filters",
			Place:   Dash,
			Doc:     "number of filters K at every place, the output's depth",
			Setting: count{&o.Filters, "filters"},
		},
		o.strideField("stride S; default 1"),
		padField(&o.pad, "zeros around the input; d(F-1)/2 for odd F and S=1, otherwise required"),
		o.dilationField(),
		flagField(&o.NoBias, "nobias", "no biases"),
		o.roundingField(),
		o.shareField(),
	}
}

// Geometry returns the window resolved against the input.
func (o *Local) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, convRules("LOCAL3-64"))
}

// Output returns the same shape as CONV.
func (o *Local) Output(in []graph.Shape) (graph.Shape, error) {
	if o.Filters == 0 {
		return graph.Shape{}, missing("the number of filters", "LOCAL3-64")
	}
	g, err := o.Geometry(one(in))
	if err != nil {
		return graph.Shape{D: o.Filters}, err
	}
	return g.plane(o.Filters), nil
}

// Weights returns the filters, [OH, OW, K, C, FH, FW], and the biases, which are not shared either, [K, OH, OW].
func (o *Local) Weights(in []graph.Shape, out graph.Shape) []graph.Weight {
	weights := []graph.Weight{{Name: "weight", Role: graph.RoleWeight,
		Dims: []int64{out.H, out.W, o.Filters, one(in).D, o.size.H, o.size.W}}}
	if o.NoBias {
		return weights
	}
	return append(weights, graph.Weight{Name: "bias", Role: graph.RoleBias, Dims: []int64{o.Filters, out.H, out.W}})
}

// MACs returns the same number as for CONV.
func (o *Local) MACs(in []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(out.W, out.H, out.D, one(in).D, o.size.H, o.size.W)
}

// WeightProduct returns a convolution's product times the number of places.
func (o *Local) WeightProduct(in []graph.Shape, out graph.Shape) string {
	return fmt.Sprintf("(%d*%d*%d)*%d*%d*%d", o.size.W, o.size.H, one(in).D, o.Filters, out.W, out.H)
}

// Explain returns the formula and what sharing would save.
func (o *Local) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	window := [3]int64{o.size.W, o.size.H, one(in).D}
	return append(explainAxes(g), explainSharing(out, window, !o.NoBias)...)
}

// Slide returns an error: the weights belong to the places of this input.
func (o *Local) Slide(in graph.Shape) (graph.Op, error) {
	return nil, diag.Errorf("convert/slide", "its weights belong to the places of %dx%d, so there are none for a "+
		"larger input", in.W, in.H).
		WithHint("a CONV shares its weights over all places")
}

// Autograd returns an estimate by CONV's rule, since PyTorch has no such layer.
func (*Local) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{Saved: []Saved{savedInput(0), savedWeight(0)}, Autocast: LowersType,
		Estimate: "PyTorch has no LOCAL: counted as a CONV, which saves its input and weights"}
}
