package onnxnet

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// infer computes the dimensions of every value, and the numbers of those that do not depend on the input. The nodes
// that made these are dropped.
func (m *model) infer(o graph.Options) error {
	for _, v := range m.inputs {
		if err := m.inferInput(v, o); err != nil {
			return err
		}
	}
	for _, n := range m.nodes {
		if err := m.inferNode(n); err != nil {
			return fmt.Errorf("%s, node %s: %w", n.op, n.place(), err)
		}
	}
	m.dropUnused()
	return nil
}

// inferNode computes what is known of a node's outputs. Nothing is known of a node that ONNX does not allow, which is
// refused with the others.
func (m *model) inferNode(n *node) error {
	if err := n.checkInputs(); err != nil {
		return err
	}
	if err := m.checkOperator(n); err != nil {
		n.isInvalid = true
		m.invalid = append(m.invalid, refusal{node: n, why: err.Error()})
		return nil
	}
	m.alignOperand(n)
	if done, err := m.fold(n); done || err != nil {
		return cmp.Or(err, m.checkFolded(n))
	}
	for _, v := range n.in {
		if err := m.readSizes(v); err != nil {
			return err
		}
	}
	rule := operators[n.op].shape
	if rule == nil || n.Domain != "" || len(n.out) == 0 || n.out[0] == nil {
		return nil // refused later, if the network needs it
	}
	for _, v := range n.in {
		if v != nil && v.dims == nil {
			return nil
		}
	}
	dims, err := rule(m, n)
	if errors.Is(err, errUncertain) {
		return nil
	}
	if err != nil {
		return err
	}
	n.out[0].dims = dims
	for _, v := range n.out {
		if v == nil {
			continue
		}
		if err := checkDims(v.dims); err != nil {
			return err
		}
	}
	return nil
}

// alignOperand gives a constant second operand the shape that numpy's rules need. Below opset 7, its dimensions start
// at the attribute axis of the first operand's, and those of a PRelu's slope at the channels.
func (m *model) alignOperand(n *node) {
	if m.opset >= 7 || len(n.in) != 2 || n.in[0].dims == nil || n.in[1].tensor == nil {
		return
	}
	axis := int64(1)
	switch a := n.Attribute("axis"); {
	case n.op == "PRelu":
	case a != nil && strings.Contains(operators[n.op].attributes, aligned):
		axis = a.Int
	default:
		return
	}
	b := n.in[1]
	rank := int64(len(n.in[0].dims))
	if axis < 0 || axis > rank-int64(len(b.dims)) {
		return
	}
	dims := slices.Concat(b.dims, slices.Repeat([]int64{1}, int(rank-axis)-len(b.dims)))
	if shaped, ok := b.tensor.reshaped(dims...); ok {
		n.in[1] = &value{name: b.name, dims: dims, tensor: shaped, numbers: b.numbers}
	}
}

// maxRank bounds the dimensions of a value. Runtimes know fewer.
const maxRank = 32

// checkDims returns an error for sizes that no value can have.
func checkDims(dims []int64) error {
	if len(dims) > maxRank {
		return fmt.Errorf("its output would have %d dimensions; at most %d are possible", len(dims), maxRank)
	}
	for _, d := range dims {
		if d < 0 || d > graph.MaxExtent {
			return fmt.Errorf("its output would have a size of %d", d)
		}
	}
	return nil
}

// checkTensor returns an error for a stored tensor with an impossible shape.
func checkTensor(t *onnx.Tensor) error {
	if len(t.Dims) > maxRank {
		return fmt.Errorf("its shape has %d dimensions; at most %d are possible", len(t.Dims), maxRank)
	}
	_, err := t.Count()
	return err
}

// maxFolded bounds the numbers of all constants that are computed here: a model may have a million nodes.
const maxFolded = 8 << 20

