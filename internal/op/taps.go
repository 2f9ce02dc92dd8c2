package op

import "cnncalc/internal/graph"

// Taps describes, on one axis, which places of the input each place of a layer's output is computed from. It ignores
// borders, as if both planes were endless.
type Taps struct {
	// At returns the input's places for the output's place o: first, first+step and so on up to last. If last is
	// below first, there are none.
	At func(o int64) (first, last, step int64)
	// The taps repeat: At(o+Out) is At(o)+In. In is 0 if every place of the output reads the same places.
	In, Out int64
}

// Tapped is an optional interface of layers that have no Geometry and do not compute each place of the output from
// the same place of the input.
type Tapped interface {
	// Taps returns the taps of both axes for one input. Both shapes must be known.
	Taps(in, out graph.Shape) (w, h Taps)
}

// TapsOf returns the taps of any layer for one of its inputs.
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

// taps returns the taps of a window: F places, d apart, starting at S*o-P.
func (a Axis) taps() Taps {
	return Taps{In: a.Stride, Out: 1, At: func(o int64) (first, last, step int64) {
		first = o*a.Stride - a.Before
		return first, first + a.Dilation*(a.Size-1), a.Dilation
	}}
}

// shifted returns the taps that read a single place, shifted by a distance.
func shifted(by int64) Taps {
	return Taps{In: 1, Out: 1, At: func(o int64) (first, last, step int64) { return o + by, o + by, 1 }}
}

// enlarged returns the taps of an axis on which each place becomes so many.
func enlarged(times int64) Taps {
	return Taps{In: 1, Out: times, At: func(o int64) (first, last, step int64) {
		return floorDiv(o, times), floorDiv(o, times), 1
	}}
}

// whole returns the taps that read the whole axis, of the given size, for every place of the output.
func whole(size int64) Taps {
	return Taps{In: 0, Out: 1, At: func(int64) (first, last, step int64) { return 0, size - 1, 1 }}
}

// wholePlane is embedded in layers that compute every value from the whole plane.
type wholePlane struct{}

// Taps returns the whole plane.
func (wholePlane) Taps(in, _ graph.Shape) (w, h Taps) { return whole(in.W), whole(in.H) }
