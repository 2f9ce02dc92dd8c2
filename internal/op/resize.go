package op

import (
	"fmt"
	"math"
	"math/big"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Resize is RESIZE, which interpolates to a size, larger or smaller, as PyTorch's F.interpolate.
type Resize struct {
	volume
	size  extent
	like  like
	scale number
	mode  string
	align bool
}

func resizeKind() Kind {
	return Kind{
		Name: "RESIZE",
		Summary: "resizes to any size: RESIZE129x129, RESIZE like=@label, or by a factor, RESIZE scale=1.5; nearest " +
			"or bilinear",
		Backward: "Each input gets the gradients of the outputs that read it, times their weights; only shapes are needed.",
		New:      func() Layer { return &Resize{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Resize) Counterparts() Counterparts {
	return Counterparts{Module: "Upsample", Function: "interpolate", Traced: []string{"upsample_" + o.modeOr() + "2d"}}
}

// Kind returns "RESIZE".
func (*Resize) Kind() string { return "RESIZE" }

// Bilinear reports whether the mode is bilinear instead of nearest.
func (o *Resize) Bilinear() bool { return o.mode == "bilinear" }

func (o *Resize) modeOr() string {
	if o.mode == "" {
		return "nearest"
	}
	return o.mode
}

// AlignsCorners reports whether the outermost values stay where they are, as with PyTorch's align_corners=True.
func (o *Resize) AlignsCorners() bool { return o.align }

// Fields returns the settings.
func (o *Resize) Fields() []Field {
	modes := []string{"nearest", "bilinear"}
	return []Field{
		{Key: "size", Place: Head, Doc: "width and height of the output", Setting: pair{&o.size, "size", 1}},
		likeField(&o.like),
		{Key: "scale", Doc: "instead of a size, how many times wider and higher, as 1.5 or 0.5; rounds down",
			Setting: decimal{to: &o.scale, what: "scale", min: 0.001, max: 1000}},
		{Key: "mode", Words: modes, Doc: "nearest, the default, or bilinear", Setting: choice{&o.mode, "mode", modes}},
		flagField(&o.align, "align", "keep the corners where they are, as PyTorch's align_corners=True; for bilinear only"),
	}
}

// Like returns the layer for the width and height of a volume.
func (o *Resize) Like(volume graph.Shape) graph.Op {
	sized := *o
	sized.like.size = extent{volume.W, volume.H}
	return &sized
}

// Output returns the size that is asked for and the input's depth.
func (o *Resize) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	depth := graph.Shape{D: s.D}
	if o.align && !o.Bilinear() {
		return depth, diag.Errorf("layer/value", "align needs bilinear: nearest has no corners to align").
			WithHint("write bilinear align, or leave out align")
	}
	if o.scale.text != "" {
		return o.scaled(s)
	}
	size, known, err := o.like.plane(o.size, "size", "RESIZE129x129, RESIZE like=@label or RESIZE scale=1.5")
	if err != nil || !known {
		return depth, err
	}
	return graph.Shape{W: size.W, H: size.H, D: s.D}, nil
}

// scaled returns the shape of an input times scale, rounded down as PyTorch does.
func (o *Resize) scaled(s graph.Shape) (graph.Shape, error) {
	depth := graph.Shape{D: s.D}
	if o.size.isSet() || o.like.isSet() {
		return depth, diag.Errorf("layer/value", "scale cannot be combined with a size").WithHint("leave one of them out")
	}
	if !s.HasPlane() {
		return depth, nil
	}
	// A side is below 2^31 and scale at most 1000, so the products fit; the shape pass bounds them.
	out := graph.Shape{W: int64(float64(s.W) * o.scale.value), H: int64(float64(s.H) * o.scale.value), D: s.D}
	if out.W < 1 || out.H < 1 {
		return depth, diag.Errorf("shape/resize", "scale=%s makes less than 1x1 out of %dx%d", o.scale.text, s.W, s.H).
			WithInputs(fmt.Sprintf("input %.0[1]fx%.0[1]f or larger", math.Ceil(1/o.scale.value)))
	}
	return out, nil
}

// Slide returns the layer itself, unless its size is a number, which does not grow with the picture.
func (o *Resize) Slide(graph.Shape) (graph.Op, error) {
	if o.size.isSet() {
		return nil, diag.Errorf("convert/slide", "its size stays %s on a larger picture", o.size.both()).
			WithHint("write scale= or like=@label in place of the size")
	}
	return o, nil
}

// Steps returns how far apart the sources of neighbouring places are, in places of the input. Scale counts as written,
// even where rounding down makes the output smaller, as in PyTorch.
func (o *Resize) Steps(in, out graph.Shape) (w, h float64) {
	return o.step(in.W, out.W), o.step(in.H, out.H)
}

func (o *Resize) step(in, out int64) float64 {
	switch {
	case o.align && out == 1:
		return 0
	case o.align:
		return float64(in-1) / float64(out-1)
	case o.Bilinear() && in == out:
		return 1 // PyTorch copies the axis, whatever the scale is
	case o.scale.text != "":
		return 1 / o.scale.value
	}
	return float64(in) / float64(out)
}

// Taps returns the place that is repeated, or the two that are interpolated.
func (o *Resize) Taps(in, out graph.Shape) (w, h Taps) {
	return o.axisTaps(in.W, out.W), o.axisTaps(in.H, out.H)
}

func (o *Resize) axisTaps(in, out int64) Taps {
	a, b := o.ratio(in, out)
	switch {
	case a == 0:
		return whole(1) // the only place of the output, or of the input, with aligned corners
	case !o.Bilinear():
		return Taps{In: a, Out: b, At: func(place int64) (first, last, step int64) {
			return floorDiv(place*a, b), floorDiv(place*a, b), 1
		}}
	case o.align:
		return between(a, b, func(place int64) (numerator, denominator int64) { return place * a, b })
	}
	// The source is (place+1/2)*a/b - 1/2.
	return between(a, b, func(place int64) (numerator, denominator int64) { return (2*place+1)*a - b, 2 * b })
}

// between returns the taps that read the two places around a source, or the one that it is at.
func between(a, b int64, source func(place int64) (numerator, denominator int64)) Taps {
	return Taps{In: a, Out: b, At: func(place int64) (first, last, step int64) {
		numerator, denominator := source(place)
		return floorDiv(numerator, denominator), floorDiv(numerator+denominator-1, denominator), 1
	}}
}

// ratio returns the step as a fraction a/b in lowest terms.
func (o *Resize) ratio(in, out int64) (a, b int64) {
	switch {
	case o.align && (in == 1 || out == 1):
		return 0, 1
	case o.align:
		in, out = in-1, out-1
	case o.Bilinear() && in == out:
		return 1, 1
	case o.scale.text != "":
		// A scale of more digits than a side can have is as good as the ratio of the sides.
		scale, ok := new(big.Rat).SetString(o.scale.text)
		if ok && scale.Num().IsInt64() && scale.Denom().IsInt64() &&
			max(scale.Num().Int64(), scale.Denom().Int64()) <= graph.MaxExtent {
			return scale.Denom().Int64(), scale.Num().Int64()
		}
	}
	common := checked.GCD(in, out)
	return in / common, out / common
}

// Explain returns the size and where a place comes from.
func (o *Resize) Explain(in []graph.Shape, out graph.Shape) []Line {
	s := one(in)
	var lines []Line
	if o.scale.text != "" {
		lines = append(lines, Line{"size", fmt.Sprintf("%dx%d * %s = %dx%d, rounded down", s.W, s.H, o.scale.text, out.W,
			out.H)})
	}
	stepW, stepH := o.Steps(s, out)
	source := "place o comes from floor(o*step)"
	switch {
	case o.align:
		source = "place o comes from o*step, between two values"
	case o.Bilinear():
		source = "place o comes from (o+1/2)*step - 1/2, between two values"
	}
	steps := fmt.Sprintf("step %.4g", stepW)
	if stepW != stepH {
		steps = fmt.Sprintf("step %.4g across, %.4g down", stepW, stepH)
	}
	return append(lines, Line{"source", source + ", " + steps})
}

// Autograd reports that the layer saves nothing, even if the size stays the same, when PyTorch copies.
func (*Resize) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{CopiesGradient: true}
}
