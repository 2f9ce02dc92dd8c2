package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindCrop computes CROP.
func bindCrop(l *layer) (plan, error) {
	g := l.resize()
	x, y := l.op.(*op.Crop).Corner(l.in[0])
	return plan{run: func(c *call) { kernel.Crop(c.out, c.in[0], g, int(y), int(x), c.workers) }}, nil
}
