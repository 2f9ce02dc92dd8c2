package exec

import (
	"cnncalc/internal/kernel"
	"cnncalc/internal/op"
)

// bindPad computes PAD.
func bindPad(l *layer) (plan, error) {
	o, g := l.op.(*op.Pad), l.resize()
	left, top := o.Before()
	mode, value := kernel.PadConstant, float32(o.Value())
	switch o.Mode() {
	case "reflect":
		mode = kernel.PadReflect
	case "replicate":
		mode = kernel.PadReplicate
	}
	return plan{run: func(c *call) { kernel.Pad(c.out, c.in[0], g, int(top), int(left), mode, value, c.workers) }}, nil
}
