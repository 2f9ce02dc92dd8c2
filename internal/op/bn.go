package op

import "cnncalc/internal/graph"

// BatchNorm is BN (Ioffe and Szegedy, 2015): it subtracts each channel's mean, divides by its deviation, multiplies
// by a learnt scale and adds a learnt shift.
type BatchNorm struct{ norm }

func bnKind() Kind {
	return Kind{
		Name:    "BN",
		Summary: "batch normalisation: a learnt scale and shift for each channel, and running statistics that are not learnt",
		Backward: "The gradient needs the input and the batch's mean and deviation of each channel, so the input is " +
			"kept: BN cannot work in place without recomputing it.",
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

// Fields returns the settings.
func (o *BatchNorm) Fields() []Field { return o.fields("with") }

// Output returns the input's shape.
func (*BatchNorm) Output(in []graph.Shape) (graph.Shape, error) { return one(in), nil }

// Weights returns the scale, the shift and the running statistics, each [C].
func (o *BatchNorm) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	dims := []int64{one(in).D}
	return append(scaleAndShift(o.Affine(), dims...),
		graph.Weight{Name: "running_mean", Dims: dims, Role: graph.RoleBuffer},
		graph.Weight{Name: "running_var", Dims: dims, Role: graph.RoleBuffer})
}

// Autograd reports that the layer saves the input, the scale, the running statistics, and the batch's own mean and
// deviation in float32. The CPU kernels also need two values for each channel, and a volume in the backward pass
// (aten/src/ATen/native/Normalization.cpp). An int64, num_batches_tracked, counts batches.
func (o *BatchNorm) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	statistic := Saved{What: Statistic, Size: Size{Fixed: out.D, Bytes: 4}}
	a := keeps(savedInput(0))
	if o.Affine() {
		a.Saved = append(a.Saved, savedWeight(0), savedWeight(2), savedWeight(3))
	} else {
		a.Saved = append(a.Saved, savedWeight(0), savedWeight(1))
	}
	a.Saved = append(a.Saved, statistic, statistic)
	a.Counters = 1
	forward := int64(0) // values for each channel
	if p.Training && !p.saves() {
		forward += 2 // the statistics
	}
	if p.Torch == Torch113CPU {
		forward += 2
		a.Backward = []Size{{Values: values(out)}}
	}
	if forward > 0 {
		a.Forward = []Size{{Fixed: product(forward, out.D), Bytes: 4}}
	}
	return a
}
