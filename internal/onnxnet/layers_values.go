package onnxnet

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/plain"
)

// SELU's constants (Klambauer et al., 2017), as ONNX has them.
const (
	seluAlpha = 1.67326
	seluGamma = 1.0507
)

// errTraining is the error for a layer that computes something else in training.
var errTraining = errors.New("it is exported for training; export the model for inference")

// activation returns the kind and the settings of an operator that works value by value.
func (l *lowering) activation(n *node) (string, settings, error) {
	s := settings{}
	switch n.op {
	case "Relu":
		return "RELU", s, nil
	case "LeakyRelu":
		return "LEAKYRELU", s.decimal("slope", n.float("alpha", 0.01), 0.01), nil
	case "Elu":
		return "ELU", s.decimal("alpha", n.float("alpha", 1), 1), nil
	case "Sigmoid":
		return "SIGMOID", s, nil
	case "Tanh":
		return "TANH", s, nil
	case "Gelu":
		if n.text("approximate", "none") == "tanh" {
			s.flag("tanh")
		}
		return "GELU", s, nil
	case "GeluTanh":
		return "GELU", s.flag("tanh"), nil
	case "Mish":
		return "MISH", s, nil
	case "Softplus":
		return "SOFTPLUS", s, nil
	case "Selu":
		if !near(n.float("alpha", seluAlpha), seluAlpha) || !near(n.float("gamma", seluGamma), seluGamma) {
			return "", nil, errors.New("its alpha and gamma are not those of the SELU paper")
		}
		return "SELU", s, nil
	case "Swish":
		if alpha := n.float("alpha", 1); alpha != 1 {
			return "", nil, fmt.Errorf("its alpha is %g; SILU has 1", alpha)
		}
		return "SILU", s, nil
	case "Cast":
		return "", nil, fmt.Errorf("it turns values into %s", n.castTo())
	case "HardSwish":
		return "HARDSWISH", s, nil
	case "HardSigmoid":
		slope, shift := n.float("alpha", 0.2), n.float("beta", 0.5)
		if !near(slope, 1.0/6) {
			s.decimal("slope", slope, -1)
		}
		return "HARDSIGMOID", s.decimal("shift", shift, 0.5), nil
	case "HardSigmoid6":
		return "HARDSIGMOID", s, nil
	case "Dropout":
		if v := n.input(2); v != nil {
			if training, ok := l.number(v); !ok || training != 0 {
				return "", nil, errTraining
			}
		}
		if l.opset < 7 && n.int("is_test", 0) == 0 {
			return "", nil, errTraining
		}
		return "DROPOUT", s.decimal("rate", l.dropoutRate(n), 0.5), nil
	case "Clip":
		low, high, ok := l.clipLimits(n)
		switch {
		case !ok:
			return "", nil, errors.New("its limits are computed by the network")
		case low == 0 && high == 6:
			return "RELU6", s, nil
		case low == 0 && math.IsInf(high, 1):
			return "RELU", s, nil
		}
		return "CLIP", s.decimal("min", low, math.Inf(-1)).decimal("max", high, math.Inf(1)), nil
	}
	return "", nil, errNoLayer
}

// dropoutRate is an attribute below opset 12 and an input from there on.
func (l *lowering) dropoutRate(n *node) float64 {
	if rate, ok := l.number(n.input(1)); ok {
		return rate
	}
	return n.float("ratio", 0.5)
}

// parameters binds a layer's weights to inputs of a node, which must be constant.
func (n *node) parameters(names ...string) (bound, error) {
	w := bound{}
	for i, name := range names {
		v := n.input(1 + i)
		if v == nil || v.tensor == nil {
			return nil, notStored(name+" is", v)
		}
		w[name] = v.tensor
	}
	return w, nil
}

// notStored returns the error for weights, "bias is", that are no constant.
func notStored(what string, v *value) error {
	switch {
	case v == nil:
		return fmt.Errorf("its %s missing", what)
	case v.producer == nil:
		return fmt.Errorf("its %s an input of the model, %s: export it with its weights as initializers", what,
			plain.Quote(plain.Cut(v.name)))
	}
	return fmt.Errorf("its %s computed by the network", what)
}

