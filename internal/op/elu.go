package op

import "cnncalc/internal/graph"

// ELU is ELU: x above zero, alpha*(exp(x)-1) below.
type ELU struct {
	elementwise
	inPlace
	alpha number
}

func eluKind() Kind {
	return Kind{
		Name:     "ELU",
		Summary:  "x above zero, alpha*(exp(x)-1) below",
		Backward: "The gradient below zero is the output plus alpha, so either the input or the output is kept.",
		New:      func() Layer { return &ELU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *ELU) Counterparts() Counterparts {
	return Counterparts{Module: "ELU", Function: "elu", Traced: o.traced("elu")}
}

// Kind returns "ELU".
func (*ELU) Kind() string { return "ELU" }

// Fields returns the settings.
func (o *ELU) Fields() []Field {
	return []Field{
		{Key: "alpha", Doc: "limit below zero; default 1",
			Setting: decimal{to: &o.alpha, what: "alpha", min: 0, max: 1e6}},
		o.field(),
	}
}

// Alpha returns the magnitude of the limit below zero.
func (o *ELU) Alpha() float64 { return o.alpha.or(1) }

// Autograd reports that the layer saves the input, or the output if that overwrites the input.
func (o *ELU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	if o.InPlace {
		return o.keepsOutput()
	}
	return keeps(savedInput(0))
}
