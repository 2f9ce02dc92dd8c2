package op

// oneDNNForward returns what oneDNN takes for the output.
func (c torchConv) oneDNNForward(p Pass, isLast bool) []Size {
	switch {
	case isLast:
		return []Size{{Fixed: sum(c.weightCopy(), c.weight())}}
	case c.hasForwardKernel():
		return c.blocks()
	}
	return c.products(p.Batch)
}

// oneDNNBackward returns what oneDNN takes for the input's gradient, and then for the weight's. It computes the
// weight's for the gradient of the bias alone, too. The sizes are besides the gradients that the layer makes, which are
// not there yet when the input's is made.
func (c torchConv) oneDNNBackward(p Pass, isLast bool) []Size {
	learnt := int64(0)
	if !p.FrozenWeight {
		learnt = c.weight()
	}
	if !p.FrozenBias {
		learnt = sum(learnt, c.biases())
	}
	var sizes []Size
	if !p.ConstantInput {
		for _, s := range c.inputGradient(p.Batch, isLast) {
			s.Fixed -= learnt
			sizes = append(sizes, s)
		}
	}
	if learnt == 0 {
		return sizes
	}
	for _, s := range c.weightGradient(p.Batch, isLast) {
		if p.FrozenWeight {
			s.Fixed = sum(s.Fixed, c.weight())
		}
		sizes = append(sizes, s)
	}
	return sizes
}

// blocks returns what the output takes in oneDNN's layout, blocks of 8 channels: copies of the input and the weight,
// and the output until these are freed, then the output beside its copy.
func (c torchConv) blocks() []Size {
	isFlat := c.isFlat()
	in, out := c.blockedInput(isFlat), c.blockedOutput()
	return []Size{
		{Values: sum(in, out-c.output()), Fixed: sum(c.blockedWeight(isFlat), c.gathered(), c.paddedBias())},
		{Values: out},
	}
}

// products returns what the output takes as matrix products, group by group. oneDNN reads the volumes as they are, and
// makes the columns of one group at a time.
func (c torchConv) products(batch int64) []Size {
	columns, ok := c.blockColumns(batch)
	if !ok { // it computes a convolution with the channels last, from a copy
		return []Size{{Values: c.input()}, {Values: c.output()}}
	}
	return []Size{{Fixed: sum(columns, 32)}, {Values: c.output()}}
}

// inputGradient returns what the input's gradient takes: in blocks, copies of the output's gradient, of the weight and
// of itself, which is then there beside its copy.
func (c torchConv) inputGradient(batch int64, isLast bool) []Size {
	switch {
	case isLast:
		return []Size{{Fixed: sum(c.weightCopy(), c.weight())}}
	case c.hasInputKernel():
		in, out := product(c.window.W.In, c.window.H.In, c.blocked(c.depth)), c.blockedOutput()
		scattered := int64(0)
		if c.gathered() > 0 {
			scattered = sum(product(144, c.window.W.Out, c.window.H.Out), 32) // of 144 channels at a time
		}
		return []Size{{Values: sum(out, in-c.input()), Fixed: sum(c.blockedWeight(false), scattered)}, {Values: in}}
	}
	columns, _ := c.gradientColumns(batch, 0, 0.1)
	return []Size{{Fixed: sum(columns, 32)}, {Values: c.input()}}
}

// weightGradient returns what the weight's gradient takes: in blocks, copies of the input, of the output's gradient and
// of itself, which is then there beside its copy.
func (c torchConv) weightGradient(batch int64, isLast bool) []Size {
	end := Size{Fixed: sum(c.weight(), c.biases())}
	switch {
	case isLast:
		return []Size{c.weightGradientLast()}
	case c.hasWeightKernel():
		isFlat := c.isFlat() && c.depth/c.groups == 3
		weight := c.blockedWeight(isFlat)
		end.Fixed = sum(weight, c.biases())
		padded := c.paddedBias()
		if c.isDepthwise() {
			padded = 0
		}
		return []Size{{
			Values: sum(c.blockedOutput(), c.blockedInput(isFlat)),
			Fixed:  sum(weight-c.weight(), c.gathered(), padded),
		}, end}
	}
	reduction := product(4, c.weight())
	columns, ok := c.gradientColumns(batch, reduction, 0.05)
	if !ok {
		return []Size{end}
	}
	return []Size{{Fixed: sum(columns, reduction, 64)}, end}
}

// weightGradientLast returns what the weight's gradient takes of an input with its channels last in memory, which
// oneDNN reads as it is.
func (c torchConv) weightGradientLast() Size {
	if c.isDepthwise() && !c.hasDepthwiseWeightKernel() {
		// It takes each channel for a block of 8 by 8.
		return Size{Fixed: sum(product(64+1, c.weight()), c.biases())}
	}
	return Size{Fixed: sum(c.weightCopy(), product(2, c.weight()), c.biases())}
}

func (c torchConv) input() int64 { return product(c.window.W.In, c.window.H.In, c.depth) }

func (c torchConv) output() int64 { return product(c.window.W.Out, c.window.H.Out, c.filters) }

func (c torchConv) weight() int64 {
	return product(c.window.W.Size, c.window.H.Size, c.depth/c.groups, c.filters)
}

func (c torchConv) biases() int64 {
	if c.bias {
		return c.filters
	}
	return 0
}

// isFlat reports whether oneDNN reads an input of few channels as it is.
func (c torchConv) isFlat() bool {
	return c.depth/c.groups < 8 && !c.isDepthwise() && !c.hasPointKernel()
}

// isPoint reports whether the window is a single place.
func (c torchConv) isPoint() bool { return c.window.W.Size == 1 && c.window.H.Size == 1 }

// gathered returns the size of what a 1x1 window with a stride reads of one picture.
func (c torchConv) gathered() int64 {
	if !c.hasPointKernel() || c.window.W.Stride*c.window.H.Stride == 1 {
		return 0
	}
	return sum(product(c.window.W.Out, c.window.H.Out, c.blocked(c.depth)), 32)
}

// blockedInput returns the size of the input's copy in blocks, which a flat one does not need.
func (c torchConv) blockedInput(isFlat bool) int64 {
	if isFlat {
		return 0
	}
	return product(c.window.W.In, c.window.H.In, c.blocked(c.depth))
}

func (c torchConv) blockedOutput() int64 {
	return product(c.window.W.Out, c.window.H.Out, c.blocked(c.filters))
}

// paddedBias returns the size of oneDNN's copy of the biases, or of their gradient, for filters that are no whole
// number of blocks.
func (c torchConv) paddedBias() int64 {
	if !c.bias || c.groups > 1 && !c.isDepthwise() || c.filters == c.blocked(c.filters) {
		return 0
	}
	return c.blocked(c.filters) + 32
}

// weightCopy returns the size of the weight's copy with its channels last, if that is another order.
func (c torchConv) weightCopy() int64 {
	if c.window.W.Size*c.window.H.Size == 1 || c.depth == c.groups {
		return 0
	}
	return c.weight()
}

// blocked returns the depth rounded up to whole blocks of 8 channels.
func (c torchConv) blocked(depth int64) int64 {
	if c.groups > 1 && !c.isDepthwise() {
		return depth
	}
	return (depth + 7) / 8 * 8
}

// blockedWeight returns the size of the weight in blocks. A flat one keeps its depth.
func (c torchConv) blockedWeight(isFlat bool) int64 {
	depth := c.blocked(c.depth / c.groups)
	if isFlat || c.groups > 1 {
		depth = c.depth / c.groups
	}
	return product(c.window.W.Size, c.window.H.Size, depth, c.blocked(c.filters))
}