// checkFolded checks a constant that was computed.
func (m *model) checkFolded(n *node) error {
	if m.folded += len(n.out[0].numbers); m.folded > maxFolded {
		return fmt.Errorf("the model computes constants of more than %d numbers", maxFolded)
	}
	return checkDims(n.out[0].dims)
}

// shapeRule returns the dimensions of a node's first output. The dimensions of its inputs are known.
type shapeRule func(m *model, n *node) ([]int64, error)

func sameShape(_ *model, n *node) ([]int64, error) { return n.in[0].dims, nil }

// broadcastShape is numpy's rule: dimensions are aligned at the end, and a size of 1 is repeated.
func broadcastShape(_ *model, n *node) ([]int64, error) {
	if a := n.Attribute("axis"); a != nil && int64(len(n.in[1].dims))+a.Int != int64(len(n.in[0].dims)) {
		return nil, errors.New("it broadcasts a computed tensor from an axis, as below opset 7: convert the model to opset 7")
	}
	var dims []int64
	for _, v := range n.in {
		var err error
		if dims, err = broadcast(dims, v.dims); err != nil {
			return nil, err
		}
	}
	return dims, nil
}

func broadcast(a, b []int64) ([]int64, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	dims := slices.Clone(a)
	for i, d := range b {
		at := len(a) - len(b) + i
		switch {
		case dims[at] == 1:
			dims[at] = d
		case d != 1 && d != dims[at]:
			return nil, fmt.Errorf("the shapes %s and %s do not fit", sizes(a), sizes(b))
		}
	}
	return dims, nil
}

func convShape(_ *model, n *node) ([]int64, error) {
	w, kernel, err := n.filters()
	if err != nil {
		return nil, err
	}
	var space [2]axis
	g, err := windowOf(space[:0], n, kernel)
	if err != nil {
		return nil, err
	}
	return g.appendOutputs(make([]int64, 0, 2+len(g)), n.in[0].dims[0], w[0]), nil
}

// filters returns the sizes of a convolution's filters, and of their window.
func (n *node) filters() (dims, kernel []int64, err error) {
	dims = n.in[1].dims
	if len(dims) < 3 {
		return nil, nil, fmt.Errorf("its filters are %s", sizes(dims))
	}
	kernel = dims[2:]
	if said := n.ints("kernel_shape", kernel); !slices.Equal(said, kernel) {
		return nil, nil, fmt.Errorf("its kernel_shape is %s, but its filters are %s", sizes(said), sizes(dims))
	}
	return dims, kernel, nil
}

func poolShape(_ *model, n *node) ([]int64, error) {
	var space [2]axis
	g, err := windowOf(space[:0], n, n.ints("kernel_shape", nil))
	if err != nil {
		return nil, err
	}
	return g.appendOutputs(make([]int64, 0, 2+len(g)), n.in[0].dims[:2]...), nil
}

func convTransposeShape(_ *model, n *node) ([]int64, error) {
	w, kernel, err := n.filters()
	if err != nil {
		return nil, err
	}
	var space [2]axis
	g, err := transposedWindowOf(space[:0], n, kernel)
	if err != nil {
		return nil, err
	}
	groups := n.int("group", 1)
	if groups < 1 || w[1] > graph.MaxExtent/groups {
		return nil, fmt.Errorf("%d groups do not fit filters of %s", groups, sizes(w))
	}
	return g.appendOutputs(make([]int64, 0, 2+len(g)), n.in[0].dims[0], w[1]*groups), nil
}

func globalShape(_ *model, n *node) ([]int64, error) {
	dims := slices.Clone(n.in[0].dims)
	for i := min(2, len(dims)); i < len(dims); i++ {
		dims[i] = 1
	}
	return dims, nil
}

// reduceAxes returns the axes that a reduction goes over: an attribute, from opset 13 or 18 on an input. Without any,
// it goes over all of them, or with noop_with_empty_axes over none.
func reduceAxes(n *node) ([]int, error) {
	rank := len(n.in[0].dims)
	axes, err := n.list("axes", 1)
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 && n.int("noop_with_empty_axes", 0) == 0 {
		for i := range rank {
			axes = append(axes, int64(i))
		}
	}
	return normalAxes(axes, rank)
}

