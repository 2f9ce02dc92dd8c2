package onnxnet

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/op"
)

// transpose changes the layout; the network does not know one.
func (l *lowering) transpose(n *node) error {
	order, err := orderOf(n)
	if err != nil {
		return err
	}
	from := n.in[0]
	to := make(layout, len(order))
	for i, d := range order {
		to[i] = from.layout[d]
	}
	return l.alias(n, to)
}

// alias makes the output of a node another layout of its input.
func (l *lowering) alias(n *node, to layout) error {
	return l.place(n, n.in[0].layer, to)
}

// reshape merges dimensions or takes merged ones apart.
func (l *lowering) reshape(n *node) error {
	from, out := n.in[0], n.out[0]
	if out.dims == nil {
		return errors.New("its new shape is not known before the network runs")
	}
	size := map[byte]int64{}
	for _, axis := range []byte("NCHW") {
		size[axis] = l.axisSize(from, axis)
	}
	to, ok := from.layout.complete().regroup(out.dims, size)
	if !ok {
		return fmt.Errorf("it takes %s as %s, which mixes places and channels", sizes(from.dims), sizes(out.dims))
	}
	if len(to) == 4 && to[0] == "N" && len(to[1]) > 1 && out.dims[2] == 1 && out.dims[3] == 1 { // all become channels
		at, err := l.layer(n, "FLATTEN", nil, nil, from)
		if err != nil {
			return err
		}
		return l.place(n, at, planar)
	}
	return l.alias(n, to)
}

// complete returns the layout with a height and width of size 1 that it leaves out, at their usual places.
func (l layout) complete() layout {
	all := slices.Clone(l)
	joined := strings.Join(l, "")
	for _, axis := range []string{"H", "W"} {
		if strings.Contains(joined, axis) {
			continue
		}
		at := len(all)
		if axis == "H" && all.at("W") >= 0 {
			at = all.at("W")
		}
		all = slices.Insert(all, at, axis)
	}
	return all
}

func (l *lowering) concat(n *node) error {
	if i := slices.IndexFunc(n.in, (*value).isConstant); i >= 0 {
		return fmt.Errorf("one of its inputs is a constant, %s", sizes(n.in[i].dims))
	}
	to := n.in[0].layout
	axes, err := normalAxes([]int64{n.int("axis", 1)}, len(to))
	if err != nil {
		return err
	}
	for _, v := range n.in {
		if !v.layout.is(to) {
			return fmt.Errorf("it joins dimensions %s and %s", strings.Join(to, ", "), strings.Join(v.layout, ", "))
		}
	}
	if to[axes[0]] == "CHW" {
		return l.concatFlat(n, to)
	}
	if axis := to[axes[0]]; axis != "C" {
		return fmt.Errorf("it joins along %s; CONCAT joins channels", axis)
	}
	at, err := l.layer(n, "CONCAT", nil, nil, n.in...)
	if err != nil {
		return err
	}
	return l.place(n, at, to)
}

// concatFlat joins flat values, which are volumes of more than one place until a FLATTEN.
func (l *lowering) concatFlat(n *node, to layout) error {
	places := make([]int, len(n.in))
	for i, v := range n.in {
		places[i] = v.layer
		if l.shapes[v.layer].IsPlace() {
			continue
		}
		var err error
		if places[i], err = l.layerOn(n, "FLATTEN", nil, nil, v.layer); err != nil {
			return err
		}
	}
	at, err := l.layerOn(n, "CONCAT", nil, nil, places...)
	if err != nil {
		return err
	}
	return l.place(n, at, to)
}

// slice cuts channels, or a part out of the plane, of which a step larger than 1 keeps the first of several values.
func (l *lowering) slice(n *node) error {
	r, err := rangesOf(n)
	if err != nil {
		return err
	}
	from := n.in[0]
	shape := l.shapes[from.layer]
	start := map[string]int64{"C": 0, "H": 0, "W": 0}
	end := map[string]int64{"C": shape.D, "H": shape.H, "W": shape.W}
	step := map[string]int64{"H": 1, "W": 1}
	for i, axis := range r.axes {
		name := from.layout[axis]
		if r.starts[i] == 0 && r.ends[i] == from.dims[axis] && r.step[i] == 1 {
			continue
		}
		if _, ok := end[name]; !ok {
			return fmt.Errorf("it takes a part of %s", name)
		}
		if _, ok := step[name]; !ok && r.step[i] != 1 {
			return fmt.Errorf("it takes one of every %d channels; CHANNELS takes neighbours", r.step[i])
		}
		start[name], end[name] = r.starts[i], r.ends[i]
		if name != "C" {
			step[name] = r.step[i]
		}
	}
	at := from.layer
	if start["H"] > 0 || start["W"] > 0 || end["H"] < shape.H || end["W"] < shape.W {
		s := settings{}.both("size", end["W"]-start["W"], end["H"]-start["H"])
		isMiddle := start["W"] == (shape.W-end["W"]+start["W"])/2 && start["H"] == (shape.H-end["H"]+start["H"])/2
		if !isMiddle {
			s["offset"] = op.Value{Ints: []int64{start["W"], start["H"]}, Sep: ','}
		}
		if at, err = l.layerOn(n, "CROP", s, nil, at); err != nil {
			return err
		}
	}
	if step["H"] > 1 || step["W"] > 1 {
		s := settings{}.ints("size", 1).both("stride", step["W"], step["H"]).word("rounding", "floor")
		if at, err = l.layerOn(n, "POOL", s, nil, at); err != nil {
			return err
		}
	}
	if start["C"] > 0 || end["C"] < shape.D {
		if at, err = l.channels(n, at, start["C"], end["C"]); err != nil {
			return err
		}
	}
	return l.place(n, at, from.layout)
}

