package op

import "cnncalc/internal/graph"

// ReLU6 is RELU6, min(max(0, x), 6).
type ReLU6 struct{ inPlaceActivation }

func relu6Kind() Kind {
	return Kind{
		Name:     "RELU6",
		Summary:  "min(max(0, x), 6)",
		Backward: "The gradient passes where the input is between 0 and 6.",
		New:      func() Layer { return &ReLU6{} },
	}
}

// Counterparts are the names elsewhere. MatConvNet has no bound of 6, and networks ported to it take its plain ReLU.
func (o *ReLU6) Counterparts() Counterparts {
	return Counterparts{Module: "ReLU6", Function: "hardtanh", Traced: o.traced("hardtanh"), MatConvNet: "vl_nnrelu"}
}

// Kind is "RELU6".
func (*ReLU6) Kind() string { return "RELU6" }

// Autograd saves the input, or a copy of it where it is written over.
func (o *ReLU6) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd { return o.keepsInput(out) }
