package op

// Sigmoid is SIGMOID, 1/(1+exp(-x)).
type Sigmoid struct{ elementwise }

func sigmoidKind() Kind {
	return Kind{
		Name:     "SIGMOID",
		Summary:  "1/(1+exp(-x))",
		Backward: "The gradient is multiplied by y(1-y), so the output is kept.",
		New:      func() Layer { return &Sigmoid{} },
	}
}

// Kind is "SIGMOID".
func (*Sigmoid) Kind() string { return "SIGMOID" }
