package onnxnet

import (
	"math"
	"slices"
)

// fused is what fuse.go found out about a node that stands for several.
type fused struct {
	bias, scale *value // constants that are added, or multiplied first; nil if there are none
	axes        []int  // that a normalisation goes over
	eps         float64
	count       int64 // groups of a shuffle, or the side of a pixel shuffle's block
	pads        []int64
	ranges      *ranges // of several Slices
}

// fuse makes one node of what exporters took apart. Each rule looks at the last node of its group and rewrites it to
// read what the first one read; the nodes between are dropped if nothing else reads them.
func (m *model) fuse() {
	rules := []func(n *node) bool{
		m.fuseNothing, m.fusePad, m.fuseBias, m.fuseGate, m.fuseNormalize, m.fuseAffine, m.fuseShuffle,
		m.fuseGroups, m.fuseSlices, m.fuseAverages,
	}
	for _, n := range m.nodes {
		for _, rule := range rules {
			if rule(n) {
				break
			}
		}
	}
	m.dropUnused()
}

// inner returns the node that makes v if v is read once, and not an output, so that the node may be fused.
func inner(v *value) *node {
	if v == nil || v.producer == nil || v.isOutput || v.uses != 1 {
		return nil
	}
	return v.producer
}

// become turns n into another operator with other inputs.
func (n *node) become(op string, in ...*value) bool {
	for _, v := range n.in {
		if v != nil {
			v.uses--
		}
	}
	n.op, n.in = op, in
	for at, v := range in {
		if v != nil {
			v.readBy(n, at)
		}
	}
	return true
}

// absorb lets n make the output of its only reader, last, which disappears.
func (m *model) absorb(n, last *node) bool {
	out := last.out[0]
	out.producer = n
	n.out = slices.Clone(n.out)
	n.out[0] = out
	last.become("", nil)
	last.out = nil
	return true
}

// fuseNothing removes nodes that change nothing: Identity, Dropout in evaluation, a Cast between floats, a Pad of
// zeros, an average of single values, a Concat or a Sum of one.
func (m *model) fuseNothing(n *node) bool {
	if len(n.in) == 0 || n.in[0] == nil || n.Domain != "" || len(n.out) == 0 {
		return false
	}
	switch n.op {
	case "Identity", "QuantizeLinear", "DequantizeLinear":
	case "Cast":
		if !n.castTo().IsFloat() {
			return false
		}
	case "AveragePool":
		if !isSingle(n) {
			return false
		}
	case "ReduceMean", "ReduceMax", "ReduceSum":
		if axes, err := reduceAxes(n); err != nil || len(axes) > 0 {
			return false
		}
	case "Clip":
		if low, high, ok := m.clipLimits(n); !ok || !math.IsInf(low, -1) || !math.IsInf(high, 1) {
			return false
		}
	case "Concat", "Sum", "Max", "Min", "Mean":
		if len(n.in) != 1 {
			return false
		}
	case "Pad":
		pads, err := padsOf(n)
		if err != nil || slices.ContainsFunc(pads, func(p int64) bool { return p != 0 }) {
			return false
		}
	case "Reshape", "Expand":
		if n.out[0].dims == nil || !slices.Equal(n.out[0].dims, n.in[0].dims) {
			return false
		}
	default:
		return false
	}
	return m.bypass(n)
}

// isSingle reports whether the window of a pool is a single value, everywhere.
func isSingle(n *node) bool {
	var space [2]axis
	w, err := windowOf(space[:0], n, n.ints("kernel_shape", nil))
	return err == nil && !slices.ContainsFunc(w, func(a axis) bool {
		return a.size != 1 || a.stride != 1 || a.before+a.after != 0
	})
}

// bypass lets the readers of a node read its input instead.
func (m *model) bypass(n *node) bool {
	in, out := n.in[0], n.out[0]
	if out.isOutput && (in.producer == nil || in.isOutput) {
		return false
	}
	if out.isOutput {
		// The input's producer makes the output, under the output's name.
		in.isOutput = true
		m.outputs[slices.Index(m.outputs, out)] = in
	}
	for _, r := range out.readers {
		if r.at < len(r.in) && r.in[r.at] == out {
			r.in[r.at] = in
			in.readBy(r.node, r.at)
		}
	}
	out.readers, out.uses = nil, 0
	n.become("", nil)
	n.out = nil
	return true
}

