package op

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Local is LOCAL, a locally connected layer: the window of a convolution with weights of its own at every
// place, without parameter sharing.
type Local struct {
	window
	Filters int64
	NoBias  bool
}

func localKind() Kind {
	return Kind{
		Name:    "LOCAL",
		Summary: "locally connected: as CONV, but every place has weights of its own, LOCAL3-64",
		Backward: "As for CONV, but each place has its own filters, so the weights' gradients are not summed over places. The input must " +
			"be kept.",
		New: func() Layer { return &Local{} },
	}
}

// Counterparts are none: neither PyTorch nor MatConvNet has the layer.
func (*Local) Counterparts() Counterparts { return Counterparts{} }

// Kind is "LOCAL".
func (*Local) Kind() string { return "LOCAL" }

// MakesVolume is true.
func (*Local) MakesVolume() bool { return true }

// Fields binds the settings.
func (o *Local) Fields() []Field {
	return []Field{
		o.sizeField(),
		{Key: "filters", Place: Dash, Doc: "number of filters K at every place, the output's depth", Setting: count{&o.Filters, "filters"}},
		o.strideField("stride S; 1 unless written"),
		padField(&o.pad, "zeros round the input; d(F-1)/2 for odd F and S=1, else it must be written"),
		o.dilationField(),
		flagField(&o.NoBias, "nobias", "no biases"),
		o.roundingField(),
	}
}

// Geometry resolves the window against the input.
func (o *Local) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, convRules("LOCAL3-64"))
}

// Output is as for CONV.
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

// Weights are [OH, OW, K, C, FH, FW] and, since nothing is shared, [K, OH, OW].
func (o *Local) Weights(in []graph.Shape, out graph.Shape) []graph.Weight {
	weights := []graph.Weight{{Name: "weight", Role: graph.RoleWeight,
		Dims: []int64{out.H, out.W, o.Filters, one(in).D, o.size.H, o.size.W}}}
	if o.NoBias {
		return weights
	}
	return append(weights, graph.Weight{Name: "bias", Role: graph.RoleBias, Dims: []int64{o.Filters, out.H, out.W}})
}

// MACs are as for CONV.
func (o *Local) MACs(in []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(out.W, out.H, out.D, one(in).D, o.size.H, o.size.W)
}

// WeightProduct is a convolution's, once for every place.
func (o *Local) WeightProduct(in []graph.Shape, out graph.Shape) string {
	return fmt.Sprintf("(%d*%d*%d)*%d*%d*%d", o.size.W, o.size.H, one(in).D, o.Filters, out.W, out.H)
}

// Explain shows the formula, and what sharing would save.
func (o *Local) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	window := [3]int64{o.size.W, o.size.H, one(in).D}
	return append(explainAxes(g), explainSharing(out, window, !o.NoBias)...)
}

// Slide is an error: the weights belong to the places of this input.
func (o *Local) Slide(in graph.Shape) (graph.Op, error) {
	return nil, diag.Errorf("convert/slide", "its weights belong to the places of %dx%d, so no larger input has weights", in.W, in.H).
		WithHint("a CONV shares its weights over all places")
}

// Autograd is an estimate by the rule of CONV: PyTorch has no such layer.
func (*Local) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{Saved: []Saved{savedInput(0), savedWeight(0)}, Autocast: LowersType,
		Estimate: "PyTorch has no LOCAL: counted as a CONV, which saves its input and weights"}
}
