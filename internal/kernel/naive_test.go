package kernel

import "math"

// Reference implementations of all kernels, by definition, in float64 and with other algorithms.

// padded is a plane of an input surrounded by zeros (or fill), as far as windows extend, so that at accepts any
// position that they read.
type padded struct {
	plane []float32
	h, w  int
	fill  float64
}

func (p padded) at(y, x int) float64 {
	if y < 0 || y >= p.h || x < 0 || x >= p.w {
		return p.fill
	}
	return float64(p.plane[y*p.w+x])
}

func planeOf(v []float32, index, h, w int) padded {
	return padded{plane: v[index*h*w : (index+1)*h*w], h: h, w: w}
}

// naiveConv computes a convolution. weight returns the filter value of output channel k at output position (oh, ow) for
// channel c of its group.
func naiveConv(src []float32, g Conv, weight func(k, oh, ow, c, fh, fw int) float32) []float64 {
	out := make([]float64, 0, g.dstSize())
	per := g.C / g.Groups
	for n := range g.N {
		for k := range g.K {
			group := k * g.Groups / g.K
			for oh := range g.OH {
				for ow := range g.OW {
					sum := 0.0
					for c := range per {
						in := planeOf(src, n*g.C+group*per+c, g.H, g.W)
						for fh := range g.FH {
							for fw := range g.FW {
								x := in.at(oh*g.SH+fh*g.DH-g.PT, ow*g.SW+fw*g.DW-g.PL)
								sum += x * float64(weight(k, oh, ow, c, fh, fw))
							}
						}
					}
					out = append(out, sum)
				}
			}
		}
	}
	return out
}

// sharedFilter returns a function that reads weights [K, C/Groups, FH, FW].
func sharedFilter(weights []float32, g Conv) func(k, oh, ow, c, fh, fw int) float32 {
	return func(k, _, _, c, fh, fw int) float32 {
		return weights[((k*(g.C/g.Groups)+c)*g.FH+fh)*g.FW+fw]
	}
}

// ownFilter returns a function that reads weights [OH, OW, K, C, FH, FW].
func ownFilter(weights []float32, g Conv) func(k, oh, ow, c, fh, fw int) float32 {
	return func(k, oh, ow, c, fh, fw int) float32 {
		return weights[((((oh*g.OW+ow)*g.K+k)*g.C+c)*g.FH+fh)*g.FW+fw]
	}
}

// naiveTransposed sums, for each output, the inputs that contribute to it.
func naiveTransposed(src, weights []float32, g Transposed) []float64 {
	var out []float64
	filters, per := g.K/g.Groups, g.C/g.Groups
	for n := range g.N {
		for k := range g.K {
			for oh := range g.OH {
				for ow := range g.OW {
					sum := 0.0
					for c := k / filters * per; c < (k/filters+1)*per; c++ {
						in := planeOf(src, n*g.C+c, g.H, g.W)
						for fh := range g.FH {
							for fw := range g.FW {
								y, x := oh+g.PT-fh*g.DH, ow+g.PL-fw*g.DW
								if y < 0 || x < 0 || y%g.SH != 0 || x%g.SW != 0 {
									continue
								}
								if y/g.SH >= g.H || x/g.SW >= g.W {
									continue
								}
								f := weights[((c*filters+k%filters)*g.FH+fh)*g.FW+fw]
								sum += in.at(y/g.SH, x/g.SW) * float64(f)
							}
						}
					}
					out = append(out, sum)
				}
			}
		}
	}
	return out
}

// naivePool calls reduce for each window with the values that lie in the input, and the number of positions that lie in
// the padded input.
func naivePool(src []float32, g Pool, reduce func(real []float64, padded int) float64) []float64 {
	var out []float64
	for plane := range g.N * g.C {
		in := planeOf(src, plane, g.H, g.W)
		for oh := range g.OH {
			for ow := range g.OW {
				var cells []float64
				count := 0
				for fh := range g.FH {
					for fw := range g.FW {
						y, x := oh*g.SH+fh*g.DH-g.PT, ow*g.SW+fw*g.DW-g.PL
						if y < g.H+g.PB && x < g.W+g.PR {
							count++
						}
						if y >= 0 && y < g.H && x >= 0 && x < g.W {
							cells = append(cells, in.at(y, x))
						}
					}
				}
				out = append(out, reduce(cells, count))
			}
		}
	}
	return out
}

func reduceMax(cells []float64, _ int) float64 {
	m := math.Inf(-1)
	for _, v := range cells {
		if v > m || math.IsNaN(v) {
			m = v
		}
	}
	return m
}

func reduceAvg(cells []float64, _ int) float64 {
	if len(cells) == 0 {
		return 0
	}
	return sumOf(cells) / float64(len(cells))
}

func reduceAvgPadded(cells []float64, padded int) float64 {
	if padded == 0 {
		return 0
	}
	return sumOf(cells) / float64(padded)
}

func reduceL2(cells []float64, _ int) float64 {
	sum := 0.0
	for _, v := range cells {
		sum += v * v
	}
	return math.Sqrt(sum)
}

func sumOf(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum
}

// finished adds the bias of each channel of area values and applies the activation.
func finished(v []float64, e Epilogue, channels, area int) []float64 {
	for i := range v {
		if e.Bias != nil {
			v[i] += float64(e.Bias[i/area%channels])
		}
		v[i] = naiveActivation(v[i], e.Act)
	}
	return v
}

func naiveActivation(x float64, act Activation) float64 {
	alpha := float64(act.Alpha)
	if math.IsNaN(x) {
		return x
	}
	clip := func(v float64) float64 { return math.Min(math.Max(v, 0), 6) }
	switch act.Kind {
	case Identity:
		return x
	case ReLU:
		return math.Max(x, 0)
	case LeakyReLU:
		if x > 0 {
			return x
		}
		return alpha * x
	case ReLU6:
		return clip(x)
	case Sigmoid:
		return 1 / (1 + math.Exp(-x))
	case Tanh:
		return math.Tanh(x)
	case ELU:
		if x > 0 {
			return x
		}
		return alpha * (math.Exp(x) - 1)
	case SiLU:
		return x / (1 + math.Exp(-x))
	case GELU:
		return x * 0.5 * math.Erfc(-x/math.Sqrt2)
	case HardSwish:
		return x * clip(x+3) / 6
	case HardSigmoid:
		return clip(x+3) / 6
	}
	beta := float64(act.Beta)
	switch act.Kind {
	case Mish:
		return x * math.Tanh(math.Log1p(math.Exp(x)))
	case SELU:
		const alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
		if x > 0 {
			return scale * x
		}
		return scale * alpha * (math.Exp(x) - 1)
	case Softplus:
		if alpha*x > beta {
			return x
		}
		return math.Log1p(math.Exp(alpha*x)) / alpha
	case GELUTanh:
		// x/2 * (1 + tanh(u)), which cancels for a negative u.
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*math.Pow(x, 3))))
	case Clip:
		return math.Min(math.Max(x, alpha), beta)
	case Ramp:
		return math.Min(math.Max(alpha*x+beta, 0), 1)
	}
	panic("no reference for this activation")
}

// naiveNorm is src[at] less the mean, over the deviation, of every step-th value.
func naiveNorm(src []float32, step, at int, eps float64) float64 {
	var mean, variance, n float64
	for i := 0; i < len(src); i += step {
		mean += float64(src[i])
		n++
	}
	mean /= n
	for i := 0; i < len(src); i += step {
		variance += (float64(src[i]) - mean) * (float64(src[i]) - mean) / n
	}
	return (float64(src[at]) - mean) / math.Sqrt(variance+eps)
}
