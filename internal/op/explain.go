package op

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// Line is one line of an explanation: what it is about, and the arithmetic.
type Line struct {
	Topic, Text string
}

// Explainer is an optional interface of layers with arithmetic beyond shape, weights and MACs.
type Explainer interface {
	// Explain returns the arithmetic with the numbers of one picture.
	Explain(in []graph.Shape, out graph.Shape) []Line
}

// explainAxes returns a window's shape formula with its numbers, only once if both axes are equal.
func explainAxes(g Geometry) []Line {
	lines := []Line{{width.name, onSide{Axis: g.W, side: width}.result()}}
	if g.W == g.H {
		return append(lines, Line{height.name, "the same"})
	}
	return append(lines, Line{height.name, onSide{Axis: g.H, side: height}.result()})
}

// explainSharing compares the parameters with and without sharing them over all places, as the notes do
// (section "Convolutional Layer", parameter sharing). window is what one neuron sees: [FW, FH, C/groups].
func explainSharing(out graph.Shape, window [3]int64, bias bool) []Line {
	perNeuron := window[0] * window[1] * window[2]
	neurons := out.W * out.H * out.D
	each := fmt.Sprintf("%d*%d*%d = %s weights", window[0], window[1], window[2], plain.Count(perNeuron))
	shared := fmt.Sprintf("%s weights", plain.Count(perNeuron*out.D))
	if bias {
		each += " and 1 bias"
		shared = fmt.Sprintf(
			"%s weights + %s biases = %s",
			plain.Count(perNeuron*out.D),
			plain.Count(out.D),
			plain.Count((perNeuron+1)*out.D),
		)
		perNeuron++
	}
	return []Line{
		{"neurons", fmt.Sprintf("%d*%d*%d = %s, each with %s", out.W, out.H, out.D, plain.Count(neurons), each)},
		{
			"without sharing",
			fmt.Sprintf(
				"%s * %s = %s parameters",
				plain.Count(neurons),
				plain.Count(perNeuron),
				productText(neurons, perNeuron),
			),
		},
		{"with sharing", shared},
	}
}

// productText returns the product, or words if it overflows: without sharing there are more parameters than MACs, and
// only the MACs are known to be countable.
func productText(a, b int64) string {
	n, err := checked.Product(a, b)
	if err != nil {
		return "more than 2^63"
	}
	return plain.Count(n)
}

// explainIm2col describes the notes' implementation, one matrix product for each group: the windows as columns, the
// filters as rows.
func explainIm2col(in, out graph.Shape, window [3]int64, groups int64) []Line {
	rows, places, filters := window[0]*window[1]*window[2], out.W*out.H, out.D/groups
	lines := []Line{
		{"im2col", fmt.Sprintf("columns [%d x %d], one for each of the %d*%d places", rows, places, out.W, out.H)},
		{"", fmt.Sprintf("filters [%d x %d], their product [%d x %d]", filters, rows, filters, places)},
	}
	if groups > 1 {
		lines = append(lines, Line{"", fmt.Sprintf("once for each of the %d groups", groups)})
	}
	// These cannot overflow: they are at most the MACs and the input's values, which have been counted.
	columns, values := rows*places*groups, in.W*in.H*in.D
	return append(
		lines,
		Line{
			"",
			fmt.Sprintf(
				"columns of %s values, %.1f times the input's %s",
				plain.Count(columns),
				float64(columns)/float64(values),
				plain.Count(values),
			),
		},
	)
}
