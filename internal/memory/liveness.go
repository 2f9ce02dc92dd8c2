package memory

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/shape"
)

// Alias says where the computation of a node may leave its output.
type Alias int

// The ways to leave an output.
const (
	// Fresh is a buffer of its own: the output is written while the inputs are still read.
	Fresh Alias = iota
	// View is the first input's buffer as it is: nothing is computed, only the shape differs.
	View
	// InPlace is the buffer of any input of the output's size that nothing reads later, else one of its own.
	InPlace
	// Onto is the buffer of Step.Node's output, an earlier node's of the same size, to which the output is added.
	// Whoever asks for it has made sure that nothing reads that output any more.
	Onto
)

// Step is what the computation of one node asks of the arena.
type Step struct {
	Alias   Alias
	Node    int   // of Onto
	Scratch int64 // float32 values that the step needs only while it runs
}

// Buffer is a run of values in the arena that something needs from step First up to and including step Last.
// Step i computes node i; what lives in the last step is there when the run has ended.
type Buffer struct {
	Offset, Values int64 // in float32 values
	First, Last    int
}

// Places of an output or a scratch that are no index of a Buffer.
const (
	// Caller is the place of an input, and of views of it: the caller's memory, which is never written to.
	Caller = -1
	// None is the place of the scratch of a step that needs none.
	None = -2
)

// liveness follows every node's output to its last reader.
type liveness struct {
	buffers  []Buffer // without offsets
	output   []int
	scratch  []int
	lastRead []int // by node; its own step if nothing reads it, the number of nodes for an output
}

func newLiveness(n *shape.Network, batch int64, steps []Step) (*liveness, error) {
	l := &liveness{output: make([]int, len(n.Nodes)), scratch: make([]int, len(n.Nodes)), lastRead: lastReaders(n)}
	for i := range n.Nodes {
		if err := l.step(n, i, batch, steps[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Nodes[i].Name, err)
		}
	}
	for i := range l.buffers {
		l.buffers[i].Last = min(l.buffers[i].Last, len(n.Nodes)-1)
	}
	return l, nil
}

// lastReaders returns, for every node, the last that reads it. The caller reads the outputs, as a node after the last, so
// that no step writes over them.
func lastReaders(n *shape.Network) []int {
	last := make([]int, len(n.Nodes))
	for i, node := range n.Nodes {
		last[i] = i
		for _, in := range node.Inputs {
			last[in] = i
		}
	}
	for _, out := range n.Outputs {
		last[out] = len(n.Nodes)
	}
	return last
}

func (l *liveness) step(n *shape.Network, i int, batch int64, s Step) error {
	l.scratch[i] = None
	if len(n.Nodes[i].Inputs) == 0 {
		l.output[i] = Caller
		return nil
	}
	out := n.Layers[i].Out
	values, err := checked.Product(out.W, out.H, out.D, batch)
	if err != nil {
		return err
	}
	if s.Scratch > 0 {
		l.scratch[i] = l.add(Buffer{Values: s.Scratch, First: i, Last: i})
	}
	l.output[i] = l.place(n.Nodes[i].Inputs, i, values, s)
	if l.output[i] != Caller {
		b := &l.buffers[l.output[i]]
		b.Last = max(b.Last, l.lastRead[i])
	}
	return nil
}

// place picks the buffer of node i's output.
func (l *liveness) place(inputs []int, i int, values int64, s Step) int {
	switch s.Alias {
	case View:
		return l.output[inputs[0]]
	case Onto:
		return l.output[s.Node]
	case InPlace:
		for _, in := range inputs {
			// Views of the buffer count too: each has moved Last to its own last reader.
			b := l.output[in]
			if b != Caller && l.buffers[b].Values == values && l.buffers[b].Last == i {
				return b
			}
		}
	}
	return l.add(Buffer{Values: values, First: i, Last: i})
}

func (l *liveness) add(b Buffer) int {
	l.buffers = append(l.buffers, b)
	return len(l.buffers) - 1
}
