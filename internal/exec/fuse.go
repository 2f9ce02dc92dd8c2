package exec

import "cnncalc/internal/memory"

// fuse lets layers do what stands behind them: BN is folded into the weights of the convolution or FC before it,
// and an activation function is applied while the values are at hand. It is right only where nothing else reads
// what is then never made. What is fused becomes a view of the layer that computes it.
//
// Folding changes the last bits of the result; applying an activation elsewhere does not, but for the sign of a
// zero.
func (p *Program) fuse() {
	reader := p.soleReaders()
	for i := range p.steps {
		s := &p.steps[i]
		if s.fusedInto > 0 {
			continue
		}
		last := i
		if next := reader[last]; s.scales && next > 0 && p.steps[next].isBN {
			s.batchNorm = next
			p.steps[next].becomeView(i)
			last = next
		}
		if next := reader[last]; s.activates && next > 0 && p.steps[next].activation != nil {
			s.act = *p.steps[next].activation
			p.steps[next].becomeView(i)
			last = next
		}
		s.computes = last
	}
}

// soleReaders gives, for every node, the only node that reads it; 0 where there is none or are several.
func (p *Program) soleReaders() []int {
	sole := make([]int, len(p.steps))
	for i, readers := range p.network.Consumers() {
		if len(readers) == 1 {
			sole[i] = readers[0]
		}
	}
	return sole
}

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
