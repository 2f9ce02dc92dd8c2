package op

import "cnncalc/internal/graph"

// LeakyReLU is LEAKYRELU: x above zero, slope*x below.
type LeakyReLU struct {
	elementwise
	inPlace
	slope number
}

func leakyreluKind() Kind {
	return Kind{
		Name:     "LEAKYRELU",
		Summary:  "x above zero, slope*x below: LEAKYRELU0.1",
		Backward: "The gradient passes above zero and is multiplied by the slope below.",
		New:      func() Layer { return &LeakyReLU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *LeakyReLU) Counterparts() Counterparts {
	return Counterparts{
		Module:     "LeakyReLU",
		Function:   "leaky_relu",
		Traced:     o.traced("leaky_relu"),
		MatConvNet: "vl_nnrelu",
	}
}

// Kind returns "LEAKYRELU".
func (*LeakyReLU) Kind() string { return "LEAKYRELU" }

// Fields returns the settings.
func (o *LeakyReLU) Fields() []Field {
	return []Field{
		{Key: "slope", Place: Head, Doc: "slope below zero; default 0.01, as in PyTorch",
			Setting: decimal{to: &o.slope, what: "the slope", min: 0, max: 1e6}},
		o.field(),
	}
}

// Slope returns the slope below zero.
func (o *LeakyReLU) Slope() float64 { return o.slope.or(0.01) }

// Autograd reports that the layer saves the input, or the output if that overwrites the input.
func (o *LeakyReLU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	if o.InPlace {
		return o.keepsOutput()
	}
	return keeps(savedInput(0))
}
