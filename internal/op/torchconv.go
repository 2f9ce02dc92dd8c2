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
// PyTorch 1.13's CPU kernels, with oneDNN 2.6's layouts for AVX-512; cuDNN's is not known.
func (c torchConv) autograd(p Pass) Autograd {
	a := Autograd{Saved: []Saved{savedInput(0), savedWeight(0)}, Autocast: LowersType}
	padded := c
	if hasUnevenPads(c.window) {
		padded.window = c.window.afterPad()
	}
	switch {
	case p.Torch != Torch113CPU:
	case padded.usesOneDNN(p.Batch):
		a.Forward, a.Backward = padded.oneDNN(p)
	default:
		a.Forward = padded.columns()
		a.Backward = padded.columns()
	}
	return a.afterPad(p, c.window, graph.Shape{W: c.window.W.In, H: c.window.H.In, D: c.depth}, hasUnevenPads(c.window))
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
// (slow_conv2d).
func (c torchConv) columns() []Size {
	w, h := c.window.W, c.window.H
	if w.Size == 1 && h.Size == 1 && w.Stride == 1 && h.Stride == 1 && w.Before == 0 && h.Before == 0 {
		return nil
	}
	return []Size{{Values: product(c.depth, w.Size, h.Size, w.Out, h.Out)}}
}

// oneDNN returns the copies in oneDNN's layout. Forward: the input, weight and output until the first two are freed,
// then the output beside its copy. Backward, for the input: both gradients and the weight; for the weight: the input,
// the output's gradient and the weight's. For the bias alone, it computes the weight's gradient too.
func (c torchConv) oneDNN(p Pass) (forward, backward []Size) {
	w, h := c.window.W, c.window.H
	in := product(w.In, h.In, c.blocked(c.depth))
	if c.depth <= 3 && !c.isDepthwise() {
		in = 0 // read as it is
	}
	out := product(w.Out, h.Out, c.blocked(c.filters))
	weight := product(w.Size, h.Size, c.depth/c.groups, c.filters)
	biases := int64(0)
	if c.bias {
		biases = c.filters
	}
	// A 1x1 window with a stride gathers what it reads first.
	gathered := Size{}
	if w.Size == 1 && h.Size == 1 && w.Stride*h.Stride > 1 {
		gathered = Size{Values: product(w.Out, h.Out, c.depth), Fixed: 32}
	}
	forward = []Size{{Values: sum(in, gathered.Values), Fixed: sum(weight, gathered.Fixed)}, {Values: out}}
	switch {
	case p.FrozenWeight && (p.FrozenBias || !c.bias):
		return forward, c.forInputAlone(in, out, weight, gathered)
	case c.isDepthwise() && !c.hasDepthwiseKernel():
		return forward, c.depthwiseProducts(in, out, weight, biases)
	}
	backward = []Size{{Values: sum(out, in, gathered.Values), Fixed: gathered.Fixed}, {Fixed: sum(weight, biases)}}
	if p.FrozenWeight {
		for i := range backward {
			backward[i].Fixed = sum(backward[i].Fixed, weight)
		}
	}
	return forward, backward
}

// forInputAlone returns what the backward pass needs where the weight has no gradient: copies of the output's gradient, of
// the weight and of the input's gradient, which is there only after them, and then beside its copy.
func (c torchConv) forInputAlone(in, out, weight int64, gathered Size) []Size {
	w, h := c.window.W, c.window.H
	gradient := product(w.In, h.In, c.depth)
	if c.isDepthwise() && (w.Dilation > 1 || h.Dilation > 1) {
		return []Size{{Values: gradient}} // a matrix product, as in depthwiseProducts
	}
	return []Size{
		{Values: sum(out, gathered.Values, max(in-gradient, 0)), Fixed: sum(weight, gathered.Fixed)},
		{Values: in},
	}
}

func (c torchConv) isDepthwise() bool { return c.groups == c.depth && c.filters == c.depth }

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

// depthwiseProducts returns what the backward pass needs where the weight's gradient is a matrix product, channel by
// channel. It reads the volumes as they are, with the columns of one channel and four times the weight aside. The
// input's gradient is made before, when neither itself nor the weight's is there: by a depthwise kernel from copies, or
// with dilation by a matrix product too.
func (c torchConv) depthwiseProducts(in, out, weight, biases int64) []Size {
	w, h := c.window.W, c.window.H
	columns := product(w.Size, h.Size, w.Out, h.Out)
	products := []Size{{Fixed: sum(columns, product(4, weight), 64)}, {Fixed: sum(weight, biases)}}
	if w.Dilation > 1 || h.Dilation > 1 {
		return append(products, Size{Values: product(w.In, h.In, c.depth), Fixed: -weight})
	}
	return append(products, Size{Values: sum(out, in-product(w.In, h.In, c.depth))}, Size{Values: in, Fixed: -weight})
}

// blocked returns the depth rounded up to whole blocks of 16 channels.
func (c torchConv) blocked(depth int64) int64 {
	if c.groups > 1 && c.groups < depth {
		return depth
	}
	return (depth + 15) / 16 * 16
}
