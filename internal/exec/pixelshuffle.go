package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindPixelShuffle computes PIXELSHUFFLE.
func bindPixelShuffle(l *layer) (plan, error) {
	r := int(l.op.(*op.PixelShuffle).Factor())
	w, h, _ := shapeInts(l.in[0])
	_, _, channels := shapeInts(l.out)
	return plan{run: func(c *call) {
		kernel.PixelShuffle(c.out, c.in[0], c.images, channels, h, w, r, c.workers)
	}}, nil
}
