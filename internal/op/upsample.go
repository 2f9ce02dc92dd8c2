package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Upsample is UPSAMPLE, which enlarges by a whole factor.
type Upsample struct {
	volume
	factor extent
	like   like
	mode   string
}

func upsampleKind() Kind {
	return Kind{
		Name: "UPSAMPLE",
		Summary: "enlarges by a whole factor: UPSAMPLE2 repeats values, UPSAMPLE2 bilinear interpolates; " +
			"UPSAMPLE like=@skip",
		Backward: "Each input gets the sum of the gradients of the outputs it was spread to; only shapes are needed.",
		New:      func() Layer { return &Upsample{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Upsample) Counterparts() Counterparts {
	if o.Bilinear() {
		return Counterparts{
			Module:     "Upsample",
			Function:   "interpolate",
			Traced:     []string{"upsample_bilinear2d"},
			MatConvNet: "vl_nninterp",
		}
	}
	return Counterparts{Module: "Upsample", Function: "interpolate", Traced: []string{"upsample_nearest2d"}}
}

// Kind returns "UPSAMPLE".
func (*Upsample) Kind() string { return "UPSAMPLE" }

// Bilinear reports whether the mode is bilinear (with PyTorch's align_corners=False) instead of nearest.
func (o *Upsample) Bilinear() bool { return o.mode == "bilinear" }

// IsLike reports whether the size is another result's, not a factor.
func (o *Upsample) IsLike() bool { return o.like.isSet() }

// Like returns the layer for the width and height of a volume.
func (o *Upsample) Like(volume graph.Shape) graph.Op {
	sized := *o
	sized.like.size = extent{volume.W, volume.H}
	return &sized
}

// Fields returns the settings.
func (o *Upsample) Fields() []Field {
	modes := []string{"nearest", "bilinear"}
	return []Field{
		{Key: "factor", Place: Head, Doc: "how many times wider and higher", Setting: pair{&o.factor, "factor", 1}},
		likeField(&o.like),
		{
			Key:     "mode",
			Words:   modes,
			Doc:     "nearest, the default, or bilinear (PyTorch's align_corners=False)",
			Setting: choice{&o.mode, "mode", modes},
		},
	}
}

// Output returns the input's shape with width and height times the factor.
func (o *Upsample) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	size, known, err := o.like.plane(o.factor, "factor", "UPSAMPLE2 or UPSAMPLE like=@skip")
	switch {
	case err != nil || !known:
		return graph.Shape{D: s.D}, err
	case !o.like.isSet():
		// Both sides are at most graph.MaxExtent, so the products fit; the shape pass bounds the result.
		return graph.Shape{W: s.W * size.W, H: s.H * size.H, D: s.D}, nil
	}
	out := graph.Shape{W: size.W, H: size.H, D: s.D}
	if s.HasPlane() && (size.W%s.W != 0 || size.H%s.H != 0) {
		return out, diag.Errorf("shape/upsample", "%dx%d%s is not a whole multiple of %dx%d", size.W, size.H,
			o.like.of(), s.W, s.H).WithHint("RESIZE like=@%s takes any size", o.like.label)
	}
	return out, nil
}

// Taps returns the place that is repeated, or the two that are interpolated.
func (o *Upsample) Taps(in, out graph.Shape) (w, h Taps) {
	return o.axisTaps(out.W / in.W), o.axisTaps(out.H / in.H)
}

func (o *Upsample) axisTaps(factor int64) Taps {
	if !o.Bilinear() {
		return enlarged(factor)
	}
	return Taps{In: 1, Out: factor, At: func(place int64) (first, last, step int64) {
		// The source is (place+1/2)/factor - 1/2, between two places or, with odd factors, at one.
		numerator := 2*place + 1 - factor
		return floorDiv(numerator, 2*factor), floorDiv(numerator+2*factor-1, 2*factor), 1
	}}
}

// Autograd reports that the layer saves nothing.
func (*Upsample) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{CopiesGradient: true}
}
