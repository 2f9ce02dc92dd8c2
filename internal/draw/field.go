package draw

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// Field is what one place of a layer is computed from, in the picture and in the maps on the way.
type Field struct {
	Layer string
	X, Y  int64
	// Maps are the planes on all paths, from the picture to the layer, whose own is the last. Of other planes of one size
	// in which the same places count, only the first is here.
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
	type look struct{ planeW, planeH, x, y, w, h int64 }
	known := map[look]int{}
	mapOf := make([]int, node+1) // by node
	for i := range node + 1 {
		p, out := patches[i], n.Layers[i].Out
		if p.IsEmpty() {
			continue
		}
		this := look{out.W, out.H, p.X, p.Y, p.W, p.H}
		k, ok := known[this]
		isInput, isLast := len(n.Nodes[i].Inputs) == 0, i == node
		if isLast && ok && k == len(f.Maps)-1 {
			f.Maps[k].Name = n.Nodes[i].Name
		} else if !ok || isInput || isLast {
			k = len(f.Maps)
			known[this] = k
			f.Maps = append(f.Maps, FieldMap{Name: n.Nodes[i].Name, Shape: out, Patch: p, Follows: !isInput})
			for _, input := range n.Nodes[i].Inputs {
				if !patches[input].IsEmpty() && mapOf[input] != k-1 {
					f.Maps[k].Follows = false
				}
			}
		}
		f.Maps[k].Patch.Parts = max(f.Maps[k].Patch.Parts, p.Parts)
		mapOf[i] = k
	}
	f.limit()
	return f, nil
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
