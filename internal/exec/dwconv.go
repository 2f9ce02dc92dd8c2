package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindDWConv computes DWCONV channel by channel. It does not use im2col, as the matrix of each channel would have a
// single row.
func bindDWConv(l *layer) (plan, error) {
	o := l.op.(*op.DWConv)
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	g := l.convolution(window, l.in[0].D, l.split())
	p := plan{
		atOnce:    g.N,
		tensors:   weightAndBias(tensor{fanIn: g.FH * g.FW}, o.NoBias),
		activates: true,
		scales:    true,
		scratch:   kernel.DepthwiseScratch(g, l.threads),
		run:       depthwise(g),
		algorithm: Algorithm{"depthwise", "one channel in each group"},
	}
	if l.algo == Direct {
		p.scratch, p.run = 0, direct(g)
		p.algorithm = Algorithm{"direct", asAsked}
	}
	return p, nil
}

// depthwise computes a convolution whose groups have one input channel each.
func depthwise(g kernel.Conv) func(c *call) {
	return func(c *call) {
		g := g
		g.N = c.images
		kernel.ConvDepthwise(c.out, c.in[0], c.weights[0], c.scratch, g, c.epilogue(), c.workers)
	}
}
