package onnxnet

import (
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/plain"
)

// maxNumbers bounds the values of a constant that is computed here. The sizes that exporters compute have a few;
// larger constants are weights, which are only bound.
const maxNumbers = 4096

// read reads the numbers of a small stored constant.
func (m *model) read(v *value) error {
	if v.tensor == nil || v.tensor.Tensor == nil || v.numbers != nil || v.tensor.Order != nil {
		return nil
	}
	t := v.tensor.Tensor
	count, err := t.Count()
	if err != nil {
		return err
	}
	if count > maxNumbers || t.IsExternal() {
		return nil
	}
	numbers := make([]float64, count)
	if t.Type.IsFloat() {
		floats := make([]float32, count)
		if err := m.file.Floats(floats, t); err != nil {
			return err
		}
		for i, f := range floats {
			numbers[i] = shortest(f)
		}
	} else {
		ints, err := m.file.Ints(t, maxNumbers)
		if err != nil {
			return err
		}
		for i, n := range ints {
			numbers[i] = float64(n)
		}
	}
	v.numbers = numbers
	return nil
}

// maxSizes bounds the values of a stored list of sizes or axes, and maxFactors those of a list of factors.
const (
	maxSizes   = 64
	maxFactors = 8
)

// readSizes reads the numbers of a stored constant that may say how a node works, rather than be a weight.
func (m *model) readSizes(v *value) error {
	if v == nil || v.tensor == nil {
		return nil
	}
	most := int64(maxSizes)
	if v.tensor.Tensor != nil && v.tensor.Tensor.Type.IsFloat() {
		most = maxFactors
	}
	if count, err := product(v.dims); err != nil || count > most {
		return err
	}
	return m.read(v)
}

// number returns the only number of a constant, or false.
func (m *model) number(v *value) (float64, bool) {
	if v == nil || !v.isConstant() {
		return 0, false
	}
	if v.numbers == nil && m.read(v) != nil {
		return 0, false
	}
	if len(v.numbers) != 1 {
		return 0, false
	}
	return v.numbers[0], true
}

// fold computes a node whose result does not depend on the network's input, and reports whether it did.
func (m *model) fold(n *node) (bool, error) {
	if n.Domain != "" || len(n.out) == 0 || n.out[0] == nil {
		return false, nil
	}
	out := n.out[0]
	switch n.op {
	case "Constant":
		err := m.foldConstant(n, out)
		if err == nil && out.tensor == nil {
			out.tensor = computed(out.numbers, out.dims)
		}
		return true, err
	case "Shape":
		return foldShape(n, out), nil
	case "Size":
		if dims := n.in[0].dims; dims != nil {
			total, err := product(dims)
			out.dims, out.numbers = []int64{}, []float64{float64(total)}
			return true, err
		}
		return false, nil
	}
	for _, v := range n.in {
		if v != nil && !v.isConstant() {
			return false, nil
		}
	}
	if n.input(0) == nil {
		return false, nil
	}
	if done := rebind(m, n, out); done {
		return true, nil
	}
	for _, v := range n.in {
		if v == nil || v.numbers != nil {
			continue
		}
		if v.tensor == nil || v.tensor.Tensor == nil {
			return false, nil
		}
		if err := m.read(v); err != nil {
			return false, fmt.Errorf("the constant %s: %w", plain.Quote(v.name), err)
		}
		if v.numbers == nil {
			return false, nil
		}
	}
	done, err := foldNumbers(m, n, out)
	if done && out.tensor == nil {
		out.tensor = computed(out.numbers, out.dims)
	}
	return done, err
}

func (m *model) foldConstant(n *node, out *value) error {
	for i := range n.Attributes {
		a := &n.Attributes[i]
		switch a.Name {
		case "value":
			if a.Tensor == nil {
				continue
			}
			if err := checkTensor(a.Tensor); err != nil {
				return err
			}
			out.tensor = stored(a.Tensor)
			out.dims = out.tensor.Dims
			return m.read(out)
		case "value_float":
			out.dims, out.numbers = []int64{}, []float64{shortest(a.Float)}
			return nil
		case "value_int":
			out.dims, out.numbers = []int64{}, []float64{float64(a.Int)}
			return nil
		case "value_ints":
			out.dims, out.numbers = []int64{int64(len(a.Ints))}, floatsOf(a.Ints)
			return nil
		case "value_floats":
			out.dims = []int64{int64(len(a.Floats))}
			out.numbers = make([]float64, 0, len(a.Floats))
			for _, f := range a.Floats {
				out.numbers = append(out.numbers, shortest(f))
			}
			return nil
		}
	}
	return fmt.Errorf("the constant has no value that can be read")
}

