package op

import "cnncalc/internal/graph"

// SiLU is SILU: x*sigmoid(x), also called swish.
type SiLU struct{ inPlaceActivation }

func siluKind() Kind {
	return Kind{
		Name:     "SILU",
		Summary:  "x*sigmoid(x), also called swish",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &SiLU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *SiLU) Counterparts() Counterparts {
	return Counterparts{Module: "SiLU", Function: "silu", Traced: o.traced("silu")}
}

// Kind returns "SILU".
func (*SiLU) Kind() string { return "SILU" }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *SiLU) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd { return o.keepsInput(out) }
