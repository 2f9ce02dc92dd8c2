package count

import (
	"maps"
	"slices"

	"cnncalc/internal/plain"
)

// fvcore counts the operators of a trace, so it sees functions as well as modules.
func fvcore() *Convention {
	return &Convention{
		Name: "fvcore", Program: "fvcore", Version: "commit 3378afe",
		Summary: "\"flops\" are multiply-accumulates without biases; BN 2 per value, other norms 5, adaptive average " +
			"pool its input; ReLU " +
			"ignored, max pool and add unsupported; activations are outputs of convolutions and linear layers",
		Unit: "flops", Counts: []Quantity{Parameters, Operations, Activations},
		inPyTorch: true, layer: fvcoreLayer, print: fvcoreLines, checked: inTorchvision(),
		unused: (*tally).parameters,
	}
}

// fvcoreName returns fvcore's name of an operator that it counts, "" for another.
func fvcoreName(operator string) string {
	switch operator {
	case "_convolution":
		return "conv"
	case "linear", "batch_norm", "layer_norm", "group_norm", "instance_norm", "adaptive_avg_pool2d",
		"upsample_nearest2d", "upsample_bilinear2d":
		return operator
	}
	return ""
}

// fvcoreIgnores reports whether fvcore takes an operator for free.
func fvcoreIgnores(operator string) bool {
	return slices.Contains([]string{"cat", "contiguous", "dropout", "flatten", "relu", "relu_", "slice"}, operator)
}

func fvcoreLayer(t *tally, l *layer) error {
	t.parameters(l)
	switch l.names.Operator() {
	case "_convolution", "linear":
		t.multiplyAccumulates(l)
		t.add(Activations, 0, l.kind, "volume", l.outputs)
	case "batch_norm":
		t.perValue(1+l.affine(), l.outputs, "output")
	case "layer_norm", "group_norm", "instance_norm":
		t.perValue(4+l.affine(), l.outputs, "output")
	case "adaptive_avg_pool2d":
		t.perValue(1, l.inputs, "input")
	case "upsample_nearest2d":
		t.perValue(1, l.outputs, "output")
	case "upsample_bilinear2d":
		t.perValue(4, l.outputs, "output")
	}
	return nil
}

// affine is 1 for a normalisation with a learnt scale and shift, else 0.
func (l *layer) affine() int64 {
	if l.Parameters() > 0 {
		return 1
	}
	return 0
}

func fvcoreLines(r *Result) []Line {
	byOperator, unsupported := map[string]int64{}, map[string]int64{}
	for i := range r.Network.Nodes {
		if r.Network.IsTrainingOnly(i) {
			continue
		}
		for _, operator := range counterparts(&r.Network.Nodes[i]).Traced {
			if name := fvcoreName(operator); name != "" {
				byOperator[name] += r.Rows[i].Amounts[Operations]
			} else if !fvcoreIgnores(operator) {
				unsupported["aten::"+operator]++
			}
		}
	}
	lines := []Line{{"flops", plain.Count(r.Totals[Operations]), r.Totals[Operations]}}
	add := func(before string, of map[string]int64) {
		for _, name := range slices.Sorted(maps.Keys(of)) {
			lines = append(lines, Line{before + name, plain.Count(of[name]), of[name]})
		}
	}
	add("  ", byOperator)
	add("unsupported ", unsupported)
	return append(lines,
		Line{"activations", plain.Count(r.Totals[Activations]), r.Totals[Activations]},
		Line{"params", plain.Count(r.Totals[Parameters]), r.Totals[Parameters]})
}