// fusePad gives the zeros of a Pad to the convolution or the average that reads them.
func (m *model) fusePad(n *node) bool {
	if n.op != "Conv" && n.op != "AveragePool" || n.fused.pads != nil {
		return false
	}
	pad := inner(n.in[0])
	if pad == nil || pad.op != "Pad" || pad.text("mode", "constant") != "constant" || !m.padsWithZero(pad) {
		return false
	}
	pads, err := padsOf(pad)
	rank := len(pad.in[0].dims)
	if err != nil || rank < 3 || slices.Min(pads) < 0 || pads[0]+pads[1]+pads[rank]+pads[rank+1] != 0 {
		return false
	}
	own := n.ints("pads", nil)
	isPadded := slices.ContainsFunc(own, func(p int64) bool { return p != 0 })
	if mode := n.text("auto_pad", "NOTSET"); mode != "NOTSET" && mode != "VALID" && mode != "" {
		return false
	}
	if n.op == "AveragePool" && (isPadded || n.int("ceil_mode", 0) != 0) {
		return false // whose own padding may not count
	}
	n.fused.pads = make([]int64, 2*(rank-2))
	for i := range rank - 2 {
		n.fused.pads[i], n.fused.pads[rank-2+i] = pads[2+i], pads[rank+2+i]
		if isPadded {
			n.fused.pads[i] += own[i]
			n.fused.pads[rank-2+i] += own[rank-2+i]
		}
	}
	return n.become(n.op, append([]*value{pad.in[0]}, n.in[1:]...)...) && false // other rules still apply
}

func (m *model) padsWithZero(pad *node) bool {
	if v := pad.input(2); v != nil {
		zero, ok := m.number(v)
		return ok && zero == 0
	}
	return pad.float("value", 0) == 0
}

// constantOperand returns the operand of a binary node that is computed and the one that is constant.
func constantOperand(n *node) (computed, constant *value) {
	if len(n.in) != 2 || n.in[0] == nil || n.in[1] == nil {
		return nil, nil
	}
	switch a, b := n.in[0], n.in[1]; {
	case b.isConstant() && !a.isConstant():
		return a, b
	case a.isConstant() && !b.isConstant():
		return b, a
	}
	return nil, nil
}

// perChannel returns a constant as one number for each channel of v, or nil if it is anything else. channel is the
// dimension of v that has the channels.
func perChannel(constant, v *value, channel int) *Binding {
	if constant.tensor == nil || v.dims == nil {
		return nil
	}
	offset := len(v.dims) - len(constant.dims)
	if offset < 0 {
		return nil
	}
	for i, d := range constant.dims {
		if d != 1 && offset+i != channel || offset+i == channel && d != v.dims[channel] {
			return nil
		}
	}
	if channel < offset {
		return nil
	}
	shaped, ok := constant.tensor.reshaped(v.dims[channel])
	if !ok {
		return nil
	}
	return shaped
}

// fuseBias makes an Add of a constant the bias of the Conv, ConvTranspose or MatMul before it.
func (m *model) fuseBias(n *node) bool {
	if n.op != "Add" {
		return false
	}
	v, constant := constantOperand(n)
	before := inner(v)
	if before == nil || before.fused.bias != nil {
		return false
	}
	channel := 1
	switch before.op {
	case "Conv", "ConvTranspose":
		if before.input(2) != nil {
			return false
		}
	case "MatMul":
		channel = len(v.dims) - 1
	default:
		return false
	}
	bias := perChannel(constant, v, channel)
	if bias == nil {
		return false
	}
	before.fused.bias = &value{name: constant.name, dims: bias.Dims, tensor: bias}
	return m.absorb(before, n)
}

// factors takes a product apart: the values that are multiplied, and the product of the numbers.
func (m *model) factors(n *node) (values []*value, scale float64) {
	scale = 1
	var visit func(n *node, depth int)
	operand := func(v *value, depth int) {
		if number, ok := m.number(v); ok {
			scale *= number
			return
		}
		if before := inner(v); before != nil && depth < 4 && (before.op == "Mul" || m.dividesByNumber(before)) {
			visit(before, depth+1)
			return
		}
		values = append(values, v)
	}
	visit = func(n *node, depth int) {
		if n.op == "Mul" {
			operand(n.in[0], depth)
			operand(n.in[1], depth)
			return
		}
		operand(n.in[0], depth)
		divisor, _ := m.number(n.in[1])
		scale /= divisor
	}
	visit(n, 0)
	return values, scale
}

