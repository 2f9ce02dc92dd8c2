package shape

import (
	"fmt"

	"cnncalc/internal/op"
)

// Patch is a part of a layer's plane: W x H places from X, Y on. A W of 0 means none of it.
type Patch struct {
	X, Y, W, H int64
	// Parts is how many different parts of the plane the layers that read it need; 2 or more where paths that branch
	// off see different parts, which the patch holds all.
	Parts int
}

// IsEmpty reports whether the patch holds no place.
func (p Patch) IsEmpty() bool { return p.W == 0 || p.H == 0 }

// Patches returns, for each node, the part of its plane that one place of a node is computed from, by any path. It ends
// at the borders, while those of Fields reach into the padding. Where paths see different parts, and where a window is
// dilated, it is the smallest rectangle that holds all places.
func Patches(n *Network, node int, x, y int64) ([]Patch, error) {
	out := n.Layers[node].Out
	if x < 0 || y < 0 || x >= out.W || y >= out.H {
		return nil, fmt.Errorf("%s has no place %d,%d: its output is %s", n.Nodes[node].Name, x, y, out)
	}
	type part struct {
		of   int
		w, h span
	}
	seen := map[part]bool{}
	patches := make([]Patch, len(n.Nodes))
	w, h := make([]span, node+1), make([]span, node+1)
	for i := range node {
		w[i], h[i] = emptySpan, emptySpan
	}
	w[node], h[node] = span{x, x}, span{y, y}
	for i := node; i >= 0; i-- {
		if w[i].isEmpty() {
			continue
		}
		patches[i].X, patches[i].W = w[i].first, w[i].last-w[i].first+1
		patches[i].Y, patches[i].H = h[i].first, h[i].last-h[i].first+1
		for _, input := range n.Nodes[i].Inputs {
			in := n.Layers[input].Out
			tapsW, tapsH := op.TapsOf(n.Nodes[i].Op, in, n.Layers[i].Out)
			p := part{input, taken(tapsW, w[i]).within(in.W), taken(tapsH, h[i]).within(in.H)}
			if p.w.isEmpty() || p.h.isEmpty() {
				continue
			}
			w[input], h[input] = w[input].hull(p.w), h[input].hull(p.h)
			if !seen[p] {
				seen[p] = true
				patches[input].Parts++
			}
		}
	}
	return patches, nil
}

// taken returns the places of the input that the places of a span are computed from. Taps a period apart move on
// evenly, so those within a period of either end reach farthest.
func taken(taps op.Taps, places span) span {
	all := emptySpan
	for i := range min(places.last-places.first+1, taps.Out) {
		for _, place := range []int64{places.first + i, places.last - i} {
			first, last, _ := taps.At(place)
			all = all.hull(span{first, last})
		}
	}
	return all
}
