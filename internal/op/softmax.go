package op

// Softmax is SOFTMAX, exp(x) over the sum of exp(x) along the depth, at each place.
type Softmax struct{ elementwise }

func softmaxKind() Kind {
	return Kind{
		Name:     "SOFTMAX",
		Summary:  "probabilities along the depth, at each place",
		Backward: "The gradient is y times (its own less the sum of y times all), so the output is kept.",
		New:      func() Layer { return &Softmax{} },
	}
}

// Kind is "SOFTMAX".
func (*Softmax) Kind() string { return "SOFTMAX" }
