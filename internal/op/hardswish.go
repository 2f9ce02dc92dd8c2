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

// Kind is "HARDSWISH".
func (*HardSwish) Kind() string { return "HARDSWISH" }
