package op

import (
	"fmt"
	"slices"

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

// differing returns the problem of a merge whose inputs a and b differ, with layers at the end of a path that make
// them fit. needsDepth says that the depths must fit too.
func differing(needs string, a, b graph.Shape, needsDepth bool) *diag.Problem {
	p := diag.Errorf("shape/unlike", "needs %s", needs)
	if !a.HasPlane() || !b.HasPlane() || a.W == b.W && a.H == b.H {
		return p.WithHint("add `-> CONV1-%d` to the first of the two, or `-> CONV1-%d` to the second", b.D, a.D)
	}
	large, small, which := a, b, "first"
	if b.W >= a.W && b.H >= a.H {
		large, small, which = b, a, "second"
	}
	if layers := shrinking(large, small, needsDepth); layers != "" {
		return p.WithHint("add `-> %s` to the %s of the two, or shrink the volume equally on every path", layers, which)
	}
	return p.WithHint("every path must shrink the volume equally: use the same strides, pools and pads")
}

// shrinking returns the layers that make a volume as large as a smaller one: a CROP if it is not much larger, otherwise
// a CONV1 with a stride, as in the shortcuts of ResNet; "" if it is not larger on both axes.
func shrinking(large, small graph.Shape, needsDepth bool) string {
	filters := large.D
	if needsDepth {
		filters = small.D
	}
	stride := extent{(large.W + small.W - 1) / small.W, (large.H + small.H - 1) / small.H}
	switch {
	case large.W < small.W || large.H < small.H || filters == 0:
		return ""
	case 2*large.W <= 3*small.W && 2*large.H <= 3*small.H:
		crop := "CROP" + extent{small.W, small.H}.String()
		if filters != large.D {
			crop += fmt.Sprintf(" -> CONV1-%d", filters)
		}
		return crop
	case (large.W-1)/stride.W+1 != small.W || (large.H-1)/stride.H+1 != small.H:
		return ""
	}
	conv := fmt.Sprintf("CONV1-%d s%s", filters, stride)
	if (large.W-1)%stride.W != 0 || (large.H-1)%stride.H != 0 {
		conv += " floor"
	}
	return conv
}

// broadcasting is embedded in layers that combine the values of several paths as PyTorch broadcasts them: along each
// axis the sizes are equal, or 1, which is repeated.
type broadcasting struct {
	volume
	join
}

// Output returns the shape that the inputs are repeated to. The error is a *Mismatch if two inputs differ along an
// axis.
func (broadcasting) Output(in []graph.Shape) (graph.Shape, error) {
	var out graph.Shape
	for _, axis := range []func(s *graph.Shape) *int64{
		func(s *graph.Shape) *int64 { return &s.W },
		func(s *graph.Shape) *int64 { return &s.H },
		func(s *graph.Shape) *int64 { return &s.D },
	} {
		size, a, b := repeated(in, axis)
		if a != b {
			return graph.Shape{}, &Mismatch{A: a, B: b, Problem: notBroadcast(in[a], in[b])}
		}
		*axis(&out) = size
	}
	return out, nil
}

// repeated returns the common size of the inputs along an axis, 0 if it is unknown. If two differ, a and b are their
// positions; otherwise a equals b.
func repeated(in []graph.Shape, axis func(*graph.Shape) *int64) (size int64, a, b int) {
	size = 1
	unknown := false
	for i := range in {
		n := *axis(&in[i])
		switch {
		case n == 0:
			unknown = true
		case n == 1:
		case size == 1 || n == size:
			size, a = n, i
		default:
			return 0, a, i
		}
	}
	if size == 1 && unknown {
		size = 0
	}
	return size, 0, 0
}

// notBroadcast returns the problem of two inputs that differ along an axis on which neither has a size of 1.
func notBroadcast(a, b graph.Shape) *diag.Problem {
	// A size of 1 fits, so it is not at fault.
	if a.W == 1 || b.W == 1 {
		a.W = b.W
	}
	if a.H == 1 || b.H == 1 {
		a.H = b.H
	}
	return differing("widths, heights and depths that are equal or 1", a, b, true)
}

// Taps returns the same place, or the only place of an axis that is repeated.
func (broadcasting) Taps(in, out graph.Shape) (w, h Taps) {
	return repeatedTaps(in.W, out.W), repeatedTaps(in.H, out.H)
}

func repeatedTaps(in, out int64) Taps {
	if in == 1 && out > 1 {
		return whole(1)
	}
	return shifted(0)
}

// partial returns the shapes that PyTorch makes when it combines the inputs one after the other, without the first
// input and the result.
func (o broadcasting) partial(in []graph.Shape) []graph.Shape {
	var shapes []graph.Shape
	for n := 2; n < len(in); n++ {
		s, _ := o.Output(in[:n]) // they have been found to fit
		shapes = append(shapes, s)
	}
	return shapes
}

// forward returns what is needed besides the output: the last of the partial results.
func (o broadcasting) forward(in []graph.Shape) []Size {
	partial := o.partial(in)
	if len(partial) == 0 {
		return nil
	}
	return []Size{{Values: values(partial[len(partial)-1])}}
}

// beforeSums returns how much larger the gradients of the inputs are before those of repeated inputs are summed to
// their size, with the first sum there already: PyTorch makes them all, and then sums one after the other.
func beforeSums(in []graph.Shape, out graph.Shape) int64 {
	first := slices.IndexFunc(in, func(s graph.Shape) bool { return s != out })
	if first < 0 {
		return 0
	}
	return unsummed(in, out) + values(in[first])
}

// unsummed returns how much larger the gradients of the inputs are before any is summed.
func unsummed(in []graph.Shape, out graph.Shape) int64 {
	var extra int64
	for _, s := range in {
		extra += values(out) - values(s)
	}
	return extra
}
