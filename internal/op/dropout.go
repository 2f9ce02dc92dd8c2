package op

import "cnncalc/internal/graph"

// Dropout is DROPOUT, which sets values to zero at random in training and does nothing when the network runs.
type Dropout struct {
	elementwise
	view
	inPlace
	rate number
}

func dropoutKind() Kind {
	return Kind{
		Name:     "DROPOUT",
		Summary:  "in training sets that share of the values to zero; nothing when the network runs: DROPOUT0.5",
		Backward: "The gradient passes where the forward pass let the value through, so the mask is kept.",
		New:      func() Layer { return &Dropout{} },
	}
}

// Counterparts are the names elsewhere.
func (o *Dropout) Counterparts() Counterparts {
	return Counterparts{Module: "Dropout", Function: "dropout", Traced: o.traced("dropout"), MatConvNet: "vl_nndropout"}
}

// Kind is "DROPOUT".
func (*Dropout) Kind() string { return "DROPOUT" }

// Fields binds the settings.
func (o *Dropout) Fields() []Field {
	return []Field{
		{Key: "rate", Place: Head, Doc: "share of the values set to zero; 0.5 unless written",
			Setting: decimal{to: &o.rate, what: "the dropout rate", min: 0, max: 1, openMax: true}},
		o.field(),
	}
}

// Rate is the share of the values set to zero in training.
func (o *Dropout) Rate() float64 { return o.rate.or(0.5) }

// Autograd saves the mask: values of the network's type on the CPU, and where the layer works in place; one byte a
// value in the fused kernel for CUDA (aten/src/ATen/native/Dropout.cpp). In evaluation, and at a rate of 0, the output
// is the input.
func (o *Dropout) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	if !p.Training || o.Rate() == 0 {
		return Autograd{Shares: true, Gradient: SharedGradient}
	}
	mask := Saved{What: Mask, Size: Size{Values: values(out)}}
	if p.Torch == Torch2CUDA && !o.InPlace {
		mask.Size.Bytes = 1
	}
	return Autograd{Shares: o.InPlace, Writes: o.InPlace, Saved: []Saved{mask}}
}
