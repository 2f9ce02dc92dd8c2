package op

import "cnncalc/internal/graph"

// Dropout is DROPOUT, which sets values to zero at random in training and does nothing when the network runs.
type Dropout struct {
	elementwise
	view
	inPlace
	rate     number
	channels bool
}

func dropoutKind() Kind {
	return Kind{
		Name:     "DROPOUT",
		Summary:  "sets a random share of the values to zero in training, does nothing when the network runs: DROPOUT0.5",
		Backward: "The gradient passes where the forward pass kept the value, so the mask is kept.",
		New:      func() Layer { return &Dropout{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (o *Dropout) Counterparts() Counterparts {
	if o.channels {
		return Counterparts{Module: "Dropout2d", Function: "dropout2d", Traced: o.traced("feature_dropout")}
	}
	return Counterparts{Module: "Dropout", Function: "dropout", Traced: o.traced("dropout"), MatConvNet: "vl_nndropout"}
}

// Kind returns "DROPOUT".
func (*Dropout) Kind() string { return "DROPOUT" }

// Fields returns the settings.
func (o *Dropout) Fields() []Field {
	return []Field{
		{Key: "rate", Place: Head, Doc: "share of the values set to zero; default 0.5",
			Setting: decimal{to: &o.rate, what: "the dropout rate", min: 0, max: 1, openMax: true}},
		flagField(&o.channels, "channels", "set whole channels to zero, as PyTorch's Dropout2d"),
		o.field(),
	}
}

// Rate returns the share of the values set to zero in training.
func (o *Dropout) Rate() float64 { return o.rate.or(0.5) }

// Autograd reports that the layer saves the mask: values of the network's type on the CPU or in place, one byte for
// each value in the fused CUDA kernel (aten/src/ATen/native/Dropout.cpp). In evaluation, and at a rate of 0, the
// output is the input.
func (o *Dropout) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	if !p.Training || o.Rate() == 0 {
		return Autograd{Shares: true, Gradient: SharedGradient}
	}
	if o.channels { // a product with a number for each channel, on every device
		mask := Saved{What: Mask, Size: Size{Values: out.D}}
		return Autograd{Shares: o.InPlace, Writes: o.InPlace, Saved: []Saved{mask}}
	}
	mask := Saved{What: Mask, Size: Size{Values: values(out)}}
	if p.Torch == Torch2CUDA && !o.InPlace {
		mask.Size.Bytes = 1
	}
	a := Autograd{Shares: o.InPlace, Writes: o.InPlace, Saved: []Saved{mask}}
	if !p.saves() {
		a.Forward = []Size{mask.Size}
	}
	return a
}