func (l *lowering) batchNorm(n *node) error {
	if channelOf(n.in[0]) != 1 {
		return fmt.Errorf("it normalises dimension 1 of %s, not the channels", n.in[0].layout.words())
	}
	switch {
	case n.int("training_mode", 0) != 0, l.opset < 7 && n.int("is_test", 0) == 0:
		return errTraining
	case n.int("spatial", 1) == 0:
		return errors.New("it has statistics for each place (spatial = 0); BN has one for each channel")
	}
	w, err := n.parameters("weight", "bias", "running_mean", "running_var")
	if err != nil {
		return err
	}
	return l.keepsLayout(n, "BN", settings{}.decimal("eps", n.float("epsilon", 1e-5), 1e-5), w)
}

func (l *lowering) instanceNorm(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	w, err := n.parameters("weight", "bias")
	if err != nil {
		return err
	}
	s := settings{}.decimal("eps", n.float("epsilon", 1e-5), 1e-5).word("affine", "affine")
	return l.keepsLayout(n, "IN", s, w)
}

func (l *lowering) groupNorm(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	w, err := n.parameters("weight", "bias")
	if err != nil {
		return err
	}
	groups := n.int("num_groups", 1)
	if l.opset < 21 {
		w.ofGroups(groups, l.shapes[n.in[0].layer].D)
	}
	s := settings{}.decimal("eps", n.float("epsilon", 1e-5), 1e-5).ints("groups", groups)
	return l.keepsLayout(n, "GN", s, w)
}

// ofGroups gives each channel the number of its group, where a weight has one for each group, as up to opset 20.
func (w bound) ofGroups(groups, channels int64) {
	for name, b := range w {
		if shape := b.shape(); len(shape) == 1 && shape[0] == groups && groups > 0 && channels%groups == 0 {
			w[name] = b.repeated(channels / groups)
		}
	}
}

// layerNorm is LayerNormalization, or what fuse.go found to be one: over the depth at each place, or over the volume.
func (l *lowering) layerNorm(n *node) error {
	from := n.in[0].layout
	axes, eps := n.fused.axes, n.fused.eps
	scale, shift := n.fused.scale, n.fused.bias
	if n.fused.count > 0 {
		return l.normalizeGroups(n)
	}
	if n.op == "LayerNormalization" {
		first, err := normalAxes([]int64{n.int("axis", -1)}, len(from))
		if err != nil {
			return err
		}
		for i := first[0]; i < len(from); i++ {
			axes = append(axes, i)
		}
		eps, scale, shift = n.float("epsilon", 1e-5), n.input(1), n.input(2)
	}
	over := ""
	for _, axis := range axes {
		over += from[axis]
	}
	s, w := settings{}.decimal("eps", eps, 1e-5), bound{}
	switch over {
	case "C":
	case "CHW":
		s.flag("volume")
	default:
		return fmt.Errorf("it normalises over %s; LN is over the channels of each place, or over the volume", over)
	}
	if scale != nil && scale.tensor != nil {
		w["weight"] = scale.tensor
		w["bias"] = filled(0, scale.tensor.shape()...)
	} else if scale == nil && shift == nil {
		s.word("affine", "noaffine")
	} else {
		return notStored("scale is", scale)
	}
	switch {
	case shift == nil:
	case shift.tensor == nil:
		return notStored("bias is", shift)
	default:
		w["bias"] = shift.tensor
	}
	at, err := l.layer(n, "LN", s, w, n.in[0])
	if err != nil {
		return err
	}
	return l.place(n, at, from)
}

// normalizeGroups is a group normalisation that fuse.go found, with the scale and shift that follow it.
func (l *lowering) normalizeGroups(n *node) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	v := n.in[0]
	s, w := settings{}.decimal("eps", n.fused.eps, 1e-5).ints("groups", n.fused.count), bound{}
	if n.fused.scale == nil && n.fused.bias == nil {
		s.word("affine", "noaffine")
	} else if n.fused.scale != nil {
		w["weight"] = perChannel(n.fused.scale, v, 1)
		w["bias"] = filled(0, v.dims[1])
		if n.fused.bias != nil {
			w["bias"] = perChannel(n.fused.bias, v, 1)
		}
	}
	at, err := l.layer(n, "GN", s, w, v)
	if err != nil {
		return err
	}
	return l.place(n, at, v.layout)
}

func (l *lowering) lrn(n *node) error {
	s := settings{}.ints("size", n.int("size", 5)).decimal("alpha", n.float("alpha", 1e-4), 1e-4).
		decimal("beta", n.float("beta", 0.75), 0.75).decimal("k", n.float("bias", 1), 1)
	return l.onPlanes(n, "LRN", s)
}

