package draw

import (
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// Field is what one place of a layer is computed from, in the picture and in the maps on the way.
type Field struct {
	Layer string
	X, Y  int64
	// Maps are the planes on all paths, from the picture to the layer, whose own is the last. Of others of one size in
	// which the same places count, only the first is here, in addition to the inputs.
	Maps    []FieldMap
	LeftOut int // maps in the middle, if there are too many
}

// FieldMap is the plane of a layer, and what counts of it.
type FieldMap struct {
	Name  string
	Shape graph.Shape
	Patch shape.Patch
	// Follows reports whether the map is computed from the one before it in the list, and from no other.
	Follows bool
}

// IsAll reports whether all of the plane counts.
func (m *FieldMap) IsAll() bool { return m.Patch.W == m.Shape.W && m.Patch.H == m.Shape.H }

// mostFieldMaps is how many maps a picture has at most.
const mostFieldMaps = 49

// NewField returns what a node of a network without problems is computed from at a place of its output.
func NewField(n *shape.Network, node int, x, y int64) (*Field, error) {
	patches, err := shape.Patches(n, node, x, y)
	if err != nil {
		return nil, err
	}
	f := &Field{Layer: n.Nodes[node].Name, X: x, Y: y}
	known := map[look]int{}
	mapOf := make([]int, node+1) // by node
	isOfInput := func(k int) bool {
		return slices.ContainsFunc(n.Inputs, func(i int) bool { return f.Maps[k].Name == n.Nodes[i].Name })
	}
	for i := range node + 1 {
		if patches[i].IsEmpty() {
			continue
		}
		k, isKnown := known[lookOf(n, patches, i)]
		isInput, isLast := len(n.Nodes[i].Inputs) == 0, i == node
		switch {
		case !isKnown || isInput || isLast && (k < len(f.Maps)-1 || isOfInput(k)):
			k = len(f.Maps)
			known[lookOf(n, patches, i)] = k
			f.Maps = append(f.Maps, FieldMap{n.Nodes[i].Name, n.Layers[i].Out, patches[i],
				!isInput && readsOnly(n, patches, mapOf, i, k-1)})
		case isLast:
			f.Maps[k].Name, f.Maps[k].Shape = n.Nodes[i].Name, n.Layers[i].Out
		}
		f.Maps[k].Patch.Parts = max(f.Maps[k].Patch.Parts, patches[i].Parts)
		mapOf[i] = k
	}
	f.limit()
	return f, nil
}

// look is what a map looks like in a picture.
type look struct{ planeW, planeH, x, y, w, h int64 }

func lookOf(n *shape.Network, patches []shape.Patch, i int) look {
	p, out := patches[i], n.Layers[i].Out
	return look{out.W, out.H, p.X, p.Y, p.W, p.H}
}

// readsOnly reports whether all that a node reads and that counts is in a map.
func readsOnly(n *shape.Network, patches []shape.Patch, mapOf []int, i, k int) bool {
	return !slices.ContainsFunc(n.Nodes[i].Inputs, func(input int) bool {
		return !patches[input].IsEmpty() && mapOf[input] != k
	})
}

// limit leaves out maps in the middle if there are too many.
func (f *Field) limit() {
	f.LeftOut = max(len(f.Maps)-mostFieldMaps, 0)
	if f.LeftOut == 0 {
		return
	}
	const half = mostFieldMaps / 2
	last := f.Maps[len(f.Maps)-half:]
	last[0].Follows = false
	f.Maps = append(f.Maps[:mostFieldMaps-half:mostFieldMaps-half], last...)
}
