// Package traffic counts the bytes that the layers of a network move between memory and processor when it runs, and
// says what follows on a machine of a given speed: whether arithmetic or memory bounds a layer (the roofline model of
// Williams, Waterman and Patterson, 2009), and the least time that it takes.
//
// It counts what any program must move. What cnncalc's own run needs is in packages memory and exec.
package traffic

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Layer is what one layer moves for a batch, in bytes, in a framework that fuses no layers: it reads each input once,
// its tensors (also running statistics) once for the batch, and writes its output once. None of that is still in a
// cache when the next layer begins. So activation functions and BN move their volume twice; DROPOUT, STOCHDEPTH and
// FLATTEN move nothing.
type Layer struct {
	Read    int64 `json:"read"`
	Weights int64 `json:"weights"`
	Written int64 `json:"written"`
	MACs    int64 `json:"macs"`
}

// Bytes returns all that is moved.
func (l Layer) Bytes() int64 { return l.Read + l.Weights + l.Written }

// Intensity returns the arithmetic intensity in MACs per byte moved; 0 where nothing is.
func (l Layer) Intensity() float64 {
	if l.Bytes() == 0 {
		return 0
	}
	return float64(l.MACs) / float64(l.Bytes())
}

// Unrolling is the matrix that im2col makes of one picture for a CONV. It holds a value of the input once for every
// window that contains it, which the notes call the drawback of im2col.
type Unrolling struct {
	Columns int64 // bytes of the matrix
	Input   int64 // bytes of the layer's input
}

// Inflation returns how many times larger than the input the matrix is; 0 where there is none.
func (u Unrolling) Inflation() float64 {
	if u.Input == 0 {
		return 0
	}
	return float64(u.Columns) / float64(u.Input)
}

// Account is the traffic of a network.
type Account struct {
	Batch  int64
	Layers []Layer     // by node
	Im2col []Unrolling // by node; zero for all but CONV layers
	Total  Layer
}

// New returns the account of a network without problems for a batch. It fails if a size cannot be counted.
func New(n *shape.Network, batch int64) (*Account, error) {
	if batch < 1 {
		return nil, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	a := &Account{Batch: batch, Layers: make([]Layer, len(n.Nodes)), Im2col: make([]Unrolling, len(n.Nodes))}
	for i, node := range n.Nodes {
		if len(node.Inputs) == 0 {
			continue // an INPUT moves nothing
		}
		if err := a.count(n, i); err != nil {
			return nil, fmt.Errorf("%s, a batch of %d: %w", node.Name, batch, err)
		}
	}
	return a, nil
}

func (a *Account) count(n *shape.Network, i int) error {
	read, written, err := moves(n, i)
	if err != nil {
		return err
	}
	l, layer := &a.Layers[i], n.Layers[i].Used()
	product := func(factors ...int64) int64 {
		p, e := checked.Product(factors...)
		if e != nil {
			err = e
		}
		return p
	}
	l.Read = product(read, a.Batch, memory.BytesPerValue)
	l.Written = product(written, a.Batch, memory.BytesPerValue)
	l.Weights = product(layer.WeightCount+layer.BiasCount+layer.BufferCount, memory.BytesPerValue)
	l.MACs = product(layer.MACs, a.Batch)
	if unrolled, ok := n.Nodes[i].Op.(op.Unrolled); ok {
		columns, e := unrolled.Columns(n.InputsOf(i), layer.Out)
		if e != nil {
			return e
		}
		in := n.InputsOf(i)[0]
		a.Im2col[i] = Unrolling{Columns: product(columns, memory.BytesPerValue),
			Input: product(in.W, in.H, in.D, memory.BytesPerValue)}
	}
	if err != nil {
		return err
	}
	return a.addUp(*l)
}

// moves returns the values of one picture that node i reads and writes. Package shape has checked that each can be
// counted.
func moves(n *shape.Network, i int) (read, written int64, err error) {
	in, out := n.InputsOf(i), n.Layers[i].Out
	if mover, ok := n.Nodes[i].Op.(op.Mover); ok {
		read, written = mover.Moves(in, out)
		return read, written, nil
	}
	for _, s := range in {
		if read, err = checked.Sum(read, s.W*s.H*s.D); err != nil {
			return 0, 0, err
		}
	}
	return read, out.W * out.H * out.D, nil
}

func (a *Account) addUp(l Layer) error {
	t := &a.Total
	for _, sum := range []struct {
		to  *int64
		add int64
	}{{&t.Read, l.Read}, {&t.Weights, l.Weights}, {&t.Written, l.Written}, {&t.MACs, l.MACs}} {
		total, err := checked.Sum(*sum.to, sum.add)
		if err != nil {
			return err
		}
		*sum.to = total
	}
	_, err := checked.Sum(t.Read, t.Weights, t.Written)
	return err
}

// Together returns what node i moves if it computes the nodes after it in a chain too, as cnncalc run fuses layers:
// outputs in between are never in memory. All outputs are of the same size.
func (a *Account) Together(i int, after []int) Layer {
	sum := a.Layers[i]
	for _, j := range after {
		l := a.Layers[j]
		sum.Read += max(l.Read-sum.Written, 0) // other operands, as of an ADD
		sum.Weights += l.Weights
		sum.MACs += l.MACs
	}
	return sum
}

// Machine is how fast arithmetic and memory are.
type Machine struct {
	FLOPS     float64 // floating-point operations a second; a MAC is two
	Bandwidth float64 // bytes a second
}

// The machine that is assumed where none is known, about a core of a desktop computer, in the notation of people.
const (
	AssumedPeak      = "100GFLOP/s"
	AssumedBandwidth = "20GB/s"
)

// Ridge returns the intensity in MACs per byte at which arithmetic and memory take the same time.
func (m Machine) Ridge() float64 { return m.FLOPS / 2 / m.Bandwidth }

// IsMemoryBound reports whether a layer's bytes take longer than its arithmetic.
func (m Machine) IsMemoryBound(l Layer) bool { return m.memory(l) > m.arithmetic(l) }

// LeastTime returns the longer of the two, in seconds. This is an estimate. No run is faster where its assumptions
// hold: the rates, no fusion, and no time for arithmetic other than MACs.
func (m Machine) LeastTime(l Layer) float64 { return max(m.memory(l), m.arithmetic(l)) }

func (m Machine) memory(l Layer) float64     { return float64(l.Bytes()) / m.Bandwidth }
func (m Machine) arithmetic(l Layer) float64 { return 2 * float64(l.MACs) / m.FLOPS }

// LeastTime returns the sum over the layers, which run one after another.
func (a *Account) LeastTime(m Machine) float64 {
	sum := 0.0
	for _, l := range a.Layers {
		sum += m.LeastTime(l)
	}
	return sum
}
