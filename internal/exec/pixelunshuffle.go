package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindPixelUnshuffle computes PIXELUNSHUFFLE.
func bindPixelUnshuffle(l *layer) (plan, error) {
	r := int(l.op.(*op.PixelUnshuffle).Factor())
	w, h, _ := shapeInts(l.out)
	_, _, channels := shapeInts(l.in[0])
	return plan{run: func(c *call) {
		kernel.PixelUnshuffle(c.out, c.in[0], c.images, channels, h, w, r, c.workers)
	}}, nil
}
