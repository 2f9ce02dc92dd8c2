package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindResize computes RESIZE.
func bindResize(l *layer) (plan, error) {
	o, g := l.op.(*op.Resize), l.resize()
	stepW, stepH := o.Steps(l.in[0], l.out)
	w := kernel.Sampling{Step: float32(stepW), Align: o.AlignsCorners()}
	h := kernel.Sampling{Step: float32(stepH), Align: o.AlignsCorners()}
	if o.Bilinear() {
		return plan{run: func(c *call) { kernel.ResizeBilinear(c.out, c.in[0], g, h, w, c.workers) }}, nil
	}
	return plan{run: func(c *call) { kernel.ResizeNearest(c.out, c.in[0], g, h, w, c.workers) }}, nil
}
