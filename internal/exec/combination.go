package exec

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// combination is the plan of a layer that combines its inputs value by value: first those that have the output's
// shape, then those that are repeated to it, each with the result so far.
func (l *layer) combination(how kernel.Combination) plan {
	var alike, repeated []int // among the inputs
	for i, s := range l.in {
		if s == l.out {
			alike = append(alike, i)
		} else {
			repeated = append(repeated, i)
		}
	}
	c := &combiner{how: how, out: operand(l.out), alike: alike, repeated: repeated, inputs: make([][]float32, len(alike))}
	for _, s := range l.in {
		c.shapes = append(c.shapes, operand(s))
	}
	return plan{alias: memory.InPlace, activates: true, run: c.run}
}

// allAlike reports whether all inputs have the output's shape.
func (l *layer) allAlike() bool {
	for _, s := range l.in {
		if s != l.out {
			return false
		}
	}
	return true
}

func operand(s graph.Shape) kernel.Operand {
	w, h, c := shapeInts(s)
	return kernel.Operand{C: c, H: h, W: w}
}

// combiner combines the inputs of a layer.
type combiner struct {
	how             kernel.Combination
	out             kernel.Operand
	shapes          []kernel.Operand // of the inputs
	alike, repeated []int            // among the inputs
	inputs          [][]float32      // those that are alike
}

func (k *combiner) run(c *call) {
	repeated := k.repeated
	var soFar []float32
	shape := k.out
	switch {
	case len(k.alike) == 0:
		soFar, shape = c.in[repeated[0]], k.shapes[repeated[0]]
		repeated = repeated[1:]
	case len(k.alike) == 1 && len(repeated) > 0:
		soFar = c.in[k.alike[0]]
	default:
		for n, i := range k.alike {
			k.inputs[n] = c.in[i]
		}
		kernel.Combine(c.out, k.inputs, k.how, c.images, k.out.C, k.out.H*k.out.W, k.act(c, repeated), c.workers)
		soFar = c.out
	}
	for n, i := range repeated {
		shapes := [2]kernel.Operand{shape, k.shapes[i]}
		kernel.Broadcast(c.out, soFar, c.in[i], k.how, c.images, k.out, shapes, k.act(c, repeated[n+1:]), c.workers)
		soFar, shape = c.out, k.out
	}
}

// act returns the activation to apply once no input is left.
func (k *combiner) act(c *call, left []int) kernel.Activation {
	if len(left) > 0 {
		return kernel.Activation{}
	}
	return c.act
}
