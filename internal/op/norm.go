package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// norm is what the normalisations share, (x-mean)/sqrt(variance+eps) with a learnt scale and shift: they make a volume
// of their input's shape, and add eps to the variance.
type norm struct {
	sharing
	eps    number
	affine string // "affine", "noaffine", or "" where neither was written
}

// Affine reports whether there are a learnt scale and shift, as there are unless noaffine is written.
func (o *norm) Affine() bool { return o.affine != "noaffine" }

// Eps returns what is added to the variance; the default is PyTorch's 1e-5.
func (o *norm) Eps() float64 { return o.eps.or(1e-5) }

// MakesVolume returns true.
func (*norm) MakesVolume() bool { return true }

// MACs returns 0 by convention.
func (*norm) MACs([]graph.Shape, graph.Shape) (int64, error) { return 0, nil }

// fields returns the settings of all normalisations. unwritten says what affine is by default.
func (o *norm) fields(unwritten string) []Field {
	return []Field{
		{
			Key: "affine", Words: []string{"affine", "noaffine"}, Setting: affineSetting{&o.affine},
			Doc: "with or without a learnt scale and shift; default " + unwritten,
		},
		{
			Key: "eps", Setting: decimal{to: &o.eps, what: "eps", min: 0, max: 1},
			Doc: "added to the variance; default 1e-5",
		},
		o.shareField(),
	}
}

// affineSetting reads a flag that has a word for both of its values.
type affineSetting struct{ to *string }

func (a affineSetting) Value() Value { return Value{Word: *a.to} }

func (a affineSetting) Set(v Value) error {
	switch v.Word {
	case "affine", "true":
		*a.to = "affine"
	case "noaffine", "false":
		*a.to = "noaffine"
	default:
		return diag.Errorf("layer/value", "affine is true or false, not %s", v)
	}
	return nil
}

func (a affineSetting) Schema() map[string]any { return map[string]any{"type": "boolean"} }

// scaleAndShift declares the learnt tensors of a normalisation, none without affine.
func scaleAndShift(affine bool, dims ...int64) []graph.Weight {
	if !affine {
		return nil
	}
	return []graph.Weight{
		{Name: "weight", Dims: dims, Role: graph.RoleWeight},
		{Name: "bias", Dims: dims, Role: graph.RoleBias},
	}
}

// keepsStatistics returns the rules of a layer that saves its input and, of each picture, so many means and as many
// deviations. Where nothing is saved, they are there while the layer is computed.
func (p Pass) keepsStatistics(each int64, bytes int64) Autograd {
	statistic := Saved{What: Statistic, Size: Size{Values: each, Bytes: bytes}}
	a := keeps(savedInput(0), statistic, statistic)
	if !p.saves() {
		a.Forward = []Size{{Values: product(2, each)}}
	}
	return a
}

// oneValue is the problem of a mean of one value, which leaves nothing of it.
func oneValue(each string) *diag.Problem {
	return diag.Errorf("shape/one-value", "%s has one value, which is its own mean: nothing is left of it", each).
		WithHint("delete the layer, or normalise with BN")
}

// explainStatistics says how many values a mean and a deviation are made of.
func explainStatistics(groups, width, height, depth int64) []Line {
	return []Line{{"statistics", fmt.Sprintf("%s for each picture, each a mean and a deviation of %d*%d*%d = %s values",
		plain.Count(groups), width, height, depth, plain.Count(width*height*depth))}}
}
