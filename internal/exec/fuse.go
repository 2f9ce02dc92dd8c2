package exec

import "cnncalc/internal/memory"

// fuse merges layers with those that follow: BN is folded into the weights of the convolution or FC before it,
// the sums of a convolution are added onto the other operand of an ADD, and an activation function is applied while
// the values are at hand. It is right only where nothing else reads what is then never made. What is fused becomes a
// view of the layer that computes it.
//
// Folding and adding change the last bits of the result; applying an activation elsewhere does not, but for the sign
// of a zero.
func (p *Program) fuse() {
	readers := p.readers()
	for i := range p.steps {
		s := &p.steps[i]
		if s.fusedInto > 0 {
			continue
		}
		last := i
		if next := p.sole(readers[last]); s.scales && next > 0 && p.steps[next].isBN {
			s.batchNorm = next
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

// readers returns, for every node, the nodes that read it. The caller reads the outputs, as a node after the last.
func (p *Program) readers() [][]int {
	readers := p.network.Consumers()
	for _, out := range p.network.Outputs {
		readers[out] = append(readers[out], len(p.steps))
	}
	return readers
}

// sole is the only reader of a node; 0 where there is none, are several, or the caller reads it.
func (p *Program) sole(readers []int) int {
	if len(readers) == 1 && readers[0] < len(p.steps) {
		return readers[0]
	}
	return 0
}

// addend is the operand of node add onto which step i can add its own, node last: one that is computed before, in
// memory of its own, and that only add reads from then on. It is 0 where there is none.
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

// isPlainView tells a step that passes its input on as it is, which may be the caller's.
func (s *step) isPlainView() bool { return s.run == nil && s.fusedInto == 0 }

// becomeView leaves the computation of a step to the one at node.
func (s *step) becomeView(node int) {
	s.fusedInto = node
	s.run = nil
	s.alias = memory.View
	s.scratch, s.atOnce = 0, 0
}

// rescale multiplies the weights of each output channel, [K, ...], by its scale.
func rescale(weights, scale []float32) {
	each := len(weights) / len(scale)
	for k, s := range scale {
		row := weights[k*each : (k+1)*each]
		for i := range row {
			row[i] *= s
		}
	}
}

// foldBias is the bias that BN leaves: bias*scale + shift, or shift where there was none.
func foldBias(bias, scale, shift []float32) []float32 {
	if bias == nil {
		return shift
	}
	for k := range bias {
		bias[k] = bias[k]*scale[k] + shift[k]
	}
	return bias
}
