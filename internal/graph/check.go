package graph

import (
	"fmt"
	"slices"
	"unicode"
)

// Check returns an error for the first of these rules that g breaks:
//
//   - the first node is an INPUT, a node without inputs; Inputs lists all of these, in order, and no others;
//   - every other node reads and refers to earlier nodes only;
//   - only a node that joins paths (Joiner) has several inputs;
//   - names are unique and printable;
//   - no node of a module is an INPUT, and its inputs come before its nodes;
//   - Outputs lists at least one node, and none twice; Heads has one for each, or is nil where there is a single one;
//   - the outputs have different names, and one of them exists when the network runs.
//
// Whoever makes a graph calls it; every pass relies on it. What it finds is a bug in the code that made the graph,
// since files are checked as they are read.
func Check(g *Graph) error {
	if len(g.Nodes) == 0 {
		return fmt.Errorf("the graph has no nodes")
	}
	seen := make(map[string]int, len(g.Nodes))
	var inputs []int
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if err := checkName(n.Name); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
		if earlier, twice := seen[n.Name]; twice {
			return fmt.Errorf("nodes %d and %d have the same name %s", earlier, i, n.Name)
		}
		seen[n.Name] = i
		if err := checkInputs(n, i); err != nil {
			return fmt.Errorf("node %d, %s: %w", i, n.Name, err)
		}
		if len(n.Inputs) == 0 {
			inputs = append(inputs, i)
		}
	}
	if !slices.Equal(inputs, g.Inputs) {
		return fmt.Errorf("the inputs are nodes %v, but the graph lists %v", inputs, g.Inputs)
	}
	if err := checkModules(g); err != nil {
		return err
	}
	return checkOutputs(g)
}

func checkModules(g *Graph) error {
	for _, m := range g.Modules {
		if m.First < 1 || m.Last < m.First || m.Last >= len(g.Nodes) {
			return fmt.Errorf("a module of nodes %d to %d", m.First, m.Last)
		}
		for _, in := range m.Inputs {
			if in < 0 || in >= m.First {
				return fmt.Errorf("the module of nodes %d to %d reads node %d, which is not earlier", m.First, m.Last, in)
			}
		}
	}
	return nil
}

func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("the node has no name")
	}
	for _, r := range name {
		if isASCIIMark := r > ' ' && r < unicode.MaxASCII; !isASCIIMark && (!unicode.IsPrint(r) || unicode.IsSpace(r)) {
			return fmt.Errorf("the name %q has a character that cannot be printed", name)
		}
	}
	return nil
}

func checkInputs(n *Node, i int) error {
	if n.Op == nil {
		return fmt.Errorf("the node has no layer")
	}
	isInput := n.Op.Kind() == "INPUT"
	switch {
	case i == 0 && !isInput:
		return fmt.Errorf("the first node is %s, not INPUT", n.Op.Kind())
	case isInput && len(n.Inputs) > 0:
		return fmt.Errorf("an INPUT reads nodes %v", n.Inputs)
	case !isInput && len(n.Inputs) == 0:
		return fmt.Errorf("%s reads no node", n.Op.Kind())
	case len(n.Inputs) > 1 && !n.JoinsPaths():
		return fmt.Errorf("%s reads %d nodes", n.Op.Kind(), len(n.Inputs))
	}
	for _, in := range n.Inputs {
		if in < 0 || in >= i {
			return fmt.Errorf("it reads node %d, which is not earlier", in)
		}
	}
	for _, r := range n.Refs {
		if r.Node < 0 || r.Node >= i {
			return fmt.Errorf("its %s refers to node %d, which is not earlier", r.Key, r.Node)
		}
	}
	return nil
}

func checkOutputs(g *Graph) error {
	if len(g.Outputs) == 0 {
		return fmt.Errorf("the graph has no output")
	}
	seen := map[int]bool{}
	for _, out := range g.Outputs {
		if out < 0 || out >= len(g.Nodes) {
			return fmt.Errorf("output %d is not a node", out)
		}
		if seen[out] {
			return fmt.Errorf("node %d is listed as an output twice", out)
		}
		seen[out] = true
	}
	return checkHeads(g)
}
