package onnxnet

import (
	"errors"
	"fmt"
	"strings"
)

// split returns the binding with one dimension of the weight taken apart.
func (b *Binding) split(axis int, into ...int64) *Binding {
	c := *b
	order := b.Order
	if order == nil {
		for i := range b.Dims {
			order = append(order, i)
		}
	}
	at := order[axis] // in the tensor
	c.Dims = append(append(append([]int64{}, b.Dims[:at]...), into...), b.Dims[at+1:]...)
	c.Order = nil
	for _, d := range order {
		switch {
		case d < at:
			c.Order = append(c.Order, d)
		case d == at:
			for k := range into {
				c.Order = append(c.Order, at+k)
			}
		default:
			c.Order = append(c.Order, d+len(into)-1)
		}
	}
	return &c
}

// gemm is an FC: alpha*A*B + beta*C with constant B and C.
func (l *lowering) gemm(n *node) error {
	b := n.in[1].tensor
	if b == nil {
		return fmt.Errorf("it multiplies two computed tensors, %s and %s", sizes(n.in[0].dims), sizes(n.in[1].dims))
	}
	if n.int("transA", 0) != 0 {
		return errors.New("it transposes its input")
	}
	if n.int("transB", 0) == 0 {
		b = b.transposed([]int{1, 0})
	}
	w, s := bound{}, settings{}
	if v := n.input(2); v != nil {
		bias, err := gemmBias(v, b.shape()[0])
		if err != nil {
			return err
		}
		w["bias"] = bias.scaled(n.float("beta", 1))
	} else {
		s.flag("nobias")
	}
	return l.dense(n, b.scaled(n.float("alpha", 1)), s, w)
}

// gemmBias returns the bias of a Gemm, which may be one number for all units.
func gemmBias(v *value, units int64) (*Binding, error) {
	if v.tensor == nil && len(v.numbers) != 1 {
		return nil, notStored("bias is", v)
	}
	if len(v.numbers) == 1 && units != 1 {
		return filled(float32(v.numbers[0]), units), nil
	}
	if total, err := product(v.dims); err != nil || total != units {
		return nil, fmt.Errorf("its bias is %s for %d units", sizes(v.dims), units)
	}
	return v.tensor, nil
}

// scaled returns the binding with its values multiplied.
func (b *Binding) scaled(factor float64) *Binding {
	if factor == 1 {
		return b
	}
	c := *b
	if c.Tensor == nil {
		c.Fill *= float32(factor)
		return &c
	}
	if c.Scale == 0 {
		c.Scale = 1
	}
	c.Scale *= float32(factor)
	return &c
}

// dense adds an FC with weights [units, inputs] on a flat value. The columns follow the order of the flattened axes.
func (l *lowering) dense(n *node, weight *Binding, s settings, w bound) error {
	from := n.in[0]
	order := from.layout.flat()
	if order == "" {
		return fmt.Errorf("its input's dimensions are %s, which are not flat", strings.Join(from.layout, ", "))
	}
	shape := l.shapes[from.layer]
	if strings.Trim(order, "N") != order {
		return errors.New("its input mixes the pictures of a batch")
	}
	if order == "HWC" && shape.D > 1 && shape.H*shape.W > 1 {
		weight = weight.split(1, shape.H, shape.W, shape.D).transposed([]int{0, 3, 1, 2})
	} else if !inChannelOrder(order, shape.W, shape.H, shape.D) {
		return fmt.Errorf("its input is flattened in the order %s", order)
	}
	w["weight"] = weight
	s.ints("units", weight.shape()[0])
	at, err := l.layer(n, "FC", s, w, from)
	if err != nil {
		return err
	}
	return l.place(n, at, layout{"N", "CHW"})
}

// inChannelOrder reports whether flattened axes are in PyTorch's order, channels, height, width, as far as they are
// larger than 1.
func inChannelOrder(order string, w, h, d int64) bool {
	kept := ""
	for _, axis := range order {
		if axis == 'C' && d > 1 || axis == 'H' && h > 1 || axis == 'W' && w > 1 {
			kept += string(axis)
		}
	}
	return strings.Contains("CHW", kept) || kept == "CW"
}

// multipliesComputed is the error for a product whose second operand is no weight.
func (n *node) multipliesComputed() error {
	what := ""
	if len(n.in[0].dims) > 2 {
		what = ": attention, which cnncalc has no layer for"
	}
	return fmt.Errorf("it multiplies two computed tensors, %s and %s%s", sizes(n.in[0].dims), sizes(n.in[1].dims), what)
}

// matMul is an FC on a flat value, and a CONV1 where the last dimension is the channels.
func (l *lowering) matMul(n *node) error {
	a, b := n.in[0], n.in[1]
	if b.tensor == nil || a.isConstant() {
		return n.multipliesComputed()
	}
	if len(b.dims) != 2 {
		return fmt.Errorf("it multiplies with a tensor of %d dimensions", len(b.dims))
	}
	weight := b.tensor.transposed([]int{1, 0})
	w, s := bound{}, settings{}
	if n.fused.bias != nil {
		w["bias"] = n.fused.bias.tensor
	} else {
		s.flag("nobias")
	}
	if a.layout.flat() != "" {
		return l.dense(n, weight, s, w)
	}
	if len(a.layout) == 0 || a.layout[len(a.layout)-1] != "C" {
		return fmt.Errorf("it multiplies along the last dimension of %s; FC and CONV1 multiply along the channels",
			a.layout.words())
	}
	w["weight"] = weight
	s.ints("size", 1).ints("filters", weight.shape()[0])
	at, err := l.layer(n, "CONV", s, w, a)
	if err != nil {
		return err
	}
	return l.place(n, at, a.layout)
}
