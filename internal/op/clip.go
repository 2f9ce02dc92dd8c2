package op

import (
	"math"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Clip is CLIP: x, but at least min and at most max, of which one may be left out. It is PyTorch's Hardtanh, which can
// work in place; torch.clamp saves the same tensors.
type Clip struct {
	elementwise
	inPlace
	min, max number
}

func clipKind() Kind {
	return Kind{
		Name:     "CLIP",
		Summary:  "keeps values between bounds: CLIP min=-1 max=1 is Hardtanh",
		Backward: "The gradient passes where the input is between the bounds.",
		New:      func() Layer { return &Clip{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Clip) Counterparts() Counterparts {
	return Counterparts{Module: "Hardtanh", Function: "hardtanh", Traced: o.traced("hardtanh")}
}

// Kind returns "CLIP".
func (*Clip) Kind() string { return "CLIP" }

// Fields returns the settings.
func (o *Clip) Fields() []Field {
	return []Field{
		{Key: "min", Doc: "the lower bound (default: none)", Setting: decimal{to: &o.min, what: "min", min: -1e6, max: 1e6}},
		{Key: "max", Doc: "the upper bound (default: none)", Setting: decimal{to: &o.max, what: "max", min: -1e6, max: 1e6}},
		o.field(),
	}
}

// Bounds returns the least and the largest value, infinite where there is no such bound.
func (o *Clip) Bounds() (lowest, highest float64) {
	return o.min.or(math.Inf(-1)), o.max.or(math.Inf(1))
}

// Output returns the input's shape.
func (o *Clip) Output(in []graph.Shape) (graph.Shape, error) {
	switch lowest, highest := o.Bounds(); {
	case o.min.text == "" && o.max.text == "":
		return one(in), missing("a bound, min or max,", "CLIP min=0 max=6")
	case lowest >= highest:
		return one(in), diag.Errorf("layer/value", "min %s must be below max %s", o.min.text, o.max.text)
	}
	return one(in), nil
}

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten.
func (o *Clip) Autograd(_ Pass, _ []graph.Shape, out graph.Shape) Autograd { return o.keepsInput(out) }
