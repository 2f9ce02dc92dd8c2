package op

import "cnncalc/internal/graph"

// ReLU is RELU: max(0, x).
type ReLU struct{ inPlaceActivation }

func reluKind() Kind {
	return Kind{
		Name:    "RELU",
		Summary: "max(0, x)",
		Backward: "The gradient passes where the output is above zero, so the output is all it needs, and the layer " +
			"can work in place.",
		New: func() Layer { return &ReLU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *ReLU) Counterparts() Counterparts {
	return Counterparts{Module: "ReLU", Function: "relu", Traced: o.traced("relu"), MatConvNet: "vl_nnrelu"}
}

// Kind returns "RELU".
func (*ReLU) Kind() string { return "RELU" }

// Autograd reports that the layer saves the output.
func (o *ReLU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return o.keepsOutput() }
