package onnxnet

import (
	"fmt"
	"slices"

	"cnncalc/internal/graph"
)

// window is the sliding window of a Conv or a pool, one axis for each spatial dimension, height first.
type window []axis

// axis is one axis of a window, in values.
type axis struct {
	in, size, stride, dilation, before, after, out int64
	outPad                                         int64 // of a ConvTranspose
	ceil                                           bool
}

// appendOutputs appends some sizes and those of the window's outputs.
func (w window) appendOutputs(dims []int64, first ...int64) []int64 {
	dims = append(dims, first...)
	for _, a := range w {
		dims = append(dims, a.out)
	}
	return dims
}

func (a axis) span() int64 { return a.dilation*(a.size-1) + 1 }

// axesOfWindow reads the attributes that windows share, and appends the axes to w.
func axesOfWindow(w window, n *node, kernel []int64) (window, error) {
	in := n.in[0].dims
	rank := len(in) - 2
	if rank < 1 || len(kernel) != rank {
		return nil, fmt.Errorf("a window of %s does not fit an input of %s", sizes(kernel), sizes(in))
	}
	strides, dilations, pads := n.ints("strides", nil), n.ints("dilations", nil), n.ints("pads", nil)
	if n.fused.pads != nil {
		pads = n.fused.pads
	}
	if strides != nil && len(strides) != rank || dilations != nil && len(dilations) != rank ||
		pads != nil && len(pads) != 2*rank {
		return nil, fmt.Errorf("its strides, dilations or pads are not those of %d dimensions", rank)
	}
	w = slices.Grow(w, rank)[:rank]
	for i := range w {
		w[i] = axis{in: in[2+i], size: kernel[i], stride: 1, dilation: 1, ceil: n.int("ceil_mode", 0) != 0}
		if strides != nil {
			w[i].stride = strides[i]
		}
		if dilations != nil {
			w[i].dilation = dilations[i]
		}
		if pads != nil {
			w[i].before, w[i].after = pads[i], pads[rank+i]
		}
		for _, v := range []int64{w[i].size, w[i].stride, w[i].dilation, w[i].before + 1, w[i].after + 1} {
			if v < 1 || v > graph.MaxExtent {
				return nil, fmt.Errorf("its window has a size of %d", v)
			}
		}
		if w[i].size > 1 && w[i].dilation > graph.MaxExtent/w[i].size {
			return nil, fmt.Errorf("its window is %d wide with a dilation of %d", w[i].size, w[i].dilation)
		}
	}
	return w, nil
}

// windowOf returns the window of a Conv or a pool, with its outputs, in the memory of w as far as that is enough.
func windowOf(w window, n *node, kernel []int64) (window, error) {
	w, err := axesOfWindow(w, n, kernel)
	if err != nil {
		return nil, err
	}
	for i := range w {
		a := &w[i]
		switch mode := n.text("auto_pad", "NOTSET"); mode {
		case "", "NOTSET":
		case "VALID":
			a.before, a.after = 0, 0
		case "SAME_UPPER", "SAME_LOWER":
			total := max(((a.in-1)/a.stride)*a.stride+a.span()-a.in, 0)
			a.before, a.after = total/2, total-total/2
			if mode == "SAME_LOWER" {
				a.before, a.after = a.after, a.before
			}
		default:
			return nil, fmt.Errorf("auto_pad is %q", mode)
		}
		travel := a.in + a.before + a.after - a.span()
		if travel < 0 {
			return nil, fmt.Errorf("a window of %d is larger than its padded input of %d", a.span(), a.in+a.before+a.after)
		}
		a.out = travel/a.stride + 1
		if a.ceil && travel%a.stride != 0 && a.out*a.stride < a.in+a.before {
			a.out++ // a window that starts inside of the input
		}
	}
	return w, nil
}

// transposedWindowOf returns the window of a ConvTranspose: out = S(in-1) + outpad + span - pads.
func transposedWindowOf(w window, n *node, kernel []int64) (window, error) {
	w, err := axesOfWindow(w, n, kernel)
	if err != nil {
		return nil, err
	}
	outPads, outs := n.ints("output_padding", nil), n.ints("output_shape", nil)
	if outPads != nil && len(outPads) != len(w) {
		return nil, fmt.Errorf("output_padding has %d sizes", len(outPads))
	}
	for i := range w {
		a := &w[i]
		if outPads != nil {
			a.outPad = outPads[i]
		}
		full := a.stride*(a.in-1) + a.outPad + a.span()
		mode := n.text("auto_pad", "NOTSET")
		if len(outs) >= len(w) || mode == "SAME_UPPER" || mode == "SAME_LOWER" {
			want := a.in * a.stride
			if len(outs) >= len(w) {
				want = outs[len(outs)-len(w)+i]
			}
			total := full - want
			if total < 0 {
				a.outPad -= total
				total = 0
			}
			a.before, a.after = total/2, total-total/2
			if mode != "SAME_UPPER" {
				a.before, a.after = total-total/2, total/2
			}
			full = a.stride*(a.in-1) + a.outPad + a.span()
		}
		a.out = full - a.before - a.after
		if a.out < 1 {
			return nil, fmt.Errorf("its output would have a size of %d", a.out)
		}
	}
	return w, nil
}
