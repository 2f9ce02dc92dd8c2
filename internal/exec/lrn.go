package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindLRN computes LRN.
func bindLRN(l *layer) (plan, error) {
	o := l.op.(*op.LRN)
	w, h, c := shapeInts(l.in[0])
	g := kernel.LRN{N: l.batch, C: c, H: h, W: w, Size: int(o.Size()), Alpha: o.Alpha(), Beta: o.Beta(), K: o.K()}
	return plan{run: func(c *call) { kernel.Normalise(c.out, c.in[0], g, c.workers) }}, nil
}
