package memory

import (
	"slices"

	"cnncalc/internal/shape"
)

// Timeline returns how much of the arena is in use during and after each step of a run, in whole cache lines. The
// largest amount in use during a step is MaxLive.
func (a *Arena) Timeline(n *shape.Network) []Moment {
	live := liveValues(a.Buffers, len(n.Nodes))
	ends := make([]int64, len(n.Nodes))
	for id, b := range a.Buffers {
		isResult := slices.ContainsFunc(n.Outputs, func(out int) bool { return a.Output[out] == id })
		if !isResult {
			ends[b.Last] += aligned(b.Values)
		}
	}
	steps := make([]Moment, len(n.Nodes))
	for i := range steps {
		steps[i] = Moment{
			Phase: Forward, Node: i, Name: n.Nodes[i].Name,
			Live: (live[i] - ends[i]) * BytesPerValue, Most: live[i] * BytesPerValue,
		}
	}
	return steps
}
