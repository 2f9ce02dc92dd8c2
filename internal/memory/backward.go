package memory

import (
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/op"
)

// loss is the cross entropy of the network's outputs, forward and backward. Its own backward step releases what it
// saves; the result and the outputs stay with the caller. With several outputs each has a loss, and the network learns
// from their sum.
func (p *builder) loss() {
	width := p.options.DType.valueBytes() // under autocast it is computed in float32
	losses := make([]lossTensors, len(p.outputs))
	for k, out := range p.outputs {
		losses[k] = p.lossForward(k, out, width)
	}
	if len(losses) > 1 {
		p.sumLosses(losses, width)
	}
	p.sharding.beginBackward()
	p.rootGradient = p.add(none, "gradient of the loss", VolumeGrads, linear{once: width})
	for k, out := range slices.Backward(p.outputs) {
		if p.needsGrad[out] {
			p.lossBackward(losses[k], out, width)
		}
	}
}

// sumLosses adds the losses up. Only the sum is still there after the expression.
func (p *builder) sumLosses(losses []lossTensors, width int64) {
	p.need([]linear{{once: width}}) // a loss by its weight
	p.add(none, "loss", Loss, linear{once: width})
	for _, l := range losses {
		p.release(l.result)
	}
}

// lossTensors are the loss of one output and what it saves.
type lossTensors struct {
	result       int
	logs, weight int
	factor       int // of the loss in the sum, or none
}

func (p *builder) lossForward(k, out int, width int64) lossTensors {
	scores := p.volume(out, width)
	if !p.needsGrad[out] { // autograd saves nothing
		p.need([]linear{scores})
		return lossTensors{result: p.add(none, "loss", Loss, linear{once: width})}
	}
	saved := lossTensors{
		logs:   p.add(none, "log softmax", Loss, scores),
		weight: p.add(none, "total weight", Loss, linear{once: width}),
		factor: none,
	}
	p.lossSaved = append(p.lossSaved, saved.logs, saved.weight, p.targets[k])
	saved.result = p.add(none, "loss", Loss, linear{once: width})
	if p.isWeighted(k) && p.options.Torch == Torch113CPU {
		saved.factor = p.add(none, "weight of the loss", Scalars, linear{once: 8})
		p.lossSaved = append(p.lossSaved, saved.factor)
	}
	if p.width[out] != width {
		p.need([]linear{scores})
	}
	return saved
}

// isWeighted reports whether the loss of output k is multiplied by a weight. The weight is a number of Python's, which
// PyTorch keeps on the CPU.
func (p *builder) isWeighted(k int) bool {
	return p.network.HeadOf(k).Loss != 1
}

func (p *builder) lossBackward(saved lossTensors, out int, width int64) {
	ofLogs := p.add(none, "gradient of log softmax", VolumeGrads, p.volume(out, width))
	p.release(saved.weight)
	p.grad[out] = p.add(out, "", VolumeGrads, p.volume(out, p.width[out]))
	p.endStep(LossStep, none, "cross entropy")
	p.release(ofLogs)
	p.release(saved.logs)
	if saved.factor != none {
		p.release(saved.factor)
	}
}

// backward runs the layers in the opposite order, as autograd's engine does: the node that was made last comes first.
func (p *builder) backward() {
	for i := range slices.Backward(p.network.Nodes) {
		if p.needsGrad[i] && p.grad[i] != none {
			p.layerBackward(i)
		}
	}
	p.release(p.rootGradient)
}

// layerBackward makes the gradients of node i's inputs and weights, releases what was saved for it, and passes the
// gradients on.
func (p *builder) layerBackward(i int) {
	rule, node := &p.rules[i], &p.network.Nodes[i]
	p.sharding.beforeBackward(i)
	ofOutput := p.grad[i]
	ofInputs := make([]int, len(node.Inputs))
	for k, in := range node.Inputs {
		ofInputs[k] = none
		if p.needsGrad[in] {
			ofInputs[k] = p.inputGradient(i, k, ofOutput)
		}
	}
	again, added := p.weightGradients(i)
	p.workspace(i, Backward)
	beside := slices.Concat(again, added)
	if rule.CopiesGradient && p.isSlice(ofOutput) {
		beside = append(beside, p.volume(i, p.width[i]))
	}
	p.need(p.besides(beside, p.linears(rule.Backward, p.width[i])))
	p.endStep(Backward, i, p.name(i))
	p.release(ofOutput)
	for _, id := range p.saved[i] {
		p.release(id)
	}
	p.need(p.sums(again))
	for k, in := range node.Inputs {
		if ofInputs[k] != none {
			p.accumulate(in, ofInputs[k])
		}
	}
	p.sharding.afterBackward(i)
}

