package op

import "cnncalc/internal/graph"

// HardSigmoid is HARDSIGMOID, relu6(x+3)/6.
type HardSigmoid struct{ inPlaceActivation }

func hardsigmoidKind() Kind {
	return Kind{
		Name:     "HARDSIGMOID",
		Summary:  "relu6(x+3)/6",
		Backward: "The gradient passes, over 6, where the input is between -3 and 3.",
		New:      func() Layer { return &HardSigmoid{} },
	}
}

// Counterparts are the names elsewhere.
func (o *HardSigmoid) Counterparts() Counterparts {
	return Counterparts{Module: "Hardsigmoid", Function: "hardsigmoid", Traced: o.traced("hardsigmoid")}
}

// Kind is "HARDSIGMOID".
func (*HardSigmoid) Kind() string { return "HARDSIGMOID" }

// Autograd saves the input, or a copy of it where it is written over.
func (o *HardSigmoid) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd {
	return o.keepsInput(out)
}