func (m *model) dividesByNumber(n *node) bool {
	if n.op != "Div" || len(n.in) != 2 {
		return false
	}
	divisor, ok := m.number(n.in[1])
	return ok && divisor != 0
}

// near reports whether two numbers are equal as far as float32 and the exporters' roundings go.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-4*math.Abs(b) }

// fuseGate recognises activations that are products: SiLU, hard-swish, Mish and GELU; and hard sigmoid.
func (m *model) fuseGate(n *node) bool {
	if n.op != "Mul" && !m.dividesByNumber(n) || len(n.in) != 2 || n.in[0] == nil || n.in[1] == nil {
		return false
	}
	values, scale := m.factors(n)
	if len(values) == 1 {
		if x := m.clippedSum(values[0]); x != nil && near(scale, 1.0/6) {
			n.fused.count = 0
			return n.become("HardSigmoid6", x)
		}
		return false
	}
	if len(values) != 2 {
		return false
	}
	for i, x := range values {
		gate := inner(values[1-i])
		if gate == nil || x == values[1-i] {
			continue
		}
		if op := m.gated(x, gate, scale); op != "" {
			return n.become(op, x)
		}
	}
	return false
}

// gated returns the activation that is x times a gate times a number, or "".
func (m *model) gated(x *value, gate *node, scale float64) string {
	isOfX := len(gate.in) > 0 && gate.in[0] == x
	switch {
	case gate.op == "Sigmoid" && isOfX && near(scale, 1):
		return "Swish"
	case gate.op == "HardSigmoid" && isOfX && near(scale, 1) && near(gate.float("alpha", 0.2), 1.0/6) &&
		near(gate.float("beta", 0.5), 0.5), gate.op == "HardSigmoid6" && isOfX && near(scale, 1):
		return "HardSwish"
	case gate.op == "Clip" && near(scale, 1.0/6) && m.clippedSum(gate.out[0]) == x:
		return "HardSwish"
	case gate.op == "Tanh" && near(scale, 1):
		if plus := inner(gate.in[0]); plus != nil && plus.op == "Softplus" && plus.in[0] == x {
			return "Mish"
		}
	case gate.op == "Add" && near(scale, 0.5):
		return m.gelu(x, gate)
	}
	return ""
}

// clippedSum returns x if v is Clip(x+3, 0, 6), else nil.
func (m *model) clippedSum(v *value) *value {
	clip := inner(v)
	if clip == nil || clip.op != "Clip" {
		return nil
	}
	low, high, ok := m.clipLimits(clip)
	sum := inner(clip.in[0])
	if !ok || low != 0 || high != 6 || sum == nil || sum.op != "Add" {
		return nil
	}
	return m.plus(sum, 3)
}

// plus returns x if n is the sum of x and a number, else nil.
func (m *model) plus(n *node, number float64) *value {
	x, constant := constantOperand(n)
	if x == nil {
		return nil
	}
	if c, ok := m.number(constant); !ok || !near(c, number) {
		return nil
	}
	return x
}

// gelu reports which GELU x/2 times the sum is: "Gelu" for 1 + erf(x/sqrt(2)), "GeluTanh" for
// 1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)) (Hendrycks and Gimpel, 2016).
func (m *model) gelu(x *value, sum *node) string {
	curve := inner(m.plus(sum, 1))
	if curve == nil {
		return ""
	}
	product := inner(curve.in[0])
	if product == nil || product.op != "Mul" && product.op != "Div" {
		return ""
	}
	values, scale := m.factors(product)
	if len(values) != 1 {
		return ""
	}
	switch {
	case curve.op == "Erf" && values[0] == x && near(scale, 1/math.Sqrt2):
		return "Gelu"
	case curve.op == "Tanh" && near(scale, math.Sqrt(2/math.Pi)) && m.isCubicSum(values[0], x):
		return "GeluTanh"
	}
	return ""
}

