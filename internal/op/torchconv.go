package op

import "cnncalc/internal/graph"

// torchConv holds what PyTorch's memory for CONV and DWCONV depends on.
type torchConv struct {
	window         Geometry
	depth, filters int64
	groups         int64
	bias           bool
}

// autograd reports that PyTorch saves the input and the weight, never the bias. The temporary memory is that of
// PyTorch 1.13's CPU kernels, with oneDNN 2.6 on AVX2; cuDNN's is not known.
func (c torchConv) autograd(p Pass) Autograd {
	a := Autograd{Saved: []Saved{savedInput(0), savedWeight(0)}, Autocast: LowersType, CopiesGradient: true}
	in := graph.Shape{W: c.window.W.In, H: c.window.H.In, D: c.depth}
	padded, isLast := c, p.layout(in).isChannelsLast(in)
	if hasUnevenPads(c.window) {
		padded.window = c.window.afterPad()
	}
	switch {
	case p.Torch != Torch113CPU:
	case !padded.usesOneDNN(p.Batch):
		a.Forward, a.Backward = padded.columns(isLast), padded.columns(isLast)
	default:
		a.Forward, a.Backward = padded.oneDNN(p, isLast)
	}
	if hasUnevenPads(c.window) {
		return a.afterPad(p, c.window, in, true)
	}
	if !p.readsDense(in) { // the backward pass copies it again, for the weight's gradient
		a.Backward = addEach(a.Backward, values(in))
	}
	return a.copyUnless(p.readsDense(in), in)
}

// usesOneDNN is use_mkldnn from aten/src/ATen/native/Convolution.cpp (1.13) for float32 and one thread.
func (c torchConv) usesOneDNN(batch int64) bool {
	w, h := c.window.W, c.window.H
	isPlain := w.Size == 1 && h.Size == 1 && w.Stride == 1 && h.Stride == 1
	if isPlain && batch < 16 {
		return false
	}
	return c.groups > 1 || w.Size > 3 && h.Size > 3 || batch > 1 || product(batch, c.depth, w.In, h.In) > 20480
}

// columns returns the size of the notes' im2col matrix, [C*F*F x places], which a 1x1 convolution does not need
// (slow_conv2d). With the channels last in memory, the weight is copied into that order too.
func (c torchConv) columns(isLast bool) []Size {
	w, h := c.window.W, c.window.H
	if w.Size == 1 && h.Size == 1 && w.Stride == 1 && h.Stride == 1 && w.Before == 0 && h.Before == 0 {
		return nil
	}
	matrix := Size{Values: product(c.depth, w.Size, h.Size, w.Out, h.Out)}
	if isLast {
		matrix.Fixed = c.weightCopy()
	}
	return []Size{matrix}
}

// oneDNN returns what oneDNN takes. For the gradient of the bias alone, it computes the weight's too.
func (c torchConv) oneDNN(p Pass, isLast bool) (forward, backward []Size) {
	switch {
	case isLast:
		forward, backward = c.channelsLast()
	case c.isProduct():
		forward, backward = c.products()
	default:
		forward, backward = c.blocks()
	}
	switch {
	case !p.FrozenWeight:
	case p.FrozenBias || !c.bias:
		backward = c.forInputAlone(isLast)
	default:
		for i := range backward {
			backward[i].Fixed = sum(max(backward[i].Fixed, 0), c.weight())
		}
	}
	return forward, backward
}

// forInputAlone returns what the backward pass needs where the weight has no gradient: copies of the output's gradient,
// of the weight and of the input's gradient, which is there only after them, and then beside its copy.
func (c torchConv) forInputAlone(isLast bool) []Size {
	w, h := c.window.W, c.window.H
	switch {
	case isLast:
		return []Size{{Fixed: sum(c.weightCopy(), c.weight())}}
	case c.isProduct() || c.isDepthwise() && (w.Dilation > 1 || h.Dilation > 1):
		return []Size{{Values: c.input()}} // a matrix product
	}
	in, out := product(w.In, h.In, c.blocked(c.depth)), product(w.Out, h.Out, c.blocked(c.filters))
	return []Size{{Values: sum(out, in-c.input()), Fixed: c.blockedWeight(false)}, {Values: in}}
}

