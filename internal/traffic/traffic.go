// Package traffic owns the account of the bytes that the layers of a network move between memory and processor when it
// runs, and what follows on a machine of a given speed: whether arithmetic or memory bounds a layer (the roofline model
// of Williams, Waterman and Patterson, 2009), and the least time that it takes.
//
// It counts what must be moved, not what a program of this module moves: what that needs is in packages memory and exec.
package traffic

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Layer is what one layer moves for a batch, in bytes. Each layer stands for itself, as in a framework that fuses none:
// it reads each input whole and once, its tensors (running statistics too) once for the batch, and writes its output
// once, of which nothing is still in a cache when the next layer begins. Activation functions and BN so move their volume
// twice; DROPOUT and FLATTEN move nothing.
type Layer struct {
	Read    int64 `json:"read"`
	Weights int64 `json:"weights"`
	Written int64 `json:"written"`
	MACs    int64 `json:"macs"`
}

// Bytes is all that is moved.
func (l Layer) Bytes() int64 { return l.Read + l.Weights + l.Written }

// Intensity is the arithmetic intensity in MACs for each byte moved; 0 where nothing is.
func (l Layer) Intensity() float64 {
	if l.Bytes() == 0 {
		return 0
	}
	return float64(l.MACs) / float64(l.Bytes())
}

// Unrolling is the matrix that im2col makes of one picture for a CONV, which holds a value of the input once for every
// window that it is in. The notes name that as the drawback of im2col.
type Unrolling struct {
	Columns int64 // bytes of the matrix
	Input   int64 // bytes of the layer's input
}

// Inflation is how many times larger than the input the matrix is; 0 where there is none.
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
	Im2col []Unrolling // by node; zero for layers that are no CONV
	Total  Layer
}

// New makes the account of a network without problems for a batch. It fails where a size cannot be counted.
func New(n *shape.Network, batch int64) (*Account, error) {
	if batch < 1 {
		return nil, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	a := &Account{Batch: batch, Layers: make([]Layer, len(n.Nodes)), Im2col: make([]Unrolling, len(n.Nodes))}
	for i, node := range n.Nodes {
		if len(node.Inputs) == 0 {
			continue // an INPUT is there already
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
	l, layer := &a.Layers[i], &n.Layers[i]
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
		a.Im2col[i] = Unrolling{Columns: product(columns, memory.BytesPerValue), Input: product(in.W, in.H, in.D, memory.BytesPerValue)}
	}
	if err != nil {
		return err
	}
	return a.addUp(*l)
}

// moves is the values of one picture that node i reads and writes. The shape pass has counted each volume.
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

// Machine is how fast arithmetic and memory are.
type Machine struct {
	FLOPS     float64 // floating-point operations a second, of which a MAC is two
	Bandwidth float64 // bytes a second
}

// Ridge is the intensity in MACs for each byte at which arithmetic and memory take the same time.
func (m Machine) Ridge() float64 { return m.FLOPS / 2 / m.Bandwidth }

// IsMemoryBound tells a layer whose bytes take longer than its arithmetic.
func (m Machine) IsMemoryBound(l Layer) bool { return m.memory(l) > m.arithmetic(l) }

// LeastTime is the longer of the two, in seconds. It is an estimate, and one that no run can be faster than where its
// assumptions hold: the rates, no fusion, and arithmetic other than MACs for nothing.
func (m Machine) LeastTime(l Layer) float64 { return max(m.memory(l), m.arithmetic(l)) }

func (m Machine) memory(l Layer) float64     { return float64(l.Bytes()) / m.Bandwidth }
func (m Machine) arithmetic(l Layer) float64 { return 2 * float64(l.MACs) / m.FLOPS }

// LeastTime is the sum over the layers, which run one after the other.
func (a *Account) LeastTime(m Machine) float64 {
	sum := 0.0
	for _, l := range a.Layers {
		sum += m.LeastTime(l)
	}
	return sum
}
