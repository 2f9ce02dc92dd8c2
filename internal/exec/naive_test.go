package exec

import (
	"math"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Reference implementations of all kinds of layers, by definition, for one picture and in float64. The tests compare
// the kernels with them for networks given as text. The sizes of windows come from package op, where they have tests of
// their own; the golden cases from PyTorch check them too.

// volume is the volume of one picture, [D, H, W].
type volume struct {
	graph.Shape
	values []float64
}

func newVolume(s graph.Shape) volume {
	return volume{s, make([]float64, s.W*s.H*s.D)}
}

// at returns the value at channel c, row y and column x, or nil outside.
func (v volume) at(c, y, x int64) *float64 {
	if y < 0 || y >= v.H || x < 0 || x >= v.W {
		return nil
	}
	return &v.values[(c*v.H+y)*v.W+x]
}

// repeated is at for a volume whose only channel, row or column is there in place of all.
func (v volume) repeated(c, y, x int64) *float64 {
	return v.at(min(c, v.D-1), min(y, v.H-1), min(x, v.W-1))
}

// each sets every value of a volume to f of its position.
func (v volume) each(f func(c, y, x int64) float64) volume {
	for c := range v.D {
		for y := range v.H {
			for x := range v.W {
				*v.at(c, y, x) = f(c, y, x)
			}
		}
	}
	return v
}

// naiveNetwork computes the volumes of all nodes from one picture for each input.
func naiveNetwork(n *shape.Network, inputs ...[]float32) []volume {
	volumes := make([]volume, len(n.Nodes))
	for k, i := range n.Inputs {
		volumes[i] = newVolume(n.Layers[i].Out)
		for j, v := range inputs[k] {
			volumes[i].values[j] = float64(v)
		}
	}
	table := naiveLayers()
	for i := range n.Nodes {
		node := &n.Nodes[i]
		if len(node.Inputs) == 0 {
			continue
		}
		l := naiveLayer{op: node.Op, out: newVolume(n.Layers[i].Out), weights: naiveWeights(n, i)}
		for _, k := range node.Inputs {
			l.in = append(l.in, volumes[k])
		}
		table[node.Op.Kind()](l)
		volumes[i] = l.out
	}
	return volumes
}

// naiveWeights returns the values that noisy gives the tensors of node i, or of the node that it shares them with, by
// their names in the layer.
func naiveWeights(n *shape.Network, i int) map[string][]float64 {
	weights := map[string][]float64{}
	for _, w := range n.Layers[i].Weights {
		var dims []int
		for _, d := range w.Dims {
			dims = append(dims, int(d))
		}
		for _, v := range tensorNoise(n.Nodes[n.Layers[i].Owner].Name+"."+w.Name, dims) {
			weights[w.Name] = append(weights[w.Name], float64(v))
		}
	}
	return weights
}

// naiveLayer is a layer to compute: its inputs, and the output to fill.
type naiveLayer struct {
	op      graph.Op
	in      []volume
	out     volume
	weights map[string][]float64
}

// bias returns the bias of channel c, or 0 if there is none.
func (l *naiveLayer) bias(c int64) float64 {
	if l.weights["bias"] == nil {
		return 0
	}
	return l.weights["bias"][c]
}

// naiveLayers returns the functions of all kinds, in the order of binders.
func naiveLayers() map[string]func(l naiveLayer) {
	return map[string]func(l naiveLayer){
		"CONV":           naiveConv,
		"DWCONV":         naiveDWConv,
		"LOCAL":          naiveLocal,
		"UPCONV":         naiveUpConv,
		"POOL":           naivePool(largest),
		"AVGPOOL":        naiveAvgPool,
		"L2POOL":         naivePool(length),
		"GAP":            naiveAdaptAvg,
		"ADAPTAVG":       naiveAdaptAvg,
		"GMP":            naiveAdaptMax,
		"ADAPTMAX":       naiveAdaptMax,
		"FC":             naiveFC,
		"FLATTEN":        naiveIdentity,
		"RELU":           naiveFunction(func(v float64) float64 { return max(v, 0) }),
		"LEAKYRELU":      naiveLeakyReLU,
		"PRELU":          naivePReLU,
		"RELU6":          naiveFunction(func(v float64) float64 { return min(max(v, 0), 6) }),
		"SIGMOID":        naiveFunction(sigmoid),
		"TANH":           naiveFunction(math.Tanh),
		"ELU":            naiveELU,
		"SILU":           naiveFunction(func(v float64) float64 { return v * sigmoid(v) }),
		"SELU":           naiveFunction(selu),
		"MISH":           naiveFunction(func(v float64) float64 { return v * math.Tanh(math.Log(1+math.Exp(v))) }),
		"GELU":           naiveGELU,
		"HARDSWISH":      naiveFunction(func(v float64) float64 { return v * min(max(v+3, 0), 6) / 6 }),
		"HARDSIGMOID":    naiveHardSigmoid,
		"SOFTPLUS":       naiveSoftplus,
		"CLIP":           naiveClip,
		"LOGSOFTMAX":     naiveLogSoftmax,
		"SOFTMAX":        naiveSoftmax,
		"DROPOUT":        naiveIdentity,
		"STOCHDEPTH":     naiveIdentity,
		"LRN":            naiveLRN,
		"BN":             naiveBN,
		"LN":             naiveLN,
		"GN":             naiveGN,
		"IN":             naiveIN,
		"SCALE":          naiveScale,
		"UPSAMPLE":       naiveUpsample,
		"RESIZE":         naiveResize,
		"CROP":           naiveCrop,
		"PAD":            naivePad,
		"CHANNELS":       naiveChannels,
		"SHUFFLE":        naiveShuffle,
		"PIXELSHUFFLE":   naivePixelShuffle,
		"PIXELUNSHUFFLE": naivePixelUnshuffle,
		"CONCAT":         naiveConcat,
		"ADD":            naiveAdd,
		"MUL":            naiveMul,
		"MAX":            naiveMax,
	}
}

// naiveFunction returns a layer that applies f to every value.
func naiveFunction(f func(v float64) float64) func(l naiveLayer) {
	return func(l naiveLayer) {
		l.out.each(func(c, y, col int64) float64 { return f(*l.in[0].at(c, y, col)) })
	}
}

func naiveIdentity(l naiveLayer) { copy(l.out.values, l.in[0].values) }

func naiveConv(l naiveLayer) {
	x, o := l.in[0], l.op.(*op.Conv)
	g, _ := o.Geometry(x.Shape)
	slide(x, l.out, g, o.Groups(), func(k, _, _, i int64) float64 {
		return l.weights["weight"][k*(x.D/o.Groups())*g.W.Size*g.H.Size+i]
	}, func(k, _, _ int64) float64 { return l.bias(k) })
}

func naiveDWConv(l naiveLayer) {
	x := l.in[0]
	g, _ := l.op.(*op.DWConv).Geometry(x.Shape)
	slide(x, l.out, g, x.D, func(k, _, _, i int64) float64 {
		return l.weights["weight"][k*g.W.Size*g.H.Size+i]
	}, func(k, _, _ int64) float64 { return l.bias(k) })
}

func naiveLocal(l naiveLayer) {
	x, out := l.in[0], l.out
	g, _ := l.op.(*op.Local).Geometry(x.Shape)
	slide(x, out, g, 1, func(k, y, col, i int64) float64 {
		return l.weights["weight"][((y*out.W+col)*out.D+k)*x.D*g.W.Size*g.H.Size+i]
	}, func(k, y, col int64) float64 { return l.bias((k*out.H+y)*out.W + col) })
}

func largest(w window) float64 { return slices.Max(w.values) }

func length(w window) float64 {
	squares := 0.0
	for _, v := range w.values {
		squares += v * v
	}
	return math.Sqrt(squares)
}

func naiveAvgPool(l naiveLayer) {
	naivePool(func(w window) float64 {
		if l.op.(*op.AvgPool).ExcludePad {
			return sum(w.values) / float64(len(w.values))
		}
		return sum(w.values) / float64(w.padded)
	})(l)
}

func naiveFC(l naiveLayer) {
	x := l.in[0].values
	l.out.each(func(k, _, _ int64) float64 {
		s := l.bias(k)
		for i, v := range x {
			s += v * l.weights["weight"][int(k)*len(x)+i]
		}
		return s
	})
}

func naiveLeakyReLU(l naiveLayer) {
	slope := l.op.(*op.LeakyReLU).Slope()
	naiveFunction(func(v float64) float64 { return bent(v, slope) })(l)
}

func naivePReLU(l naiveLayer) {
	slopes := l.weights["weight"]
	l.out.each(func(c, y, col int64) float64 {
		return bent(*l.in[0].at(c, y, col), slopes[c%int64(len(slopes))])
	})
}

func naiveELU(l naiveLayer) {
	alpha := l.op.(*op.ELU).Alpha()
	naiveFunction(func(v float64) float64 {
		if v > 0 {
			return v
		}
		return alpha * (math.Exp(v) - 1)
	})(l)
}

func selu(v float64) float64 {
	if v > 0 {
		return 1.0507009873554804934 * v
	}
	return 1.0507009873554804934 * 1.6732632423543772848 * (math.Exp(v) - 1)
}

func naiveGELU(l naiveLayer) {
	naiveFunction(func(v float64) float64 {
		if l.op.(*op.GELU).Tanh {
			return v * 0.5 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
		}
		return v * 0.5 * math.Erfc(-v/math.Sqrt2)
	})(l)
}

func naiveHardSigmoid(l naiveLayer) {
	o := l.op.(*op.HardSigmoid)
	naiveFunction(func(v float64) float64 { return min(max(o.Slope()*v+o.Shift(), 0), 1) })(l)
}

func naiveSoftplus(l naiveLayer) {
	o := l.op.(*op.Softplus)
	naiveFunction(func(v float64) float64 {
		if o.Beta()*v > o.Threshold() {
			return v
		}
		return math.Log(1+math.Exp(o.Beta()*v)) / o.Beta()
	})(l)
}

func naiveClip(l naiveLayer) {
	lowest, highest := l.op.(*op.Clip).Bounds()
	naiveFunction(func(v float64) float64 { return min(max(v, lowest), highest) })(l)
}

func naiveLogSoftmax(l naiveLayer) {
	naiveSoftmax(l)
	for i, v := range l.out.values {
		l.out.values[i] = math.Log(v)
	}
}

func naiveSoftmax(l naiveLayer) {
	x := l.in[0]
	l.out.each(func(c, y, col int64) float64 {
		s := 0.0
		for k := range x.D {
			s += math.Exp(*x.at(k, y, col))
		}
		return math.Exp(*x.at(c, y, col)) / s
	})
}

func naiveLRN(l naiveLayer) {
	x, o := l.in[0], l.op.(*op.LRN)
	l.out.each(func(c, y, col int64) float64 {
		s := 0.0
		for k := max(c-o.Size()/2, 0); k < min(c-o.Size()/2+o.Size(), x.D); k++ {
			s += *x.at(k, y, col) * *x.at(k, y, col)
		}
		return *x.at(c, y, col) / math.Pow(o.K()+o.Alpha()/float64(o.Size())*s, o.Beta())
	})
}

func naiveBN(l naiveLayer) {
	mean, variance, eps := l.weights["running_mean"], l.weights["running_var"], l.op.(*op.BatchNorm).Eps()
	l.out.each(func(c, y, col int64) float64 {
		return (*l.in[0].at(c, y, col)-mean[c])/math.Sqrt(variance[c]+eps)*l.scale(c) + l.bias(c)
	})
}

func naivePixelShuffle(l naiveLayer) {
	r := l.op.(*op.PixelShuffle).Factor()
	l.out.each(func(c, y, col int64) float64 { return *l.in[0].at(c*r*r+y%r*r+col%r, y/r, col/r) })
}

func naivePixelUnshuffle(l naiveLayer) {
	r := l.op.(*op.PixelUnshuffle).Factor()
	l.out.each(func(k, y, col int64) float64 {
		c, i, j := k/(r*r), k/r%r, k%r
		return *l.in[0].at(c, y*r+i, col*r+j)
	})
}

func naivePad(l naiveLayer) {
	x, o := l.in[0], l.op.(*op.Pad)
	left, top := o.Before()
	inside := func(i, size int64) int64 {
		for o.Mode() == "reflect" && (i < 0 || i >= size) {
			i = max(-i, i) // off the first value, then off the last
			if i >= size {
				i = 2*(size-1) - i
			}
		}
		if o.Mode() == "replicate" {
			return min(max(i, 0), size-1)
		}
		return i
	}
	l.out.each(func(c, y, col int64) float64 {
		if v := x.at(c, inside(y-top, x.H), inside(col-left, x.W)); v != nil {
			return *v
		}
		return o.Value()
	})
}

// naiveResize finds the source of each place as PyTorch does, nearest in float32, whose rounding decides between
// places.
func naiveResize(l naiveLayer) {
	x, o := l.in[0], l.op.(*op.Resize)
	stepW, stepH := o.Steps(x.Shape, l.out.Shape)
	nearest := func(i int64, step float64, in int64) int64 {
		return min(int64(math.Floor(float64(float32(i)*float32(step)))), in-1)
	}
	source := func(i int64, step float64, in int64) (lower, upper int64, share float64) {
		at := float64(i) * step
		if !o.AlignsCorners() {
			at = (float64(i)+0.5)*step - 0.5
		}
		at = min(max(at, 0), float64(in-1))
		lower = int64(at)
		return lower, min(lower+1, in-1), at - float64(lower)
	}
	l.out.each(func(c, y, col int64) float64 {
		if !o.Bilinear() {
			return *x.at(c, nearest(y, stepH, x.H), nearest(col, stepW, x.W))
		}
		top, bottom, down := source(y, stepH, x.H)
		left, right, across := source(col, stepW, x.W)
		row := func(r int64) float64 { return *x.at(c, r, left)*(1-across) + *x.at(c, r, right)*across }
		return row(top)*(1-down) + row(bottom)*down
	})
}

func naiveScale(l naiveLayer) {
	o := l.op.(*op.Scale)
	l.out.each(func(c, y, col int64) float64 {
		if !o.IsLearnt() {
			return *l.in[0].at(c, y, col) * o.Factor()
		}
		return *l.in[0].at(c, y, col)*l.scale(c) + l.bias(c)
	})
}

// scale returns the factor of channel c, 1 where there is none.
func (l *naiveLayer) scale(c int64) float64 {
	if l.weights["weight"] == nil {
		return 1
	}
	return l.weights["weight"][c]
}

// box is a part of a volume: of channels, rows and columns each from the first up to the second.
type box [3][2]int64

// naiveNorm normalises each value with the mean and variance of the box that it is in. Scale and shift are those of its
// channel, or of the value where there are as many.
func naiveNorm(l naiveLayer, eps float64, of func(c, y, col int64) box) {
	x := l.in[0]
	var last box
	var mean, variance float64
	i := int64(-1)
	l.out.each(func(c, y, col int64) float64 {
		if b := of(c, y, col); b != last {
			last = b
			mean, variance = x.moments(b)
		}
		i++
		k := c
		if len(l.weights["weight"]) == len(x.values) {
			k = i
		}
		return (*x.at(c, y, col)-mean)/math.Sqrt(variance+eps)*l.scale(k) + l.bias(k)
	})
}

// moments returns the mean and variance of a box.
func (v volume) moments(b box) (mean, variance float64) {
	var values []float64
	for c := b[0][0]; c < b[0][1]; c++ {
		for y := b[1][0]; y < b[1][1]; y++ {
			for col := b[2][0]; col < b[2][1]; col++ {
				values = append(values, *v.at(c, y, col))
			}
		}
	}
	mean = sum(values) / float64(len(values))
	for _, value := range values {
		variance += (value - mean) * (value - mean) / float64(len(values))
	}
	return mean, variance
}

func naiveLN(l naiveLayer) {
	s, o := l.in[0].Shape, l.op.(*op.LayerNorm)
	naiveNorm(l, o.Eps(), func(_, y, col int64) box {
		if o.Volume {
			return box{{0, s.D}, {0, s.H}, {0, s.W}}
		}
		return box{{0, s.D}, {y, y + 1}, {col, col + 1}}
	})
}

func naiveGN(l naiveLayer) {
	s, o := l.in[0].Shape, l.op.(*op.GroupNorm)
	each := s.D / o.Groups()
	naiveNorm(l, o.Eps(), func(c, _, _ int64) box {
		first := c / each * each
		return box{{first, first + each}, {0, s.H}, {0, s.W}}
	})
}

func naiveIN(l naiveLayer) {
	s := l.in[0].Shape
	naiveNorm(l, l.op.(*op.InstanceNorm).Eps(), func(c, _, _ int64) box { return box{{c, c + 1}, {0, s.H}, {0, s.W}} })
}

func naiveCrop(l naiveLayer) {
	left, top := l.op.(*op.Crop).Corner(l.in[0].Shape)
	l.out.each(func(c, y, col int64) float64 { return *l.in[0].at(c, top+y, left+col) })
}

func naiveChannels(l naiveLayer) {
	first := l.op.(*op.Channels).First()
	l.out.each(func(c, y, col int64) float64 { return *l.in[0].at(first+c, y, col) })
}

func naiveShuffle(l naiveLayer) {
	groups := l.op.(*op.Shuffle).Groups()
	each := l.out.D / groups
	l.in[0].each(func(c, y, col int64) float64 {
		v := *l.in[0].at(c, y, col)
		*l.out.at(c%each*groups+c/each, y, col) = v
		return v
	})
}

func naiveConcat(l naiveLayer) {
	values := l.out.values
	for _, v := range l.in {
		values = values[copy(values, v.values):]
	}
}

func naiveAdd(l naiveLayer) {
	l.out.each(func(c, y, col int64) float64 {
		s := 0.0
		for _, v := range l.in {
			s += *v.repeated(c, y, col)
		}
		return s
	})
}

func naiveMax(l naiveLayer) {
	l.out.each(func(c, y, col int64) float64 {
		m := math.Inf(-1)
		for _, v := range l.in {
			m = max(m, *v.repeated(c, y, col))
		}
		return m
	})
}

func naiveMul(l naiveLayer) {
	l.out.each(func(c, y, col int64) float64 {
		p := 1.0
		for _, v := range l.in {
			p *= *v.repeated(c, y, col)
		}
		return p
	})
}

func bent(v, slope float64) float64 {
	if v > 0 {
		return v
	}
	return slope * v
}

func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}

