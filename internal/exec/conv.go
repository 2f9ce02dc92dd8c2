package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindConv computes CONV by im2col and a matrix product, or by Winograd's algorithm. Filters are packed once for
// either. Auto uses the depthwise kernel for groups of one channel, for which the matrices would be too small.
func bindConv(l *layer) (plan, error) {
	o := l.op.(*op.Conv)
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	g := l.convolution(window, o.Groups(), l.split())
	weight := tensor{fanIn: g.C / g.Groups * g.FH * g.FW}
	p := plan{atOnce: g.N, activates: true, scales: true, algorithm: l.algorithm(g)}
	switch p.algorithm.Name {
	case "direct":
		p.run = direct(g)
	case "depthwise":
		p.scratch = kernel.DepthwiseScratch(g, l.threads)
		p.run = depthwise(g)
	case "winograd":
		p.scratch = kernel.WinogradScratch(g, l.threads)
		weight.packed = kernel.WinogradFiltersSize(g)
		weight.pack = func(dst, src []float32, w *kernel.Workers) { kernel.TransformFilters(dst, src, g, w) }
		weight.form = "winograd"
		p.run = winograd(g)
	case "im2col":
		p.scratch = l.im2colScratch(g)
		weight.packed = kernel.PackedFiltersSize(g)
		weight.pack = func(dst, src []float32, w *kernel.Workers) { kernel.PackFilters(dst, src, g, w) }
		weight.form = "im2col"
		p.run, p.accumulates = im2col(g), true
	}
	p.tensors = weightAndBias(weight, o.NoBias)
	return p, nil
}

// im2colScratch returns the scratch for all calls of a split batch. The last one may have fewer pictures, which are
// divided into tasks differently.
func (l *layer) im2colScratch(g kernel.Conv) int {
	scratch := kernel.ConvScratch(g, l.threads)
	if rest := l.batch % g.N; rest > 0 {
		g.N = rest
		scratch = max(scratch, kernel.ConvScratch(g, l.threads))
	}
	return scratch
}

func direct(g kernel.Conv) func(c *call) {
	return func(c *call) {
		g := g
		g.N = c.images
		kernel.ConvDirect(c.out, c.in[0], c.weights[0], g, c.epilogue(), c.workers)
	}
}

func im2col(g kernel.Conv) func(c *call) {
	return func(c *call) {
		g := g
		g.N = c.images
		e := c.epilogue()
		e.Accumulate = c.accumulate
		kernel.ConvIm2col(c.out, c.in[0], c.weights[0], c.scratch, g, e, c.workers)
	}
}

func winograd(g kernel.Conv) func(c *call) {
	return func(c *call) {
		g := g
		g.N = c.images
		kernel.ConvWinograd(c.out, c.in[0], c.weights[0], c.scratch, g, c.epilogue(), c.workers)
	}
}