func reduceShape(_ *model, n *node) ([]int64, error) {
	axes, err := reduceAxes(n)
	if err != nil {
		return nil, err
	}
	keep := n.int("keepdims", 1) == 1
	var dims []int64
	for i, d := range n.in[0].dims {
		switch {
		case !slices.Contains(axes, i):
			dims = append(dims, d)
		case keep:
			dims = append(dims, 1)
		}
	}
	return dims, nil
}

func gemmShape(_ *model, n *node) ([]int64, error) {
	a, b := n.in[0].dims, n.in[1].dims
	if len(a) != 2 || len(b) != 2 {
		return nil, fmt.Errorf("it multiplies %s and %s, which are not matrices", sizes(a), sizes(b))
	}
	rows, inner := a[0], a[1]
	if n.int("transA", 0) != 0 {
		rows, inner = inner, rows
	}
	other, columns := b[0], b[1]
	if n.int("transB", 0) != 0 {
		other, columns = columns, other
	}
	if inner != other {
		return nil, fmt.Errorf("the matrices %s and %s do not fit", sizes(a), sizes(b))
	}
	return []int64{rows, columns}, nil
}

func matMulShape(_ *model, n *node) ([]int64, error) {
	a, b := n.in[0].dims, n.in[1].dims
	if len(a) < 2 || len(b) < 2 {
		return nil, errUncertain
	}
	if a[len(a)-1] != b[len(b)-2] {
		return nil, fmt.Errorf("the matrices %s and %s do not fit", sizes(a), sizes(b))
	}
	outer, err := broadcast(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(outer), a[len(a)-2], b[len(b)-1]), nil
}

func flattenShape(_ *model, n *node) ([]int64, error) {
	dims := n.in[0].dims
	axis := n.int("axis", 1)
	if axis < 0 {
		axis += int64(len(dims))
	}
	if axis < 0 || axis > int64(len(dims)) {
		return nil, fmt.Errorf("axis %d does not exist in %s", axis, sizes(dims))
	}
	before, err := product(dims[:axis])
	if err != nil {
		return nil, err
	}
	after, err := product(dims[axis:])
	return []int64{before, after}, err
}

// reshapeShape reads the new shape, where 0 keeps a size and -1 is what remains.
func reshapeShape(_ *model, n *node) ([]int64, error) {
	target, err := n.list("shape", 1)
	if err != nil {
		return nil, err
	}
	in := n.in[0].dims
	total, err := product(in)
	if err != nil {
		return nil, err
	}
	dims, open := slices.Clone(target), -1
	known := int64(1)
	for i, d := range dims {
		switch {
		case d == 0 && i < len(in) && n.int("allowzero", 0) == 0:
			dims[i] = in[i]
		case d == -1 && open < 0:
			open, dims[i] = i, 1
		case d < 0:
			return nil, fmt.Errorf("its new shape %s is not valid", sizes(target))
		}
		if known, err = product([]int64{known, dims[i]}); err != nil {
			return nil, err
		}
	}
	if open >= 0 && known > 0 {
		dims[open], known = total/known, total/known*known
	}
	if known != total {
		return nil, fmt.Errorf("%s has %d values, and %s cannot hold them", sizes(in), total, sizes(target))
	}
	return dims, nil
}

// axesOf returns the axes of Squeeze and Unsqueeze, which are an input from opset 13 on.
func axesOf(n *node, rank int) ([]int, error) {
	axes, err := n.list("axes", 1)
	if err != nil {
		return nil, err
	}
	return normalAxes(axes, rank)
}

