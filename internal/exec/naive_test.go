package exec

import (
	"math"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// The kinds of layers once more, each from its definition, for one picture and in float64: what the kernels
// are held against, through the whole path from the text of a network. Windows take their sizes from package
// op; that those are right is up to op's tests and to the golden cases of PyTorch.

// volume is one picture's volume, [D, H, W].
type volume struct {
	graph.Shape
	values []float64
}

func newVolume(s graph.Shape) volume {
	return volume{s, make([]float64, s.W*s.H*s.D)}
}

// at is the value at channel c, row y and column x; nil outside.
func (v volume) at(c, y, x int64) *float64 {
	if y < 0 || y >= v.H || x < 0 || x >= v.W {
		return nil
	}
	return &v.values[(c*v.H+y)*v.W+x]
}

// each fills a volume with f of every place.
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

// naiveNetwork computes every node's volume.
func naiveNetwork(n *shape.Network, picture []float32) []volume {
	volumes := make([]volume, len(n.Nodes))
	volumes[0] = newVolume(n.InputShape())
	for i, v := range picture {
		volumes[0].values[i] = float64(v)
	}
	for i := 1; i < len(n.Nodes); i++ {
		node := &n.Nodes[i]
		var in []volume
		for _, k := range node.Inputs {
			in = append(in, volumes[k])
		}
		weights := map[string][]float64{}
		for _, w := range n.Layers[i].Weights {
			var dims []int
			for _, d := range w.Dims {
				dims = append(dims, int(d))
			}
			for _, v := range tensorNoise(node.Name+"."+w.Name, dims) {
				weights[w.Name] = append(weights[w.Name], float64(v))
			}
		}
		volumes[i] = naive(node.Op, in, newVolume(n.Layers[i].Out), weights)
	}
	return volumes
}

// naive computes one layer. It returns out, filled.
func naive(o graph.Op, in []volume, out volume, weights map[string][]float64) volume {
	x := in[0]
	weight, bias := weights["weight"], weights["bias"]
	biasOf := func(c int64) float64 {
		if bias == nil {
			return 0
		}
		return bias[c]
	}
	each := func(f func(v float64) float64) volume {
		return out.each(func(c, y, col int64) float64 { return f(*x.at(c, y, col)) })
	}
	switch o := o.(type) {
	case *op.Conv:
		g, _ := o.Geometry(x.Shape)
		return naiveConv(x, out, g, o.Groups(), func(k, _, _, i int64) float64 {
			return weight[k*(x.D/o.Groups())*g.W.Size*g.H.Size+i]
		}, func(k, _, _ int64) float64 { return biasOf(k) })
	case *op.DWConv:
		g, _ := o.Geometry(x.Shape)
		return naiveConv(x, out, g, x.D, func(k, _, _, i int64) float64 {
			return weight[k*g.W.Size*g.H.Size+i]
		}, func(k, _, _ int64) float64 { return biasOf(k) })
	case *op.Local:
		g, _ := o.Geometry(x.Shape)
		return naiveConv(x, out, g, 1, func(k, y, col, i int64) float64 {
			return weight[((y*out.W+col)*out.D+k)*x.D*g.W.Size*g.H.Size+i]
		}, func(k, y, col int64) float64 {
			if bias == nil {
				return 0
			}
			return bias[(k*out.H+y)*out.W+col]
		})
	case *op.UpConv:
		return naiveUpConv(o, x, out, weight, biasOf)
	case *op.MaxPool:
		return naivePool(o, x, out, func(w window) float64 {
			largest := math.Inf(-1)
			for _, v := range w.values {
				largest = max(largest, v)
			}
			return largest
		})
	case *op.AvgPool:
		return naivePool(o, x, out, func(w window) float64 {
			if o.ExcludePad {
				return sum(w.values) / float64(len(w.values))
			}
			return sum(w.values) / float64(w.padded)
		})
	case *op.L2Pool:
		return naivePool(o, x, out, func(w window) float64 {
			squares := 0.0
			for _, v := range w.values {
				squares += v * v
			}
			return math.Sqrt(squares)
		})
	case *op.GlobalAvgPool, *op.AdaptAvg:
		return naiveAdaptAvg(x, out)
	case *op.FC:
		return out.each(func(k, _, _ int64) float64 {
			s := biasOf(k)
			for i, v := range x.values {
				s += v * weight[int(k)*len(x.values)+i]
			}
			return s
		})
	case *op.Flatten, *op.Dropout:
		copy(out.values, x.values)
		return out
	case *op.ReLU:
		return each(func(v float64) float64 { return max(v, 0) })
	case *op.LeakyReLU:
		return each(func(v float64) float64 { return bent(v, o.Slope()) })
	case *op.PReLU:
		return out.each(func(c, y, col int64) float64 {
			return bent(*x.at(c, y, col), weight[c%int64(len(weight))])
		})
	case *op.ReLU6:
		return each(func(v float64) float64 { return min(max(v, 0), 6) })
	case *op.Sigmoid:
		return each(sigmoid)
	case *op.Tanh:
		return each(math.Tanh)
	case *op.ELU:
		return each(func(v float64) float64 {
			if v > 0 {
				return v
			}
			return o.Alpha() * (math.Exp(v) - 1)
		})
	case *op.SiLU:
		return each(func(v float64) float64 { return v * sigmoid(v) })
	case *op.GELU:
		return each(func(v float64) float64 { return v * 0.5 * math.Erfc(-v/math.Sqrt2) })
	case *op.HardSwish:
		return each(func(v float64) float64 { return v * min(max(v+3, 0), 6) / 6 })
	case *op.HardSigmoid:
		return each(func(v float64) float64 { return min(max(v/6+0.5, 0), 1) })
	case *op.Softmax:
		return out.each(func(c, y, col int64) float64 {
			s := 0.0
			for k := range x.D {
				s += math.Exp(*x.at(k, y, col))
			}
			return math.Exp(*x.at(c, y, col)) / s
		})
	case *op.LRN:
		return out.each(func(c, y, col int64) float64 {
			s := 0.0
			for k := max(c-o.Size()/2, 0); k < min(c-o.Size()/2+o.Size(), x.D); k++ {
				s += *x.at(k, y, col) * *x.at(k, y, col)
			}
			return *x.at(c, y, col) / math.Pow(o.K()+o.Alpha()/float64(o.Size())*s, o.Beta())
		})
	case *op.BatchNorm:
		mean, variance := weights["running_mean"], weights["running_var"]
		return out.each(func(c, y, col int64) float64 {
			return (*x.at(c, y, col)-mean[c])/math.Sqrt(variance[c]+o.Eps())*weight[c] + bias[c]
		})
	case *op.Upsample:
		return naiveUpsample(o, x, out)
	case *op.Crop:
		left, top := o.Corner(x.Shape)
		return out.each(func(c, y, col int64) float64 { return *x.at(c, top+y, left+col) })
	case *op.Concat:
		out.values = out.values[:0]
		for _, v := range in {
			out.values = append(out.values, v.values...)
		}
		return out
	case *op.Add:
		return out.each(func(c, y, col int64) float64 {
			s := 0.0
			for _, v := range in {
				s += *v.at(c, y, col)
			}
			return s
		})
	case *op.Mul:
		return out.each(func(c, y, col int64) float64 {
			p := 1.0
			for _, v := range in {
				p *= *v.at(c, min(y, v.H-1), min(col, v.W-1))
			}
			return p
		})
	}
	panic("no naive " + o.Kind())
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

// naiveConv slides windows over x. weight is the i-th value, in the order channel of the group, row, column,
// of the filter k at a place.
func naiveConv(x, out volume, g op.Geometry, groups int64, weight func(k, y, col, i int64) float64, bias func(k, y, col int64) float64) volume {
	channels := x.D / groups
	return out.each(func(k, y, col int64) float64 {
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

// position is where tap f of the window at output o looks.
func position(a op.Axis, o, f int64) int64 { return o*a.Stride - a.Before + f*a.Dilation }

func naiveUpConv(o *op.UpConv, x, out volume, weight []float64, bias func(int64) float64) volume {
	g, _ := o.Geometry(x.Shape)
	out.each(func(k, _, _ int64) float64 { return bias(k) })
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
	return out
}

// window is what a pool sees: the values inside the input, and how many places the padded input has there.
type window struct {
	values []float64
	padded int
}

func naivePool(o op.Windowed, x, out volume, f func(w window) float64) volume {
	g, _ := o.Geometry(x.Shape)
	return out.each(func(c, y, col int64) float64 {
		var w window
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
		return f(w)
	})
}

func naiveAdaptAvg(x, out volume) volume {
	bounds := func(i, in, size int64) (from, to int64) {
		return int64(math.Floor(float64(i) * float64(in) / float64(size))),
			int64(math.Ceil(float64(i+1) * float64(in) / float64(size)))
	}
	return out.each(func(c, y, col int64) float64 {
		top, bottom := bounds(y, x.H, out.H)
		left, right := bounds(col, x.W, out.W)
		s := 0.0
		for row := top; row < bottom; row++ {
			for column := left; column < right; column++ {
				s += *x.at(c, row, column)
			}
		}
		return s / float64((bottom-top)*(right-left))
	})
}

func naiveUpsample(o *op.Upsample, x, out volume) volume {
	w, h := o.Factor()
	if !o.Bilinear() {
		return out.each(func(c, y, col int64) float64 { return *x.at(c, y/h, col/w) })
	}
	// The centre of an output pixel in the input's coordinates; the outermost centres go on outwards.
	centre := func(i, factor, in int64) (lower int64, share float64) {
		at := min(max((float64(i)+0.5)/float64(factor)-0.5, 0), float64(in-1))
		lower = int64(at)
		return lower, at - float64(lower)
	}
	return out.each(func(c, y, col int64) float64 {
		top, down := centre(y, h, x.H)
		left, across := centre(col, w, x.W)
		row := func(r int64) float64 {
			return *x.at(c, r, left)*(1-across) + *x.at(c, r, min(left+1, x.W-1))*across
		}
		return row(top)*(1-down) + row(min(top+1, x.H-1))*down
	})
}
