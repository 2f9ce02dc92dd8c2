package onnxnet

import (
	"errors"
	"fmt"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// flat1D widens a window of one dimension, which slides along the width of a volume of height 1.
func flat1D(w window) window {
	if len(w) == 1 {
		return window{{in: 1, size: 1, stride: 1, dilation: 1, out: 1}, w[0]}
	}
	return w
}

// both sets a size of width x height, or a single number if both are equal.
func (s settings) both(key string, w, h int64) settings {
	if w == h {
		return s.ints(key, w)
	}
	return s.ints(key, w, h)
}

// window sets the size, stride, pad, dilation and rounding of a layer.
func (s settings) window(w window, isPool bool) settings {
	h, across := w[0], w[1]
	s.both("size", across.size, h.size)
	isUsual := across.stride == 1 && h.stride == 1
	if isPool {
		isUsual = across.size == 2 && h.size == 2 && across.stride == 2 && h.stride == 2
	}
	if !isUsual {
		s.both("stride", across.stride, h.stride)
	}
	if across.dilation != 1 || h.dilation != 1 {
		s.both("dilation", across.dilation, h.dilation)
	}
	if !isPool && across.keepsSize() && h.keepsSize() || isPool && across.before+across.after+h.before+h.after == 0 {
		// the default
	} else if across.before == across.after && h.before == h.after {
		s.both("pad", across.before, h.before)
	} else {
		s.ints("pad", across.before, across.after, h.before, h.after)
	}
	switch {
	case across.stride == 1 && h.stride == 1:
	case across.ceil:
		s.word("rounding", "ceil")
	default:
		s.word("rounding", "floor")
	}
	return s
}

// withoutNeedlessRounding leaves the rounding out of the layers of a kind that round down, or up, if all of their
// windows fit a whole number of times. Otherwise it stays in all of them, so that layers that a program made alike are
// alike.
func (l *lowering) withoutNeedlessRounding() error {
	type rounding struct{ kind, word string }
	of := map[graph.Op]rounding{} // of windows
	isNeeded := map[rounding]bool{}
	for i := range l.graph.Len() {
		n := l.graph.Node(i)
		w, isWindow := n.Op.(op.Windowed)
		if !isWindow {
			continue
		}
		r, known := of[n.Op]
		if !known {
			r = rounding{n.Op.Kind(), op.Settings(n.Op.(op.Layer))["rounding"].Word}
			of[n.Op] = r
		}
		g, err := w.Geometry(l.shapes[n.Inputs[0]])
		if err != nil {
			return err
		}
		isNeeded[r] = isNeeded[r] || !isWhole(g.W) || !isWhole(g.H)
	}
	without := map[graph.Op]graph.Op{}
	for o, r := range of {
		if r.word == "" || isNeeded[r] {
			continue
		}
		settings := op.Settings(o.(op.Layer))
		delete(settings, "rounding")
		changed, err := op.New(r.kind, settings)
		if err != nil {
			return err
		}
		without[o] = changed
	}
	for i := range l.graph.Len() {
		if changed := without[l.graph.Node(i).Op]; changed != nil {
			l.graph.Node(i).Op = changed
		}
	}
	return nil
}

// isWhole reports whether the window fits a whole number of times.
func isWhole(a op.Axis) bool { return (a.In+a.Before+a.After-a.Span())%a.Stride == 0 }

// endPadsAsCeil turns pads at the end into rounding up, which is what exporters write them for where they are more
// than half a window. For a maximum, whose pads are below all values, and an average that leaves out its pads, both
// are the same.
func (w window) endPadsAsCeil() {
	up := slices.Clone(w)
	for i := range up {
		a := &up[i]
		if a.after <= a.before || a.stride == 1 {
			return
		}
		a.after, a.ceil = a.before, true
		travel := a.in + a.before + a.after - a.span()
		if travel < 0 {
			return
		}
		a.out = travel/a.stride + 1
		if travel%a.stride != 0 && a.out*a.stride < a.in+a.before {
			a.out++
		}
		if a.out != w[i].out {
			return
		}
	}
	copy(w, up)
}

func (w window) isPaddedBefore() bool {
	return slices.ContainsFunc(w, func(a axis) bool { return a.before > 0 })
}

// keepsSize reports whether the pad is the one that a convolution has by default.
func (a axis) keepsSize() bool {
	if a.size == 1 {
		return a.before == 0 && a.after == 0
	}
	return a.stride == 1 && a.size%2 == 1 && a.before == a.after && 2*a.before == a.dilation*(a.size-1)
}

// isExact reports whether the window fits a whole number of times.
func (a axis) isExact() bool { return (a.in+a.before+a.after-a.span())%a.stride == 0 }

// filtersOf returns the filters of a Conv or a ConvTranspose, and its window with the pads of a Pad before it.
func (l *lowering) filtersOf(n *node,
	read func(w window, n *node, kernel []int64) (window, error)) (*Binding, window, error) {
	v := n.in[1]
	if v.tensor == nil {
		return nil, nil, notStored("filters are", v)
	}
	dims := v.tensor.shape()
	if len(dims) < 3 || len(dims) > 4 {
		return nil, nil, fmt.Errorf("it has %d dimensions; cnncalc knows convolutions of one and two", len(dims)-2)
	}
	w, err := read(nil, n, dims[2:])
	return v.tensor, flat1D(w), err
}

// biasOf adds the bias of a node to its weights, or says that there is none.
func (n *node) biasOf(w bound, s settings) error {
	v := n.input(2)
	if n.fused.bias != nil {
		v = n.fused.bias
	}
	switch {
	case v == nil:
		s.flag("nobias")
	case v.tensor == nil:
		return notStored("bias is", v)
	default:
		w["bias"] = v.tensor
	}
	return nil
}

// padded adds a PAD for pads that a layer cannot have itself, which are those over limit of a window's span, and
// returns the layer to slide over and the window without them.
func (l *lowering) padded(n *node, w window, limit func(span int64) int64) (int, window, error) {
	at := n.in[0].layer
	isLarge := func(a axis) bool { return max(a.before, a.after) > limit(a.span()) }
	if !slices.ContainsFunc(w, isLarge) {
		return at, w, nil
	}
	bare := slices.Clone(w)
	for i, a := range w {
		bare[i].in, bare[i].before, bare[i].after = a.in+a.before+a.after, 0, 0
	}
	at, err := l.layerOn(n, "PAD", settings{}.ints("pad", w[1].before, w[1].after, w[0].before, w[0].after), nil, at)
	return at, bare, err
}

func (l *lowering) conv(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	filters, win, err := l.filtersOf(n, windowOf)
	if err != nil {
		return err
	}
	dims := filters.shape()
	depth := l.shapes[n.in[0].layer].D
	groups := n.int("group", 1)
	at, win, err := l.padded(n, win, func(span int64) int64 { return span - 1 })
	if err != nil {
		return err
	}
	s, w := settings{}.window(win, false), bound{"weight": filters}
	if err := n.biasOf(w, s); err != nil {
		return err
	}
	kind := "CONV"
	if groups == depth && groups == dims[0] && groups > 1 {
		kind = "DWCONV"
	} else {
		s.ints("filters", dims[0])
		if groups > 1 {
			s.ints("groups", groups)
		}
	}
	if at, err = l.layerOn(n, kind, s, w, at); err != nil {
		return err
	}
	return l.place(n, at, n.in[0].layout)
}

func (l *lowering) convTranspose(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	filters, win, err := l.filtersOf(n, transposedWindowOf)
	if err != nil {
		return err
	}
	groups := n.int("group", 1)
	h, across := win[0], win[1]
	s, w := settings{}, bound{"weight": filters}
	s.both("size", across.size, h.size).both("stride", across.stride, h.stride)
	s.ints("filters", filters.shape()[1]*groups)
	if groups > 1 {
		s.ints("groups", groups)
	}
	if across.dilation != 1 || h.dilation != 1 {
		s.both("dilation", across.dilation, h.dilation)
	}
	if across.before == across.after && h.before == h.after {
		if across.before+h.before > 0 {
			s.both("pad", across.before, h.before)
		}
	} else {
		s.ints("pad", across.before, across.after, h.before, h.after)
	}
	if across.outPad+h.outPad > 0 {
		s.both("outpad", across.outPad, h.outPad)
	}
	if err := n.biasOf(w, s); err != nil {
		return err
	}
	return l.keepsLayout(n, "UPCONV", s, w)
}

func (l *lowering) pool(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	if len(n.out) > 1 && n.out[1].isRead() {
		return errors.New("the indices of its maxima are used, which cnncalc does not keep")
	}
	win, err := windowOf(nil, n, n.ints("kernel_shape", nil))
	if err != nil {
		return err
	}
	win = flat1D(win)
	excludes := n.op == "AveragePool" && n.fused.pads == nil && n.int("count_include_pad", 0) == 0
	if n.op == "MaxPool" || excludes && !win.isPaddedBefore() {
		win.endPadsAsCeil()
	}
	at := n.in[0].layer
	roundsUp := func(a axis) bool { return a.ceil && !a.isExact() }
	if n.op == "AveragePool" && !excludes && !slices.ContainsFunc(win, roundsUp) {
		if at, win, err = l.padded(n, win, func(span int64) int64 { return span / 2 }); err != nil {
			return err
		}
	}
	s := settings{}.window(win, true)
	kind := map[string]string{"MaxPool": "POOL", "AveragePool": "AVGPOOL", "LpPool": "L2POOL"}[n.op]
	if kind != "POOL" && slices.ContainsFunc(win, func(a axis) bool { return a.size > 1 && a.dilation > 1 }) {
		return fmt.Errorf("its window is dilated, which that of %s cannot be", kind)
	}
	isPadded := slices.ContainsFunc(win, func(a axis) bool { return a.before+a.after > 0 })
	if excludes && isPadded {
		s.flag("excludepad")
	}
	if n.op == "LpPool" && n.int("p", 2) != 2 {
		return fmt.Errorf("its norm is that of p = %d; L2POOL has p = 2", n.int("p", 2))
	}
	if at, err = l.layerOn(n, kind, s, nil, at); err != nil {
		return err
	}
	return l.place(n, at, n.in[0].layout)
}

func (l *lowering) global(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	at, err := l.layer(n, map[string]string{"GlobalAveragePool": "GAP", "GlobalMaxPool": "GMP"}[n.op], nil, nil, n.in[0])
	if err != nil {
		return err
	}
	return l.place(n, at, n.in[0].layout)
}

// reduce is a mean or a maximum over width and height.
func (l *lowering) reduce(n *node) error {
	axes, err := reduceAxes(n)
	if err != nil {
		return err
	}
	from := n.in[0].layout
	var to layout
	over := map[string]bool{}
	for i, axis := range from {
		if !slices.Contains(axes, i) {
			to = append(to, axis)
			continue
		}
		over[axis] = true
		if n.int("keepdims", 1) == 1 {
			to = append(to, axis)
		}
	}
	if !over["W"] || over["C"] || over["N"] || from.at("H") >= 0 && !over["H"] || over["CHW"] {
		return fmt.Errorf("it reduces dimensions %v of %v; GAP and GMP reduce height and width", axes, []string(from))
	}
	if n.int("keepdims", 1) != 1 && to.is(layout{"N", "C"}) {
		to = layout{"N", "CHW"}
	}
	kind, s := "GMP", settings{}
	if n.op == "ReduceMean" {
		kind = "GAP"
		s.flag("mean")
	}
	at, err := l.layer(n, kind, s, nil, n.in[0])
	if err != nil {
		return err
	}
	return l.place(n, at, to)
}
