package onnxnet

import (
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/op"
)

func (l *layer) fc() error {
	inputs := l.withBias(l.flat(), l.weight("weight"))
	l.isFlat[l.index] = true
	l.emit("Gemm", "", inputs, integer("transB", 1))
	return nil
}

// affine returns a layer's scale and shift, of ones and zeros if it has none.
func (l *layer) affine(channels int64) (scale, shift string) {
	scale, shift = l.weight("weight"), l.weight("bias")
	if scale == "" {
		scale = l.floats("/scale", []int64{channels}, slices.Repeat([]float32{1}, int(channels))...)
	}
	if shift == "" {
		shift = l.floats("/shift", []int64{channels}, make([]float32, channels)...)
	}
	return scale, shift
}

func (l *layer) batchNorm(o *op.BatchNorm) error {
	in := l.asIs()
	scale, shift := l.affine(l.in[0].D)
	l.emit("BatchNormalization", "", []string{in, scale, shift, l.weight("running_mean"), l.weight("running_var")},
		number("epsilon", o.Eps()))
	return nil
}

// layerNorm normalises the last dimensions, so that the channels go last and back.
func (l *layer) layerNorm(o *op.LayerNorm) error {
	if o.Volume {
		s := l.in[0]
		inputs := []string{l.input(0), l.weight("weight"), l.weight("bias")}
		if !o.Affine() {
			values := slices.Repeat([]float32{1}, int(s.D*s.H*s.W))
			inputs = []string{inputs[0], l.floats("/scale", []int64{s.D, s.H, s.W}, values...)}
		}
		l.emit("LayerNormalization", "", inputs, integer("axis", 1), number("epsilon", o.Eps()))
		return nil
	}
	last := l.emit("Transpose", "/last", []string{l.input(0)}, list("perm", 0, 2, 3, 1))
	scale, shift := l.affine(l.in[0].D)
	normal := l.emit("LayerNormalization", "/norm", []string{last, scale, shift}, integer("axis", -1),
		number("epsilon", o.Eps()))
	l.emit("Transpose", "", []string{normal}, list("perm", 0, 3, 1, 2))
	return nil
}

// groupNorm normalises each group as if it were one channel, and scales the channels afterwards.
func (l *layer) groupNorm(o *op.GroupNorm) error {
	s := l.in[0]
	ones := slices.Repeat([]float32{1}, int(o.Groups()))
	grouped := l.emit("Reshape", "/groups", []string{l.input(0), l.ints("/groups.shape", 0, o.Groups(), -1)})
	normal := l.emit("InstanceNormalization", "/norm", []string{grouped,
		l.floats("/norm.scale", []int64{o.Groups()}, ones...),
		l.floats("/norm.shift", []int64{o.Groups()}, make([]float32, o.Groups())...)}, number("epsilon", o.Eps()))
	suffix := ""
	if o.Affine() {
		suffix = "/channels"
	}
	back := l.emit("Reshape", suffix, []string{normal, l.ints("/channels.shape", 0, s.D, s.H, s.W)})
	if o.Affine() {
		scaled := l.emit("Mul", "/scaled", []string{back, l.weight("weight", s.D, 1, 1)})
		l.emit("Add", "", []string{scaled, l.weight("bias", s.D, 1, 1)})
	}
	return nil
}

func (l *layer) instanceNorm(o *op.InstanceNorm) error {
	in := l.input(0)
	scale, shift := l.affine(l.in[0].D)
	l.emit("InstanceNormalization", "", []string{in, scale, shift}, number("epsilon", o.Eps()))
	return nil
}

func (l *layer) prelu() error {
	in := l.asIs()
	dims := []int64{l.network.Layers[l.index].Weights[0].Dims[0]}
	if !l.isFlat[l.index] {
		dims = append(dims, 1, 1)
	}
	l.emit("PRelu", "", []string{in, l.weight("weight", dims...)})
	return nil
}

func (l *layer) lrn(o *op.LRN) error {
	if o.Size()%2 == 0 {
		return fmt.Errorf("ONNX Runtime refuses a window of an even number of channels, here %d; write an odd one", o.Size())
	}
	l.emit("LRN", "", []string{l.input(0)}, integer("size", o.Size()), number("alpha", o.Alpha()),
		number("beta", o.Beta()), number("bias", o.K()))
	return nil
}

func (l *layer) scale(o *op.Scale) error {
	in := l.asIs()
	dims := []int64{l.in[0].D, 1, 1}
	if l.isFlat[l.index] {
		dims = dims[:1]
	}
	if !o.IsLearnt() {
		l.emit("Mul", "", []string{in, l.floats("/factor", []int64{}, float32(o.Factor()))})
		return nil
	}
	if !o.HasBias() {
		l.emit("Mul", "", []string{in, l.weight("weight", dims...)})
		return nil
	}
	scaled := l.emit("Mul", "/scaled", []string{in, l.weight("weight", dims...)})
	l.emit("Add", "", []string{scaled, l.weight("bias", dims...)})
	return nil
}

// softplus is log(1+exp(beta*x))/beta.
func (l *layer) softplus(beta float64) error {
	in := l.asIs()
	if beta == 1 {
		l.emit("Softplus", "", []string{in})
		return nil
	}
	factor := l.floats("/beta", []int64{}, float32(beta))
	curve := l.emit("Softplus", "/curve", []string{l.emit("Mul", "/sharper", []string{in, factor})})
	l.emit("Div", "", []string{curve, factor})
	return nil
}

// geluTanh is x/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
func (l *layer) geluTanh() error {
	in := l.asIs()
	cube := l.emit("Mul", "/cube", []string{l.emit("Mul", "/square", []string{in, in}), in})
	small := l.emit("Mul", "/small", []string{cube, l.floats("/cubic", []int64{}, 0.044715)})
	inner := l.emit("Mul", "/inner", []string{l.emit("Add", "/bent", []string{in, small}),
		l.floats("/root", []int64{}, float32(math.Sqrt(2/math.Pi)))})
	sum := l.emit("Add", "/sum", []string{l.emit("Tanh", "/tanh", []string{inner}), l.floats("/one", []int64{}, 1)})
	product := l.emit("Mul", "/product", []string{in, sum})
	l.emit("Mul", "", []string{product, l.floats("/half", []int64{}, 0.5)})
	return nil
}

// gated writes x times a function of x.
func (l *layer) gated(gate func(in string) string) error {
	in := l.asIs()
	l.emit("Mul", "", []string{in, gate(in)})
	return nil
}

// gelu is x/2 * (1 + erf(x/sqrt(2))).
func (l *layer) gelu() error {
	in := l.asIs()
	scaled := l.emit("Div", "/scaled", []string{in, l.floats("/root", []int64{}, math.Sqrt2)})
	curve := l.emit("Erf", "/erf", []string{scaled})
	sum := l.emit("Add", "/sum", []string{curve, l.floats("/one", []int64{}, 1)})
	product := l.emit("Mul", "/product", []string{in, sum})
	l.emit("Mul", "", []string{product, l.floats("/half", []int64{}, 0.5)})
	return nil
}
