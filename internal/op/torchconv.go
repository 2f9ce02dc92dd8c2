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
	case !padded.usesOneDNN(p.Batch) && c.groups > 1:
		a.Forward, a.Backward = c.groupByGroup(p.Batch)
	case !padded.usesOneDNN(p.Batch):
		a.Forward, a.Backward = padded.columns(isLast), padded.columns(isLast)
		if c.isDilated() {
			a.Backward[0].Fixed = sum(a.Backward[0].Fixed, c.biases()) // the bias's gradient is the copy of a sum
		}
	default:
		a.Forward, a.Backward = padded.oneDNNForward(p, isLast), padded.oneDNNBackward(p, isLast)
		if padded.isLimited(p.Batch) {
			a.Estimate = "how much of the window's columns PyTorch makes at a time depends on the batch: counted whole"
		}
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
	isPlain := c.isPoint() && w.Stride == 1 && h.Stride == 1 && !c.isDilated()
	if isPlain && batch < 16 {
		return false
	}
	return c.groups > 1 || w.Size > 3 && h.Size > 3 || batch > 1 || product(batch, c.depth, w.In, h.In) > 20480
}

// columns returns the size of the notes' im2col matrix, [C*F*F x places] (slow_conv2d, slow_conv_dilated2d). A dense
// 1x1 convolution does not need it. With the channels last in memory, the weight is copied into that order too.
func (c torchConv) columns(isLast bool) []Size {
	w, h := c.window.W, c.window.H
	if c.isPoint() && w.Stride == 1 && h.Stride == 1 && !hasPads(c.window) && !c.isDilated() {
		return nil
	}
	matrix := Size{Values: product(c.depth, w.Size, h.Size, w.Out, h.Out)}
	if isLast {
		matrix.Fixed = c.weightCopy()
	}
	return []Size{matrix}
}

// groupByGroup returns what a dense 1x1 convolution takes that PyTorch divides into one for each group, before it
// concatenates their results. Of several pictures it copies the group's part first.
func (c torchConv) groupByGroup(batch int64) (forward, backward []Size) {
	forward = []Size{{Values: c.output()}}
	backward = []Size{{Values: c.input(), Fixed: sum(c.weight(), c.biases())}}
	if batch > 1 {
		backward = append(backward, Size{Values: sum(c.input(), c.output()) / c.groups})
	}
	return forward, backward
}
