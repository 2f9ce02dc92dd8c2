package op

import "cnncalc/internal/graph"

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

// Counterparts are the names elsewhere.
func (*Softmax) Counterparts() Counterparts {
	return Counterparts{Module: "Softmax", Function: "softmax", Traced: []string{"softmax"}, MatConvNet: "vl_nnsoftmax"}
}

// Kind is "SOFTMAX".
func (*Softmax) Kind() string { return "SOFTMAX" }

// Autograd saves the output.
func (*Softmax) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{Saved: []Saved{savedOutput()}, Autocast: RaisesType}
}
