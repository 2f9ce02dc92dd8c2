package exec

import "cnncalc/internal/memory"

// fuse merges layers with those that follow. BN or SCALE is folded into the weights of the preceding convolution or FC,
// a convolution adds its sums to the other operand of an ADD, and activation functions are applied while the values are
// in registers. A layer is merged only if nothing else reads the output that is then never computed. Merged layers
// become views of the layer that computes them.
//
// Folding and adding change the last bits of the result. Fused activations change at most the sign of zeros.
func (p *Program) fuse() {
	readers, shared := p.readers(), p.shared()
	for i := range p.steps {
		s := &p.steps[i]
		if s.fusedInto > 0 {
			continue
		}
		last := i
		if next := p.sole(readers[last]); s.scales && !shared[i] && next > 0 && p.steps[next].folds != nil {
			s.folded = next
			p.steps[next].becomeView(i)
			last = next
		}
		if next := p.sole(readers[last]); s.accumulates && next > 0 {
			if other := p.addend(i, last, next, readers); other > 0 {
				s.alias, s.onto = memory.Onto, other
				p.steps[next].becomeView(i)
				last = next
			}
		}
		if next := p.sole(readers[last]); s.activates && next > 0 && p.steps[next].activation != nil {
			s.act = *p.steps[next].activation
			p.steps[next].becomeView(i)
			last = next
		}
		s.computes = last
	}
}

// shared returns which nodes share their weights, into which nothing can be folded.
func (p *Program) shared() []bool {
	shared := make([]bool, len(p.steps))
	for i, l := range p.network.Layers {
		if l.Owner != i {
			shared[i], shared[l.Owner] = true, true
		}
	}
	return shared
}

// readers returns the nodes that read each node. The caller, which reads the outputs, counts as a node after the last.
func (p *Program) readers() [][]int {
	readers := p.network.Consumers()
	for _, out := range p.network.Outputs {
		readers[out] = append(readers[out], len(p.steps))
	}
	return readers
}

// sole returns the only reader of a node, or 0 if there are none or several, or the caller is one.
func (p *Program) sole(readers []int) int {
	if len(readers) == 1 && readers[0] < len(p.steps) {
		return readers[0]
	}
	return 0
}

// addend returns the operand of node add to which step i can add its own operand, node last. It must be computed before
// step i, own its memory, and have no reader but add from step i on. addend returns 0 if there is none.
func (p *Program) addend(i, last, add int, readers [][]int) int {
	inputs := p.network.Nodes[add].Inputs
	if !p.steps[add].adds || len(inputs) != 2 {
		return 0
	}
	other := inputs[0] + inputs[1] - last
	if other >= i || p.steps[other].isPlainView() {
		return 0
	}
	for _, r := range readers[other] {
		if r != add && (r >= i || p.steps[r].isPlainView()) {
			return 0
		}
	}
	return other
}

// isPlainView reports whether the step returns its input unchanged. That may be the caller's memory.
func (s *step) isPlainView() bool { return s.run == nil && s.fusedInto == 0 }

// becomeView makes the step a view, as the step of node computes it.
func (s *step) becomeView(node int) {
	s.fusedInto = node
	s.run = nil
	s.alias = memory.View
	s.scratch, s.atOnce = 0, 0
}

// rescale multiplies weights, [K, ...], by the scale of each output channel.
func rescale(weights, scale []float32, parallel func(n int, f func(i int))) {
	each := len(weights) / len(scale)
	parallel(len(scale), func(k int) {
		s, row := scale[k], weights[k*each:(k+1)*each]
		for i := range row {
			row[i] *= s
		}
	})
}

// foldBias returns bias*scale + shift. A nil bias or shift is 0; the result is nil if both are.
func foldBias(bias, scale, shift []float32) []float32 {
	if bias == nil {
		return shift
	}
	for k := range bias {
		bias[k] *= scale[k]
		if shift != nil {
			bias[k] += shift[k]
		}
	}
	return bias
}
