package op

import "cnncalc/internal/graph"

// Add is ADD, the sum of volumes of one shape, as in a residual block.
type Add struct {
	volume
	join
	inPlace
}

func addKind() Kind {
	return Kind{
		Name:     "ADD",
		Summary:  "adds the results of its paths: ADD(CONV3-64 -> BN | IDENTITY)",
		Backward: "Every path gets the output's gradient as it is; nothing is kept.",
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

// Output returns the shape that all inputs have. The error is a *Mismatch if two inputs differ.
func (*Add) Output(in []graph.Shape) (graph.Shape, error) {
	out, a, b := common(in)
	if a != b {
		return graph.Shape{}, &Mismatch{A: a, B: b, Problem: differing("volumes of one shape", in[a], in[b])}
	}
	return out, nil
}

// Autograd reports that the layer saves nothing. PyTorch adds more than two paths one after the other.
func (o *Add) Autograd(_ Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := Autograd{Shares: o.InPlace || len(in) == 1, Writes: o.InPlace, Gradient: SharedGradient, Autocast: WidestType}
	if len(in) > 2 && !o.InPlace {
		a.Forward = []Size{{Values: values(out)}}
	}
	return a
}
