package op

import "cnncalc/internal/graph"

// ReLU6 is RELU6: min(max(0, x), 6).
type ReLU6 struct{ inPlaceActivation }

func relu6Kind() Kind {
	return Kind{
		Name:     "RELU6",
		Summary:  "min(max(0, x), 6)",
		Backward: "The gradient passes where the input is between 0 and 6.",
		New:      func() Layer { return &ReLU6{} },
	}
}

// Counterparts returns the layer's names in other programs. MatConvNet has no bounded ReLU, and networks ported to it
// use its plain one.
func (o *ReLU6) Counterparts() Counterparts {
	return Counterparts{Module: "ReLU6", Function: "hardtanh", Traced: o.traced("hardtanh"), MatConvNet: "vl_nnrelu"}
}

// Kind returns "RELU6".
func (*ReLU6) Kind() string { return "RELU6" }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *ReLU6) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd { return o.keepsInput(out) }
