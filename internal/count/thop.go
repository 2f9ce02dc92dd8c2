package count

import (
	"math"

	"cnncalc/internal/checked"
	"cnncalc/internal/plain"
)

// thop hooks modules: what is called as a function is not counted.
func thop() *Convention {
	return &Convention{
		Name: "thop", Program: "thop", Version: "commit 43c064a",
		Summary: "multiply-accumulates without biases; BN, LN and IN 4 per value; average pools; nothing for ReLU, max " +
			"pools and " +
			"functions",
		Unit: "MACs", Counts: []Quantity{Parameters, Operations},
		inPyTorch: true, layer: thopLayer, print: macsAndParams, checked: inTorchvision(),
	}
}

func thopLayer(t *tally, l *layer) error {
	if l.subclass {
		return nil // it looks a module up by its type, and does not know the parameters of others either
	}
	if l.names.Module != "" { // it finds no parameter of a block's own, such as SCALE's
		t.parameters(l)
	}
	if !l.isModule() {
		return nil
	}
	switch l.names.Module {
	case "Conv2d", "Linear":
		t.multiplyAccumulates(l)
	case "ConvTranspose2d":
		// Its weights are [C, K/groups, FH, FW], of which thop takes the window; and C/groups channels for each value.
		window := l.Weights[0].Dims[2] * l.Weights[0].Dims[3]
		groups := l.Out.D / l.Weights[0].Dims[1]
		t.product("a window of its group for each value of the output", l.outputs, l.in[0].D/groups, window)
	case "BatchNorm2d", "LayerNorm", "InstanceNorm2d":
		t.perValue(2+2*l.affine(), l.outputs, "output")
	case "PReLU":
		t.perValue(1, l.inputs, "input")
	case "Softmax":
		t.product("3*depth-1 at each place", 3*l.Out.D-1, l.Out.W, l.Out.H, l.batch)
	case "AvgPool2d":
		t.perValue(1, l.outputs, "output")
	case "AdaptiveAvgPool2d":
		return t.thopAdaptive(l)
	case "Upsample":
		if l.names.Operator() == "upsample_bilinear2d" {
			t.perValue(11, l.outputs, "output")
		} else {
			t.perValue(1, l.outputs, "output")
		}
	}
	return nil
}

// thopAdaptive takes the input's plane over the output's for the window, and one division, for each value of the
// output, rounded down in the end.
func (t *tally) thopAdaptive(l *layer) error {
	window := float64(l.in[0].H) / float64(l.Out.H) * (float64(l.in[0].W) / float64(l.Out.W))
	amount := (window + 1) * float64(l.outputs)
	if amount >= math.MaxInt64 {
		return checked.ErrOverflow
	}
	t.add(Operations, 0, l.kind, "input's plane/output's plane + 1, for each value of the output", int64(amount))
	return nil
}

// macsAndParams returns the two figures that thop and ptflops give.
func macsAndParams(r *Result) []Line {
	return []Line{
		{"macs", plain.Count(r.Totals[Operations]), r.Totals[Operations]},
		{"params", plain.Count(r.Totals[Parameters]), r.Totals[Parameters]},
	}
}
