package count

import (
	"fmt"
	"strconv"

	"cnncalc/internal/op"
)

// convnetBurden counts the functions of MatConvNet, by core/burden.m. ReLU works in place there, whatever the network's
// file says. Dropout counts too, as a mask and a product.
func convnetBurden() *Convention {
	return &Convention{
		Name: "convnet-burden", Program: "albanie/convnet-burden", Version: "its published table",
		Summary: "a multiply-add is 1 FLOP, biases 1 per value, ReLU 2, pools 2*stride^2, BN 0; volumes but ReLU's, " +
			"without the input; parameters with BN's running statistics",
		Unit: "FLOPs", Counts: []Quantity{Parameters, Operations, Bytes}, MB: "2^20",
		layer: burdenLayer, print: burdenLines,
		checked: []string{"CONV", "FC", "BN", "RELU", "POOL", "AVGPOOL", "GAP", "LRN", "DROPOUT", "CONCAT", "ADD"},
	}
}

func burdenLayer(t *tally, l *layer) error {
	t.parameters(l)
	if !l.shared {
		t.stored("running statistics", l.BufferCount)
	}
	switch l.names.MatConvNet {
	case "":
		return fmt.Errorf("convnet-burden does not know %s", l.kind)
	case "vl_nnconv", "vl_nnconvt":
		t.multiplyAccumulates(l)
		t.biases(l)
	case "vl_nnrelu":
		t.perValue(2, l.outputs, "output")
		return nil // in place
	case "vl_nndropout":
		t.bytes(Outputs, l.kind, "mask, 4 bytes a value", l.outputs)
	case "cat":
		if len(l.in) == 1 {
			return nil // it joins nothing, so it is not there
		}
	case "vl_nnpool":
		if err := t.burdenPool(l); err != nil {
			return err
		}
	case "vl_nnwsum", "vl_nnscale":
		t.perValue(1, l.outputs, "output")
	case "vl_nninterp":
		t.perValue(4, l.outputs, "output")
	case "vl_nnnormalize":
		t.perValue(1, l.outputs, "output")
		t.product("2*depth+2 at each place", 2*l.Out.D+2, l.Out.W, l.Out.H, l.batch)
	}
	t.bytes(Outputs, l.kind, volumeBytes, l.outputs)
	return nil
}

// burdenPool takes two operations for each value under a stride.
func (t *tally) burdenPool(l *layer) error {
	width, height, err := l.poolStride()
	if err != nil {
		return err
	}
	t.product("2*stride^2 for each value of the output", 2, l.outputs, width, height)
	return nil
}

// poolStride returns the stride of a pool. For an adaptive pool it is the stride that gives the output's size: the
// table's networks write a global pool as a window and a stride over the whole input.
func (l *layer) poolStride() (width, height int64, err error) {
	in := l.in[0]
	if pool, ok := l.op.(op.Windowed); ok {
		g, err := pool.Geometry(in)
		return g.W.Stride, g.H.Stride, err
	}
	if in.W%l.Out.W != 0 || in.H%l.Out.H != 0 {
		return 0, 0, fmt.Errorf("convnet-burden knows pools with a stride, and none gives %dx%d from %dx%d", l.Out.W,
			l.Out.H, in.W, in.H)
	}
	return in.W / l.Out.W, in.H / l.Out.H, nil
}

func burdenLines(r *Result) []Line {
	return []Line{
		{"Memory used by params", burdenUnits(r.Parts[Stored], 1024, "B"), r.Parts[Stored]},
		{"Memory consumed by full feats", burdenUnits(r.Parts[Outputs], 1024, "B"), r.Parts[Outputs]},
		{"Estimated total flops", burdenUnits(r.Totals[Operations], 1000, "FLOPs"), r.Totals[Operations]},
	}
}

// burdenUnits rounds to a whole number of the largest unit that leaves at least 1.
func burdenUnits(n, base int64, unit string) string {
	prefix, factor := "", int64(1)
	for _, p := range []string{"K", "M", "G", "T", "P", "E"} {
		if n/factor < base {
			break
		}
		prefix, factor = p, factor*base
	}
	return strconv.FormatFloat(float64(n)/float64(factor), 'f', 0, 64) + " " + prefix + unit
}
