package op

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// DWConv is DWCONV, a depthwise convolution: one filter for each channel, so filters = groups = depth.
type DWConv struct {
	window
	sharing
	NoBias bool
}

func dwconvKind() Kind {
	return Kind{
		Name:    "DWCONV",
		Summary: "depthwise convolution: one filter for each incoming channel, DWCONV3 s2 p1",
		Backward: "Channel by channel as for CONV: the output's gradient convolved with the flipped filter for the " +
			"input, with the input " +
			"for the weights. The input must be kept.",
		New: func() Layer { return &DWConv{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*DWConv) Counterparts() Counterparts {
	return Counterparts{Module: "Conv2d", Function: "conv2d", Traced: []string{"_convolution"}, MatConvNet: "vl_nnconv"}
}

// Kind returns "DWCONV".
func (*DWConv) Kind() string { return "DWCONV" }

// MakesVolume returns true.
func (*DWConv) MakesVolume() bool { return true }

// Fields returns the settings.
func (o *DWConv) Fields() []Field {
	return []Field{
		o.sizeField(),
		o.strideField("stride S; default 1"),
		padField(&o.pad, "zeros around the input; d(F-1)/2 for odd F and S=1, otherwise required"),
		o.dilationField(),
		flagField(&o.NoBias, "nobias", "no biases"),
		o.roundingField(),
		o.shareField(),
	}
}

// Geometry returns the window resolved against the input.
func (o *DWConv) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, convRules("DWCONV3"))
}

// Output returns the window's plane with the input's depth.
func (o *DWConv) Output(in []graph.Shape) (graph.Shape, error) {
	known := graph.Shape{D: one(in).D}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(one(in).D), nil
}

// Weights returns the filters, [C, 1, FH, FW], and the biases, [C].
func (o *DWConv) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return weightAndBias(o.NoBias, one(in).D, one(in).D, 1, o.size.H, o.size.W)
}

// MACs returns the size of a filter's plane times the number of outputs.
func (o *DWConv) MACs(_ []graph.Shape, out graph.Shape) (int64, error) {
	return checked.Product(out.W, out.H, out.D, o.size.H, o.size.W)
}

// Explain returns the formula and the effect of sharing. There is no im2col, since the matrix of each channel would
// have a single row.
func (o *DWConv) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	return append(explainAxes(g), explainSharing(out, [3]int64{o.size.W, o.size.H, 1}, !o.NoBias)...)
}

// Autograd reports that the layer saves the input and the weight.
func (o *DWConv) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	return torchConv{g, one(in).D, out.D, one(in).D, !o.NoBias}.autograd(p)
}
