package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// LayerNorm is LN (Ba et al., 2016): the depth at each place less its mean, over its deviation, times a learnt scale
// and plus a learnt shift for each channel, as in ConvNeXt. With Volume, mean and deviation are those of the whole
// volume, and each value has a scale and a shift of its own.
type LayerNorm struct {
	norm
	Volume bool
}

func lnKind() Kind {
	return Kind{
		Name: "LN",
		Summary: "layer normalisation over the depth at each place, as in ConvNeXt, with a learnt scale and shift per " +
			"channel; " +
			"LN volume normalises over the whole volume",
		Backward: "The gradient needs the input and the mean and deviation of each place, or of the volume, so all are kept.",
		New:      func() Layer { return &LayerNorm{} },
	}
}

// Counterparts returns the layer's names in other programs. Over the depth, PyTorch code permutes the volume before and
// after, which costs no operations.
func (*LayerNorm) Counterparts() Counterparts {
	return Counterparts{Module: "LayerNorm", Function: "layer_norm", Traced: []string{"layer_norm"}}
}

// IsPermutable reports whether the mean is over the depth.
func (o *LayerNorm) IsPermutable() bool { return !o.Volume }

// Kind returns "LN".
func (*LayerNorm) Kind() string { return "LN" }

// Fields returns the settings.
func (o *LayerNorm) Fields() []Field {
	volume := flagField(&o.Volume, "volume",
		"over width, height and depth at once, with a scale and a shift per value: PyTorch's LayerNorm([C, H, W])")
	return append([]Field{volume}, o.fields("with")...)
}

// Output returns the input's shape.
func (o *LayerNorm) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	switch {
	case o.Volume && s == graph.Shape{W: 1, H: 1, D: 1}:
		return s, oneValue("the volume")
	case !o.Volume && s.D == 1:
		return s, oneValue("each place")
	}
	return s, nil
}

// Weights returns the scale and shift, each [C], or [C, H, W] over the volume.
func (o *LayerNorm) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	s := one(in)
	if o.Volume {
		return scaleAndShift(o.Affine(), s.D, s.H, s.W)
	}
	return scaleAndShift(o.Affine(), s.D)
}

// Taps returns the whole plane over the volume, else the place itself.
func (o *LayerNorm) Taps(in, out graph.Shape) (w, h Taps) {
	if o.Volume {
		return wholePlane{}.Taps(in, out)
	}
	return shifted(0), shifted(0)
}

// Slide returns an error for LN volume: its weights belong to one size.
func (o *LayerNorm) Slide(in graph.Shape) (graph.Op, error) {
	if !o.Volume {
		return o, nil
	}
	return nil, diag.Errorf("convert/slide", "it normalises over all of %dx%d, and no larger input has such a mean", in.W,
		in.H)
}

// Explain says which values each mean is of.
func (o *LayerNorm) Explain(in []graph.Shape, _ graph.Shape) []Line {
	s := one(in)
	if o.Volume {
		return explainStatistics(1, s.W, s.H, s.D)
	}
	return explainStatistics(s.W*s.H, 1, 1, s.D)
}

// Autograd reports that the layer saves the input, scale and shift, and the mean and deviation of each place or volume
// in float32. The kernels read what they normalise in order: over the depth, they need the channels last in memory. An
// input in another order is copied, and in the backward pass the output's gradient too. The kernels for the CPU sum the
// gradients of scale and shift aside (aten/src/ATen/native/layer_norm.cpp, cpu/layer_norm_kernel.cpp).
func (o *LayerNorm) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	places := int64(1)
	if !o.Volume {
		places = out.W * out.H
	}
	a := p.keepsStatistics(places, 4)
	a.Autocast = RaisesType
	var backward Size
	if o.Volume {
		a.Order = PlanesOrder
		a = a.copyUnless(p.readsPlanes(one(in)), one(in))
	} else {
		a.Order = ChannelsLastOrder
		isInOrder := p.layout(one(in)) == ChannelsLast(one(in))
		a = a.copyUnless(isInOrder, one(in))
		if !isInOrder {
			backward.Values = product(2, values(out))
		}
		a.CopiesGradient = isInOrder // the copy in the other order is counted
	}
	if o.Affine() {
		a.Saved = append(a.Saved, savedWeight(0), savedWeight(1))
		if p.Torch == Torch113CPU {
			backward.Fixed = product(2, product(o.Weights(in, out)[0].Dims...))
		}
	}
	a.Backward = []Size{backward}
	return a
}