func squeezeShape(_ *model, n *node) ([]int64, error) {
	in := n.in[0].dims
	var dims []int64
	if n.op == "Unsqueeze" {
		axes, err := axesOf(n, len(in)+len(n.ints("axes", nil))+countOf(n.input(1)))
		if err != nil {
			return nil, err
		}
		rest := in
		for i := range len(in) + len(axes) {
			if slices.Contains(axes, i) || len(rest) == 0 {
				dims = append(dims, 1)
				continue
			}
			dims, rest = append(dims, rest[0]), rest[1:]
		}
		return dims, nil
	}
	axes, err := axesOf(n, len(in))
	if err != nil {
		return nil, err
	}
	for i, d := range in {
		named := slices.Contains(axes, i)
		if named && d != 1 {
			return nil, fmt.Errorf("it removes dimension %d of %s, which is not 1", i, sizes(in))
		}
		if !named && (len(axes) > 0 || d != 1) {
			dims = append(dims, d)
		}
	}
	return dims, nil
}

func countOf(v *value) int {
	if v == nil {
		return 0
	}
	return len(v.numbers)
}

// orderOf returns the order of the dimensions after a Transpose.
func orderOf(n *node) ([]int, error) {
	rank := len(n.in[0].dims)
	perm := n.ints("perm", nil)
	if perm == nil {
		for i := rank - 1; i >= 0; i-- {
			perm = append(perm, int64(i))
		}
	}
	order, err := normalAxes(perm, rank)
	if err != nil || len(order) != rank {
		return nil, fmt.Errorf("%s is not an order of %d dimensions", sizes(perm), rank)
	}
	return order, nil
}

func transposeShape(_ *model, n *node) ([]int64, error) {
	order, err := orderOf(n)
	if err != nil {
		return nil, err
	}
	dims := make([]int64, len(order))
	for i, d := range order {
		dims[i] = n.in[0].dims[d]
	}
	return dims, nil
}

func concatShape(_ *model, n *node) ([]int64, error) {
	dims := slices.Clone(n.in[0].dims)
	axis, err := normalAxes([]int64{n.int("axis", 1)}, len(dims))
	if err != nil {
		return nil, err
	}
	for _, v := range n.in[1:] {
		if len(v.dims) != len(dims) {
			return nil, fmt.Errorf("it joins %s and %s, which do not fit", sizes(dims), sizes(v.dims))
		}
		for i, d := range v.dims {
			switch {
			case i == axis[0]:
				dims[i] += d
			case d != dims[i]:
				return nil, fmt.Errorf("it joins %s and %s, which do not fit", sizes(n.in[0].dims), sizes(v.dims))
			}
		}
	}
	return dims, nil
}

// ranges is what a Slice takes of its input: for each axis named, from start up to end in steps.
type ranges struct {
	axes               []int
	starts, ends, step []int64
}

// count returns the number of values taken along axis i of the list.
func (r ranges) count(i int) int64 {
	distance, step := r.ends[i]-r.starts[i], r.step[i]
	if step < 0 {
		distance, step = -distance, -step // the lowest step stays as it is, and steps over everything too
	}
	if distance <= 0 {
		return 0
	}
	return (distance-1)/step + 1
}

// slicesOf reads the attributes of a Slice, below opset 10, or its inputs. Negative indices count from the end.
func slicesOf(n *node) (ranges, error) {
	if n.fused.ranges != nil {
		return *n.fused.ranges, nil
	}
	var lists [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		list, err := n.list(name, 1+i)
		if err != nil {
			return ranges{}, err
		}
		lists[i] = slices.Clone(list)
	}
	r, axes := ranges{starts: lists[0], ends: lists[1], step: lists[3]}, lists[2]
	if axes == nil {
		for i := range r.starts {
			axes = append(axes, int64(i))
		}
	}
	if r.step == nil {
		r.step = slices.Repeat([]int64{1}, len(r.starts))
	}
	if len(r.starts) != len(axes) || len(r.ends) != len(axes) || len(r.step) != len(axes) {
		return r, errors.New("its starts, ends, axes and steps differ in number")
	}
	dims := n.in[0].dims
	var err error
	if r.axes, err = normalAxes(axes, len(dims)); err != nil {
		return r, err
	}
	return r, r.clamp(dims)
}

