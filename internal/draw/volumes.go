package draw

import (
	"fmt"
	"math"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/svg"
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
	all := joints(n)
	names := makers(n, all)
	var volumes []Volume
	last := -1 // the node of the last volume, or a layer that was left out after it
	for _, i := range all {
		if len(volumes) > 0 && isLike(n, i) {
			last = i
			continue
		}
		v := Volume{Shape: n.Layers[i].Out, Times: 1, Makers: []string{names[i]}, Class: classOf(n, i)}
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

// joints returns the nodes through which all that the main output is computed from passes, in order. Shortcuts past
// smaller planes do not count: what U-Net goes down and up again is its main path.
func joints(n *shape.Network) []int {
	shortcuts := newShortcuts(n)
	counts := make([]bool, n.Main()+1)  // nodes that the main output is computed from
	farthest := make([]int, n.Main()+1) // by node, the last of them that reads it
	counts[n.Main()] = true
	for i := n.Main(); i >= 0; i-- {
		for _, input := range n.Nodes[i].Inputs {
			if counts[i] && !shortcuts.has(input, i) {
				counts[input], farthest[input] = true, max(farthest[input], i)
			}
		}
	}
	var all []int
	reach := 0 // of the nodes before
	for i := range counts {
		if counts[i] && reach <= i {
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

// makers returns what made each of the volumes: if paths join in it, the outermost block that has no other volume; if
// there is none, the layer.
func makers(n *shape.Network, joints []int) map[int]string {
	volumes := map[*graph.Scope]int{}
	for _, i := range joints {
		for s := n.Nodes[i].Within; s != nil && !isLike(n, i); s = s.Outer {
			volumes[s]++
		}
	}
	names := map[int]string{}
	for _, i := range joints {
		names[i] = svg.Cut(textOf(n, i), longestRow)
		for s := n.Nodes[i].Within; s != nil && n.Nodes[i].JoinsPaths(); s = s.Outer {
			if s.Block != "" && volumes[s] == 1 {
				names[i] = plain.Escape(plain.Cut(s.Block))
			}
		}
	}
	return names
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
	return plain.CutMessage("Volumes from the input to the output: " + strings.Join(shapes, ", "))
}
