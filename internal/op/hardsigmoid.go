package op

import "cnncalc/internal/graph"

// HardSigmoid is HARDSIGMOID: relu6(x+3)/6.
type HardSigmoid struct{ inPlaceActivation }

func hardsigmoidKind() Kind {
	return Kind{
		Name:     "HARDSIGMOID",
		Summary:  "relu6(x+3)/6",
		Backward: "The gradient is divided by 6 where the input is between -3 and 3, and zero elsewhere.",
		New:      func() Layer { return &HardSigmoid{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *HardSigmoid) Counterparts() Counterparts {
	return Counterparts{Module: "Hardsigmoid", Function: "hardsigmoid", Traced: o.traced("hardsigmoid")}
}

// Kind returns "HARDSIGMOID".
func (*HardSigmoid) Kind() string { return "HARDSIGMOID" }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *HardSigmoid) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd {
	return o.keepsInput(out)
}