// clamp counts negative indices from the end, and keeps all of them within the sizes.
func (r ranges) clamp(dims []int64) error {
	for i, axis := range r.axes {
		size := dims[axis]
		low, high := int64(0), size
		switch {
		case r.step[i] == 0:
			return errors.New("its step is 0")
		case r.step[i] < 0:
			low, high = -1, size-1
		}
		r.starts[i] = within(r.starts[i], size, max(low, 0), high)
		r.ends[i] = within(r.ends[i], size, low, high)
	}
	return nil
}

// within counts a negative index from the end, and keeps it from low to high.
func within(i, size, low, high int64) int64 {
	if i < 0 {
		i = max(i, -size-1) + size
	}
	return min(max(i, low), high)
}

// rangesOf is slicesOf for a computed value, of which only steps forward are known.
func rangesOf(n *node) (ranges, error) {
	r, err := slicesOf(n)
	if err == nil && slices.ContainsFunc(r.step, func(step int64) bool { return step < 0 }) {
		err = errors.New("it takes values in reverse order")
	}
	return r, err
}

func sliceShape(_ *model, n *node) ([]int64, error) {
	r, err := rangesOf(n)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(n.in[0].dims)
	for i, axis := range r.axes {
		dims[axis] = r.count(i)
	}
	return dims, nil
}

// parts returns the axis of a Split and the size of each part.
func parts(n *node) (axis int, sizes []int64, err error) {
	in := n.in[0].dims
	axes, err := normalAxes([]int64{n.int("axis", 0)}, len(in))
	if err != nil {
		return 0, nil, err
	}
	axis = axes[0]
	if sizes, err = n.list("split", 1); err != nil {
		return 0, nil, err
	}
	if count := n.int("num_outputs", int64(len(n.out))); count != int64(len(n.out)) {
		return 0, nil, fmt.Errorf("it has %d outputs, but its num_outputs is %d", len(n.out), count)
	}
	if sizes == nil { // parts of one size, of which the last may be smaller
		count := int64(len(n.out))
		each := (in[axis] + count - 1) / count
		for rest := in[axis]; len(sizes) < len(n.out); rest -= each {
			sizes = append(sizes, max(min(each, rest), 0))
		}
	}
	rest := in[axis]
	for _, s := range sizes {
		if s < 0 || s > rest {
			rest = -1
			break
		}
		rest -= s
	}
	if len(sizes) != len(n.out) || rest != 0 {
		return 0, nil, fmt.Errorf("%d sizes do not split %d into %d parts", len(sizes), in[axis], len(n.out))
	}
	return axis, sizes, nil
}

func splitShape(_ *model, n *node) ([]int64, error) {
	axis, sizes, err := parts(n)
	if err != nil {
		return nil, err
	}
	for i, v := range n.out {
		if v != nil {
			v.dims = slices.Clone(n.in[0].dims)
			v.dims[axis] = sizes[i]
		}
	}
	return n.out[0].dims, nil
}

// padsOf returns what a Pad adds before and after each dimension.
func padsOf(n *node) ([]int64, error) {
	rank := len(n.in[0].dims)
	name := "pads"
	if n.Attribute("paddings") != nil { // of opset 1
		name = "paddings"
	}
	pads, err := n.list(name, 1)
	if err != nil {
		return nil, err
	}
	if v := n.input(3); v != nil { // the axes that the pads are of, from opset 18 on
		axes, err := normalAxes(whole(v.numbers), rank)
		if err != nil || len(pads) != 2*len(axes) {
			return nil, fmt.Errorf("%d pads do not fit %d axes", len(pads), len(axes))
		}
		all := make([]int64, 2*rank)
		for i, axis := range axes {
			all[axis], all[rank+axis] = pads[i], pads[len(axes)+i]
		}
		pads = all
	}
	if len(pads) != 2*rank {
		return nil, fmt.Errorf("it has %d pads for %d dimensions", len(pads), rank)
	}
	return pads, nil
}

