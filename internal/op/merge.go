package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// join is embedded in layers that join several paths.
type join struct{}

// JoinsPaths marks the kind as a graph.Joiner.
func (join) JoinsPaths() {}

// Mismatch is the error of a merge whose inputs differ. A and B are the positions of two that do, so that whoever
// knows the graph can name the layers that made them.
type Mismatch struct {
	A, B    int
	Problem *diag.Problem
}

// Error returns the message without the names of the layers.
func (m *Mismatch) Error() string { return m.Problem.Error() }

// differing returns the problem of a merge whose inputs a and b differ, with advice on how to make them equal.
func differing(needs string, a, b graph.Shape) *diag.Problem {
	p := diag.Errorf("shape/unlike", "needs %s", needs)
	if a.HasPlane() && b.HasPlane() && (a.W != b.W || a.H != b.H) {
		return p.WithHint(
			"every path must shrink the volume equally: use the same strides, pools and pads, or a CONV1 with that " +
				"stride on a path that has none",
		)
	}
	return p.WithHint("a CONV1-%d on the first of the two, or a CONV1-%d on the second, would make them equal", b.D, a.D)
}

// common returns what is known of the shape that all inputs share. If two differ, a and b are their positions;
// otherwise a equals b.
func common(in []graph.Shape) (out graph.Shape, a, b int) {
	plane, depth := -1, -1
	for i, s := range in {
		if s.HasPlane() {
			if plane >= 0 && (s.W != out.W || s.H != out.H) {
				return graph.Shape{}, plane, i
			}
			plane, out.W, out.H = i, s.W, s.H
		}
		if s.D > 0 {
			if depth >= 0 && s.D != out.D {
				return graph.Shape{}, depth, i
			}
			depth, out.D = i, s.D
		}
	}
	return out, 0, 0
}
