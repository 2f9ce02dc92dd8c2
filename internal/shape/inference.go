package shape

import (
	"fmt"
	"strings"
)

// Inference returns the network without the layers that exist in training only, and where each of its nodes is in n. It
// returns n itself and nil if there are none.
func (n *Network) Inference() (*Network, []int) {
	g, from := n.Graph.Inference()
	if g == n.Graph {
		return n, nil
	}
	now := &Network{Graph: g, Layers: make([]Layer, len(from)), Sound: len(from)}
	owners := map[int]int{} // by the owner in n
	for i, old := range from {
		now.Layers[i] = n.Layers[old]
		owner := n.Layers[old].Owner
		if _, known := owners[owner]; !known {
			owners[owner] = i // the first that uses the weights here
			now.Layers[i] = now.Layers[i].Used()
			now.Layers[i].storedAs = n.StoredAs(old)
		}
		now.Layers[i].Owner = owners[owner]
	}
	now.addUp() // sums of a part, so they do not overflow
	for i := range now.Layers {
		now.Total.FrozenCount += now.Layers[i].FrozenCount
	}
	return now, from
}

// StoredAs returns the name under which files have the weights of node i: that of the first layer that uses them, even
// if that exists in training only.
func (n *Network) StoredAs(i int) string {
	owner := n.Layers[i].Owner
	if name := n.Layers[owner].storedAs; name != "" {
		return name
	}
	return n.Nodes[owner].Name
}

// IsTrainingOnly reports whether node i exists in training only.
func (n *Network) IsTrainingOnly(i int) bool { return n.trainingOnly != nil && n.trainingOnly[i] }

// maxShapes is the most outputs whose shapes are printed in a line.
const maxShapes = 8

// InputShapes returns the size of the input, "224x224x3", or of several, "left 64x64x3, right 64x64x3".
func (n *Network) InputShapes() string {
	if len(n.Inputs) == 1 {
		return n.InputShape().String()
	}
	var texts []string
	for _, i := range n.Inputs[:min(len(n.Inputs), maxShapes)] {
		texts = append(texts, fmt.Sprintf("%s %s", n.Nodes[i].Name, n.Layers[i].Out))
	}
	text := strings.Join(texts, ", ")
	if others := len(n.Inputs) - maxShapes; others > 0 {
		text += fmt.Sprintf(" and %d more", others)
	}
	return text
}

// OutputShapes returns the shapes of the outputs that exist when the network runs, "13x13x255, 26x26x255".
func (n *Network) OutputShapes() string {
	var shapes []string
	others := 0
	for k, out := range n.Outputs {
		switch {
		case n.Heads != nil && n.Heads[k].Training:
		case len(shapes) == maxShapes:
			others++
		default:
			shapes = append(shapes, n.Layers[out].Out.String())
		}
	}
	text := strings.Join(shapes, ", ")
	if others > 0 {
		text += fmt.Sprintf(" and %d more", others)
	}
	return text
}
