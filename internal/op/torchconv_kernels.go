package op

// These are oneDNN's conditions for its kernels over blocks of 8 channels on AVX2. Where they do not hold, it computes
// matrix products. They were compared with what oneDNN 2.6 chose for some thousand convolutions (ONEDNN_VERBOSE=1).

// isDepthwise reports whether each channel has a group and a filter of its own. With one channel, there are no groups.
func (c torchConv) isDepthwise() bool {
	return c.groups > 1 && c.groups == c.depth && c.filters == c.depth
}

// isProduct reports whether oneDNN has only matrix products for the groups: its kernels take whole blocks of channels.
func (c torchConv) isProduct() bool {
	return c.groups > 1 && !c.isDepthwise() && (c.depth/c.groups%8 > 0 || c.filters/c.groups%8 > 0)
}

func (c torchConv) isDilated() bool { return c.window.W.Dilation > 1 || c.window.H.Dilation > 1 }

// hasPointKernel reports whether oneDNN has a kernel for windows of 1x1, in all directions
// (cpu/x64/jit_avx2_1x1_convolution.hpp). It takes a stride that divides the input, of which it first gathers what the
// windows read (cpu/x64/jit_uni_1x1_conv_utils.hpp, rtus_prepare).
func (c torchConv) hasPointKernel() bool {
	w, h := c.window.W, c.window.H
	return c.isPoint() && c.groups == 1 && !hasPads(c.window) && w.Out*w.Stride == w.In && h.Out*h.Stride == h.In
}

// hasForwardKernel is init_conf of jit_uni_dw_conv_fwd_kernel (cpu/x64/jit_uni_dw_conv_kernel_utils.hpp) and
// jit_avx2_conv_fwd_kernel_f32 (cpu/x64/jit_avx2_conv_kernel_f32.cpp). A kernel computes some outputs of a row at once,
// and only the first and the last of them may reach into the pads.
func (c torchConv) hasForwardKernel() bool {
	w, h := c.window.W, c.window.H
	switch {
	case c.hasPointKernel():
		return true
	case c.isProduct() && !(c.isFlat() && c.filters/c.groups%8 == 0):
		return false
	case c.isDepthwise():
		atOnce := min(4, w.Out)
		return w.Before <= atOnce && w.after(w.Out-w.Out%atOnce) <= atOnce
	case w.Size > 7 && hasPads(c.window) && (w.Stride > 1 || h.Stride > 1):
		return false
	}
	const registers = 15
	atOnce := min(3, w.Out)
	left := w.Out % atOnce
	after := w.after(w.Out - left)
	if after > atOnce*w.Stride && w.Out/atOnce > 1 {
		wider := min(after/w.Stride+left, w.Out, registers/2)
		if wider < max(w.Before, w.after(w.Out-w.Out%wider)) {
			return false
		}
	}
	return w.Before <= atOnce
}

// after returns how far the first so many windows reach past the input.
func (a Axis) after(windows int64) int64 {
	return max(0, (windows-1)*a.Stride+a.Span()-a.In-a.Before)
}

// hasInputKernel is init_conf of jit_uni_dw_conv_bwd_data_kernel and jit_avx2_conv_bwd_data_kernel_f32.
func (c torchConv) hasInputKernel() bool {
	w, h := c.window.W, c.window.H
	switch {
	case c.hasPointKernel():
		return true
	case c.isProduct():
		return false
	case c.isDepthwise():
		return !c.isDilated()
	case w.Dilation > 1 && w.Stride > 1, h.Dilation > 1 && h.Stride > 1, w.Stride != h.Stride,
		c.depth/c.groups < 8 && w.Size > 3 && w.Stride > 1:
		return false
	}
	atOnce := c.inputsAtOnce()
	left := w.In % max(atOnce, 1)
	end := (w.Out-1)*w.Stride + w.Span() - w.In - w.Before // below zero where a last column is not read
	reach := max(0, (w.Span()-1-end-left)/w.Stride) * w.Stride
	return atOnce > 0 && reach <= atOnce && (w.In <= atOnce || atOnce%w.Stride == 0 && end+left >= 0)
}

// inputsAtOnce returns how many gradients of a row oneDNN computes at once, 0 if no number is possible: that which uses
// most registers, for up to 4 blocks of channels.
func (c torchConv) inputsAtOnce() int64 {
	const registers = 15
	w := c.window.W
	before := max(0, (w.Span()-1-w.Before)/w.Stride) * w.Stride
	most, atOnce := int64(0), int64(0)
	for blocks := int64(1); blocks <= 4; blocks++ {
		if c.blocked(c.depth/c.groups)/8%blocks != 0 {
			continue
		}
		for n := w.Stride; n*blocks+n/w.Stride <= registers && n < w.In+w.Stride; n += w.Stride {
			columns := min(n, w.In)
			if before > columns && columns != w.In {
				continue
			}
			used := (columns + w.Stride - 1) / w.Stride * blocks
			if used > most || used == most && atOnce < columns {
				most, atOnce = used, columns
			}
		}
	}
	return atOnce
}

// hasWeightKernel is init_conf of jit_avx2_conv_bwd_weights_kernel_f32.
func (c torchConv) hasWeightKernel() bool {
	w, h := c.window.W, c.window.H
	switch {
	case c.hasPointKernel():
		return true
	case c.isProduct():
		return false
	case c.isDepthwise():
		return c.hasDepthwiseWeightKernel()
	}
	return !c.isDilated() && w.Size < 14 && h.Size <= h.In && h.Before < h.Size
}

// hasDepthwiseWeightKernel is init_conf of jit_uni_dw_conv_bwd_weights_kernel (2.6,
// cpu/x64/jit_uni_dw_conv_kernel_f32.cpp). Its loop over rows leaves the pads in steps of one row or of the stride, so
// pads of several rows must be whole strides, as measured.
func (c torchConv) hasDepthwiseWeightKernel() bool {
	w, h := c.window.W, c.window.H
	after := func(a Axis) int64 { return (a.Out-1)*a.Stride + a.Span() - a.In - a.Before } // what the windows reach into
	padFits := func(a Axis) bool { return a.Before <= a.Size/2 && after(a) <= a.Size/2 }
	hasSteps := func(pad int64) bool { return pad <= 1 || pad%h.Stride == 0 }
	above := h.Before % h.Stride
	if above > 0 {
		above = h.Stride - above
	}
	return w.Size <= 3 && w.Stride <= w.Size && !c.isDilated() && padFits(w) && padFits(h) &&
		hasSteps(h.Before) && hasSteps(after(h)) && h.In >= h.Size+above && w.In >= w.Size
}