func floatsOf(ints []int64) []float64 {
	numbers := make([]float64, len(ints))
	for i, v := range ints {
		numbers[i] = float64(v)
	}
	return numbers
}

func foldShape(n *node, out *value) bool {
	dims := n.in[0].dims
	if dims == nil {
		return false
	}
	rank := int64(len(dims))
	start, end := within(n.int("start", 0), rank, 0, rank), within(n.int("end", rank), rank, 0, rank)
	dims = dims[start:max(start, end)]
	out.dims, out.numbers = []int64{int64(len(dims))}, floatsOf(dims)
	return true
}

// rebind binds the result of a node that only moves the values of one stored tensor.
func rebind(m *model, n *node, out *value) bool {
	t := n.in[0].tensor
	if t == nil {
		return false
	}
	switch n.op {
	case "QuantizeLinear", "DequantizeLinear": // in models that cannot be run
		out.tensor, out.dims = t, n.in[0].dims
		return true
	case "Identity":
		out.tensor, out.dims, out.numbers = t.copied(), n.in[0].dims, n.in[0].numbers
		return true
	case "Transpose":
		order, err := orderOf(n)
		if err != nil {
			return false
		}
		out.tensor = t.transposed(order)
		out.dims = out.tensor.shape()
		if n.in[0].numbers != nil {
			out.numbers = transposed(n.in[0], order, out.dims)
		}
		return true
	case "Reshape", "Squeeze", "Unsqueeze", "Flatten":
		for _, v := range n.in[1:] {
			if v != nil && v.numbers == nil && m.read(v) != nil {
				return false
			}
		}
		dims, err := operators[n.op].shape(m, n)
		if err != nil || dims == nil {
			return false
		}
		shaped, ok := t.reshaped(dims...)
		if !ok {
			return false
		}
		out.tensor, out.dims, out.numbers = shaped, dims, n.in[0].numbers
		return true
	}
	return false
}

// foldNumbers computes a node of small constants.
func foldNumbers(m *model, n *node, out *value) (bool, error) {
	switch n.op {
	case "Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten":
		return foldSame(m, n, out)
	case "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Equal", "Less", "Greater", "And", "Or":
		return foldBinary(n, out)
	case "Neg", "Abs", "Floor", "Ceil", "Sqrt", "Not", "Exp", "Log", "Reciprocal", "Round":
		out.dims, out.numbers = n.in[0].dims, make([]float64, len(n.in[0].numbers))
		for i, v := range n.in[0].numbers {
			out.numbers[i] = unary(n.op, v)
		}
		return true, nil
	case "Gather":
		return foldGather(n, out)
	case "Concat":
		return foldConcat(n, out)
	case "Slice":
		return foldSlice(n, out)
	case "ConstantOfShape":
		return m.foldFilled(n, out)
	case "Range":
		return foldRange(n, out)
	case "Where":
		return foldWhere(n, out)
	case "Expand":
		return foldExpand(n, out)
	}
	return false, nil
}

// foldSame keeps the numbers, in another shape or type.
func foldSame(m *model, n *node, out *value) (bool, error) {
	numbers := n.in[0].numbers
	rule := operators[n.op].shape
	dims, err := rule(m, n)
	if err != nil {
		return false, err
	}
	if n.op == "Cast" && !n.castTo().IsFloat() {
		numbers = slices.Clone(numbers)
		for i, v := range numbers {
			numbers[i] = math.Trunc(v)
		}
	}
	out.dims, out.numbers = dims, numbers
	return dims != nil, nil
}

