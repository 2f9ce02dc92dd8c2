package shape

import (
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// freeze marks the weights that the graph's patterns choose, and counts them. A pattern that matches none is a problem.
func (n *Network) freeze() diag.List {
	if len(n.Frozen) == 0 {
		return nil
	}
	matched := make([]bool, len(n.Frozen))
	ofLayer := make([]bool, len(n.Frozen))
	for i := range n.Nodes {
		if n.Layers[i].Parameters() == 0 { // of its own
			continue
		}
		name := n.Nodes[i].Name
		for p, pattern := range n.Frozen {
			ofLayer[p] = pattern.Matches(name)
			matched[p] = matched[p] || ofLayer[p]
		}
		for k := range n.Layers[i].Weights {
			n.freezeWeight(i, k, ofLayer, matched)
		}
		n.Total.FrozenCount += n.Layers[i].FrozenCount // no more than the parameters, whose sum is counted
	}
	var problems diag.List
	for p, pattern := range n.Frozen {
		if !matched[p] {
			problems = append(problems, *n.matchesNothing(pattern))
		}
	}
	return problems
}

// freezeWeight marks weight k of node i. ofLayer says which patterns match the node; matched is set for those that
// match the weight.
func (n *Network) freezeWeight(i, k int, ofLayer, matched []bool) {
	w := &n.Layers[i].Weights[k]
	if w.Role == graph.RoleBuffer {
		return
	}
	name := n.Nodes[i].Name + "." + w.Name
	for p, pattern := range n.Frozen {
		if ofLayer[p] || pattern.Matches(name) {
			matched[p] = true
			w.Frozen = pattern.Freezes()
		}
	}
	if w.Frozen {
		count, _ := w.Count() // infer has counted it
		n.Layers[i].FrozenCount += count
	}
}

// matchesNothing is the problem of a pattern that matches no parameter.
func (n *Network) matchesNothing(p graph.FrozenPattern) *diag.Problem {
	problem := diag.ErrorfAt(p.Pos, "network/frozen", "%s matches no layer with parameters", plain.Quote(p.Text))
	if p.Pos.IsZero() {
		problem.Flag = "--freeze"
	} else {
		problem.Msg = "frozen: " + problem.Msg
	}
	var names []string
	for i, l := range n.Layers {
		name := n.Nodes[i].Name
		switch {
		case l.Parameters() > 0 && len(names) <= diag.MaxCandidates:
			names = append(names, n.namesIn(i, strings.Contains(p.Name(), "."))...)
		case l.Owner != i && p.Matches(name):
			return problem.WithHint("%s has the weights of %s: name that", plain.CutNames(name),
				plain.CutNames(n.Nodes[l.Owner].Name))
		case l.Parameters() == 0 && p.Matches(name):
			return problem.WithHint("%s has no parameters", plain.CutNames(name))
		}
	}
	if len(names) == 0 {
		return problem.WithHint("the network has no parameters")
	}
	if hint := diag.DidYouMean(p.Name(), names); hint != "" {
		return problem.WithHint("%s", hint)
	}
	return problem.WithHint("`cnncalc memory` prints the names of the layers, such as %s", plain.CutNames(names[0]))
}

// namesIn returns the name of node i, and those of its parameters if they are asked for.
func (n *Network) namesIn(i int, withParameters bool) []string {
	name := n.Nodes[i].Name
	names := []string{name}
	for _, w := range n.Layers[i].Weights {
		if withParameters && w.Role != graph.RoleBuffer {
			names = append(names, name+"."+w.Name)
		}
	}
	return names
}
