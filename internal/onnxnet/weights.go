package onnxnet

import (
	"fmt"
	"slices"

	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// Binding says where the values of a weight come from: a tensor of the model whose dimensions are put in another
// order, or whose values are repeated, or one number for all values.
type Binding struct {
	Tensor *onnx.Tensor
	Values []float32 // computed values, if there is no tensor
	Fill   float32   // all values are Fill if there is neither
	// Dims is the shape of the tensor as read, whose number of values is the tensor's own. Order lists which of these
	// dimensions comes first, second and so on in the weight; nil if they stay in order.
	Dims  []int64
	Order []int
	Scale float32 // what the values are multiplied by; 0 for 1
	Times int     // how often each value is in the weight, one after the other; 0 for once
	// IsCopy reports whether the weight is only equal to another of the model: PyTorch's exporter stores equal tensors
	// once, and reads the others through an Identity.
	IsCopy bool
}

// stored returns the binding of a tensor as it is.
func stored(t *onnx.Tensor) *Binding {
	return &Binding{Tensor: t, Dims: append([]int64{}, t.Dims...)} // not nil for a single number
}

// computed returns the binding of numbers.
func computed(numbers []float64, dims []int64) *Binding {
	b := &Binding{Values: make([]float32, len(numbers)), Dims: dims}
	for i, v := range numbers {
		b.Values[i] = float32(v)
	}
	return b
}

// filled returns the binding of equal values.
func filled(value float32, dims ...int64) *Binding { return &Binding{Fill: value, Dims: dims} }

// shape returns the shape of the weight.
func (b *Binding) shape() []int64 {
	switch {
	case b.Times > 0:
		return []int64{b.Dims[0] * int64(b.Times)}
	case b.Order == nil:
		return b.Dims
	}
	shape := make([]int64, len(b.Order))
	for i, d := range b.Order {
		shape[i] = b.Dims[d]
	}
	return shape
}

// copied returns the binding for another weight of the same values.
func (b *Binding) copied() *Binding {
	c := *b
	c.IsCopy = true
	return &c
}

// transposed returns the binding with its dimensions in another order.
func (b *Binding) transposed(order []int) *Binding {
	c := *b
	c.Order = make([]int, len(order))
	for i, d := range order {
		c.Order[i] = d
		if b.Order != nil {
			c.Order[i] = b.Order[d]
		}
	}
	if slices.IsSorted(c.Order) {
		c.Order = nil
	}
	return &c
}

// reshaped returns the binding with another shape of as many values, or false if its dimensions are out of order.
func (b *Binding) reshaped(dims ...int64) (*Binding, bool) {
	if b.Order != nil {
		return nil, false
	}
	c := *b
	c.Dims = dims
	return &c, true
}

// repeated returns the binding of one dimension with each value so many times.
func (b *Binding) repeated(times int64) *Binding {
	c := *b
	c.Times = int(times)
	return &c
}

// isPlain reports whether the values are those of the tensor, in its order.
func (b *Binding) isPlain() bool {
	return b.Tensor != nil && b.Order == nil && (b.Scale == 0 || b.Scale == 1) && b.Times == 0
}

// fill writes the weight's values, in C order.
func (b *Binding) fill(file *onnx.File, dst []float32) error {
	read := dst
	if b.Order != nil || b.Times > 0 {
		read = make([]float32, len(dst)/max(b.Times, 1))
	}
	switch {
	case b.Tensor != nil:
		if err := file.Floats(read, b.Tensor); err != nil {
			return fmt.Errorf("the tensor %s: %w", plain.Quote(b.Tensor.Name), err)
		}
	case b.Values != nil:
		copy(read, b.Values)
	default:
		for i := range read {
			read[i] = b.Fill
		}
	}
	if b.Order != nil {
		permute(dst, read, b.Dims, b.Order)
	}
	if b.Times > 0 {
		for i := range dst {
			dst[i] = read[i/b.Times]
		}
	}
	if b.Scale != 0 {
		for i := range dst {
			dst[i] *= b.Scale
		}
	}
	return nil
}

// permute writes src, of shape dims, to dst with its dimensions in another order.
func permute(dst, src []float32, dims []int64, order []int) {
	strides := make([]int, len(dims)) // of src, in the order of dst
	step := 1
	for d := len(dims) - 1; d >= 0; d-- {
		strides[slices.Index(order, d)] = step
		step *= int(dims[d])
	}
	at, from := make([]int, len(order)), 0
	for i := range dst {
		dst[i] = src[from]
		for k := len(order) - 1; k >= 0; k-- {
			at[k]++
			from += strides[k]
			if at[k] < int(dims[order[k]]) {
				break
			}
			from -= strides[k] * at[k]
			at[k] = 0
		}
	}
}
