package shape

import (
	"cnncalc/internal/diag"
)

// Verify checks a network without other problems as a whole: that it uses all that it computes, and that its labels and
// preprocessing fit its shapes.
func Verify(n *Network) diag.List {
	problems := n.unused()
	// Every place of a map of scores has the same classes.
	if classes := n.Total.Out.D; n.Labels != nil && classes != int64(len(n.Labels)) {
		problems.Add(n.LabelsPos, "network/labels", "%d labels for %d outputs (%s)", len(n.Labels), classes, n.Total.Out).
			WithHint("labels needs one name for each of the network's outputs")
	}
	for _, in := range n.Inputs {
		n.verifyPreprocess(n.Layers[in].Out.D, &problems)
	}
	return problems
}

// VerifyWritten checks a network that a person wrote as Verify does, and that it computes something: a file of
// activation functions only is a mistake, a model of one operator is not.
func VerifyWritten(n *Network) diag.List {
	problems := Verify(n)
	if out := n.Nodes[n.Main()]; n.Total.Activations == n.inputActivations() {
		problems.Add(out.Pos, "network/nothing-to-count", "no layer makes a volume of its own").
			WithHint("activation functions, DROPOUT and FLATTEN work in place; add a CONV, FC or pool")
	}
	return problems
}

// verifyPreprocess checks the lists of values for channels against the depth of an input.
func (n *Network) verifyPreprocess(depth int64, problems *diag.List) {
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
}

// unused returns a problem for each result that no layer reads and that is no output.
func (n *Network) unused() diag.List {
	used := make([]bool, len(n.Nodes))
	for i := range n.Nodes {
		for _, in := range n.Nodes[i].Inputs {
			used[in] = true
		}
	}
	for _, out := range n.Outputs {
		used[out] = true
	}
	var problems diag.List
	for i := range used {
		if !used[i] && !problems.Crowded() {
			problems = append(problems, n.describe(i, diag.Errorf("network/unused", "its result is not used").
				WithHint("name it under heads, or delete it")))
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
