package op

import (
	"fmt"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// Concat is CONCAT, volumes of one width and height stacked in depth.
type Concat struct {
	volume
	join
}

func concatKind() Kind {
	return Kind{
		Name:     "CONCAT",
		Summary:  "stacks the results of its paths in depth: CONCAT(CONV1-64 | CONV3-64)",
		Backward: "Each path gets its own channels of the output's gradient; nothing is kept.",
		New:      func() Layer { return &Concat{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Concat) Counterparts() Counterparts {
	return Counterparts{Traced: []string{"cat"}, MatConvNet: "cat"}
}

// Kind returns "CONCAT".
func (*Concat) Kind() string { return "CONCAT" }

// Fields returns nil: the layer has no settings.
func (*Concat) Fields() []Field { return nil }

// Output returns the common width and height with the sum of the depths. The error is a *Mismatch if two planes
// differ.
func (*Concat) Output(in []graph.Shape) (graph.Shape, error) {
	var out graph.Shape
	first := -1
	depths := make([]int64, 0, len(in))
	for i, s := range in {
		if s.D == 0 {
			depths = nil
		} else if depths != nil {
			depths = append(depths, s.D)
		}
		if !s.HasPlane() {
			continue
		}
		if first < 0 {
			first, out.W, out.H = i, s.W, s.H
		} else if s.W != out.W || s.H != out.H {
			return graph.Shape{}, &Mismatch{A: first, B: i, Problem: differing("one width and height", in[first], s, false)}
		}
	}
	if depths == nil {
		return out, nil
	}
	depth, err := checked.Sum(depths...)
	out.D = depth
	return out, err
}

// Explain returns the sum of the depths.
func (*Concat) Explain(in []graph.Shape, out graph.Shape) []Line {
	depths := make([]string, len(in))
	for i, s := range in {
		depths[i] = fmt.Sprint(s.D)
	}
	return []Line{{"depth", fmt.Sprintf("%s = %d", strings.Join(depths, "+"), out.D)}}
}

// Autograd reports that the layer saves nothing. PyTorch copies even a single path.
func (*Concat) Autograd(Pass, []graph.Shape, graph.Shape) Autograd {
	return Autograd{Gradient: SharedGradient, Autocast: WidestType, Order: CommonOrder}
}
