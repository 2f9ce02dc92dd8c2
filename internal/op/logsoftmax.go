package op

import "cnncalc/internal/graph"

// LogSoftmax is LOGSOFTMAX: the logarithm of SOFTMAX.
type LogSoftmax struct{ elementwise }

func logsoftmaxKind() Kind {
	return Kind{
		Name:     "LOGSOFTMAX",
		Summary:  "logarithms of the probabilities along the depth, at each place",
		Backward: "With output y and its gradient g, the input's gradient is g - exp(y)*sum(g), so the output is kept.",
		New:      func() Layer { return &LogSoftmax{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*LogSoftmax) Counterparts() Counterparts {
	return Counterparts{Module: "LogSoftmax", Function: "log_softmax", Traced: []string{"log_softmax"}}
}

// Kind returns "LOGSOFTMAX".
func (*LogSoftmax) Kind() string { return "LOGSOFTMAX" }

// Autograd reports that the layer saves the output.
func (*LogSoftmax) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	a := Autograd{Saved: []Saved{savedOutput()}, Autocast: RaisesType, Order: PlanesOrder}
	return a.copyUnless(p.readsPlanes(one(in)), one(in))
}
