package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// GroupNorm is GN (Wu and He, 2018): the channels of one picture in groups, each group less its mean, over its
// deviation, times a learnt scale and plus a learnt shift for each channel.
type GroupNorm struct {
	norm
	wholePlane
	groups int64
}

func gnKind() Kind {
	return Kind{
		Name:     "GN",
		Summary:  "group normalisation of each picture: GN32 has 32 groups of channels; a learnt scale and shift per channel",
		Backward: "The gradient needs the input and the mean and deviation of each group, so all are kept.",
		New:      func() Layer { return &GroupNorm{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*GroupNorm) Counterparts() Counterparts {
	return Counterparts{Module: "GroupNorm", Function: "group_norm", Traced: []string{"group_norm"}}
}

// Kind returns "GN".
func (*GroupNorm) Kind() string { return "GN" }

// Fields returns the settings.
func (o *GroupNorm) Fields() []Field {
	groups := Field{Key: "groups", Place: Head, Setting: count{&o.groups, "groups"},
		Doc: "number of groups, which must divide the depth"}
	return append([]Field{groups}, o.fields("with")...)
}

// Groups returns the number of groups.
func (o *GroupNorm) Groups() int64 { return o.groups }

// Output returns the input's shape.
func (o *GroupNorm) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	if o.groups == 0 {
		return s, missing("the number of groups", "GN32")
	}
	if s.D%o.groups != 0 {
		return s, diag.Errorf("shape/groups", "the input's depth %d cannot be split into %d groups", s.D, o.groups).
			WithFits("groups=" + nearestDivisors(s.D, s.D, o.groups))
	}
	if s == (graph.Shape{W: 1, H: 1, D: o.groups}) {
		return s, oneValue("each group")
	}
	return s, nil
}

// Weights returns the scale and shift, each [C].
func (o *GroupNorm) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return scaleAndShift(o.Affine(), one(in).D)
}

// Explain says which values each mean is of.
func (o *GroupNorm) Explain(in []graph.Shape, _ graph.Shape) []Line {
	s := one(in)
	each := s.D / o.groups
	return append([]Line{{"groups", fmt.Sprintf("%d of %d/%d = %d channels", o.groups, s.D, o.groups, each)}},
		explainStatistics(o.groups, s.W, s.H, each)...)
}

// Autograd reports that the layer saves the input, the scale, and mean and deviation of each group. In the backward
// pass the kernels need two sums for each channel (aten/src/ATen/native/cpu/group_norm_kernel.cpp).
func (o *GroupNorm) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := p.keepsStatistics(o.groups, 0)
	a.Copies, a.CopiesGradient = !p.readsDense(one(in)), true
	if p.Torch == Torch2CUDA { // whose kernel reads planes
		a.Order, a.Copies = PlanesOrder, !p.readsPlanes(one(in))
	}
	if o.Affine() {
		a.Saved = append(a.Saved, savedWeight(0))
	}
	a.Autocast = RaisesType
	a.Backward = []Size{{Values: product(2, out.D)}}
	return a
}
