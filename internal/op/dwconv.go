package op

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// DWConv is DWCONV, a depthwise convolution: one filter for each channel, so filters = groups = depth.
type DWConv struct {
	window
	NoBias bool
}

func dwconvKind() Kind {
	return Kind{
		Name:    "DWCONV",
		Summary: "depthwise convolution: one filter for each incoming channel, DWCONV3 s2 p1",
		Backward: "Channel by channel as for CONV: the output's gradient convolved with the flipped filter for the input, with the input " +
			"for the weights. The input must be kept.",
		New: func() Layer { return &DWConv{} },
	}
}

// Counterparts are the names elsewhere.
func (*DWConv) Counterparts() Counterparts {
	return Counterparts{Module: "Conv2d", Function: "conv2d", Traced: []string{"_convolution"}, MatConvNet: "vl_nnconv"}
}

// Kind is "DWCONV".
func (*DWConv) Kind() string { return "DWCONV" }

// MakesVolume is true.
func (*DWConv) MakesVolume() bool { return true }

// Fields binds the settings.
func (o *DWConv) Fields() []Field {
	return []Field{
		o.sizeField(),
		o.strideField("stride S; 1 unless written"),
		padField(&o.pad, "zeros round the input; d(F-1)/2 for odd F and S=1, else it must be written"),
		o.dilationField(),
		flagField(&o.NoBias, "nobias", "no biases"),
		o.roundingField(),
	}
}

// Geometry resolves the window against the input.
func (o *DWConv) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, convRules("DWCONV3"))
}

// Output keeps the depth.
func (o *DWConv) Output(in []graph.Shape) (graph.Shape, error) {
	known := graph.Shape{D: one(in).D}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(one(in).D), nil
}

// Weights are [C, 1, FH, FW] and [C].
func (o *DWConv) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return weightAndBias(o.NoBias, one(in).D, one(in).D, 1, o.size.H, o.size.W)
}

// MACs are one filter plane for every value of the output.
func (o *DWConv) MACs(_ []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(out.W, out.H, out.D, o.size.H, o.size.W)
}

// Explain shows the formula and sharing; a matrix product for each channel would have a single row, so there is no im2col.
func (o *DWConv) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	return append(explainAxes(g), explainSharing(out, [3]int64{o.size.W, o.size.H, 1}, !o.NoBias)...)
}

// Autograd saves the input and the weight.
func (o *DWConv) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	return torchConv{g, one(in).D, out.D, one(in).D, !o.NoBias}.autograd(p)
}
