package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Scale is SCALE: each channel times a learnt factor (ConvNeXt's layer scale), plus a learnt shift with bias (Caffe's
// Scale layer), or every value times one constant (the residual scaling of Inception-ResNet).
type Scale struct {
	elementwise
	sharing
	factor number
	bias   bool
}

func scaleKind() Kind {
	return Kind{
		Name:    "SCALE",
		Summary: "a learnt factor for each channel, as ConvNeXt's layer scale; SCALE0.1 multiplies by that constant",
		Backward: "The gradient is the output's times the factor; a learnt factor's gradient sums it times the input, " +
			"which is kept.",
		New: func() Layer { return &Scale{} },
	}
}

// Counterparts returns the layer's names in other programs. In PyTorch it is a product with a parameter of the block's
// own, so no module has it.
func (o *Scale) Counterparts() Counterparts {
	c := Counterparts{Traced: []string{"mul"}}
	if o.IsLearnt() {
		c.MatConvNet = "vl_nnscale"
	}
	if o.bias {
		c.Traced = append(c.Traced, "add")
	}
	return c
}

// Kind returns "SCALE".
func (*Scale) Kind() string { return "SCALE" }

// Fields returns the settings.
func (o *Scale) Fields() []Field {
	return []Field{
		{Key: "factor", Place: Head, Doc: "one constant for all values; default a learnt factor for each channel",
			Setting: decimal{to: &o.factor, what: "the factor", min: -1e6, max: 1e6}},
		flagField(&o.bias, "bias", "add a learnt shift for each channel, as Caffe's Scale with bias_term"),
		o.shareField(),
	}
}

// IsLearnt reports whether each channel has a learnt factor.
func (o *Scale) IsLearnt() bool { return o.factor.text == "" }

// Factor returns the constant of a layer that is not learnt.
func (o *Scale) Factor() float64 { return o.factor.value }

// HasBias reports whether each channel has a learnt shift.
func (o *Scale) HasBias() bool { return o.bias }

// Output returns the input's shape.
func (o *Scale) Output(in []graph.Shape) (graph.Shape, error) {
	if o.bias && !o.IsLearnt() {
		return one(in), diag.Errorf("layer/value", "bias cannot be combined with the constant %s", o.factor.text).
			WithHint("leave out one of the two: SCALE bias has a learnt factor and a learnt shift for each channel")
	}
	return one(in), nil
}

// Weights returns the factors and shifts, each [C, 1, 1] as code that multiplies [N, C, H, W] by them has it.
func (o *Scale) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	weights := scaleAndShift(o.IsLearnt(), one(in).D, 1, 1)
	if !o.bias {
		return weights[:min(len(weights), 1)]
	}
	return weights
}

// WeightProduct returns "", as each weight is of one channel.
func (*Scale) WeightProduct([]graph.Shape, graph.Shape) string { return "" }

// MakesVolume reports whether the factors are learnt: their gradient needs the input as well as the output.
func (o *Scale) MakesVolume() bool { return o.IsLearnt() }

// Explain returns the formula.
func (o *Scale) Explain([]graph.Shape, graph.Shape) []Line {
	formula := "y = weight*x, with one weight for each channel"
	switch {
	case !o.IsLearnt():
		formula = fmt.Sprintf("y = %s*x", o.factor.text)
	case o.bias:
		formula = "y = weight*x + bias, with one weight and one bias for each channel"
	}
	return []Line{{"formula", formula}}
}

// Autograd reports that the layer saves the input for the gradient of the factors, and the factors for the input's. A
// constant is a number, which PyTorch wraps in a tensor. The gradient of the factors is a whole volume before it is
// summed, as is the product before a shift is added. The factors are tensors of float32, so the output is float32 under
// autocast, while the input is read as it is.
func (o *Scale) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	if !o.IsLearnt() {
		return keeps(p.scalars(nil)...)
	}
	a := keeps(savedInputToLearn(0), savedWeight(0, 0))
	a.Autocast = PromotesType
	if !p.FrozenWeight {
		a.Backward = []Size{{Values: values(out)}}
	}
	if o.bias {
		a.Forward = []Size{{Values: values(out)}}
	}
	return a
}