// blocks returns the copies in oneDNN's layout, blocks of 8 channels. Forward: the input, weight and output until the
// first two are freed, then the output beside its copy. Backward, for the weight: the input, the output's gradient and
// the weight's gradient; the copies for the input's gradient are freed before.
func (c torchConv) blocks() (forward, backward []Size) {
	w, h := c.window.W, c.window.H
	in, outPlane := product(w.In, h.In, c.blocked(c.depth)), product(w.Out, h.Out)
	isFlat := c.depth <= 3 && c.groups == 1 && w.Size*h.Size > 1
	if isFlat {
		in = 0 // read as it is
	}
	out, weight := product(outPlane, c.blocked(c.filters)), c.blockedWeight(isFlat)
	gathered := int64(0) // what a 1x1 window with a stride reads of one picture
	if w.Size == 1 && h.Size == 1 && w.Stride*h.Stride > 1 && c.groups == 1 {
		gathered = sum(product(outPlane, c.depth), 32)
	}
	bias := c.paddedBias()
	forward = []Size{
		{Values: sum(in, out-product(outPlane, c.filters)), Fixed: sum(weight, gathered, bias)},
		{Values: out},
	}
	end := Size{Fixed: sum(weight, c.biases())}
	switch {
	case !c.isDepthwise() || c.hasDepthwiseKernel():
	case w.Dilation > 1 || h.Dilation > 1: // both gradients are products
		return forward, []Size{c.inputCopy(), c.weightProduct(), end}
	default:
		// When the input's gradient is made, neither itself nor the weight's is there yet.
		return forward, []Size{{Values: sum(out, in-c.input())}, {Values: in, Fixed: -weight}, c.weightProduct(), end}
	}
	return forward, []Size{{Values: sum(out, in), Fixed: sum(weight-c.weight(), gathered, bias)}, end}
}

// products returns what a convolution takes that oneDNN computes as matrix products, group by group. It reads the
// volumes as they are, and makes the columns of one group at a time.
func (c torchConv) products() (forward, backward []Size) {
	w, h := c.window.W, c.window.H
	forward = []Size{{Fixed: sum(c.groupColumns(), 32)}, {Values: product(w.Out, h.Out, c.filters)}}
	return forward, []Size{c.inputCopy(), c.weightProduct(), {Fixed: sum(c.weight(), c.biases())}}
}

// inputCopy returns what a copy of the input's gradient takes before the weight's gradient is there.
func (c torchConv) inputCopy() Size { return Size{Values: c.input(), Fixed: -c.weight()} }

// weightProduct returns what the weight's gradient takes as a matrix product, group by group.
func (c torchConv) weightProduct() Size {
	return Size{Fixed: sum(c.groupColumns(), product(4, c.weight()), 64)}
}

// channelsLast returns what a convolution takes of an input with its channels last in memory, which oneDNN reads and
// writes as it is.
func (c torchConv) channelsLast() (forward, backward []Size) {
	forward = []Size{{Fixed: sum(c.weightCopy(), c.weight())}}
	if c.isDepthwise() && !c.hasDepthwiseKernel() {
		// It takes each channel for a block of 8 by 8.
		return forward, []Size{{Fixed: sum(product(64+1, c.weight()), c.biases())}}
	}
	return forward, []Size{{Fixed: sum(c.weightCopy(), product(2, c.weight()), c.biases())}}
}

// isDepthwise reports whether each channel has a group and a filter of its own. With one channel, there are no groups.
func (c torchConv) isDepthwise() bool {
	return c.groups > 1 && c.groups == c.depth && c.filters == c.depth
}

// isProduct reports whether oneDNN has only matrix products for the groups: its kernels take whole blocks of channels.
func (c torchConv) isProduct() bool {
	return c.groups > 1 && !c.isDepthwise() && (c.depth/c.groups%8 > 0 || c.filters/c.groups%8 > 0)
}

// hasDepthwiseKernel reports whether oneDNN has a depthwise kernel for the weight's gradient (2.6,
// cpu/x64/jit_uni_dw_conv_kernel_f32.cpp, jit_uni_dw_conv_bwd_weights_kernel::init_conf).
func (c torchConv) hasDepthwiseKernel() bool {
	w, h := c.window.W, c.window.H
	padFits := func(a Axis) bool {
		after := (a.Out-1)*a.Stride + a.Span() - a.In - a.Before // what the windows reach into
		return a.Before <= a.Size/2 && after <= a.Size/2
	}
	above := h.Before % h.Stride
	if above > 0 {
		above = h.Stride - above
	}
	return w.Size <= 3 && w.Stride <= w.Size && w.Dilation == 1 && h.Dilation == 1 && padFits(w) && padFits(h) &&
		h.In >= h.Size+above && w.In >= w.Size
}

func (c torchConv) input() int64 { return product(c.window.W.In, c.window.H.In, c.depth) }

func (c torchConv) weight() int64 {
	return product(c.window.W.Size, c.window.H.Size, c.depth/c.groups, c.filters)
}

func (c torchConv) biases() int64 {
	if c.bias {
		return c.filters
	}
	return 0
}

// paddedBias returns the size of oneDNN's copy of the biases, or of their gradient, for filters that are no whole
// number of blocks.
func (c torchConv) paddedBias() int64 {
	if !c.bias || c.groups > 1 || c.filters == c.blocked(c.filters) {
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

// groupColumns returns the size of the im2col matrix of one group.
func (c torchConv) groupColumns() int64 {
	w, h := c.window.W, c.window.H
	if w.Size == 1 && h.Size == 1 && w.Stride == 1 && h.Stride == 1 && !hasPads(c.window) {
		return 0
	}
	return product(c.depth/c.groups, w.Size, h.Size, w.Out, h.Out)
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
