package count

import "cnncalc/internal/plain"

// flopCounter is PyTorch's torch.utils.flop_counter.FlopCounterMode. It counts two for each multiply-accumulate of the
// convolutions and matrix products that are dispatched.
func flopCounter() *Convention {
	return &Convention{
		Name: "flopcounter", Program: "PyTorch's FlopCounterMode", Version: "torch.utils.flop_counter of PyTorch 2",
		Summary: "2 FLOPs for each multiply-accumulate of convolutions and matrix products, without biases",
		Unit:    "FLOPs", Counts: []Quantity{Operations},
		inPyTorch: true,
		layer: func(t *tally, l *layer) error {
			switch l.names.Operator() {
			case "_convolution", "linear":
				t.multiplyAccumulates(l)
				t.of = "all layers"
				t.product("multiply-accumulates counted again: two FLOPs each", l.MACs, l.batch)
			}
			return nil
		},
		print: func(r *Result) []Line {
			return []Line{{"Total FLOPs", plain.Count(r.Totals[Operations]), r.Totals[Operations]}}
		},
		checked: []string{"CONV", "FC", "RELU", "POOL", "DROPOUT"}, // VGG-16's
	}
}