// slide computes a convolution. weight returns value i of filter k at an output position, in the order channel of the
// group, row, column.
func slide(x, out volume, g op.Geometry, groups int64, weight func(k, y, col, i int64) float64,
	bias func(k, y, col int64) float64) {
	channels := x.D / groups
	out.each(func(k, y, col int64) float64 {
		s := bias(k, y, col)
		for c := range channels {
			for fh := range g.H.Size {
				for fw := range g.W.Size {
					v := x.at(k/(out.D/groups)*channels+c, position(g.H, y, fh), position(g.W, col, fw))
					if v != nil {
						s += *v * weight(k, y, col, (c*g.H.Size+fh)*g.W.Size+fw)
					}
				}
			}
		}
		return s
	})
}

// position returns the input position of tap f of the window at output o.
func position(a op.Axis, o, f int64) int64 { return o*a.Stride - a.Before + f*a.Dilation }

func naiveUpConv(l naiveLayer) {
	x, out, weight, o := l.in[0], l.out, l.weights["weight"], l.op.(*op.UpConv)
	g, _ := o.Geometry(x.Shape)
	out.each(func(k, _, _ int64) float64 { return l.bias(k) })
	channels, filters := x.D/o.Groups(), out.D/o.Groups()
	x.each(func(c, y, col int64) float64 {
		v := *x.at(c, y, col)
		for k := range filters {
			for fh := range g.H.Size {
				for fw := range g.W.Size {
					to := out.at(c/channels*filters+k, position(g.H, y, fh), position(g.W, col, fw))
					if to != nil {
						*to += v * weight[((c*filters+k)*g.H.Size+fh)*g.W.Size+fw]
					}
				}
			}
		}
		return v
	})
}