func foldBinary(n *node, out *value) (bool, error) {
	if len(n.in) != 2 {
		return false, nil
	}
	a, b := n.in[0], n.in[1]
	dims, err := broadcast(a.dims, b.dims)
	if err != nil {
		return false, err
	}
	total, err := product(dims)
	if err != nil || total > maxNumbers {
		return false, err
	}
	isInteger := allWhole(a.numbers) && allWhole(b.numbers)
	op := n.op
	if op == "Mod" && n.int("fmod", 0) != 0 {
		op = "fmod"
	}
	numbers := make([]float64, total)
	for i := range numbers {
		x, y := pick(a, dims, i), pick(b, dims, i)
		v, ok := binary(op, x, y, isInteger)
		if !ok {
			return false, fmt.Errorf("%s of %g and %g has no result", n.op, x, y)
		}
		numbers[i] = v
	}
	out.dims, out.numbers = dims, numbers
	return true, nil
}

func allWhole(numbers []float64) bool {
	return !slices.ContainsFunc(numbers, func(v float64) bool { return v != math.Trunc(v) })
}

// pick returns the number of v at place i of a shape that v is broadcast to.
func pick(v *value, dims []int64, i int) float64 {
	at, step := 0, 1
	for d := len(dims) - 1; d >= 0; d-- {
		k := d - (len(dims) - len(v.dims))
		index := i % int(dims[d])
		i /= int(dims[d])
		if k < 0 {
			continue
		}
		if v.dims[k] != 1 {
			at += index * step
		}
		step *= int(v.dims[k])
	}
	return v.numbers[at]
}