// isCubicSum reports whether v is x + 0.044715 x^3.
func (m *model) isCubicSum(v, x *value) bool {
	sum := inner(v)
	if sum == nil || sum.op != "Add" || len(sum.in) != 2 {
		return false
	}
	for i, one := range sum.in {
		cubic := inner(sum.in[1-i])
		if one != x || cubic == nil || cubic.op != "Mul" {
			continue
		}
		values, scale := m.factors(cubic)
		if !near(scale, 0.044715) {
			continue
		}
		if len(values) == 3 && values[0] == x && values[1] == x && values[2] == x {
			return true
		}
		if power := inner(values[0]); len(values) == 1 && power != nil && power.op == "Pow" && power.in[0] == x {
			exponent, ok := m.number(power.in[1])
			return ok && exponent == 3
		}
	}
	return false
}

// clipLimits returns the limits of a Clip, which are attributes below opset 11 and inputs from there on; infinite where
// there is none. It returns false if the network computes one.
func (m *model) clipLimits(n *node) (low, high float64, ok bool) {
	low, high = n.float("min", math.Inf(-1)), n.float("max", math.Inf(1))
	for i, limit := range []*float64{&low, &high} {
		if v := n.input(1 + i); v != nil {
			if *limit, ok = m.number(v); !ok {
				return 0, 0, false
			}
		}
	}
	// The default below opset 11 is the whole range of float32, which some exporters write out.
	if low <= -math.MaxFloat32 {
		low = math.Inf(-1)
	}
	if high >= math.MaxFloat32 {
		high = math.Inf(1)
	}
	return low, high, true
}

// fuseNormalize recognises (x - mean) / sqrt(variance + eps), which exporters make of LayerNorm below opset 17.
func (m *model) fuseNormalize(n *node) bool {
	if n.op != "Div" || len(n.in) != 2 {
		return false
	}
	difference, root := n.in[0].producer, inner(n.in[1])
	if difference == nil || difference.op != "Sub" || root == nil || root.op != "Sqrt" {
		return false
	}
	x, mean := difference.in[0], inner(difference.in[1])
	if mean == nil || mean.op != "ReduceMean" || mean.in[0] != x {
		return false
	}
	sum := inner(root.in[0])
	if sum == nil || sum.op != "Add" {
		return false
	}
	variance, constant := constantOperand(sum)
	eps, ok := m.number(constant)
	average := inner(variance)
	if !ok || average == nil || average.op != "ReduceMean" || !m.isSquare(average.in[0], difference.out[0]) {
		return false
	}
	axes, err := reduceAxes(mean)
	other, err2 := reduceAxes(average)
	if err != nil || err2 != nil || !slices.Equal(axes, other) {
		return false
	}
	n.fused.axes, n.fused.eps = axes, eps
	return n.become("Normalize", x)
}

// isSquare reports whether v is the square of another value.
func (m *model) isSquare(v, of *value) bool {
	square := inner(v)
	if square == nil || len(square.in) != 2 || square.in[0] != of {
		return false
	}
	exponent, ok := m.number(square.in[1])
	return square.op == "Mul" && square.in[1] == of || square.op == "Pow" && ok && exponent == 2
}

// isScale reports whether a node multiplies by one constant for each channel, to which a shift can be added.
func isScale(n *node) bool {
	_, constant := constantOperand(n)
	return n.op == "Mul" && constant != nil && len(constant.numbers) != 1
}

// fuseAffine gives a normalisation or a product with a constant the constants by which its result is multiplied, and
// which are added then.
func (m *model) fuseAffine(n *node) bool {
	if n.op != "Mul" && n.op != "Add" {
		return false
	}
	v, constant := constantOperand(n)
	before := inner(v)
	if before == nil || before.fused.bias != nil {
		return false
	}
	switch {
	case before.op == "Normalize" && n.op == "Mul" && before.fused.scale == nil:
		before.fused.scale = constant
	case before.op == "Normalize" && n.op == "Add", n.op == "Add" && isScale(before):
		before.fused.bias = constant
	default:
		return false
	}
	return m.absorb(before, n)
}

