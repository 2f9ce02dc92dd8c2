package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindChannels computes CHANNELS. In a batch the slice is not in one piece, so it is copied.
func bindChannels(l *layer) (plan, error) {
	first := int(l.op.(*op.Channels).First())
	channels, area := planes(l.in[0])
	kept, _ := planes(l.out)
	return plan{run: func(c *call) {
		kernel.Channels(c.out, c.in[0], c.images, channels, kept, first, area, c.workers)
	}}, nil
}
