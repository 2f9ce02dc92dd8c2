package op

import "cnncalc/internal/graph"

// BatchNorm is BN (Ioffe and Szegedy, 2015): it subtracts each channel's mean, divides by its deviation, multiplies
// by a learnt scale and adds a learnt shift.
type BatchNorm struct{ eps number }

func bnKind() Kind {
	return Kind{
		Name:    "BN",
		Summary: "batch normalisation: a learnt scale and shift for each channel, and running statistics that are not learnt",
		Backward: "The gradient needs the input and the batch's mean and deviation of each channel, so the input is " +
			"kept: BN cannot work in " +
			"place without recomputing it.",
		New: func() Layer { return &BatchNorm{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*BatchNorm) Counterparts() Counterparts {
	return Counterparts{
		Module:     "BatchNorm2d",
		Function:   "batch_norm",
		Traced:     []string{"batch_norm"},
		MatConvNet: "vl_nnbnorm",
	}
}

// Kind returns "BN".
func (*BatchNorm) Kind() string { return "BN" }

// MakesVolume returns true.
func (*BatchNorm) MakesVolume() bool { return true }

// Fields returns the settings.
func (o *BatchNorm) Fields() []Field {
	return []Field{
		{Key: "eps", Doc: "added to the variance; default 1e-5", Setting: decimal{to: &o.eps, what: "eps", min: 0, max: 1}},
	}
}

// Eps returns the number added to the variance.
func (o *BatchNorm) Eps() float64 { return o.eps.or(1e-5) }

// Output returns the input's shape.
func (*BatchNorm) Output(in []graph.Shape) (graph.Shape, error) { return one(in), nil }

// Weights returns the scale, the shift and the running statistics, each [C].
func (*BatchNorm) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	dims := []int64{one(in).D}
	return []graph.Weight{
		{Name: "weight", Dims: dims, Role: graph.RoleWeight},
		{Name: "bias", Dims: dims, Role: graph.RoleBias},
		{Name: "running_mean", Dims: dims, Role: graph.RoleBuffer},
		{Name: "running_var", Dims: dims, Role: graph.RoleBuffer},
	}
}

// MACs returns 0 by convention.
func (*BatchNorm) MACs([]graph.Shape, graph.Shape) (int64, error) { return 0, nil }

// Autograd reports that the layer saves the input, the scale, the running statistics, and the batch's own mean and
// deviation in float32. The CPU kernels also need two values for each channel, and a volume in the backward pass
// (aten/src/ATen/native/Normalization.cpp). An int64, num_batches_tracked, counts batches.
func (*BatchNorm) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	statistic := Saved{What: Statistic, Size: Size{Fixed: out.D, Bytes: 4}}
	a := keeps(savedInput(0), savedWeight(0), savedWeight(2), savedWeight(3), statistic, statistic)
	a.Counters = 1
	if p.Torch == Torch113CPU {
		a.Forward = []Size{{Fixed: 2 * out.D, Bytes: 4}}
		a.Backward = []Size{{Values: values(out)}}
	}
	return a
}
