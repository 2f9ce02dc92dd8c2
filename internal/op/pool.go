package op

import (
	"slices"

	"cnncalc/internal/graph"
)

// MaxPool is POOL, max pooling.
type MaxPool struct {
	pooling
}

// Fields binds the settings.
func (o *MaxPool) Fields() []Field {
	fields := o.pooling.Fields()
	return slices.Insert(fields, len(fields)-1, o.dilationField()) // before the rounding, as CONV has it
}

func poolKind() Kind {
	return Kind{
		Name:    "POOL",
		Summary: "max pooling: POOL2 is 2x2 with stride 2, POOL3 s2 overlaps as in AlexNet",
		Backward: "The gradient goes to the largest value in each window, so its index (the " +
			"\"switch\" of the notes) is kept.",
		New: func() Layer { return &MaxPool{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*MaxPool) Counterparts() Counterparts {
	return Counterparts{
		Module:     "MaxPool2d",
		Function:   "max_pool2d",
		Traced:     []string{"max_pool2d"},
		MatConvNet: "vl_nnpool",
	}
}

// Kind returns "POOL".
func (*MaxPool) Kind() string { return "POOL" }

// Slide returns the pool with stride 1 if the window is the whole input.
func (o *MaxPool) Slide(in graph.Shape) (graph.Op, error) { return &MaxPool{o.slide(in)}, nil }

// Autograd reports that the layer saves the input, and for each output an int64, the index of the largest value.
func (o *MaxPool) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	a := keepsLargest(p, one(in), out)
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	return a.afterPad(p, g, one(in), hasUnevenPads(g) || p.Torch == Torch113CPU && padsBeyondHalf(g))
}

// keepsLargest saves the input, and an int64 for each value of the output: where the largest one was.
func keepsLargest(p Pass, in, out graph.Shape) Autograd {
	index := Saved{What: Index, Size: Size{Values: values(out), Bytes: 8}}
	a := keeps(savedInput(0), index)
	if !p.saves() {
		// The kernel computes the indices even in evaluation.
		a.Forward = []Size{index.Size}
	}
	return a.copyUnless(p.readsDense(in), in)
}

// padsBeyondHalf reports whether a pad exceeds half the window without its gaps, the most that PyTorch 1.13 takes.
func padsBeyondHalf(g Geometry) bool { return g.W.Before > g.W.Size/2 || g.H.Before > g.H.Size/2 }
