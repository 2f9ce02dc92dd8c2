package op

// Tanh is TANH, tanh(x).
type Tanh struct{ elementwise }

func tanhKind() Kind {
	return Kind{
		Name:     "TANH",
		Summary:  "tanh(x)",
		Backward: "The gradient is multiplied by 1-y*y, so the output is kept.",
		New:      func() Layer { return &Tanh{} },
	}
}

// Kind is "TANH".
func (*Tanh) Kind() string { return "TANH" }
