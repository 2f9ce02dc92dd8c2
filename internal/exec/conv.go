package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindConv computes CONV by im2col and a matrix product, whose filters are packed once. Groups of a single
// channel make no matrix; auto takes the depthwise kernel for them.
func bindConv(l *layer) (plan, error) {
	o := l.op.(*op.Conv)
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	atOnce := l.split()
	g := l.convolution(window, o.Groups(), atOnce)
	weight := tensor{fanIn: g.C / g.Groups * g.FH * g.FW}
	p := plan{atOnce: atOnce}
	switch {
	case l.algo == Direct:
		p.run = func(c *call) {
			g := g
			g.N = c.images
			kernel.ConvDirect(c.out, c.in[0], c.weights[0], g, epilogue(c.weights), c.workers)
		}
	case l.algo == Auto && g.Groups > 1 && g.Groups == g.C:
		p.run = depthwise(g)
	default:
		p.scratch = kernel.ConvScratch(g, l.threads)
		if rest := l.batch % atOnce; rest > 0 {
			last := g // the last call is for fewer pictures, and cuts its work in another way
			last.N = rest
			p.scratch = max(p.scratch, kernel.ConvScratch(last, l.threads))
		}
		weight.packed = kernel.PackedFiltersSize(g)
		weight.pack = func(dst, src []float32) { kernel.PackFilters(dst, src, g) }
		p.run = func(c *call) {
			g := g
			g.N = c.images
			kernel.ConvIm2col(c.out, c.in[0], c.weights[0], c.scratch, g, epilogue(c.weights), c.workers)
		}
	}
	p.tensors = weightAndBias(weight, o.NoBias)
	return p, nil
}
