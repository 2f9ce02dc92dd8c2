package op

import "cnncalc/internal/graph"

// Tanh is TANH: tanh(x).
type Tanh struct{ inPlaceActivation }

func tanhKind() Kind {
	return Kind{
		Name:     "TANH",
		Summary:  "tanh(x)",
		Backward: "The gradient is multiplied by 1-y*y, so the output is kept.",
		New:      func() Layer { return &Tanh{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Tanh) Counterparts() Counterparts {
	return Counterparts{Module: "Tanh", Function: "tanh", Traced: o.traced("tanh")}
}

// Kind returns "TANH".
func (*Tanh) Kind() string { return "TANH" }

// Autograd reports that the layer saves the output.
func (o *Tanh) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return o.keepsOutput() }
