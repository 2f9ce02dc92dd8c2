package memory

import (
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/op"
)

// Moves is the bytes that a layer moves between memory and processor in one direction, if every tensor is read or
// written once.
type Moves struct {
	Read    int64 // volumes, and what autograd has saved
	Weights int64 // with what casts them
	Written int64
	// Products is how many products as large as the forward one it computes: in the backward pass one for the gradient
	// of the input and one for that of the weights, where they are needed.
	Products int64
}

// LayerMoves is what one layer of a pass moves.
type LayerMoves struct{ Forward, Backward Moves }

// halfCast is the bytes for each value to read a float32, write it as half, and read that, or the reverse.
const halfCast = 4 + 2 + 2

// Moves returns by node what a batch moves, and what the optimizer's update does. values returns the values of one
// picture that a node reads and writes when the network runs.
func (m *PyTorch) Moves(batch int64, values func(node int) (read, written int64, err error)) (layers []LayerMoves,
	update Moves, err error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, Moves{}, err
	}
	all := make([]LayerMoves, len(p.network.Nodes))
	for i := range all {
		if len(p.network.Nodes[i].Inputs) == 0 || !p.runs(i) {
			continue
		}
		read, written, err := values(i)
		if err != nil {
			return nil, Moves{}, err
		}
		forward := &all[i].Forward
		if err := p.forwardMoves(forward, i, batch, read, written); err != nil {
			return nil, Moves{}, err
		}
		if m.options.Mode == Training && p.needsGrad[i] {
			all[i].Backward = p.backwardMoves(i, batch)
		}
	}
	update, err = m.updateMoves(p)
	return all, update, err
}

// forwardMoves counts node i forward. pass has checked that all sizes can be added up, but not with the values read.
func (p *pass) forwardMoves(f *Moves, i int, batch, read, written int64) error {
	if p.options.Mode == Training && read+written == 0 && !p.isView(i) { // DROPOUT
		for _, in := range p.network.Nodes[i].Inputs {
			s := p.network.Layers[in].Out
			read += s.W * s.H * s.D
		}
		out := p.network.Layers[i].Out
		written = out.W * out.H * out.D
	}
	var err error
	if f.Read, err = checked.Product(read, batch, p.readWidth(i)); err != nil {
		return err
	}
	if f.Written, err = checked.Product(written, batch, p.width[i]); err != nil {
		return err
	}
	for _, id := range p.saved[i] {
		if p.isMadeFor(id, i) {
			f.Written += p.tensors[id].size.at(batch)
		}
	}
	f.Weights = p.weightMoves(i, func(int) bool { return true })
	f.Products = 1
	_, err = checked.Sum(f.Read, f.Written, f.Weights)
	return err
}

// isView reports whether node i computes nothing: its output is its input's memory, and it does not write there.
func (p *pass) isView(i int) bool { return p.shares[i] && !p.rules[i].Writes }

// readWidth returns the bytes of a value that node i reads.
func (p *pass) readWidth(i int) int64 {
	if p.options.DType == AMP && p.rules[i].Autocast == op.LowersType {
		return p.width[i]
	}
	return p.width[p.network.Nodes[i].Inputs[0]]
}

// isMadeFor reports whether a saved tensor is a new one of node i, such as a mask.
func (p *pass) isMadeFor(id, i int) bool {
	t := &p.tensors[id]
	isWeight := t.part == Parameters || t.part == Buffers || t.part == WeightCasts
	return t.node == i && !isWeight && id != p.output[i]
}

// weightMoves returns the bytes to read those of node i's weights that count once, or to write their gradients.
func (p *pass) weightMoves(i int, counts func(weight int) bool) int64 {
	bytes := int64(0)
	for k, id := range p.weights[i] {
		size := p.tensors[id].size.once
		switch {
		case !counts(k):
		case p.options.DType == AMP && p.rules[i].Autocast == op.LowersType:
			bytes += size / BytesPerValue * halfCast
		default:
			bytes += size
		}
	}
	return bytes
}

// backwardMoves counts node i backward: it reads the gradient of its output once and what autograd has saved, and
// writes the gradients of its inputs and weights.
func (p *pass) backwardMoves(i int, batch int64) Moves {
	var b Moves
	rule, node := &p.rules[i], &p.network.Nodes[i]
	isShared := rule.Gradient == op.SharedGradient
	if !isShared || len(rule.Summed) > 0 {
		b.Read = p.volumeBytes(i, batch)
	}
	for _, id := range p.saved[i] {
		switch p.tensors[id].part {
		case Parameters, Buffers, WeightCasts:
			b.Weights += p.tensors[id].size.once
		default:
			b.Read += p.tensors[id].size.at(batch)
		}
	}
	for k, in := range node.Inputs {
		if !p.needsGrad[in] {
			continue
		}
		b.Products = 1
		if !isShared || slices.Contains(rule.Summed, k) {
			b.Written += p.volumeBytes(in, batch)
		}
	}
	if b.Products == 0 {
		b.Weights = 0 // saved, but only a gradient of the input needs them
	}
	isLearnt := func(k int) bool { return p.network.Layers[i].Weights[k].IsLearnt() }
	if gradients := p.weightMoves(i, isLearnt); gradients > 0 {
		b.Products++
		b.Written += gradients
	}
	return b
}

// volumeBytes returns the bytes of node i's output, which pass has checked.
func (p *pass) volumeBytes(i int, batch int64) int64 {
	s := p.network.Layers[i].Out
	return s.W * s.H * s.D * p.width[i] * batch
}

// updateMoves counts the optimizer's update: it reads each parameter, its gradient and its state, and writes the
// parameter and the state.
func (m *PyTorch) updateMoves(p *pass) (Moves, error) {
	if m.options.Mode != Training || m.options.Optimizer == NoOptimizer {
		return Moves{}, nil
	}
	parameters := int64(0)
	for _, id := range p.updated() {
		parameters += p.tensors[id].size.once
	}
	copies := m.options.Optimizer.Copies()
	read, err := checked.Product(2+copies, parameters)
	if err != nil {
		return Moves{}, err
	}
	written, err := checked.Product(1+copies, parameters)
	if err != nil {
		return Moves{}, err
	}
	_, err = checked.Sum(read, written)
	return Moves{Read: read, Written: written}, err
}