// channels adds a slice of the depth.
func (l *lowering) channels(n *node, from int, start, end int64) (int, error) {
	s := settings{}
	if start > 0 {
		s.ints("from", start)
	}
	if end < l.shapes[from].D {
		s.ints("to", end)
	}
	return l.layerOn(n, "CHANNELS", s, nil, from)
}

// gather picks one channel, whose dimension goes if the index is a single number.
func (l *lowering) gather(n *node) error {
	from := n.in[0]
	index, ok := l.number(n.in[1])
	axes, err := normalAxes([]int64{n.int("axis", 0)}, len(from.layout))
	if err != nil {
		return err
	}
	if axis := from.layout[axes[0]]; !ok || axis != "C" {
		return fmt.Errorf("it picks %s of %s by indices; CHANNELS takes neighbouring channels", sizes(n.in[1].dims), axis)
	}
	depth := l.shapes[from.layer].D
	channel := int64(index)
	if channel < 0 {
		channel += depth
	}
	if channel < 0 || channel >= depth {
		return fmt.Errorf("it picks channel %v of %d", index, depth)
	}
	at := from.layer
	if depth > 1 {
		if at, err = l.channels(n, at, channel, channel+1); err != nil {
			return err
		}
	}
	to := slices.Clone(from.layout)
	if len(n.in[1].dims) == 0 {
		to = slices.Delete(to, axes[0], axes[0]+1)
	}
	return l.place(n, at, to)
}

func (l *lowering) split(n *node) error {
	axis, sizes, err := parts(n)
	if err != nil {
		return err
	}
	from := n.in[0]
	if from.layout[axis] != "C" {
		return fmt.Errorf("it splits along %s; CHANNELS is a part of the channels", from.layout[axis])
	}
	start := int64(0)
	for i, v := range n.out {
		end := start + sizes[i]
		if v.isRead() {
			at, err := l.channels(n, from.layer, start, end)
			if err != nil {
				return err
			}
			v.layer, v.layout, v.batch, v.placed = at, from.layout, from.batch, true
		}
		start = end
	}
	return nil
}

// resize is UPSAMPLE where the factor is whole, else RESIZE.
func (l *lowering) resize(n *node) error {
	from, out := n.in[0], n.out[0].dims
	if err := isPlanar(from); err != nil {
		return err
	}
	shape := l.shapes[from.layer]
	if out == nil || len(out) != 4 || out[1] != shape.D {
		return errors.New("its new size is not known before the network runs, or it has other channels")
	}
	mode, transform := n.text("mode", "nearest"), n.text("coordinate_transformation_mode", "half_pixel")
	if n.op == "Upsample" || l.opset < 11 {
		transform = "asymmetric"
	}
	scales, spansInput, err := n.steps()
	if err != nil {
		return err
	}
	isWhole := out[2]%shape.H == 0 && out[3]%shape.W == 0
	kind, s := "RESIZE", settings{}.both("size", out[3], out[2])
	if isWhole && transform != "align_corners" {
		kind, s = "UPSAMPLE", settings{}.both("factor", out[3]/shape.W, out[2]/shape.H)
	}
	switch {
	case n.int("antialias", 0) != 0:
		return errors.New("it smooths before it shrinks (antialias)")
	case mode == "nearest" && (isWhole && l.takesNearest(n, transform) || l.takesFloor(n, transform)):
	case transform == "align_corners" && !spansInput: // which programs compute differently
		return fmt.Errorf("its scales %v do not give %s exactly", scales, sizes(out))
	case mode == "linear" && transform == "align_corners":
		s.word("mode", "bilinear").flag("align")
	case mode == "linear" && (transform == "half_pixel" || transform == "pytorch_half_pixel" && out[2] > 1 && out[3] > 1):
		s.word("mode", "bilinear")
	default:
		return fmt.Errorf("its mode is %s with coordinates %s", mode, transform)
	}
	if kind == "RESIZE" && transform != "align_corners" && !spansInput {
		scale, ok := oneScale(scales[2:], []int64{shape.H, shape.W})
		if !ok {
			return fmt.Errorf("its scales %v do not give %s exactly", scales, sizes(out))
		}
		delete(s, "size")
		s.decimal("scale", scale, -1)
	}
	at, err := l.layer(n, kind, s, nil, from)
	if err != nil {
		return err
	}
	return l.place(n, at, from.layout)
}

