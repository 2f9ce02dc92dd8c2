package op

import "cnncalc/internal/graph"

// Taps says which places on one axis of its input each place of a layer's output is computed from, borders apart: as
// if both planes went on without end.
type Taps struct {
	// At gives the input's places for the output's place o: first, first+step and so on up to last. Where last is
	// below first the output is computed from none.
	At func(o int64) (first, last, step int64)
	// Out places further on, the output reads In places further on: At(o+Out) is At(o)+In. In is 0 where every
	// place of the output reads the same.
	In, Out int64
}

// Tapped is optional: a layer without a Geometry whose output is not computed from its input's values at the same
// place alone.
type Tapped interface {
	// Taps are those of both axes for one of the inputs, whose shape and the output's are known.
	Taps(in, out graph.Shape) (w, h Taps)
}

// TapsOf are the taps of any layer for one of its inputs.
func TapsOf(o graph.Op, in, out graph.Shape) (w, h Taps) {
	if own, ok := o.(Tapped); ok {
		return own.Taps(in, out)
	}
	if windowed, ok := o.(Windowed); ok {
		if g, err := windowed.Geometry(in); err == nil {
			return g.W.taps(), g.H.taps()
		}
	}
	return shifted(0), shifted(0)
}

// taps of a window: F places, d apart, from S*o-P on.
func (a Axis) taps() Taps {
	return Taps{In: a.Stride, Out: 1, At: func(o int64) (first, last, step int64) {
		first = o*a.Stride - a.Before
		return first, first + a.Dilation*(a.Size-1), a.Dilation
	}}
}

// shifted reads the one place that lies so many further on.
func shifted(by int64) Taps {
	return Taps{In: 1, Out: 1, At: func(o int64) (first, last, step int64) { return o + by, o + by, 1 }}
}

// whole reads all of an axis of that size, for every place of the output.
func whole(size int64) Taps {
	return Taps{In: 0, Out: 1, At: func(int64) (first, last, step int64) { return 0, size - 1, 1 }}
}

// wholePlane is the taps of layers whose every value is computed from all of the plane.
type wholePlane struct{}

// Taps are the whole plane.
func (wholePlane) Taps(in, _ graph.Shape) (w, h Taps) { return whole(in.W), whole(in.H) }
