package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// maxMeanSize is the largest window side for which AVGPOOL is computed as a convolution. Larger windows are faster as
// sums of rows.
const maxMeanSize = 3

// bindAvgPool computes AVGPOOL. If the zeros of the padding count, it equals a depthwise convolution with filters of
// 1/(FH*FW), which is faster for small windows.
func bindAvgPool(l *layer) (plan, error) {
	o := l.op.(*op.AvgPool)
	g, err := l.pooling(o)
	if err != nil {
		return plan{}, err
	}
	if !o.ExcludePad && g.FH <= maxMeanSize && g.FW <= maxMeanSize && isCovered(g) && l.algo != Direct {
		return meanFilters(l, o)
	}
	countPad := !o.ExcludePad
	return plan{run: func(c *call) { kernel.AvgPool(c.out, c.in[0], g, countPad, c.workers) }}, nil
}

// isCovered reports whether all windows lie in the padded input. A window that extends beyond it has fewer values to
// divide by.
func isCovered(g kernel.Pool) bool {
	return (g.OH-1)*g.SH+g.FH <= g.PT+g.H+g.PB && (g.OW-1)*g.SW+g.FW <= g.PL+g.W+g.PR
}

// meanFilters computes AVGPOOL as a depthwise convolution with constant filters.
func meanFilters(l *layer, o *op.AvgPool) (plan, error) {
	window, err := o.Geometry(l.in[0])
	if err != nil {
		return plan{}, err
	}
	g := l.convolution(window, l.in[0].D, l.batch)
	filters := make([]float32, g.C*g.FH*g.FW)
	for i := range filters {
		filters[i] = 1 / float32(g.FH*g.FW)
	}
	return plan{
		scratch: kernel.DepthwiseScratch(g, l.threads),
		run: func(c *call) {
			kernel.ConvDepthwise(c.out, c.in[0], filters, c.scratch, g, kernel.Epilogue{}, c.workers)
		},
	}, nil
}
