package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Crop is CROP, which cuts a part out of every channel, as in U-Net's skip connections.
type Crop struct {
	volume
	size   extent
	like   like
	offset offset
}

func cropKind() Kind {
	return Kind{
		Name:     "CROP",
		Summary:  "a part of the plane: CROP24x20, or CROP like=@skip; from the middle or from offset=x,y",
		Backward: "The gradient is the output's with zeros around it; only shapes are needed.",
		New:      func() Layer { return &Crop{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Crop) Counterparts() Counterparts {
	return Counterparts{Traced: []string{"slice"}, MatConvNet: "vl_nncrop"}
}

// Kind returns "CROP".
func (*Crop) Kind() string { return "CROP" }

// Fields returns the settings.
func (o *Crop) Fields() []Field {
	return []Field{
		{Key: "size", Place: Head, Doc: "width and height of the part", Setting: pair{&o.size, "size", 1}},
		likeField(&o.like),
		{
			Key:     "offset",
			Doc:     "left,top corner of the part; default the middle, rounded down",
			Setting: offsetSetting{&o.offset},
		},
	}
}

// Like returns the layer for the width and height of a volume.
func (o *Crop) Like(volume graph.Shape) graph.Op {
	sized := *o
	sized.like.size = extent{volume.W, volume.H}
	return &sized
}

// Corner returns the left and top edges of the part within an input.
func (o *Crop) Corner(in graph.Shape) (x, y int64) {
	if o.offset.written {
		return o.offset.x, o.offset.y
	}
	size := o.like.size.or(o.size)
	return (in.W - size.W) / 2, (in.H - size.H) / 2
}

// Output returns the size of the part and the input's depth.
func (o *Crop) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	size, known, err := o.like.plane(o.size, "size", "CROP24 or CROP like=@skip")
	if err != nil || !known {
		return graph.Shape{D: s.D}, err
	}
	out := graph.Shape{W: size.W, H: size.H, D: s.D}
	if !s.HasPlane() {
		return out, nil
	}
	if out.W > s.W || out.H > s.H {
		p := diag.Errorf("shape/crop", "%dx%d%s cannot be cut out of %dx%d", out.W, out.H, o.like.of(), s.W, s.H)
		if o.like.isSet() && out.W >= s.W && out.H >= s.H {
			return out, p.WithHint("@%s is the larger of the two: crop it instead", o.like.label)
		}
		if o.like.isSet() {
			return out, p
		}
		return out, p.WithFits(fmt.Sprintf("size=%dx%d at most", s.W, s.H))
	}
	if x, y := o.Corner(s); x+out.W > s.W || y+out.H > s.H {
		return out, diag.Errorf("shape/crop", "%dx%d at offset %d,%d reaches past %dx%d", out.W, out.H, x, y, s.W, s.H).
			WithFits(fmt.Sprintf("offset=%d,%d at most", s.W-out.W, s.H-out.H))
	}
	return out, nil
}

// Moves returns the number of values in the part, read and written.
func (o *Crop) Moves(_ []graph.Shape, out graph.Shape) (read, written int64) {
	values := out.W * out.H * out.D
	return values, values
}

// Taps returns the places of the part.
func (o *Crop) Taps(in, _ graph.Shape) (w, h Taps) {
	x, y := o.Corner(in)
	return shifted(x), shifted(y)
}

// Autograd reports that the layer saves nothing: x[:, :, top:bottom, left:right] is a view, which keeps all of the
// input's memory alive. The gradient, the output's padded with zeros to the input's size, is made once for each axis.
func (*Crop) Autograd(_ Pass, in []graph.Shape, out graph.Shape) Autograd {
	return slicedView(one(in), out)
}

// offset is a corner as written.
type offset struct {
	x, y    int64
	written bool
}

type offsetSetting struct{ to *offset }

func (o offsetSetting) Value() Value {
	if !o.to.written {
		return Value{}
	}
	return Value{Ints: []int64{o.to.x, o.to.y}, Sep: ','}
}

func (o offsetSetting) Set(v Value) error {
	if len(v.Ints) != 2 || v.Sep != ',' {
		return diag.Errorf("layer/value", "offset takes left,top such as 4,4, not %s", v)
	}
	for _, n := range v.Ints {
		if err := inRange("offset", n, 0); err != nil {
			return err
		}
	}
	*o.to = offset{v.Ints[0], v.Ints[1], true}
	return nil
}

func (o offsetSetting) Schema() map[string]any { return map[string]any{"type": "string"} }
