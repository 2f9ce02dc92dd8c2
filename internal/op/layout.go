package op

import "cnncalc/internal/graph"

// Layout says where the values of a volume are in memory: the distance, in values, to the next column, row, channel and
// picture, as PyTorch's strides.
type Layout struct {
	Column, Row, Channel, Picture int64
}

// Planes returns the layout of planes one after the other, which PyTorch calls contiguous.
func Planes(s graph.Shape) Layout {
	return Layout{Column: 1, Row: s.W, Channel: product(s.W, s.H), Picture: values(s)}
}

// ChannelsLast returns the layout of places one after the other, each with all of its channels.
func ChannelsLast(s graph.Shape) Layout {
	return Layout{Column: s.D, Row: product(s.W, s.D), Channel: 1, Picture: values(s)}
}

// hasOrder reports whether planes and channels last are different layouts of a volume.
func hasOrder(s graph.Shape) bool { return s.D > 1 && !s.IsPlace() }

// isChannelsLast reports whether the channels of a place are closer together than the places.
func (l Layout) isChannelsLast(s graph.Shape) bool { return hasOrder(s) && l.Channel < l.Column }

// row reports whether a picture's values, depth first, are at equal steps, so that flattening it is a view
// (at::detail::computeStride), and returns the step.
func (l Layout) row(s graph.Shape) (step int64, ok bool) {
	next := int64(0)
	for _, axis := range [...]struct{ size, stride int64 }{{s.W, l.Column}, {s.H, l.Row}, {s.D, l.Channel}} {
		switch {
		case axis.size == 1:
			continue
		case next == 0:
			step = axis.stride
		case axis.stride != next:
			return 0, false
		}
		next = product(axis.stride, axis.size)
	}
	return step, true
}

// isContiguous reports whether a batch is planes one after the other.
func (l Layout) isContiguous(s graph.Shape, batch int64) bool {
	step, ok := l.row(s)
	return ok && step <= 1 && (batch == 1 || l.Picture == values(s))
}

// isDense reports whether a batch fills its memory, in either order.
func (l Layout) isDense(s graph.Shape, batch int64) bool {
	return l.isContiguous(s, batch) || l == ChannelsLast(s)
}

// Order says in which order the values of a layer's output are in memory.
type Order int

// The orders.
const (
	InputOrder        Order = iota // that of the first input for which there is a difference
	CommonOrder                    // channels last if all inputs are in that order
	PlanesOrder                    // planes
	ChannelsLastOrder              // channels last
)

// OutputLayout returns the layout of a layer's output, given its inputs.
func (a Autograd) OutputLayout(in []graph.Shape, layouts []Layout, out graph.Shape) Layout {
	switch {
	case a.Shares && a.Order == PlanesOrder: // a view in another shape
		l := Planes(out)
		l.Picture = layouts[0].Picture
		return l
	case a.Shares:
		return layouts[0]
	case a.isChannelsLast(in, layouts):
		return ChannelsLast(out)
	}
	return Planes(out)
}

func (a Autograd) isChannelsLast(in []graph.Shape, layouts []Layout) bool {
	if a.Order == PlanesOrder || a.Order == ChannelsLastOrder {
		return a.Order == ChannelsLastOrder
	}
	for k, s := range in {
		if hasOrder(s) && (a.Order == InputOrder || !layouts[k].isChannelsLast(s)) {
			return layouts[k].isChannelsLast(s)
		}
	}
	return a.Order == CommonOrder && hasOrder(in[0])
}

// layout returns the layout of the first input: planes, unless the pass says something else.
func (p Pass) layout(in graph.Shape) Layout {
	if len(p.Layouts) == 0 {
		return Planes(in)
	}
	return p.Layouts[0]
}

// readsRow reports whether a layer can read its input as a row of values where it is.
func (p Pass) readsRow(in graph.Shape) bool {
	_, ok := p.layout(in).row(in)
	return ok
}

func (p Pass) readsPlanes(in graph.Shape) bool { return p.layout(in).isContiguous(in, p.Batch) }

func (p Pass) readsDense(in graph.Shape) bool { return p.layout(in).isDense(in, p.Batch) }

// copyUnless adds what a copy of the input takes, unless the layer can read the input where it is. A layer that copies
// its input also copies its output's gradient.
func (a Autograd) copyUnless(readable bool, in graph.Shape) Autograd {
	a.CopiesGradient = true
	if !readable {
		a.Forward = addEach(a.Forward, values(in))
	}
	return a
}