// inputGradient returns the gradient that node i makes for its input k: a tensor of its own, or the output's gradient.
func (p *builder) inputGradient(i, k, ofOutput int) int {
	rule, in := &p.rules[i], p.network.Nodes[i].Inputs[k]
	if rule.Gradient == op.SharedGradient && !slices.Contains(rule.Summed, k) {
		p.hold(ofOutput)
		isPart := p.network.Layers[in].Out.D != p.network.Layers[i].Out.D && p.network.Nodes[i].JoinsPaths()
		p.partial[ofOutput] = p.partial[ofOutput] || isPart
		return ofOutput
	}
	return p.add(in, "", VolumeGrads, p.volume(in, p.width[in]))
}

// isSlice reports whether a gradient is a slice of the depth of several pictures, which is not contiguous.
func (p *builder) isSlice(gradient int) bool { return p.partial[gradient] && p.batch > 1 }

// weightGradients makes the gradients of node i's weights and biases that are not frozen, which stay. It returns the
// sizes of those that another layer has made before, as both use the same weights: they are added to the first; and of
// those that are added, in place, to a gradient that was there before the pass.
func (p *builder) weightGradients(i int) (again, added []linear) {
	half := linear{}
	for k, id := range p.weights[i] {
		t := p.tensors[id]
		if !p.network.Layers[i].Weights[k].IsLearnt() {
			continue
		}
		switch {
		case p.options.Parallel.keepsGradients():
			added = append(added, t.size)
		case p.hasGradient[id]:
			again = append(again, t.size)
		default:
			size := t.size
			if p.sharding.lowers() {
				size.once /= 2
			}
			gradient := p.add(t.node, t.what, Gradients, size)
			if p.gradientOf != nil {
				p.gradientOf[id] = gradient
			}
			p.hasGradient[id] = true
		}
		half.once += t.size.once / 2
	}
	if p.options.DType == AMP && p.rules[i].Autocast == op.LowersType && !p.sharding.lowers() {
		p.need([]linear{half}) // they are made in half, and cast
	}
	return again, added
}

// besides returns the sizes of what a layer needs with more tensors there all the time.
func (p *builder) besides(more, sizes []linear) []linear {
	if len(more) == 0 {
		return sizes
	}
	all := p.sum(more)
	if len(sizes) == 0 {
		return []linear{all}
	}
	for k := range sizes {
		sizes[k] = p.sum([]linear{sizes[k], all})
	}
	return sizes
}

// sums returns what is needed to add the second gradients of weights to the first. Where that is not in place, each sum
// is a third tensor.
func (p *builder) sums(again []linear) []linear {
	if len(again) == 0 || p.options.Torch.inPlaceAccumulation() {
		return nil
	}
	sums := slices.Clone(again)
	all := p.sum(again)
	for k := range sums {
		sums[k] = p.sum([]linear{sums[k], all})
	}
	return sums
}

// sum adds sizes. The first sum that cannot be counted ends the account.
func (p *builder) sum(sizes []linear) linear {
	var total linear
	less := int64(0) // what sizes below zero take away; only fixed sizes can be below zero
	for _, s := range sizes {
		if s.once < 0 {
			less += s.once
			s.once = 0
		}
		for _, term := range []struct {
			to  *int64
			add int64
		}{{&total.each, s.each}, {&total.once, s.once}} {
			sum, err := checked.Sum(*term.to, term.add)
			if err != nil && p.err == nil {
				p.err = err
			}
			*term.to = sum
		}
	}
	total.once += less
	return total
}

// accumulate adds a gradient to what node i's output has so far.
func (p *builder) accumulate(i, gradient int) {
	old := p.grad[i]
	switch {
	case old == none:
		p.grad[i] = gradient
	case p.options.Torch.inPlaceAccumulation() && p.holders[old] == 1 && !p.partial[old]:
		p.release(gradient)
	default:
		p.grad[i] = p.add(i, "", VolumeGrads, p.volume(i, p.width[i]))
		p.release(old)
		p.release(gradient)
	}
}
