package op

import "cnncalc/internal/graph"

// Mish is MISH: x*tanh(softplus(x)).
type Mish struct{ inPlaceActivation }

func mishKind() Kind {
	return Kind{
		Name:     "MISH",
		Summary:  "x*tanh(log(1+exp(x))), as in YOLOv4",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &Mish{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Mish) Counterparts() Counterparts {
	return Counterparts{Module: "Mish", Function: "mish", Traced: o.traced("mish")}
}

// Kind returns "MISH".
func (*Mish) Kind() string { return "MISH" }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *Mish) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd { return o.keepsInput(out) }
