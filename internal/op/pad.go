package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Pad is PAD, which adds columns and rows around the plane: of one value, mirrored, or repeated.
type Pad struct {
	volume
	size  pad // as in PAD1 or PAD2x1
	sides pad // as in PAD p=0,1,0,1
	mode  string
	value number
}

func padKind() Kind {
	return Kind{
		Name:    "PAD",
		Summary: "pads the plane: PAD1 or PAD p=0,1,0,1 with zeros, PAD1 value=0.5, PAD1 reflect, PAD1 replicate",
		Backward: "The gradient is the output's without the padding; a mirrored or repeated value adds its gradient to " +
			"that of its source.",
		New: func() Layer { return &Pad{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Pad) Counterparts() Counterparts {
	module := "ZeroPad2d"
	switch {
	case o.mode == "reflect":
		module = "ReflectionPad2d"
	case o.mode == "replicate":
		module = "ReplicationPad2d"
	case o.value.text != "":
		module = "ConstantPad2d"
	}
	return Counterparts{Module: module, Function: "pad", Traced: []string{"pad"}}
}

// Kind returns "PAD".
func (*Pad) Kind() string { return "PAD" }

// Fields returns the settings.
func (o *Pad) Fields() []Field {
	modes := []string{"zero", "reflect", "replicate"}
	return []Field{
		{Key: "size", Place: Head, Doc: "columns and rows on every side, as 1, or 2x1 (left and right x top and bottom)",
			Setting: paddingSetting{&o.size, false}},
		{Key: "pad", Letter: "p", Doc: "instead of the size, left,right,top,bottom", Setting: paddingSetting{&o.sides, true}},
		{Key: "mode", Words: modes, Setting: choice{&o.mode, "mode", modes},
			Doc: "zero, the default; reflect, which mirrors what is next to the outermost values; or replicate, which " +
				"repeats these"},
		{Key: "value", Doc: "what the padding holds, instead of zeros",
			Setting: decimal{to: &o.value, what: "value", min: -1e6, max: 1e6}},
	}
}

// Before returns the number of columns on the left and rows at the top.
func (o *Pad) Before() (left, top int64) { return o.written().left, o.written().top }

// Mode returns "reflect" or "replicate", or "" if the padding holds Value.
func (o *Pad) Mode() string {
	if o.mode == "zero" {
		return ""
	}
	return o.mode
}

// Value returns what the padding holds if nothing is mirrored or repeated.
func (o *Pad) Value() float64 { return o.value.or(0) }

func (o *Pad) written() pad {
	if o.sides.mode == padUnwritten {
		return o.size
	}
	return o.sides
}

// Output returns the input's depth and the padded plane.
func (o *Pad) Output(in []graph.Shape) (graph.Shape, error) {
	s, depth := one(in), graph.Shape{D: one(in).D}
	switch {
	case o.size.mode == padUnwritten && o.sides.mode == padUnwritten:
		return depth, missing("the padding", "PAD1 or PAD p=0,1,0,1")
	case o.size.mode != padUnwritten && o.sides.mode != padUnwritten:
		return depth, diag.Errorf("layer/value", "size and pad cannot be combined").WithHint("leave one of them out")
	case o.mode != "" && o.value.text != "":
		return depth, diag.Errorf("layer/value", "%s and value=%s cannot be combined", o.mode, o.value.text).
			WithHint("leave one of them out")
	case !s.HasPlane():
		return depth, nil
	}
	p := o.written()
	if o.mode == "reflect" {
		err := joinAxes(func(words side) error { return mirrors(p.left, p.right, s.W, words) },
			func(words side) error { return mirrors(p.top, p.bottom, s.H, words) })
		if err != nil {
			problem := diag.At(diag.Pos{}, err)
			return depth, problem.WithFits(o.mirrored(s))
		}
	}
	return graph.Shape{W: s.W + p.left + p.right, H: s.H + p.top + p.bottom, D: s.D}, nil
}

// mirrors returns the problem of an axis with more padding than there are values to mirror.
func mirrors(before, after, size int64, words side) error {
	most := max(before, after)
	if most < size {
		return nil
	}
	return diag.Errorf("shape/pad", "reflect can mirror fewer values than the input's %d, not %d", size, most)
}

// mirrored returns the largest padding no larger than the one written that reflect can mirror, as an option.
func (o *Pad) mirrored(in graph.Shape) string {
	p := o.written()
	p.left, p.right = min(p.left, in.W-1), min(p.right, in.W-1)
	p.top, p.bottom = min(p.top, in.H-1), min(p.bottom, in.H-1)
	if o.sides.mode == padUnwritten {
		return "size=" + p.value().written()
	}
	return "p=" + p.value().written()
}

// Explain returns the sums.
func (o *Pad) Explain(in []graph.Shape, out graph.Shape) []Line {
	s, p := one(in), o.written()
	return []Line{
		{width.name, fmt.Sprintf("%d + %d left + %d right = %d", s.W, p.left, p.right, out.W)},
		{height.name, fmt.Sprintf("%d + %d above + %d below = %d", s.H, p.top, p.bottom, out.H)},
	}
}

// Taps returns the place that is moved.
func (o *Pad) Taps(_, _ graph.Shape) (w, h Taps) {
	left, top := o.Before()
	return shifted(-left), shifted(-top)
}

// Autograd reports that the layer saves nothing, or its input if that is mirrored or repeated. PyTorch copies the
// volume even if no side is padded.
func (o *Pad) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	if o.Mode() == "" {
		return Autograd{}
	}
	a := keeps(savedInput(0))
	a.CopiesGradient, a.Order = true, PlanesOrder
	return a
}

// paddingSetting reads a padding in numbers, of four sides only if it may.
type paddingSetting struct {
	to       *pad
	allSides bool
}

func (p paddingSetting) Value() Value { return p.to.value() }

func (p paddingSetting) Set(v Value) error {
	for _, n := range v.Ints {
		if err := inRange("padding", n, 0); err != nil {
			return err
		}
	}
	read, ok := padOf(v)
	switch {
	case ok && len(v.Ints) == 4 && !p.allSides:
		return diag.Errorf("layer/value", "size takes one number, or width x height such as 2x1, not %s", v).
			WithHint("write p=%s", v)
	case !ok:
		return diag.Errorf("layer/value", "the padding is one number, width x height, or left,right,top,bottom, not %s", v)
	}
	*p.to = read
	return nil
}

func (p paddingSetting) Schema() map[string]any { return wholeOrText(0) }
