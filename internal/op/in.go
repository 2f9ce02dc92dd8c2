package op

import "cnncalc/internal/graph"

// InstanceNorm is IN (Ulyanov et al., 2016): each channel of one picture less its mean, over its deviation. Unless
// affine is written it has no parameters, and it never has running statistics; both are PyTorch's defaults.
type InstanceNorm struct {
	norm
	wholePlane
}

func inKind() Kind {
	return Kind{
		Name:     "IN",
		Summary:  "instance normalisation over each channel of each picture, without parameters unless affine is written",
		Backward: "The gradient needs the input and the mean and deviation of each channel of each picture, so all are kept.",
		New:      func() Layer { return &InstanceNorm{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*InstanceNorm) Counterparts() Counterparts {
	return Counterparts{Module: "InstanceNorm2d", Function: "instance_norm", Traced: []string{"instance_norm"}}
}

// Kind returns "IN".
func (*InstanceNorm) Kind() string { return "IN" }

// Fields returns the settings.
func (o *InstanceNorm) Fields() []Field { return o.fields("without") }

// Affine reports whether there are a learnt scale and shift, as there are if affine is written.
func (o *InstanceNorm) Affine() bool { return o.affine == "affine" }

// Output returns the input's shape.
func (*InstanceNorm) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	if s.W == 1 && s.H == 1 {
		return s, oneValue("each channel of 1x1")
	}
	return s, nil
}

// Weights returns the scale and shift, each [C], if it has them.
func (o *InstanceNorm) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return scaleAndShift(o.Affine(), one(in).D)
}

// Explain says which values each mean is of.
func (*InstanceNorm) Explain(in []graph.Shape, _ graph.Shape) []Line {
	s := one(in)
	return explainStatistics(s.D, s.W, s.H, 1)
}

// Autograd returns that of F.instance_norm, which is BN over the channels of all pictures: it saves the input, mean and
// deviation of each channel of each picture, and as many copies of the scale. The shift is copied too, and the kernels
// for the CPU need what BN's need (aten/src/ATen/native/Normalization.cpp).
func (o *InstanceNorm) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := p.keepsStatistics(out.D, 4)
	a.Order, a.Copies, a.CopiesGradient = PlanesOrder, !p.readsPlanes(one(in)), true
	forward := int64(0) // values for each channel
	if !p.saves() {
		forward = 2
	}
	if o.Affine() {
		a.Saved = append(a.Saved, savedVolume(out.D))
		forward++
		if !p.saves() {
			forward++
		}
	}
	if p.Torch == Torch113CPU {
		forward += 2
		a.Backward = []Size{{Values: values(out)}}
	}
	if forward > 0 {
		a.Forward = []Size{{Values: product(forward, out.D), Bytes: 4}}
	}
	return a
}
