package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindUpsample computes UPSAMPLE.
func bindUpsample(l *layer) (plan, error) {
	g := l.resize()
	if l.op.(*op.Upsample).Bilinear() {
		return plan{run: func(c *call) { kernel.UpsampleBilinear(c.out, c.in[0], g, c.workers) }}, nil
	}
	return plan{run: func(c *call) { kernel.UpsampleNearest(c.out, c.in[0], g, c.workers) }}, nil
}
