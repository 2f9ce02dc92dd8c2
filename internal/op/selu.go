package op

import "cnncalc/internal/graph"

// SELU is SELU: 1.0507*x above zero, 1.7581*(exp(x)-1) below.
type SELU struct{ inPlaceActivation }

func seluKind() Kind {
	return Kind{
		Name:     "SELU",
		Summary:  "1.0507*x above zero, 1.7581*(exp(x)-1) below, which normalises itself",
		Backward: "The gradient below zero is the output plus 1.7581, so either the input or the output is kept.",
		New:      func() Layer { return &SELU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *SELU) Counterparts() Counterparts {
	return Counterparts{Module: "SELU", Function: "selu", Traced: o.traced("selu")}
}

// Kind returns "SELU".
func (*SELU) Kind() string { return "SELU" }

// Autograd reports that the layer saves the input, or the output if that overwrites the input.
func (o *SELU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	if o.InPlace {
		return o.keepsOutput()
	}
	return keeps(savedInput(0))
}
