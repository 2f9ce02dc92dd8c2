package op

import "cnncalc/internal/graph"

// MaxPool is POOL, max pooling.
type MaxPool struct {
	pooling
}

func poolKind() Kind {
	return Kind{
		Name:     "POOL",
		Summary:  "max pooling: POOL2 is 2x2 with stride 2, POOL3 s2 overlaps as in AlexNet",
		Backward: "The max's switches: the gradient goes to the one value that was the largest in each window, so its index is kept.",
		New:      func() Layer { return &MaxPool{} },
	}
}

// Counterparts are the names elsewhere.
func (*MaxPool) Counterparts() Counterparts {
	return Counterparts{Module: "MaxPool2d", Function: "max_pool2d", Traced: []string{"max_pool2d"}, MatConvNet: "vl_nnpool"}
}

// Kind is "POOL".
func (*MaxPool) Kind() string { return "POOL" }

// Slide has the stride 1 where the window is the whole input.
func (o *MaxPool) Slide(in graph.Shape) (graph.Op, error) { return &MaxPool{o.slide(in)}, nil }

// Autograd saves the input, and an int64 for each value of the output: where the largest one stood.
func (o *MaxPool) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	index := Saved{What: Index, Size: Size{Values: values(out), Bytes: 8}}
	a := keeps(savedInput(0), index)
	if !p.Training {
		// The kernel makes them all the same.
		a.Forward = []Size{index.Size}
	}
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	return a.behindPad(p, g, one(in), hasUnevenPads(g))
}