// softmax goes along one axis, which below opset 13 begins a flattened rest.
func (l *lowering) softmax(n *node) error {
	fallback := int64(-1)
	if l.opset < 13 {
		fallback = 1
	}
	from := n.in[0]
	axes, err := normalAxes([]int64{n.int("axis", fallback)}, len(from.layout))
	if err != nil {
		return err
	}
	over := from.layout[axes[0]]
	if l.opset < 13 {
		over = strings.Join(from.layout[axes[0]:], "")
	}
	shape := l.shapes[from.layer]
	if strings.Contains(over, "N") && from.batch > 1 {
		return errors.New("it goes along the pictures of a batch")
	}
	if over != "C" && (!strings.Contains(over, "C") || shape.W*shape.H != 1) {
		return fmt.Errorf("it goes along %s; SOFTMAX goes along the channels", over)
	}
	return l.keepsLayout(n, strings.ToUpper(n.op), nil, nil)
}

func (l *lowering) prelu(n *node) error {
	slope := n.in[1]
	s, w := settings{}, bound{}
	if total, err := product(slope.dims); err == nil && total == 1 && slope.tensor != nil {
		s.flag("shared")
		w["weight"] = slope.tensor
	} else if b := perChannel(slope, n.in[0], channelOf(n.in[0])); b != nil {
		w["weight"] = b
	} else {
		return fmt.Errorf("its slope is %s; PRELU has one for each channel, or one", sizes(slope.dims))
	}
	return l.keepsLayout(n, "PRELU", s, w)
}

// scale is a product with, or a sum of, one constant for each channel, or one number.
func (l *lowering) scale(n *node, v, constant *value) error {
	if v != n.in[0] && (n.op == "Sub" || n.op == "Div") {
		return errors.New("its first operand is a constant")
	}
	number, isNumber := l.number(constant)
	if n.op == "Div" {
		if !isNumber || number == 0 {
			return errors.New("it divides by a tensor")
		}
		number = 1 / number
	}
	depth := l.shapes[v.layer].D
	b := perChannel(constant, v, channelOf(v))
	if isNumber {
		b = filled(float32(number), depth)
	}
	if b == nil {
		return fmt.Errorf("one operand is a constant, %s, which is not one number for each channel", sizes(constant.dims))
	}
	s, w := settings{}, bound{}
	switch {
	case n.op == "Add" || n.op == "Sub":
		sign := 1.0
		if n.op == "Sub" {
			sign = -1
		}
		s.flag("bias")
		w["weight"], w["bias"] = filled(1, depth), b.scaled(sign)
	case n.fused.bias != nil:
		s.flag("bias")
		w["weight"], w["bias"] = b, perChannel(n.fused.bias, v, channelOf(v))
	case isNumber && number >= 0 && number <= 1e6:
		s.decimal("factor", number, -1)
	default:
		w["weight"] = b
	}
	at, err := l.layer(n, "SCALE", s, w, v)
	if err != nil {
		return err
	}
	return l.place(n, at, v.layout)
}

// join is the sum or product of computed values.
func (l *lowering) join(n *node) error {
	kind := map[string]string{"Add": "ADD", "Sum": "ADD", "Mul": "MUL", "Max": "MAX"}[n.op]
	if kind == "" {
		return errNoLayer
	}
	var to layout
	for _, v := range n.in {
		switch {
		case v == nil || v.isConstant():
			return fmt.Errorf("one operand is a constant, %s", sizes(v.dims))
		case len(v.layout) > len(to):
			to = v.layout
		}
	}
	for _, v := range n.in {
		if !v.layout.is(to[len(to)-len(v.layout):]) && !l.isGate(v, to) {
			return fmt.Errorf("it joins dimensions %s and %s", strings.Join(v.layout, ", "), strings.Join(to, ", "))
		}
	}
	at, err := l.layer(n, kind, nil, nil, n.in...)
	if err != nil {
		return err
	}
	return l.place(n, at, to)
}

// isGate reports whether a value has one number for each channel, at the place of the channels of another layout.
func (l *lowering) isGate(v *value, of layout) bool {
	shape := l.shapes[v.layer]
	at := slices.IndexFunc(v.layout, func(axes string) bool { return strings.Contains(axes, "C") })
	return shape.IsPlace() && len(v.layout) == len(of) && at == of.at("C")
}
