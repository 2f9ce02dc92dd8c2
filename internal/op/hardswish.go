package op

import "cnncalc/internal/graph"

// HardSwish is HARDSWISH: x*relu6(x+3)/6.
type HardSwish struct{ inPlaceActivation }

func hardswishKind() Kind {
	return Kind{
		Name:     "HARDSWISH",
		Summary:  "x*relu6(x+3)/6",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &HardSwish{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *HardSwish) Counterparts() Counterparts {
	return Counterparts{Module: "Hardswish", Function: "hardswish", Traced: o.traced("hardswish")}
}

// Kind returns "HARDSWISH".
func (*HardSwish) Kind() string { return "HARDSWISH" }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *HardSwish) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd {
	return o.keepsInput(out)
}
