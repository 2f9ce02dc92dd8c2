package op

import "cnncalc/internal/graph"

// HardSwish is HARDSWISH, x*relu6(x+3)/6.
type HardSwish struct{ inPlaceActivation }

func hardswishKind() Kind {
	return Kind{
		Name:     "HARDSWISH",
		Summary:  "x*relu6(x+3)/6",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &HardSwish{} },
	}
}

// Counterparts are the names elsewhere.
func (o *HardSwish) Counterparts() Counterparts {
	return Counterparts{Module: "Hardswish", Function: "hardswish", Traced: o.traced("hardswish")}
}

// Kind is "HARDSWISH".
func (*HardSwish) Kind() string { return "HARDSWISH" }

// Autograd saves the input, or a copy of it where it is written over.
func (o *HardSwish) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd {
	return o.keepsInput(out)
}
