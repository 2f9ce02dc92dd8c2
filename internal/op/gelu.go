package op

import "cnncalc/internal/graph"

// GELU is GELU: x times the standard normal distribution function of x, by the error function or approximately.
type GELU struct {
	elementwise
	Tanh bool // x/2*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))
}

func geluKind() Kind {
	return Kind{
		Name:     "GELU",
		Summary:  "x times the standard normal distribution function of x, computed exactly or, with tanh, approximately",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &GELU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*GELU) Counterparts() Counterparts {
	return Counterparts{Module: "GELU", Function: "gelu", Traced: []string{"gelu"}}
}

// Kind returns "GELU".
func (*GELU) Kind() string { return "GELU" }

// Fields returns the settings.
func (o *GELU) Fields() []Field {
	return []Field{flagField(&o.Tanh, "tanh", "approximate with tanh, as PyTorch's approximate='tanh'")}
}

// Autograd reports that the layer saves the input.
func (*GELU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return keeps(savedInput(0)) }
