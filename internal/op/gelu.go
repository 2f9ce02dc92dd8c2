package op

import "cnncalc/internal/graph"

// GELU is GELU, x times the normal distribution up to x, by the error function.
type GELU struct{ elementwise }

func geluKind() Kind {
	return Kind{
		Name:     "GELU",
		Summary:  "x times the normal distribution function of x, exact",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &GELU{} },
	}
}

// Counterparts are the names elsewhere.
func (*GELU) Counterparts() Counterparts {
	return Counterparts{Module: "GELU", Function: "gelu", Traced: []string{"gelu"}}
}

// Kind is "GELU".
func (*GELU) Kind() string { return "GELU" }

// Autograd saves the input.
func (*GELU) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return keeps(savedInput(0)) }