// steps returns the scales of a Resize of known size, nil where it says the new size, and whether this is the old one
// times the scales, without rounding, so that the steps between values are those of the sizes.
func (n *node) steps() (scales []float64, spansInput bool, err error) {
	if n.hasSizes() {
		return nil, true, nil
	}
	if scales, err = n.scales(); err != nil {
		return nil, false, err
	}
	for i, d := range n.in[0].dims {
		if float64(n.out[0].dims[i]) != float64(d)*scales[i] {
			return scales, false, nil
		}
	}
	return scales, true, nil
}

// oneScale returns the scale of both axes. An axis too small to grow by it has a scale of 1.
func oneScale(scales []float64, sizes []int64) (float64, bool) {
	scale := scales[0]
	if scale == 1 {
		scale = scales[1]
	}
	for i, s := range scales {
		if s != scale && (s != 1 || math.Floor(float64(sizes[i])*scale) != float64(sizes[i])) {
			return 0, false
		}
	}
	return scale, true
}

// takesFloor reports whether nearest values are those that PyTorch takes: of the place times the step, rounded down.
func (l *lowering) takesFloor(n *node, transform string) bool {
	return transform == "asymmetric" && (n.op == "Upsample" || l.opset < 11 || n.text("nearest_mode", "") == "floor")
}

// takesNearest reports whether nearest values at a whole factor are those of repeating each value.
func (l *lowering) takesNearest(n *node, transform string) bool {
	rounding := n.text("nearest_mode", "round_prefer_floor")
	if n.op == "Upsample" || l.opset < 11 {
		rounding = "floor"
	}
	switch transform {
	case "asymmetric":
		return rounding == "floor"
	case "half_pixel", "pytorch_half_pixel":
		return rounding == "round_prefer_floor" || rounding == "round_prefer_ceil"
	}
	return false
}

// pixels is depth to space and back. PyTorch keeps the channels of one block together, as DepthToSpace does in mode
// CRD. The other order, that of mode DCR and of SpaceToDepth, is a channel shuffle away.
func (l *lowering) pixels(n *node) error {
	from := n.in[0]
	if err := isPlanar(from); err != nil {
		return err
	}
	block, depth := n.int("blocksize", n.fused.count), l.shapes[from.layer].D
	kind := "PIXELSHUFFLE"
	if n.op == "PixelUnshuffle" || n.op == "SpaceToDepth" {
		kind = "PIXELUNSHUFFLE"
	}
	at, err := from.layer, error(nil)
	if n.op == "DepthToSpace" && n.text("mode", "DCR") != "CRD" && depth != block*block {
		at, err = l.layerOn(n, "SHUFFLE", settings{}.ints("groups", block*block), nil, at)
	}
	if err == nil {
		at, err = l.layerOn(n, kind, settings{}.ints("factor", block), nil, at)
	}
	if err == nil && n.op == "SpaceToDepth" && depth > 1 {
		at, err = l.layerOn(n, "SHUFFLE", settings{}.ints("groups", depth), nil, at)
	}
	if err != nil {
		return err
	}
	return l.place(n, at, from.layout)
}

// pad is columns and rows around the plane.
func (l *lowering) pad(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	pads, err := padsOf(n)
	if err != nil {
		return err
	}
	rank := len(n.in[0].dims)
	if pads[0]+pads[1]+pads[rank]+pads[rank+1] != 0 || slices.Min(pads) < 0 {
		return errors.New("it pads the channels, or removes values")
	}
	top, bottom := int64(0), int64(0)
	if rank == 4 {
		top, bottom = pads[2], pads[rank+2]
	}
	s := settings{}.ints("pad", pads[rank-1], pads[2*rank-1], top, bottom)
	switch mode := n.text("mode", "constant"); mode {
	case "constant":
		value, ok := n.float("value", 0), true
		if v := n.input(2); v != nil {
			value, ok = l.number(v)
		}
		if !ok {
			return errors.New("the value that it pads with is computed by the network")
		}
		s.decimal("value", value, 0)
	case "reflect":
		s.word("mode", "reflect")
	case "edge":
		s.word("mode", "replicate")
	default:
		return fmt.Errorf("its mode is %s, which PAD does not have", mode)
	}
	return l.keepsLayout(n, "PAD", s, nil)
}