// window holds the values of a pool's window that lie in the input, and the number of positions that lie in the padded
// input.
type window struct {
	values []float64
	padded int
}

// naivePool returns a layer whose outputs are f of a window.
func naivePool(f func(w window) float64) func(l naiveLayer) {
	return func(l naiveLayer) {
		g, _ := l.op.(op.Windowed).Geometry(l.in[0].Shape)
		l.out.each(func(c, y, col int64) float64 { return f(look(l.in[0], g, c, y, col)) })
	}
}

// look returns a pool's window at an output position.
func look(x volume, g op.Geometry, c, y, col int64) (w window) {
	for fh := range g.H.Size {
		for fw := range g.W.Size {
			row, column := position(g.H, y, fh), position(g.W, col, fw)
			if row < g.H.In+g.H.After && column < g.W.In+g.W.After {
				w.padded++
			}
			if v := x.at(c, row, column); v != nil {
				w.values = append(w.values, *v)
			}
		}
	}
	return w
}

func naiveAdaptAvg(l naiveLayer) {
	naiveAdapt(l, func(values []float64) float64 { return sum(values) / float64(len(values)) })
}

func naiveAdaptMax(l naiveLayer) {
	naiveAdapt(l, func(values []float64) float64 { return slices.Max(values) })
}

// naiveAdapt computes f of the windows that cut the input into the output's size.
func naiveAdapt(l naiveLayer, f func(values []float64) float64) {
	x, out := l.in[0], l.out
	bounds := func(i, in, size int64) (from, to int64) {
		return int64(math.Floor(float64(i) * float64(in) / float64(size))),
			int64(math.Ceil(float64(i+1) * float64(in) / float64(size)))
	}
	out.each(func(c, y, col int64) float64 {
		top, bottom := bounds(y, x.H, out.H)
		left, right := bounds(col, x.W, out.W)
		var values []float64
		for row := top; row < bottom; row++ {
			for column := left; column < right; column++ {
				values = append(values, *x.at(c, row, column))
			}
		}
		return f(values)
	})
}

func naiveUpsample(l naiveLayer) {
	x, o := l.in[0], l.op.(*op.Upsample)
	w, h := l.out.W/x.W, l.out.H/x.H
	if !o.Bilinear() {
		l.out.each(func(c, y, col int64) float64 { return *x.at(c, y/h, col/w) })
		return
	}
	// The centre of an output pixel in the input's coordinates, clamped to the outermost centres.
	centre := func(i, factor, in int64) (lower int64, share float64) {
		at := min(max((float64(i)+0.5)/float64(factor)-0.5, 0), float64(in-1))
		lower = int64(at)
		return lower, at - float64(lower)
	}
	l.out.each(func(c, y, col int64) float64 {
		top, down := centre(y, h, x.H)
		left, across := centre(col, w, x.W)
		row := func(r int64) float64 {
			return *x.at(c, r, left)*(1-across) + *x.at(c, r, min(left+1, x.W-1))*across
		}
		return row(top)*(1-down) + row(min(top+1, x.H-1))*down
	})
}