func padShape(_ *model, n *node) ([]int64, error) {
	pads, err := padsOf(n)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(n.in[0].dims)
	for i := range dims {
		dims[i] += pads[i] + pads[len(dims)+i]
	}
	return dims, nil
}

// resizeShape takes the sizes from the input "sizes", or multiplies by "scales".
func resizeShape(_ *model, n *node) ([]int64, error) {
	dims := slices.Clone(n.in[0].dims)
	if n.hasSizes() {
		if policy := n.text("keep_aspect_ratio_policy", "stretch"); policy != "stretch" {
			return nil, fmt.Errorf("its keep_aspect_ratio_policy is %s; RESIZE stretches", plain.Quote(plain.Cut(policy)))
		}
		if n.in[3].numbers == nil {
			return nil, errUncertain
		}
		return spread(n, whole(n.in[3].numbers), dims)
	}
	scales, err := n.scales()
	if err != nil {
		return nil, err
	}
	for i, s := range scales {
		// In float32, as runtimes multiply.
		dims[i] = int64(math.Floor(float64(float32(dims[i]) * float32(s))))
	}
	return dims, nil
}

// hasSizes reports whether a Resize says its sizes rather than factors.
func (n *node) hasSizes() bool { return n.op == "Resize" && n.input(3) != nil }

// scales returns the factors of Resize and Upsample, attributes or one of the inputs by opset, one for each dimension.
func (n *node) scales() ([]float64, error) {
	var scales []float64
	switch a, h := n.Attribute("scales"), n.Attribute("height_scale"); {
	case a != nil:
		for _, s := range a.Floats {
			scales = append(scales, float64(s))
		}
	case h != nil:
		scales = []float64{1, 1, float64(h.Float), n.float("width_scale", 1)}
	default:
		at := 1
		if n.op == "Resize" && len(n.in) > 2 {
			at = 2
		}
		if n.input(at) == nil || n.in[at].numbers == nil {
			return nil, errUncertain
		}
		scales = n.in[at].numbers
	}
	return spread(n, scales, slices.Repeat([]float64{1}, len(n.in[0].dims)))
}

// spread returns a list of a Resize for all dimensions. From opset 18 on, the attribute axes says which ones the list
// is for; the others stay as they were.
func spread[T any](n *node, list, others []T) ([]T, error) {
	axes := n.ints("axes", nil)
	if axes == nil {
		for i := range others {
			axes = append(axes, int64(i))
		}
	}
	places, err := normalAxes(axes, len(others))
	if err != nil {
		return nil, err
	}
	if len(list) != len(places) {
		return nil, fmt.Errorf("it has %d sizes or scales for %d dimensions", len(list), len(places))
	}
	all := slices.Clone(others)
	for i, at := range places {
		all[at] = list[i]
	}
	return all, nil
}

func blockShape(_ *model, n *node) ([]int64, error) {
	in, r := n.in[0].dims, n.int("blocksize", 1)
	if len(in) != 4 || r < 1 || r > 1<<15 {
		return nil, errUncertain
	}
	if n.op == "DepthToSpace" {
		return []int64{in[0], in[1] / (r * r), in[2] * r, in[3] * r}, nil
	}
	return []int64{in[0], in[1] * r * r, in[2] / r, in[3] / r}, nil
}

// gatherShape replaces the dimension that is picked from by those of the indices.
func gatherShape(_ *model, n *node) ([]int64, error) {
	in := n.in[0].dims
	axis, err := normalAxes([]int64{n.int("axis", 0)}, len(in))
	if err != nil {
		return nil, err
	}
	return slices.Concat(in[:axis[0]], n.in[1].dims, in[axis[0]+1:]), nil
}

func expandShape(_ *model, n *node) ([]int64, error) {
	if n.in[1].numbers == nil {
		return nil, errUncertain
	}
	return broadcast(n.in[0].dims, whole(n.in[1].numbers))
}
