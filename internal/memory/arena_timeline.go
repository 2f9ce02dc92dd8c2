package memory

import "cnncalc/internal/shape"

// Timeline returns how much of the arena is in use during and after each step of a run, in whole cache lines. The
// largest amount in use during a step is MaxLive. A joint volume is in use as far as its parts are.
func (a *Arena) Timeline(n *shape.Network) []Moment {
	during := liveValues(a.rectangles, len(n.Nodes)+1)
	ends := make([]int64, len(n.Nodes)+1)
	for _, r := range a.rectangles {
		ends[r.Last] += r.Values
	}
	steps := make([]Moment, len(n.Nodes))
	for i := range steps {
		steps[i] = Moment{
			Phase: Forward, Node: i, Name: n.Nodes[i].Name,
			Live: aligned(during[i]-ends[i]) * BytesPerValue, Most: during[i] * BytesPerValue,
		}
	}
	return steps
}
