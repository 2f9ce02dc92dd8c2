package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// join marks a layer as one that joins several paths.
type join struct{}

// JoinsPaths marks the kind, see graph.Joiner.
func (join) JoinsPaths() {}

// Mismatch is a merge of unlike inputs: A and B are the positions among its inputs, so that whoever knows the
// graph can name both producers.
type Mismatch struct {
	A, B    int
	Problem *diag.Problem
}

// Error is the message without the producers.
func (m *Mismatch) Error() string { return m.Problem.Error() }

// unlike is the problem of a merge that needs two inputs to be alike, with what would make them so.
func unlike(needs string, a, b graph.Shape) *diag.Problem {
	p := diag.Errorf("shape/unlike", "needs %s", needs)
	if a.HasPlane() && b.HasPlane() && (a.W != b.W || a.H != b.H) {
		return p.WithHint("every path must shrink the volume alike: the same strides, pools and pads, or a CONV1 with that stride on a path that has none")
	}
	return p.WithHint("a CONV1-%d on the first of the two, or a CONV1-%d on the second, would make them alike", b.D, a.D)
}

// common is what is known of the one shape that all inputs have. Where two differ, a and b are their
// positions; else a equals b.
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
