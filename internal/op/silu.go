package op

// SiLU is SILU, x*sigmoid(x), also called swish.
type SiLU struct{ elementwise }

func siluKind() Kind {
	return Kind{
		Name:     "SILU",
		Summary:  "x*sigmoid(x), also called swish",
		Backward: "The gradient is computed from the input, which is kept.",
		New:      func() Layer { return &SiLU{} },
	}
}

// Kind is "SILU".
func (*SiLU) Kind() string { return "SILU" }
