package onnxnet

import (
	"errors"
	"fmt"
	"math"

	"cnncalc/internal/op"
)

// write writes the operators of one layer.
func (l *layer) write() error {
	switch o := l.op.(type) {
	case *op.Conv:
		return l.conv(o, o.Groups())
	case *op.DWConv:
		return l.conv(o, l.in[0].D)
	case *op.UpConv:
		return l.convTranspose(o)
	case *op.MaxPool:
		return l.pool("MaxPool", o, true)
	case *op.AvgPool:
		return l.avgPool(o)
	case *op.L2Pool:
		return l.pool("LpPool", o, false, integer("p", 2))
	case *op.GlobalAvgPool:
		return l.gap(o)
	case *op.GlobalMaxPool:
		l.emit("GlobalMaxPool", "", []string{l.input(0)})
		return nil
	case *op.AdaptAvg:
		return l.adaptAvg()
	case *op.AdaptMax:
		if !l.adaptEven("MaxPool") {
			return fmt.Errorf("ONNX has no maximum over uneven windows, as from %s to %s", l.in[0], l.out)
		}
		return nil
	case *op.FC:
		return l.fc()
	case *op.Flatten:
		l.isFlat[l.index] = true
		l.emit("Flatten", "", []string{l.input(0)}, integer("axis", 1))
		return nil
	case *op.BatchNorm:
		return l.batchNorm(o)
	case *op.LayerNorm:
		return l.layerNorm(o)
	case *op.GroupNorm:
		return l.groupNorm(o)
	case *op.InstanceNorm:
		return l.instanceNorm(o)
	case *op.LRN:
		return l.lrn(o)
	case *op.PReLU:
		return l.prelu()
	case *op.Scale:
		return l.scale(o)
	case *op.Concat:
		l.emit("Concat", "", l.all(), integer("axis", 1))
		return nil
	case *op.Add:
		return l.chain("Add")
	case *op.Mul:
		return l.chain("Mul")
	case *op.Max:
		l.emit("Max", "", l.all())
		return nil
	case *op.Crop:
		x, y := o.Corner(l.in[0])
		l.slice(l.input(0), []int64{2, 3}, []int64{y, x}, []int64{y + l.out.H, x + l.out.W})
		return nil
	case *op.Channels:
		l.slice(l.asIs(), []int64{1}, []int64{o.First()}, []int64{o.First() + l.out.D})
		return nil
	case *op.Shuffle:
		return l.shuffle(o.Groups())
	case *op.PixelShuffle:
		l.emit("DepthToSpace", "", []string{l.input(0)}, integer("blocksize", l.out.W/l.in[0].W), word("mode", "CRD"))
		return nil
	case *op.PixelUnshuffle:
		return l.unshuffle(l.in[0].W / l.out.W)
	case *op.Pad:
		return l.pad(o)
	case *op.Resize:
		return l.resize(o)
	case *op.Upsample:
		return l.upsample(o)
	case *op.Dropout, *op.StochDepth:
		return l.skip()
	}
	return l.activation()
}

// activation writes a layer that works value by value, as one or a few operators.
func (l *layer) activation() error {
	switch o := l.op.(type) {
	case *op.ReLU:
		l.emit("Relu", "", []string{l.asIs()})
	case *op.ReLU6:
		l.emit("Clip", "", []string{l.asIs(), l.floats("/min", []int64{}, 0), l.floats("/max", []int64{}, 6)})
	case *op.LeakyReLU:
		l.emit("LeakyRelu", "", []string{l.asIs()}, number("alpha", o.Slope()))
	case *op.ELU:
		l.emit("Elu", "", []string{l.asIs()}, number("alpha", o.Alpha()))
	case *op.Sigmoid:
		l.emit("Sigmoid", "", []string{l.asIs()})
	case *op.Tanh:
		l.emit("Tanh", "", []string{l.asIs()})
	case *op.HardSigmoid:
		l.emit("HardSigmoid", "", []string{l.asIs()}, number("alpha", o.Slope()), number("beta", o.Shift()))
	case *op.SELU:
		l.emit("Selu", "", []string{l.asIs()})
	case *op.Mish:
		return l.gated(func(in string) string {
			return l.emit("Tanh", "/gate", []string{l.emit("Softplus", "/softplus", []string{in})})
		})
	case *op.Softplus:
		return l.softplus(o.Beta())
	case *op.Clip:
		l.clip(o.Bounds())
	case *op.HardSwish:
		l.emit("HardSwish", "", []string{l.asIs()})
	case *op.SiLU:
		return l.gated(func(in string) string { return l.emit("Sigmoid", "/gate", []string{in}) })
	case *op.GELU:
		if o.Tanh {
			return l.geluTanh()
		}
		return l.gelu()
	case *op.Softmax:
		l.emit("Softmax", "", []string{l.asIs()}, integer("axis", 1))
	case *op.LogSoftmax:
		l.emit("LogSoftmax", "", []string{l.asIs()}, integer("axis", 1))
	case *op.Local:
		return errors.New("ONNX has no layer with different weights at each place (LOCAL)")
	default:
		return fmt.Errorf("ONNX has no counterpart for %s", l.op.Kind())
	}
	return nil
}

// clip adds a Clip, of which an infinite bound is left out.
func (l *layer) clip(low, high float64) {
	inputs := []string{l.asIs(), "", ""}
	if !math.IsInf(low, -1) {
		inputs[1] = l.floats("/min", []int64{}, float32(low))
	}
	if !math.IsInf(high, 1) {
		inputs[2] = l.floats("/max", []int64{}, float32(high))
	} else {
		inputs = inputs[:2]
	}
	l.emit("Clip", "", inputs)
}
