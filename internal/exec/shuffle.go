package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindShuffle computes SHUFFLE.
func bindShuffle(l *layer) (plan, error) {
	groups := int(l.op.(*op.Shuffle).Groups())
	channels, area := planes(l.in[0])
	return plan{run: func(c *call) {
		kernel.ShuffleChannels(c.out, c.in[0], c.images, channels, groups, area, c.workers)
	}}, nil
}
