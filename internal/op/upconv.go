package op

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// UpConv is UPCONV, a transposed convolution: the backward pass of CONV used forward, to enlarge a volume.
type UpConv struct {
	window
	sharing
	Filters int64
	OutPad  extent
	groups  int64
	NoBias  bool
}

func upconvKind() Kind {
	return Kind{
		Name:    "UPCONV",
		Summary: "transposed convolution: UPCONV2-64 doubles width and height; (W1-1)S-2P+d(F-1)+1+outpad",
		Backward: "The gradient of the input is the ordinary convolution of the output's gradient with the same " +
			"filters. The input must be " +
			"kept for the weights' gradient.",
		New: func() Layer { return &UpConv{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*UpConv) Counterparts() Counterparts {
	return Counterparts{
		Module:     "ConvTranspose2d",
		Function:   "conv_transpose2d",
		Traced:     []string{"_convolution"},
		MatConvNet: "vl_nnconvt",
	}
}

// Kind returns "UPCONV".
func (*UpConv) Kind() string { return "UPCONV" }

// MakesVolume returns true.
func (*UpConv) MakesVolume() bool { return true }

// Groups returns the number of groups that the depth is split into, by default 1.
func (o *UpConv) Groups() int64 { return max(o.groups, 1) }

// Fields returns the settings.
func (o *UpConv) Fields() []Field {
	return []Field{
		o.sizeField(),
		{Key: "filters", Place: Dash, Doc: "number of filters K, the output's depth", Setting: count{&o.Filters, "filters"}},
		o.strideField("stride S, the factor of enlargement; 2 for F=2, otherwise required"),
		o.cutField(),
		o.dilationField(),
		{
			Key:     "outpad",
			Doc:     "extra columns and rows on the right and bottom, fewer than the larger of stride and dilation; default 0",
			Setting: pair{&o.OutPad, "outpad", 0},
		},
		{
			Key:     "groups",
			Letter:  "g",
			Doc:     "number of groups that the depth is split into; default 1",
			Setting: count{&o.groups, "groups"},
		},
		flagField(&o.NoBias, "nobias", "no biases"),
		o.shareField(),
	}
}

// cutField returns the field of the pad, which has no same: TensorFlow's depends on the size that is wanted.
func (o *UpConv) cutField() Field {
	f := padField(&o.pad, "cut from the output on each side; default 0")
	f.Words, f.Refused = []string{"valid"}, []string{"same"}
	return f
}

// noSame returns the problem of `same`, with the pad that it is in TensorFlow, where the output is the input times the
// stride.
func (o *UpConv) noSame(in graph.Shape, stride, dilation extent) *diag.Problem {
	w, h := (o.size.W-1)*dilation.W+1-stride.W, (o.size.H-1)*dilation.H+1-stride.H // more than the stride
	cut := pad{mode: padNumbers, left: max(w, 0) / 2, right: (max(w, 0) + 1) / 2, top: max(h, 0) / 2,
		bottom: (max(h, 0) + 1) / 2}
	text := "p=" + cut.value().written()
	if w < 0 || h < 0 {
		text += " outpad=" + extent{max(-w, 0), max(-h, 0)}.String()
	}
	if in.HasPlane() {
		text += fmt.Sprintf(" (%dx%d, TensorFlow's SAME)", in.W*stride.W, in.H*stride.H)
	}
	return diag.Errorf("layer/value", "same is not defined for UPCONV").WithFits(text)
}

// Geometry returns the resolved window. On each axis, In is the smaller side and Out the larger.
func (o *UpConv) Geometry(in graph.Shape) (Geometry, error) {
	if !o.size.isSet() {
		return Geometry{}, missing("the window's size", "UPCONV2-64")
	}
	stride := o.stride
	if !stride.isSet() {
		if (o.size != extent{2, 2}) {
			return Geometry{}, missing("the stride", "s2")
		}
		stride = extent{2, 2}
	}
	dilation := o.dilation.or(extent{1, 1})
	if o.pad.mode == padSame {
		return Geometry{}, o.noSame(in, stride, dilation)
	}
	g := Geometry{
		W: Axis{In: in.W, Size: o.size.W, Stride: stride.W, Dilation: dilation.W, Before: o.pad.left, After: o.pad.right},
		H: Axis{In: in.H, Size: o.size.H, Stride: stride.H, Dilation: dilation.H, Before: o.pad.top, After: o.pad.bottom},
	}
	err := joinAxes(func(s side) error { return o.enlarge(&g.W, s, o.OutPad.W, g) },
		func(s side) error { return o.enlarge(&g.H, s, o.OutPad.H, g) })
	return g, err
}

// smallerPad returns the largest pad no larger than the one written with which something is left on both axes.
func (o *UpConv) smallerPad(g Geometry) pad {
	smaller := func(a Axis, outpad int64) (before, after int64) {
		most := (a.In-1)*a.Stride + a.Span() + outpad - 1
		switch {
		case a.Before+a.After <= most:
			return a.Before, a.After
		case a.Before == a.After:
			return most / 2, most / 2
		}
		before = min(a.Before, most)
		return before, most - before
	}
	p := pad{mode: padNumbers}
	p.left, p.right = smaller(g.W, o.OutPad.W)
	p.top, p.bottom = smaller(g.H, o.OutPad.H)
	return p
}

// enlarge sets a.Out, of one axis of g, by the rule of PyTorch's ConvTranspose2d.
func (o *UpConv) enlarge(a *Axis, s side, outpad int64, g Geometry) error {
	if outpad >= max(a.Stride, a.Dilation) {
		return diag.Errorf("shape/outpad", "outpad %d must be below the larger of the stride %d and the dilation %d",
			outpad, a.Stride, a.Dilation).
			WithFits(fmt.Sprintf("outpad=%d at most", max(a.Stride, a.Dilation)-1))
	}
	if a.In == 0 {
		return nil
	}
	grown, err := checked.Product(a.In-1, a.Stride)
	if err != nil || grown > graph.MaxExtent {
		return diag.Errorf("shape/too-large", "(%s-1)S = (%d-1)*%d makes the output larger than %d",
			s.symbol, a.In, a.Stride, int64(graph.MaxExtent)).
			WithHint("lower the stride")
	}
	a.Out = grown + a.Span() + outpad - a.Before - a.After
	if a.Out < 1 {
		numbers := fmt.Sprintf("(%d-1)*%d-%d+%d+%d", a.In, a.Stride, a.Before+a.After, a.Span(), outpad)
		return diag.Errorf("shape/window", "(%s-1)S-2P+d(F-1)+1+outpad = %s = %d: nothing is left", s.symbol, numbers, a.Out).
			WithFits("p=" + o.smallerPad(g).value().written())
	}
	return nil
}

// Output returns (W1-1)S-2P+d(F-1)+1+outpad on both axes and depth K.
func (o *UpConv) Output(in []graph.Shape) (graph.Shape, error) {
	if o.Filters == 0 {
		return graph.Shape{}, missing("the number of filters", "UPCONV2-64")
	}
	known := graph.Shape{D: o.Filters}
	if err := dividesGroups(one(in).D, o.Filters, o.Groups()); err != nil {
		return known, err
	}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(o.Filters), nil
}

// Weights returns the filters, [C, K/groups, FH, FW] as in PyTorch, and the biases, [K].
func (o *UpConv) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	return weightAndBias(o.NoBias, o.Filters, one(in).D, o.Filters/o.Groups(), o.size.H, o.size.W)
}

// MACs returns the number of input values times the size of the filters of a group.
func (o *UpConv) MACs(in []graph.Shape, _ graph.Shape) (int64, error) {
	s := one(in)
	return checked.Product(s.W, s.H, s.D, o.Filters/o.Groups(), o.size.H, o.size.W)
}

// Explain returns the formula of both axes, which differs from the notes'.
func (o *UpConv) Explain(in []graph.Shape, out graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	formula := func(a Axis, s side, outpad int64) Line {
		return Line{s.name, fmt.Sprintf("(%s-1)S-2P+d(F-1)+1+outpad = (%d-1)*%d-%d+%d*(%d-1)+1+%d = %d",
			s.symbol, a.In, a.Stride, a.Before+a.After, a.Dilation, a.Size, outpad, a.Out)}
	}
	return []Line{formula(g.W, width, o.OutPad.W), formula(g.H, height, o.OutPad.H)}
}

// Taps returns the input's places whose filters reach the output's place.
func (o *UpConv) Taps(in, _ graph.Shape) (w, h Taps) {
	g, err := o.Geometry(in)
	if err != nil {
		return shifted(0), shifted(0) // the shape pass has rejected it
	}
	return g.W.spreadTaps(), g.H.spreadTaps()
}

// spreadTaps returns the taps of a transposed window. Place i reaches S*i-P+d*t for t from 0 to F-1, so o is reached
// from (o+P-d*t)/S if that is whole, as it is for one t in S/gcd(S,d).
func (a Axis) spreadTaps() Taps {
	common := checked.GCD(a.Stride, a.Dilation)
	period := a.Stride / common
	return Taps{In: 1, Out: a.Stride, At: func(o int64) (first, last, step int64) {
		for t := range min(a.Size, period) {
			if reached := o + a.Before - a.Dilation*t; reached%a.Stride == 0 {
				step = a.Dilation / common
				last = reached / a.Stride
				return last - (a.Size-1-t)/period*step, last, step
			}
		}
		return 0, -1, 1
	}}
}

// Autograd reports that the layer saves the input and the weight. The CPU also needs the im2col matrix of one
// picture, in both directions, and a plane of ones to add the biases (slow_conv_transpose2d).
func (o *UpConv) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Saved: []Saved{savedInput(0), savedWeight(0)}, Autocast: LowersType}
	s := one(in)
	if p.Torch == Torch2CUDA { // cuDNN keeps the order
		return a.copyUnless(p.readsDense(s), s)
	}
	columns := Size{Fixed: o.Filters / o.Groups() * o.size.W * o.size.H * s.W * s.H}
	a.Order, a.Forward, a.Backward = PlanesOrder, []Size{columns}, []Size{columns}
	if !o.NoBias {
		a.Forward = []Size{{Fixed: columns.Fixed + out.W*out.H}}
	}
	return a.copyUnless(p.readsPlanes(s), s)
}
