package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindMul computes MUL: first the product of the inputs that have the output's shape, then each gate of 1x1xD.
func bindMul(l *layer) (plan, error) {
	var volumes, gates []int // among the inputs
	for i, s := range l.in {
		if s == l.out {
			volumes = append(volumes, i)
		} else {
			gates = append(gates, i)
		}
	}
	channels, area := planes(l.out)
	factors := make([][]float32, len(volumes))
	return plan{
		alias: memory.InPlace,
		run: func(c *call) {
			product := c.in[volumes[0]]
			if len(volumes) > 1 || len(gates) == 0 {
				for k, i := range volumes {
					factors[k] = c.in[i]
				}
				kernel.Mul(c.out, factors, c.images, channels, area, c.workers)
				product = c.out
			}
			for _, i := range gates {
				kernel.MulGate(c.out, product, c.in[i], c.images*channels, area, c.workers)
				product = c.out
			}
		},
	}, nil
}
