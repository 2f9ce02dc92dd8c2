package draw

import (
	"fmt"
	"math"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Scale says how the sizes of volumes become lengths in a picture.
type Scale string

// The scales.
const (
	LinearScale Scale = "linear"
	RootScale   Scale = "sqrt"
	LogScale    Scale = "log"
)

// Scales returns the names of the scales.
func Scales() []string { return []string{string(LinearScale), string(RootScale), string(LogScale)} }

// of returns the length of n relative to that of the largest, from 0 to 1.
func (s Scale) of(n, largest int64) float64 {
	length := func(n int64) float64 {
		switch s {
		case LinearScale:
			return float64(n)
		case LogScale:
			return math.Log2(float64(n) + 1)
		}
		return math.Sqrt(float64(n))
	}
	return length(n) / length(max(largest, 1))
}

// Volume is one volume of a row of them, as the notes and papers draw it: a box of its width, height and depth.
type Volume struct {
	Shape graph.Shape
	Times int // volumes of this shape and class in a row, 1 or more
	// Makers are the layers or blocks that made them, each once with how many in a row there are: "CONV3-64 x2".
	Makers []string
	Class  Class
	// KernelW and KernelH are the size of the window that the layer after it moves over it; 0 if there is none.
	KernelW, KernelH int64
}

// Volumes returns the volumes that all of the network passes through, in order, without those that exist in training
// only. Where paths lie side by side, only the volume that joins them is such. Volumes of layers that compute each
// place from the same place are left out: they look like those that they read.
func Volumes(n *shape.Network) []Volume {
	n, _ = n.Inference()
	var volumes []Volume
	last := -1 // the node of the last volume, or a layer that was left out after it
	for _, i := range joints(n) {
		if len(volumes) > 0 && isLike(n, i) {
			last = i
			continue
		}
		v := Volume{Shape: n.Layers[i].Out, Times: 1, Makers: []string{maker(n, i)}, Class: classOf(n, i)}
		if k := len(volumes) - 1; k >= 0 {
			reads := len(n.Nodes[i].Inputs) == 1 && n.Nodes[i].Inputs[0] == last
			w, h := kernel(n, i)
			if reads && volumes[k].KernelW == 0 {
				volumes[k].KernelW, volumes[k].KernelH = w, h
			}
			if volumes[k].Shape == v.Shape && volumes[k].Class == v.Class {
				volumes[k].add(v)
				last = i
				continue
			}
		}
		volumes = append(volumes, v)
		last = i
	}
	for k := range volumes {
		volumes[k].Makers = counted(volumes[k].Makers)
	}
	return volumes
}

// add adds a volume of the same shape and class. Only a window that moves over the last of them counts.
func (v *Volume) add(next Volume) {
	v.Times++
	v.Makers = append(v.Makers, next.Makers...)
	v.KernelW, v.KernelH = 0, 0
}

// joints returns the nodes whose result all of the network after them depends on, and nothing else before them.
func joints(n *shape.Network) []int {
	farthest := make([]int, len(n.Nodes)) // the last node that reads each node
	for i := range n.Nodes {
		for _, input := range n.Nodes[i].Inputs {
			farthest[input] = i
		}
	}
	var all []int
	reach := 0 // of the nodes before
	for i := range n.Nodes {
		if reach <= i && !n.IsOutput(i) || i == n.Main() {
			all = append(all, i)
		}
		reach = max(reach, farthest[i])
	}
	return all
}

// isLike reports whether a volume looks like the one that it is computed from: it is that volume in place or in other
// words, or each place is computed from the same place.
func isLike(n *shape.Network, i int) bool {
	node := &n.Nodes[i]
	return len(node.Inputs) == 1 && (isPointwise(n, i) || !node.Op.MakesVolume())
}

// maker returns what made a volume: the outermost block that ends with it, or else its layer.
func maker(n *shape.Network, i int) string {
	name := textOf(n, i)
	for s := n.Nodes[i].Within; s != nil; s = s.Outer {
		if s.Block != "" && (n.Nodes[i].JoinsPaths() || s.Outer != nil) {
			name = s.Block
		}
	}
	return name
}

// kernel returns the window of a layer, 0 and 0 if it has none or one of a single place.
func kernel(n *shape.Network, i int) (w, h int64) {
	window, isWindow := n.Nodes[i].Op.(op.Windowed)
	if !isWindow {
		return 0, 0
	}
	g, err := window.Geometry(n.Layers[n.Nodes[i].Inputs[0]].Out)
	if err != nil || g.W.Size == 1 && g.H.Size == 1 {
		return 0, 0
	}
	return g.W.Span(), g.H.Span()
}

// counted returns names in a row once each, with how many there are.
func counted(names []string) []string {
	var all []string
	for i := 0; i < len(names); {
		end := i
		for end < len(names) && names[end] == names[i] {
			end++
		}
		text := names[i]
		if end-i > 1 {
			text = fmt.Sprintf("%s x%d", text, end-i)
		}
		all = append(all, text)
		i = end
	}
	return all
}

// text returns the shape below a volume, "224x224x64", or the depth alone of a single place.
func (v *Volume) text() string {
	if v.Shape.IsPlace() {
		return fmt.Sprint(v.Shape.D)
	}
	return v.Shape.String()
}

// describeVolumes says in words what the picture shows.
func describeVolumes(volumes []Volume) string {
	var shapes []string
	for _, v := range volumes {
		shapes = append(shapes, v.Shape.String())
	}
	return "Volumes from the input to the output: " + strings.Join(shapes, ", ")
}
