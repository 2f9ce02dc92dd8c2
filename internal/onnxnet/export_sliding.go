package onnxnet

import (
	"fmt"

	"cnncalc/internal/onnx"
	"cnncalc/internal/op"
)

// windowAttributes returns the attributes of a window with explicit pads. Those at the end make the last window fit,
// as ceil needs.
func windowAttributes(g op.Geometry, hasDilation bool) []onnx.Attribute {
	after := func(a op.Axis) int64 { return max(a.After, (a.Out-1)*a.Stride+a.Span()-a.In-a.Before) }
	attributes := []onnx.Attribute{
		list("kernel_shape", g.H.Size, g.W.Size), list("strides", g.H.Stride, g.W.Stride),
		list("pads", g.H.Before, g.W.Before, after(g.H), after(g.W)),
	}
	if hasDilation {
		attributes = append(attributes, list("dilations", g.H.Dilation, g.W.Dilation))
	}
	return attributes
}

// isRoundedUp reports whether a window's last place begins inside of the input and ends outside of the padding.
func isRoundedUp(g op.Geometry) bool {
	over := func(a op.Axis) bool { return (a.Out-1)*a.Stride+a.Span() > a.In+a.Before+a.After }
	return over(g.H) || over(g.W)
}

// withBias appends the layer's bias to the inputs of an operator, if it has one.
func (l *layer) withBias(inputs ...string) []string {
	if bias := l.weight("bias"); bias != "" {
		return append(inputs, bias)
	}
	return inputs
}

func (l *layer) conv(o op.Windowed, groups int64) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	attributes := append(windowAttributes(g, true), integer("group", groups))
	l.emit("Conv", "", l.withBias(l.input(0), l.weight("weight")), attributes...)
	return nil
}

func (l *layer) convTranspose(o *op.UpConv) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	extra := func(a op.Axis, in, out int64) int64 {
		return out - (a.Stride*(in-1) + a.Span() - a.Before - a.After)
	}
	attributes := []onnx.Attribute{
		list("kernel_shape", g.H.Size, g.W.Size), list("strides", g.H.Stride, g.W.Stride),
		list("pads", g.H.Before, g.W.Before, g.H.After, g.W.After), list("dilations", g.H.Dilation, g.W.Dilation),
		list("output_padding", extra(g.H, l.in[0].H, l.out.H), extra(g.W, l.in[0].W, l.out.W)),
		integer("group", o.Groups()),
	}
	l.emit("ConvTranspose", "", l.withBias(l.input(0), l.weight("weight")), attributes...)
	return nil
}

func (l *layer) pool(operator string, o op.Windowed, hasDilation bool, more ...onnx.Attribute) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	l.emit(operator, "", []string{l.input(0)}, append(windowAttributes(g, hasDilation), more...)...)
	return nil
}

func (l *layer) avgPool(o *op.AvgPool) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	isPadded := g.W.Before+g.W.After+g.H.Before+g.H.After > 0
	if isPadded && !o.ExcludePad && isRoundedUp(g) {
		return fmt.Errorf("an average that counts its padding and rounds up is not in opset %d; write floor or excludepad",
			exportOpset)
	}
	counts := int64(0)
	if isPadded && !o.ExcludePad {
		counts = 1
	}
	return l.pool("AveragePool", o, false, integer("count_include_pad", counts))
}

// adaptAvg is a product with a matrix of averages for each axis, unless all windows are equal.
func (l *layer) adaptAvg() error {
	in, out := l.in[0], l.out
	if l.adaptEven("AveragePool") {
		return nil
	}
	if max(in.W*out.W, in.H*out.H) > maxAverages {
		return fmt.Errorf("its windows differ, and %s to %s is too large for matrices", in, out)
	}
	rows := l.emit("MatMul", "/width", []string{l.input(0), l.matrix("/width.matrix", in.W, out.W, false)})
	l.emit("MatMul", "", []string{l.matrix("/height.matrix", in.H, out.H, true), rows})
	return nil
}

// gap is a mean of its own where PyTorch's code has one.
func (l *layer) gap(o *op.GlobalAvgPool) error {
	if o.IsMean() {
		l.emit("ReduceMean", "", []string{l.input(0)}, list("axes", 2, 3), integer("keepdims", 1))
		return nil
	}
	l.emit("GlobalAveragePool", "", []string{l.input(0)})
	return nil
}

// adaptEven writes an adaptive pool as one with a window, if all windows are equal, and reports whether they are.
func (l *layer) adaptEven(operator string) bool {
	in, out := l.in[0], l.out
	if in.W%out.W != 0 || in.H%out.H != 0 {
		return false
	}
	w, h := in.W/out.W, in.H/out.H
	l.emit(operator, "", []string{l.input(0)}, list("kernel_shape", h, w), list("strides", h, w))
	return true
}

// matrix adds averages as an initializer.
func (l *layer) matrix(suffix string, in, out int64, transposed bool) string {
	dims := []int64{in, out}
	if transposed {
		dims = []int64{out, in}
	}
	return l.floats(suffix, dims, averages(in, out, transposed)...)
}

// averages returns the matrix [in, out] that takes the mean of each adaptive window along an axis, or its transpose.
func averages(in, out int64, transposed bool) []float32 {
	if in > maxAverages || out > maxAverages || in*out > maxAverages {
		return nil
	}
	values := make([]float32, in*out)
	for o := range out {
		first, last := o*in/out, ((o+1)*in+out-1)/out
		for i := first; i < last; i++ {
			at := i*out + o
			if transposed {
				at = o*in + i
			}
			values[at] = 1 / float32(last-first)
		}
	}
	return values
}
