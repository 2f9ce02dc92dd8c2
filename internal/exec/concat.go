package exec

import "cnncalc/internal/kernel"

// bindConcat copies the inputs of CONCAT to their channels.
func bindConcat(l *layer) (plan, error) {
	depths := make([]int, len(l.in))
	for i, s := range l.in {
		depths[i] = int(s.D)
	}
	w, h, depth := shapeInts(l.out)
	return plan{run: func(c *call) {
		first := 0
		for i, d := range depths {
			kernel.ConcatChannels(c.out, c.in[i], c.images, depth, first, d, w*h, c.workers)
			first += d
		}
	}}, nil
}
