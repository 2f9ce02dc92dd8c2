package graph

import (
	"fmt"
	"slices"
)

// Head says what an output is called and what it is for.
type Head struct {
	Name string // unique in the graph; "" for the end of the layers
	// Training reports whether the output exists in training only, as the auxiliary classifiers of GoogLeNet.
	Training bool
	Loss     float64 // the weight of its loss in the sum that is trained, 1 by default
}

// MainOutput is the name of the output at the end of the layers, where no head names it.
const MainOutput = "output"

// HeadOf returns the head of output k.
func (g *Graph) HeadOf(k int) Head {
	if g.Heads == nil {
		return Head{Loss: 1}
	}
	return g.Heads[k]
}

// OutputName returns the name of output k.
func (g *Graph) OutputName(k int) string {
	if g.Heads == nil || g.Heads[k].Name == "" {
		return MainOutput
	}
	return g.Heads[k].Name
}

// Main returns the node of the main output: the first one that exists when the network runs.
func (g *Graph) Main() int {
	k := slices.IndexFunc(g.Heads, func(h Head) bool { return !h.Training })
	return g.Outputs[max(k, 0)]
}

// OutputsIn returns the outputs that exist in training or, else, when the network runs.
func (g *Graph) OutputsIn(training bool) []int {
	if training || !g.hasTrainingHeads() {
		return g.Outputs
	}
	var outputs []int
	for k, out := range g.Outputs {
		if !g.Heads[k].Training {
			outputs = append(outputs, out)
		}
	}
	return outputs
}

// hasTrainingHeads reports whether some outputs exist in training only.
func (g *Graph) hasTrainingHeads() bool {
	return slices.ContainsFunc(g.Heads, func(h Head) bool { return h.Training })
}

// TrainingOnly returns by node whether it exists in training only: whether none but the outputs for training depend on
// it. It returns nil if no node does. An INPUT always exists.
func (g *Graph) TrainingOnly() []bool {
	if !g.hasTrainingHeads() {
		return nil
	}
	only := make([]bool, len(g.Nodes))
	for i := range only {
		only[i] = len(g.Nodes[i].Inputs) > 0
	}
	for k, out := range g.Outputs {
		if !g.Heads[k].Training {
			only[out] = false
		}
	}
	for i := range slices.Backward(g.Nodes) {
		if only[i] {
			continue
		}
		for _, in := range g.Nodes[i].Inputs {
			only[in] = false
		}
	}
	if !slices.Contains(only, true) {
		return nil
	}
	return only
}

// Inference returns the graph without what exists in training only, and where each of its nodes is in g. It returns g
// itself and nil if nothing does. A setting that refers to a node left out loses its reference, so settings of sizes
// must have been applied before.
func (g *Graph) Inference() (*Graph, []int) {
	if !g.hasTrainingHeads() {
		return g, nil
	}
	only := g.TrainingOnly()
	now := *g
	now.Nodes, now.Inputs, now.Outputs, now.Heads = nil, nil, nil, nil
	place := make([]int, len(g.Nodes)) // of each node in the new graph
	var from []int
	for i := range g.Nodes {
		if only != nil && only[i] {
			continue
		}
		n := g.Nodes[i]
		n.Inputs = make([]int, len(g.Nodes[i].Inputs))
		for k, in := range g.Nodes[i].Inputs {
			n.Inputs[k] = place[in]
		}
		n.Refs = nil
		for _, r := range g.Nodes[i].Refs {
			if only == nil || !only[r.Node] {
				n.Refs = append(n.Refs, Ref{r.Key, place[r.Node]})
			}
		}
		place[i] = len(now.Nodes)
		now.Nodes = append(now.Nodes, n)
		from = append(from, i)
	}
	for _, in := range g.Inputs {
		now.Inputs = append(now.Inputs, place[in])
	}
	for k, out := range g.Outputs {
		if !g.Heads[k].Training {
			now.Outputs = append(now.Outputs, place[out])
			now.Heads = append(now.Heads, g.Heads[k])
		}
	}
	now.Modules = g.modulesOf(from, place)
	return &now, from
}

// modulesOf returns the modules that have some of the nodes in from, which is sorted, with each node i at place[i].
func (g *Graph) modulesOf(from, place []int) []Module {
	var modules []Module
	for _, m := range g.Modules {
		first, _ := slices.BinarySearch(from, m.First)
		end, _ := slices.BinarySearch(from, m.Last+1)
		if first == end {
			continue
		}
		moved := Module{First: first, Last: end - 1}
		for _, in := range m.Inputs {
			if _, kept := slices.BinarySearch(from, in); kept {
				moved.Inputs = append(moved.Inputs, place[in])
			}
		}
		modules = append(modules, moved)
	}
	return modules
}

// checkHeads checks the names of the outputs.
func checkHeads(g *Graph) error {
	if g.Heads == nil {
		if len(g.Outputs) > 1 {
			return fmt.Errorf("the graph has %d outputs without names", len(g.Outputs))
		}
		return nil
	}
	if len(g.Heads) != len(g.Outputs) {
		return fmt.Errorf("the graph has %d outputs and %d heads", len(g.Outputs), len(g.Heads))
	}
	names := map[string]bool{}
	runs := false
	for k, h := range g.Heads {
		if name := g.OutputName(k); names[name] {
			return fmt.Errorf("two outputs are called %s", name)
		}
		names[g.OutputName(k)] = true
		runs = runs || !h.Training
	}
	if !runs {
		return fmt.Errorf("all outputs are for training")
	}
	return nil
}
