package memory

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/shape"
)

// Alias says where a node may write its output.
type Alias int

// Places for an output.
const (
	// Fresh is a buffer of its own, because the inputs are read while the output is written.
	Fresh Alias = iota
	// View is the unchanged buffer of the first input: nothing is computed, only the shape differs.
	View
	// InPlace is the buffer of an input of the same size that nothing reads later, or a buffer of its own.
	InPlace
	// Onto is the buffer that holds the output of Step.Node, an earlier node, to which this one of the same size is
	// added. The caller guarantees that nothing else reads that output afterwards.
	Onto
	// Joined is a buffer of its own for the inputs, one after the other. In a batch of 1, inputs may be computed at
	// their places in it (Arena.Whole).
	Joined
)

// Step is what the computation of one node needs of the arena.
type Step struct {
	Alias   Alias
	Node    int   // for Onto
	Scratch int64 // float32 values that the step needs only while it runs
}

// Buffer is a range of values in the arena that is live from step First to step Last, inclusive. Step i computes node
// i. Buffers that are live in the last step remain valid after the run.
type Buffer struct {
	Offset, Values int64 // in float32 values
	First, Last    int
}

// Values of Arena.Output and Arena.Scratch that are not indices of Buffers.
const (
	// Caller is for an input and views of it, which lie in the caller's memory. That is never written to.
	Caller = -1
	// None is for a step that needs no scratch.
	None = -2
)

// liveness follows the output of each node to its last reader.
type liveness struct {
	buffers  []Buffer // without offsets; Last is the number of nodes for those that hold an output
	output   []int
	scratch  []int
	lastRead []int // by node; the node itself if nothing reads it, the number of nodes for an output
	joints
}

// newLiveness follows the outputs. shares holds, by node, whether the inputs of a Joined step may be parts of its
// output.
func newLiveness(n *shape.Network, batch int64, steps []Step, shares []bool) (*liveness, error) {
	l := &liveness{output: make([]int, len(n.Nodes)), scratch: make([]int, len(n.Nodes)), lastRead: lastReaders(n)}
	for i := range n.Nodes {
		if err := l.step(n, i, batch, steps[i], shares[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Nodes[i].Name, err)
		}
	}
	return l, nil
}

// lastReaders returns the last reader of each node. The caller counts as a node after the last that reads the outputs,
// so that no step overwrites them.
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

func (l *liveness) step(n *shape.Network, i int, batch int64, s Step, shares bool) error {
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
	if shares {
		l.join(l.output[i], n.Nodes[i].Inputs, inputSizes(n, i))
	}
	if l.output[i] != Caller {
		l.keep(l.output[i], l.lastRead[i])
	}
	return nil
}

// inputSizes returns the values of each input of node i, of one picture. The shape pass has checked that they do not
// overflow.
func inputSizes(n *shape.Network, i int) []int64 {
	sizes := make([]int64, len(n.Nodes[i].Inputs))
	for k, in := range n.Nodes[i].Inputs {
		out := n.Layers[in].Out
		sizes[k] = out.W * out.H * out.D
	}
	return sizes
}

// place returns the index of the buffer for the output of node i.
func (l *liveness) place(inputs []int, i int, values int64, s Step) int {
	switch s.Alias {
	case View:
		return l.output[inputs[0]]
	case Onto:
		b := l.output[s.Node]
		if !l.alone(b, i) {
			l.broken = append(l.broken, b)
		}
		return b
	case InPlace:
		for _, in := range inputs {
			// This covers readers of views too: each view has moved Last to its own last reader.
			b := l.output[in]
			if b != Caller && l.buffers[b].Values == values && l.buffers[b].Last == i && l.alone(b, i) {
				return b
			}
		}
	}
	return l.add(Buffer{Values: values, First: i, Last: i})
}

func (l *liveness) add(b Buffer) int {
	l.buffers = append(l.buffers, b)
	l.joints.add()
	return len(l.buffers) - 1
}
