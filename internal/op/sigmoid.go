package op

import "cnncalc/internal/graph"

// Sigmoid is SIGMOID: 1/(1+exp(-x)).
type Sigmoid struct{ inPlaceActivation }

func sigmoidKind() Kind {
	return Kind{
		Name:     "SIGMOID",
		Summary:  "1/(1+exp(-x))",
		Backward: "The gradient is multiplied by y(1-y), so the output is kept.",
		New:      func() Layer { return &Sigmoid{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Sigmoid) Counterparts() Counterparts {
	return Counterparts{Module: "Sigmoid", Function: "sigmoid", Traced: o.traced("sigmoid"), MatConvNet: "vl_nnsigmoid"}
}

// Kind returns "SIGMOID".
func (*Sigmoid) Kind() string { return "SIGMOID" }

// Autograd reports that the layer saves the output.
func (o *Sigmoid) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return o.keepsOutput() }
