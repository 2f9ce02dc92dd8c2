package shape

import (
	"cnncalc/internal/diag"
)

// Verify checks a network without other problems as a whole: that it computes something, and that its labels and
// preprocessing fit its shapes.
func Verify(n *Network) diag.List {
	var problems diag.List
	if out := n.Nodes[n.Outputs[0]]; n.Total.Activations == n.inputActivations() {
		problems.Add(out.Pos, "network/nothing-to-count", "no layer makes a volume of its own").
			WithHint("activation functions, DROPOUT and FLATTEN work in place; add a CONV, FC or pool")
	}
	// Every place of a map of scores has the same classes.
	if classes := n.Total.Out.D; n.Labels != nil && classes != int64(len(n.Labels)) {
		problems.Add(n.LabelsPos, "network/labels", "%d labels for %d outputs (%s)", len(n.Labels), classes, n.Total.Out).
			WithHint("labels needs one name for each of the network's outputs")
	}
	depth := n.InputShape().D
	for _, list := range []struct {
		name   string
		values int
	}{{"mean", len(n.Preprocess.Mean)}, {"std", len(n.Preprocess.Std)}} {
		if list.values > 1 && int64(list.values) != depth {
			problems.Add(n.PreprocessPos, "network/preprocess", "preprocess: %d values for %s, but the input is %d deep",
				list.values, list.name, depth).
				WithHint("give one value, or one for each channel")
		}
	}
	return problems
}

// inputActivations returns the number of values in the network's inputs.
func (n *Network) inputActivations() (sum int64) {
	for _, in := range n.Inputs {
		sum += n.Layers[in].Activations
	}
	return sum
}
