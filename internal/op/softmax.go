package op

import "cnncalc/internal/graph"

// Softmax is SOFTMAX: exp(x) divided by the sum of exp(x) along the depth, at each place.
type Softmax struct{ elementwise }

func softmaxKind() Kind {
	return Kind{
		Name:     "SOFTMAX",
		Summary:  "probabilities along the depth, at each place",
		Backward: "With output y and its gradient g, the input's gradient is y*(g - sum(y*g)), so the output is kept.",
		New:      func() Layer { return &Softmax{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Softmax) Counterparts() Counterparts {
	return Counterparts{Module: "Softmax", Function: "softmax", Traced: []string{"softmax"}, MatConvNet: "vl_nnsoftmax"}
}

// Kind returns "SOFTMAX".
func (*Softmax) Kind() string { return "SOFTMAX" }

// Autograd reports that the layer saves the output.
func (*Softmax) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	a := Autograd{Saved: []Saved{savedOutput()}, Autocast: RaisesType, Order: PlanesOrder}
	return a.copyUnless(p.readsPlanes(one(in)), one(in))
}
