package op

import "cnncalc/internal/graph"

// HardSigmoid is HARDSIGMOID: slope*x+shift, limited to the range from 0 to 1.
type HardSigmoid struct {
	elementwise
	inPlace
	slope, shift number
}

func hardsigmoidKind() Kind {
	return Kind{
		Name:     "HARDSIGMOID",
		Summary:  "relu6(x+3)/6, or slope*x+shift between 0 and 1",
		Backward: "The gradient is multiplied by the slope where the output is between 0 and 1, and zero elsewhere.",
		New:      func() Layer { return &HardSigmoid{} },
	}
}

// Counterparts returns the layer's names in other programs. PyTorch's has one slope and one shift; others are made of
// a product, a sum and a clamp.
func (o *HardSigmoid) Counterparts() Counterparts {
	if !o.IsDefault() {
		return Counterparts{Traced: []string{"mul", "add", "clamp"}}
	}
	return Counterparts{Module: "Hardsigmoid", Function: "hardsigmoid", Traced: o.traced("hardsigmoid")}
}

// Kind returns "HARDSIGMOID".
func (*HardSigmoid) Kind() string { return "HARDSIGMOID" }

// Fields returns the settings.
func (o *HardSigmoid) Fields() []Field {
	return []Field{
		{Key: "slope", Doc: "slope between 0 and 1, alpha in ONNX; default 1/6, as in PyTorch",
			Setting: decimal{to: &o.slope, what: "the slope", min: 0, max: 1e6}},
		{Key: "shift", Doc: "output for 0, beta in ONNX; default 0.5",
			Setting: decimal{to: &o.shift, what: "the shift", min: -1e6, max: 1e6}},
		o.field(),
	}
}

// IsDefault reports whether the function is relu6(x+3)/6.
func (o *HardSigmoid) IsDefault() bool { return o.slope.text == "" && o.Shift() == 0.5 }

// Slope returns the slope between 0 and 1.
func (o *HardSigmoid) Slope() float64 { return o.slope.or(1.0 / 6) }

// Shift returns the output for 0.
func (o *HardSigmoid) Shift() float64 { return o.shift.or(0.5) }

// Autograd reports that the layer saves the input, or a copy of it if it is overwritten. With another slope or shift
// it is counted as clamp(slope*x + shift, 0, 1), which saves what it clamps, and whose gradient needs two masks.
func (o *HardSigmoid) Autograd(p Pass, _ []graph.Shape, out graph.Shape) Autograd {
	if o.IsDefault() {
		return o.keepsInput(out)
	}
	a := keeps(p.scalars([]Saved{savedVolume(values(out))})...)
	a.Shares, a.Writes = o.InPlace, o.InPlace
	if !p.Training && !o.InPlace {
		a.Forward = []Size{{Values: values(out)}}
	}
	a.Backward = []Size{{Values: values(out) / 2}}
	a.Estimate = "PyTorch's Hardsigmoid has no slope and shift: counted as clamp(slope*x + shift, 0, 1)"
	return a
}
