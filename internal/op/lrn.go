package op

import "cnncalc/internal/graph"

// LRN is local response normalisation over neighbouring channels (Krizhevsky et al., 2012, section 3.3), with alpha
// divided by the window's size as in PyTorch and Caffe: y = x / (k + alpha/n * sum of x*x)^beta.
type LRN struct {
	size           int64
	alpha, beta, k number
}

func lrnKind() Kind {
	return Kind{
		Name:    "LRN",
		Summary: "local response normalisation over channels: LRN5 alpha=5e-4 k=2; alpha is divided by the size",
		Backward: "The gradient needs the input and the scale (k + alpha/n * sum of squares) of every " +
			"value, so both are kept.",
		New: func() Layer { return &LRN{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*LRN) Counterparts() Counterparts {
	return Counterparts{
		Module: "LocalResponseNorm", Function: "local_response_norm",
		Traced:     []string{"mul", "pad", "avg_pool3d", "mul", "add", "pow", "div"},
		MatConvNet: "vl_nnnormalize",
	}
}

// Kind returns "LRN".
func (*LRN) Kind() string { return "LRN" }

// MakesVolume returns true.
func (*LRN) MakesVolume() bool { return true }

// Fields returns the settings.
func (o *LRN) Fields() []Field {
	return []Field{
		{Key: "size", Place: Head, Doc: "channels in the window, n; default 5", Setting: count{&o.size, "size"}},
		{
			Key:     "alpha",
			Doc:     "divided by n as in PyTorch and Caffe; default 1e-4",
			Setting: decimal{to: &o.alpha, what: "alpha", min: 0, max: 1e6},
		},
		{Key: "beta", Doc: "exponent; default 0.75", Setting: decimal{to: &o.beta, what: "beta", min: 0, max: 1e6}},
		{Key: "k", Doc: "added to the sum; default 1", Setting: decimal{to: &o.k, what: "k", min: 0, max: 1e6}},
	}
}

// Size returns the number of channels in the window.
func (o *LRN) Size() int64 {
	if o.size == 0 {
		return 5
	}
	return o.size
}

// Alpha returns the factor of the sum of squares, before it is divided by the size.
func (o *LRN) Alpha() float64 { return o.alpha.or(1e-4) }

// Beta returns the exponent.
func (o *LRN) Beta() float64 { return o.beta.or(0.75) }

// K returns the constant added to the sum.
func (o *LRN) K() float64 { return o.k.or(1) }

// Output returns the input's shape.
func (*LRN) Output(in []graph.Shape) (graph.Shape, error) { return one(in), nil }

// Weights returns nil.
func (*LRN) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }

// MACs returns 0 by convention.
func (*LRN) MACs([]graph.Shape, graph.Shape) (int64, error) { return 0, nil }

// Autograd describes F.local_response_norm, which is composed of other functions. It saves the input, its squares
// padded with the channels that the window needs before the first and after the last, and the scale before and after
// the power.
func (o *LRN) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	s, volume := one(in), values(out)
	squares := product(s.W, s.H, s.D+o.Size()-1)
	a := Autograd{Autocast: RaisesType}
	a.Saved = p.scalars([]Saved{savedInput(0), savedVolume(squares), savedVolume(volume), savedVolume(volume)})
	a.Backward = []Size{{Values: product(3, volume)}}
	if !p.saves() {
		a.Forward = []Size{{Values: squares}, {Values: product(2, volume)}}
	}
	return a
}
