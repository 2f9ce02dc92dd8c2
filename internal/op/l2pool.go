package op

import (
	"fmt"
	"math"

	"cnncalc/internal/graph"
)

// L2Pool is L2POOL, the root of the sum of squares over each window (PyTorch: LPPool2d with p=2). A window that ceil
// lets reach past the input sums what is there. PyTorch takes the mean of that times the size of a whole window, so its
// result is larger.
type L2Pool struct {
	pooling
}

func l2poolKind() Kind {
	return Kind{
		Name: "L2POOL",
		Summary: "L2-norm pooling: the root of the sum of squares over each window, also over the part of one that ceil " +
			"lets reach past the input, which PyTorch scales up",
		Backward: "Each input gets the output's gradient times its own value over the norm, so input and output are kept.",
		New:      func() Layer { return &L2Pool{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*L2Pool) Counterparts() Counterparts {
	return Counterparts{
		Module: "LPPool2d", Function: "lp_pool2d",
		Traced: []string{"pow", "avg_pool2d", "sign", "abs", "relu", "mul", "mul", "pow"},
	}
}

// Kind returns "L2POOL".
func (*L2Pool) Kind() string { return "L2POOL" }

// Explain returns the formula, and by how much PyTorch's results are larger where the last windows are not whole.
func (o *L2Pool) Explain(in []graph.Shape, out graph.Shape) []Line {
	lines := o.pooling.Explain(in, out)
	g, err := o.Geometry(one(in))
	if err != nil {
		return lines
	}
	covered := g.W.lastCovered() * g.H.lastCovered()
	if whole := g.W.Size * g.H.Size; covered < whole {
		lines = append(lines, Line{"ceil", fmt.Sprintf("the last window has %d of %d values and is the root of their sum; "+
			"PyTorch scales it by sqrt(%d/%d) = %.4g", covered, whole, whole, covered,
			math.Sqrt(float64(whole)/float64(covered)))})
	}
	return lines
}

// Slide returns the pool with stride 1 if the window is the whole input.
func (o *L2Pool) Slide(in graph.Shape) (graph.Op, error) { return &L2Pool{o.slide(in)}, nil }

// Autograd describes F.lp_pool2d, which is composed of other functions. It saves the input, its squares, and four
// values for each output: the mean of the squares, its sign, its magnitude, and the sum.
func (o *L2Pool) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	square, result := g.padded(one(in).D), values(out)
	a := Autograd{Autocast: RaisesType}
	a.Saved = p.scalars(
		[]Saved{savedInput(0), savedVolume(square), savedVolume(result), savedVolume(result), savedVolume(result),
			savedVolume(result)},
	)
	a.Backward = []Size{{Values: square}}
	if !p.saves() {
		a.Forward = []Size{{Values: square}, {Values: product(2, result)}}
	}
	return a.afterPad(p, g, one(in), hasPads(g))
}
