package op

// HardSwish is HARDSWISH, x*relu6(x+3)/6.
type HardSwish struct{ elementwise }

func hardswishKind() Kind {
	return Kind{
		Name:     "HARDSWISH",
		Summary:  "x*relu6(x+3)/6",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &HardSwish{} },
	}
}

// Counterparts are the names elsewhere.
func (*HardSwish) Counterparts() Counterparts {
	return Counterparts{Module: "Hardswish", Function: "hardswish", Traced: []string{"hardswish"}}
}

// Kind is "HARDSWISH".
func (*HardSwish) Kind() string { return "HARDSWISH" }
