package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindUpConv computes UPCONV. Each output value sums only the taps that are a stride apart, so the fan-in is C/groups
// times their number.
func bindUpConv(l *layer) (plan, error) {
	o := l.op.(*op.UpConv)
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	conv := l.convolution(window, o.Groups(), l.split())
	g := kernel.Transposed(conv)
	taps := ceilDiv(g.FH, g.SH) * ceilDiv(g.FW, g.SW)
	return plan{
		atOnce:    g.N,
		tensors:   weightAndBias(tensor{fanIn: g.C / g.Groups * taps}, o.NoBias),
		activates: true,
		run: func(c *call) {
			g := g
			g.N = c.images
			kernel.ConvTransposed(c.out, c.in[0], c.weights[0], g, c.epilogue(), c.workers)
		},
	}, nil
}

// ceilDiv returns a/b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }
