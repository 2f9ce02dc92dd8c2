package op

import "cnncalc/internal/graph"

// GlobalMaxPool is GMP, the largest value of each channel.
type GlobalMaxPool struct {
	volume
	wholePlane
}

func gmpKind() Kind {
	return Kind{
		Name:     "GMP",
		Summary:  "global max pooling: the largest value of each channel, 1x1xD",
		Backward: "The gradient goes to the one value of each channel that was the largest, so its index is kept.",
		New:      func() Layer { return &GlobalMaxPool{} },
	}
}

// Counterparts returns the names elsewhere. A pool whose window is the whole input is global.
func (*GlobalMaxPool) Counterparts() Counterparts { return adaptiveMaxCounterparts() }

// Kind is "GMP".
func (*GlobalMaxPool) Kind() string { return "GMP" }

// Fields is empty.
func (*GlobalMaxPool) Fields() []Field { return nil }

// Output is 1x1xD.
func (*GlobalMaxPool) Output(in []graph.Shape) (graph.Shape, error) {
	return graph.Shape{W: 1, H: 1, D: one(in).D}, nil
}

// Slide is the maximum of a window of the input's size.
func (*GlobalMaxPool) Slide(in graph.Shape) (graph.Op, error) { return slidingMax(in) }

func slidingMax(in graph.Shape) (graph.Op, error) {
	if in.W == 1 && in.H == 1 {
		return nil, nil
	}
	pool := &MaxPool{}
	pool.size, pool.stride = extent{in.W, in.H}, extent{1, 1}
	return pool, nil
}

// Autograd is that of ADAPTMAX1.
func (*GlobalMaxPool) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	return keepsLargest(p, one(in), out)
}