// binary computes one operation, which has no result for a division of whole numbers by zero.
func binary(op string, x, y float64, isInteger bool) (float64, bool) {
	switch op {
	case "Add":
		return x + y, true
	case "Sub":
		return x - y, true
	case "Mul":
		return x * y, true
	case "Div":
		if !isInteger {
			return x / y, true
		}
		return math.Trunc(x / y), y != 0
	case "Mod":
		return x - y*math.Floor(x/y), y != 0
	case "fmod":
		return math.Mod(x, y), y != 0
	case "Pow":
		return math.Pow(x, y), true
	case "Max":
		return max(x, y), true
	case "Min":
		return min(x, y), true
	case "Equal":
		return truth(x == y), true
	case "Less":
		return truth(x < y), true
	case "Greater":
		return truth(x > y), true
	case "And":
		return truth(x != 0 && y != 0), true
	case "Or":
		return truth(x != 0 || y != 0), true
	}
	return 0, false
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unary(op string, v float64) float64 {
	switch op {
	case "Neg":
		return -v
	case "Abs":
		return math.Abs(v)
	case "Floor":
		return math.Floor(v)
	case "Ceil":
		return math.Ceil(v)
	case "Sqrt":
		return math.Sqrt(v)
	case "Not":
		return truth(v == 0)
	case "Exp":
		return math.Exp(v)
	case "Log":
		return math.Log(v)
	case "Reciprocal":
		return 1 / v
	}
	return math.RoundToEven(v)
}

// foldGather picks numbers of a list by their indices.
func foldGather(n *node, out *value) (bool, error) {
	if len(n.in) != 2 || len(n.in[0].dims) != 1 {
		return false, nil
	}
	from, at := n.in[0].numbers, whole(n.in[1].numbers)
	numbers := make([]float64, len(at))
	for i, k := range at {
		if k < 0 {
			k += int64(len(from))
		}
		if k < 0 || k >= int64(len(from)) {
			return false, fmt.Errorf("index %d does not exist in %d values", at[i], len(from))
		}
		numbers[i] = from[k]
	}
	out.dims, out.numbers = n.in[1].dims, numbers
	return true, nil
}

func foldConcat(n *node, out *value) (bool, error) {
	numbers := []float64{}
	for _, v := range n.in {
		if v == nil || len(v.dims) != 1 || len(numbers)+len(v.numbers) > maxNumbers {
			return false, nil
		}
		numbers = append(numbers, v.numbers...)
	}
	out.dims, out.numbers = []int64{int64(len(numbers))}, numbers
	return true, nil
}

// foldSlice takes part of a constant, backwards where a step is negative.
func foldSlice(n *node, out *value) (bool, error) {
	r, err := slicesOf(n)
	if err != nil {
		return false, nil
	}
	in := n.in[0]
	from, step := make([]int64, len(in.dims)), make([]int64, len(in.dims))
	dims := slices.Clone(in.dims)
	for i := range step {
		step[i] = 1
	}
	for i, axis := range r.axes {
		from[axis], step[axis] = r.starts[i], r.step[i]
		dims[axis] = r.count(i)
	}
	out.dims, out.numbers = dims, gather(in, dims, func(at []int64) {
		for i := range at {
			at[i] = from[i] + at[i]*step[i]
		}
	})
	return true, nil
}

// transposed returns the numbers of v with its dimensions in another order.
func transposed(v *value, order []int, dims []int64) []float64 {
	return gather(v, dims, func(at []int64) {
		was := slices.Clone(at)
		for i, d := range order {
			at[d] = was[i]
		}
	})
}

// gather makes numbers of a shape from those of v. from turns a place in the result into the place in v.
func gather(v *value, dims []int64, from func(at []int64)) []float64 {
	total, _ := product(dims) // of at most as many values as v has
	numbers := make([]float64, total)
	at := make([]int64, len(dims))
	for i := range numbers {
		rest := int64(i)
		for d := len(dims) - 1; d >= 0; d-- {
			at[d], rest = rest%dims[d], rest/dims[d]
		}
		from(at)
		place := int64(0)
		for d, size := range v.dims {
			place = place*size + at[d]
		}
		numbers[i] = v.numbers[place]
	}
	return numbers
}

// foldFilled is ConstantOfShape. A large constant is bound, not made.
func (m *model) foldFilled(n *node, out *value) (bool, error) {
	dims := whole(n.in[0].numbers)
	total, err := product(dims)
	if err != nil {
		return false, err
	}
	fill := 0.0
	if a := n.Attribute("value"); a != nil && a.Tensor != nil {
		v := &value{tensor: stored(a.Tensor)}
		if err := m.read(v); err != nil || len(v.numbers) != 1 {
			return false, err
		}
		fill = v.numbers[0]
	}
	out.dims = dims
	out.tensor = filled(float32(fill), dims...)
	if total <= maxNumbers {
		out.numbers = slices.Repeat([]float64{fill}, int(total))
	}
	return true, nil
}

func foldRange(n *node, out *value) (bool, error) {
	if len(n.in) != 3 || len(n.in[0].numbers) != 1 || len(n.in[1].numbers) != 1 || len(n.in[2].numbers) != 1 {
		return false, nil
	}
	start, limit, delta := n.in[0].numbers[0], n.in[1].numbers[0], n.in[2].numbers[0]
	count := math.Ceil((limit - start) / delta)
	if !(count >= 0 && count <= maxNumbers) {
		return false, nil
	}
	out.numbers = make([]float64, int(count))
	for i := range out.numbers {
		out.numbers[i] = start + float64(i)*delta
	}
	out.dims = []int64{int64(count)}
	return true, nil
}

func foldWhere(n *node, out *value) (bool, error) {
	if len(n.in) != 3 {
		return false, nil
	}
	var dims []int64
	for _, v := range n.in {
		var err error
		if dims, err = broadcast(dims, v.dims); err != nil {
			return false, err
		}
	}
	total, err := product(dims)
	if err != nil || total > maxNumbers {
		return false, err
	}
	out.numbers = make([]float64, total)
	for i := range out.numbers {
		chosen := n.in[2]
		if pick(n.in[0], dims, i) != 0 {
			chosen = n.in[1]
		}
		out.numbers[i] = pick(chosen, dims, i)
	}
	out.dims = dims
	return true, nil
}

func foldExpand(n *node, out *value) (bool, error) {
	if len(n.in) != 2 {
		return false, nil
	}
	dims, err := broadcast(n.in[0].dims, whole(n.in[1].numbers))
	if err != nil {
		return false, err
	}
	total, err := product(dims)
	if err != nil || total > maxNumbers {
		return false, err
	}
	out.numbers = make([]float64, total)
	for i := range out.numbers {
		out.numbers[i] = pick(n.in[0], dims, i)
	}
	out.dims = dims
	return true, nil
}
