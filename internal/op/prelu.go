package op

import "cnncalc/internal/graph"

// PReLU is PRELU (He et al., 2015): x above zero, a learnt slope times x below.
type PReLU struct {
	elementwise
	sharing
	Shared bool
}

func preluKind() Kind {
	return Kind{
		Name:    "PRELU",
		Summary: "x above zero, a learnt slope times x below; one slope for each channel, or a single one with shared",
		Backward: "Below zero the gradient is multiplied by the slope, and the slope's gradient sums the inputs " +
			"there; the input is kept.",
		New: func() Layer { return &PReLU{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*PReLU) Counterparts() Counterparts {
	return Counterparts{Module: "PReLU", Function: "prelu", Traced: []string{"prelu"}}
}

// IsPermutable returns false: the module takes its slopes for those of the second axis.
func (*PReLU) IsPermutable() bool { return false }

// Kind returns "PRELU".
func (*PReLU) Kind() string { return "PRELU" }

// Fields returns the settings.
func (o *PReLU) Fields() []Field {
	return []Field{
		flagField(
			&o.Shared,
			"shared",
			"one slope for all channels, PyTorch's default; otherwise one for each channel, as in the paper",
		),
		o.shareField(),
	}
}

// Weights returns the slopes, [C], or [1] if shared.
func (o *PReLU) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	slopes := one(in).D
	if o.Shared {
		slopes = 1
	}
	return []graph.Weight{{Name: "weight", Dims: []int64{slopes}, Role: graph.RoleWeight}}
}

// Autograd reports that the layer saves the input and the slopes. The gradient of the slopes is a whole volume before
// it is summed.
func (o *PReLU) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd {
	a := keeps(savedInput(0), savedWeight(0))
	a.Autocast = LowersType
	a.Backward = []Size{{Values: values(out)}}
	return a
}