// fuseShuffle recognises what a Reshape, a Transpose and a Reshape do to the channels: a channel shuffle, or depth to
// space and back.
func (m *model) fuseShuffle(n *node) bool {
	if n.op != "Reshape" || n.out[0].dims == nil {
		return false
	}
	transpose := inner(n.in[0])
	if transpose == nil || transpose.op != "Transpose" {
		return false
	}
	split := inner(transpose.in[0])
	if split == nil || split.op != "Reshape" || len(split.in[0].dims) != 4 {
		return false
	}
	order, err := orderOf(transpose)
	if err != nil {
		return false
	}
	x, parts, out := split.in[0], split.out[0].dims, n.out[0].dims
	switch {
	case slices.Equal(order, []int{0, 2, 1, 3, 4}) && slices.Equal(out, x.dims) && slices.Equal(parts[3:], x.dims[2:]):
		n.fused.count = parts[1]
		return n.become("ChannelShuffle", x)
	case slices.Equal(order, []int{0, 1, 4, 2, 5, 3}) && len(out) == 4 && parts[2] == parts[3] &&
		slices.Equal(out, []int64{parts[0], parts[1], parts[4] * parts[2], parts[5] * parts[3]}):
		n.fused.count = parts[2]
		return n.become("PixelShuffle", x)
	case slices.Equal(order, []int{0, 1, 3, 5, 2, 4}) && len(out) == 4 && parts[3] == parts[5] &&
		slices.Equal(out, []int64{parts[0], parts[1] * parts[3] * parts[5], parts[2], parts[4]}):
		n.fused.count = parts[3]
		return n.become("PixelUnshuffle", x)
	}
	return false
}

// fuseGroups recognises a group normalisation: the groups become the channels of an InstanceNormalization with a scale
// of 1 and no shift.
func (m *model) fuseGroups(n *node) bool {
	if n.op != "Reshape" || n.out[0].dims == nil {
		return false
	}
	norm := inner(n.in[0])
	if norm == nil || norm.op != "InstanceNormalization" || len(norm.in) != 3 {
		return false
	}
	split := inner(norm.in[0])
	if split == nil || split.op != "Reshape" || !slices.Equal(split.in[0].dims, n.out[0].dims) {
		return false
	}
	groups := split.out[0].dims
	if len(groups) != 3 || len(n.out[0].dims) < 3 || n.out[0].dims[1]%groups[1] != 0 ||
		!m.areAll(norm.in[1], 1) || !m.areAll(norm.in[2], 0) {
		return false
	}
	n.fused.count, n.fused.eps = groups[1], norm.float("epsilon", 1e-5)
	n.fused.axes = []int{}
	return n.become("Normalize", split.in[0])
}

// areAll reports whether all values of a constant are one number.
func (m *model) areAll(v *value, number float64) bool {
	if v == nil || !v.isConstant() || m.read(v) != nil || v.numbers == nil {
		return false
	}
	return !slices.ContainsFunc(v.numbers, func(n float64) bool { return n != number })
}

// fuseSlices makes one Slice of two along different axes, as exporters write one for each axis.
func (m *model) fuseSlices(n *node) bool {
	if n.op != "Slice" {
		return false
	}
	before := inner(n.in[0])
	if before == nil || before.op != "Slice" {
		return false
	}
	first, err := rangesOf(before)
	second, err2 := rangesOf(n)
	isTwice := func(axis int) bool { return slices.Contains(first.axes, axis) }
	if err != nil || err2 != nil || slices.ContainsFunc(second.axes, isTwice) {
		return false
	}
	n.fused.ranges = &ranges{
		axes: slices.Concat(first.axes, second.axes), starts: slices.Concat(first.starts, second.starts),
		ends: slices.Concat(first.ends, second.ends), step: slices.Concat(first.step, second.step),
	}
	return n.become("Slice", before.in[0])
}

// fuseAverages recognises an adaptive average with uneven windows, which is a product with a matrix for each axis.
func (m *model) fuseAverages(n *node) bool {
	if n.op != "MatMul" || n.out[0].dims == nil || len(n.out[0].dims) != 4 {
		return false
	}
	rows := inner(n.in[1])
	if rows == nil || rows.op != "MatMul" || len(rows.in[0].dims) != 4 {
		return false
	}
	x, out := rows.in[0], n.out[0].dims
	if !m.isMatrixOf(n.in[0], averages(x.dims[2], out[2], true)) ||
		!m.isMatrixOf(rows.in[1], averages(x.dims[3], out[3], false)) {
		return false
	}
	return n.become("AdaptiveAveragePool", x)
}

// isMatrixOf reports whether a constant has these values.
func (m *model) isMatrixOf(v *value, values []float32) bool {
	if !v.isConstant() || m.read(v) != nil || v.numbers == nil || len(v.numbers) != len(values) {
		return false
	}
	for i, number := range v.numbers {
		if float32(number) != values[i] {
			return false
		}
	}
	return true
}
