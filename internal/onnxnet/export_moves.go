package onnxnet

import (
	"cnncalc/internal/onnx"
	"cnncalc/internal/op"
)

// slice takes values from start up to end along some dimensions.
func (l *layer) slice(in string, axes, starts, ends []int64) {
	l.emit("Slice", "", []string{in, l.ints("/starts", starts...), l.ints("/ends", ends...), l.ints("/axes", axes...)})
}

func (l *layer) shuffle(groups int64) error {
	s := l.in[0]
	split := l.emit("Reshape", "/split", []string{l.input(0), l.ints("/split.shape", 0, groups, s.D/groups, s.H, s.W)})
	turned := l.emit("Transpose", "/turned", []string{split}, list("perm", 0, 2, 1, 3, 4))
	l.emit("Reshape", "", []string{turned, l.ints("/shape", 0, s.D, s.H, s.W)})
	return nil
}

func (l *layer) upsample(o *op.Upsample) error {
	w, h := float32(l.out.W/l.in[0].W), float32(l.out.H/l.in[0].H)
	attributes := []onnx.Attribute{word("mode", "nearest"), word("coordinate_transformation_mode", "asymmetric"),
		word("nearest_mode", "floor")}
	if o.Bilinear() {
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "half_pixel")}
	}
	l.emit("Resize", "", []string{l.input(0), "", l.floats("/scales", []int64{4}, 1, 1, h, w)}, attributes...)
	return nil
}

// resize writes the size, or the scale where the steps between values are those of a scale.
func (l *layer) resize(o *op.Resize) error {
	attributes := []onnx.Attribute{word("mode", "nearest"), word("coordinate_transformation_mode", "asymmetric"),
		word("nearest_mode", "floor")}
	switch {
	case o.Bilinear() && o.AlignsCorners():
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "align_corners")}
	case o.Bilinear():
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "half_pixel")}
	}
	w, h := o.Steps(l.in[0], l.out)
	if !o.AlignsCorners() && (w*float64(l.out.W) != float64(l.in[0].W) || h*float64(l.out.H) != float64(l.in[0].H)) {
		scales := l.floats("/scales", []int64{4}, 1, 1, float32(1/h), float32(1/w))
		l.emit("Resize", "", []string{l.input(0), "", scales}, attributes...)
		return nil
	}
	batch := l.emit("Slice", "/batch", []string{l.emit("Shape", "/shape", []string{l.input(0)}),
		l.ints("/first", 0), l.ints("/second", 1)})
	size := l.emit("Concat", "/sizes", []string{batch, l.ints("/volume", l.out.D, l.out.H, l.out.W)}, integer("axis", 0))
	l.emit("Resize", "", []string{l.input(0), "", "", size}, attributes...)
	return nil
}

func (l *layer) unshuffle(block int64) error {
	s := l.out
	split := l.emit("Reshape", "/split", []string{l.input(0),
		l.ints("/split.shape", 0, l.in[0].D, s.H, block, s.W, block)})
	turned := l.emit("Transpose", "/turned", []string{split}, list("perm", 0, 1, 3, 5, 2, 4))
	l.emit("Reshape", "", []string{turned, l.ints("/shape", 0, s.D, s.H, s.W)})
	return nil
}

// pad writes the columns and rows around the plane.
func (l *layer) pad(o *op.Pad) error {
	left, top := o.Before()
	right, bottom := l.out.W-l.in[0].W-left, l.out.H-l.in[0].H-top
	inputs := []string{l.input(0), l.ints("/pads", 0, 0, top, left, 0, 0, bottom, right)}
	mode := map[string]string{"reflect": "reflect", "replicate": "edge"}[o.Mode()]
	if mode == "" {
		mode = "constant"
		inputs = append(inputs, l.floats("/value", []int64{}, float32(o.Value())))
	}
	l.emit("Pad", "", inputs, word("mode", mode))
	return nil
}
