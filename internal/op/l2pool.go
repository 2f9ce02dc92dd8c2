package op

import "cnncalc/internal/graph"

// L2Pool is L2POOL, the root of the sum of squares over each window (PyTorch: LPPool2d with p=2).
type L2Pool struct {
	pooling
}

func l2poolKind() Kind {
	return Kind{
		Name:     "L2POOL",
		Summary:  "L2-norm pooling: the root of the sum of squares over each window",
		Backward: "Each input gets the output's gradient times itself over the norm, so input and output are kept.",
		New:      func() Layer { return &L2Pool{} },
	}
}

// Counterparts are the names elsewhere.
func (*L2Pool) Counterparts() Counterparts {
	return Counterparts{
		Module: "LPPool2d", Function: "lp_pool2d",
		Traced: []string{"pow", "avg_pool2d", "sign", "abs", "relu", "mul", "mul", "pow"},
	}
}

// Kind is "L2POOL".
func (*L2Pool) Kind() string { return "L2POOL" }

// Slide has the stride 1 where the window is the whole input.
func (o *L2Pool) Slide(in graph.Shape) (graph.Op, error) { return &L2Pool{o.slide(in)}, nil }
