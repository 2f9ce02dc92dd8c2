package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Add is ADD, the sum of volumes, as in a residual block. An input of 1x1xD or WxHx1 is added to every place or
// channel.
type Add struct {
	broadcasting
	inPlace
}

func addKind() Kind {
	return Kind{
		Name:     "ADD",
		Summary:  "adds the results of its paths: ADD(CONV3-64 -> BN | IDENTITY); a 1x1xD or WxHx1 path is repeated",
		Backward: "Every path gets the output's gradient as it is, or its sum where the path is repeated; nothing is kept.",
		New:      func() Layer { return &Add{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Add) Counterparts() Counterparts {
	return Counterparts{Traced: o.traced("add"), MatConvNet: "vl_nnwsum"}
}

// Kind returns "ADD".
func (*Add) Kind() string { return "ADD" }

// Fields returns the settings.
func (o *Add) Fields() []Field {
	return []Field{
		flagField(
			&o.InPlace,
			"inplace",
			"overwrite the first path's result with the sum, as PyTorch's += does; the result is the same",
		),
	}
}

// Output returns the shape that the inputs are repeated to. The error is a *Mismatch if two inputs differ along an
// axis, or if the sum is larger than the first input, over which it is to be written.
func (o *Add) Output(in []graph.Shape) (graph.Shape, error) {
	out, err := o.broadcasting.Output(in)
	if err == nil && o.InPlace && in[0].IsKnown() && out.IsKnown() && in[0] != out {
		err = diag.Errorf("shape/inplace",
			"the sum, %s, is larger than the first path's result, %s, which it is to overwrite",
			out, in[0]).WithHint("write the largest path first, or delete inplace")
	}
	return out, err
}

// Autograd reports that the layer saves nothing. PyTorch adds more than two paths one after the other.
func (o *Add) Autograd(_ Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Shares: o.InPlace || len(in) == 1, Writes: o.InPlace, Gradient: SharedGradient, Autocast: WidestType}
	if !o.InPlace {
		a.Forward = o.forward(in)
	}
	for i, s := range in {
		if s != out {
			a.Summed = append(a.Summed, i)
		}
	}
	return a
}
