package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestActivateGolden(t *testing.T) {
	sets := startWorkers(t)
	src := []float32{-inf, -100, -3.5, -3, -1, -0.25, 0, 0.25, 1, 3, 3.5, 6.5, 100, inf, nan}
	for name, act := range map[string]Activation{
		"relu": {Kind: ReLU}, "leakyrelu": {Kind: LeakyReLU, Alpha: 0.1}, "relu6": {Kind: ReLU6},
		"sigmoid": {Kind: Sigmoid}, "tanh": {Kind: Tanh}, "elu": {Kind: ELU, Alpha: 0.5}, "silu": {Kind: SiLU},
		"gelu": {Kind: GELU}, "hardswish": {Kind: HardSwish}, "hardsigmoid": {Kind: HardSigmoid},
		"mish": {Kind: Mish}, "selu": {Kind: SELU}, "softplus": {Kind: Softplus, Alpha: 1, Beta: 20},
		"softplus bent": {Kind: Softplus, Alpha: 2, Beta: 5}, "gelu tanh": {Kind: GELUTanh},
		"clip": {Kind: Clip, Alpha: -2, Beta: 3.25}, "ramp": {Kind: Ramp, Alpha: 0.2, Beta: 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			verify(t, sets, wide(golden[name]), 1e-6, func(b *bench, dst []float32, w *Workers) {
				Activate(dst, b.input(src), act, w)
			})
			verify(t, sets, wide(golden[name]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
				copy(dst, src)
				Activate(dst, dst, act, w)
			})
		})
	}
}

func TestActivateManyTasks(t *testing.T) {
	sets := startWorkers(t)
	src := values(3*chunk+17, 1)
	for kind := Identity; kind <= Ramp; kind++ {
		act := Activation{Kind: kind, Alpha: 0.3, Beta: 0.75}
		verify(t, sets, finished(wide(src), Epilogue{Act: act}, 1, 1), 1e-6, func(b *bench, dst []float32, w *Workers) {
			Activate(dst, b.input(src), act, w)
		})
	}
}

func TestPReLU(t *testing.T) {
	sets := startWorkers(t)
	verify(t, sets, wide(golden["prelu"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		copy(dst, pattern(24, 0))
		PReLU(dst, dst, pattern(3, 1), 2, 3, 4, w)
	})
	one := finished(wide(pattern(24, 0)), Epilogue{Act: Activation{Kind: LeakyReLU, Alpha: 0.25}}, 1, 1)
	verify(t, sets, one, 1e-6, func(_ *bench, dst []float32, w *Workers) {
		PReLU(dst, pattern(24, 0), []float32{0.25}, 2, 3, 4, w)
	})
}

func TestSoftmax(t *testing.T) {
	sets := startWorkers(t)
	scores := pattern(20, 0)
	for c := range 4 {
		scores[c*5+1] *= 1000
	}
	scores[2*5+2], scores[1*5+3], scores[1*5+4] = nan, inf, -inf
	verify(t, sets, wide(golden["softmax"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		copy(dst, scores)
		Softmax(dst, dst, 1, 4, 5, w)
	})
	verify(t, sets, wide(golden["log softmax"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		copy(dst, scores)
		LogSoftmax(dst, dst, 1, 4, 5, w)
	})
	rapid.Check(t, func(t *rapid.T) {
		n, c, area := draw(t, "N", 1, 2), draw(t, "C", 1, 9), draw(t, "area", 1, 3*positions)
		src := drawInput(t, n*c*area)
		want := make([]float64, len(src))
		for image := range n {
			for p := range area {
				naiveSoftmax(want, src, image*c*area+p, c, area)
			}
		}
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			Softmax(dst, b.input(src), n, c, area, w)
		})
		for i, p := range want {
			want[i] = math.Log(p)
		}
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			LogSoftmax(dst, b.input(src), n, c, area, w)
		})
	})
}

// naiveSoftmax computes one position: c scores from index first on, area apart.
func naiveSoftmax(dst []float64, src []float32, first, c, area int) {
	largest, sum := math.Inf(-1), 0.0
	for i := range c {
		largest = math.Max(largest, float64(src[first+i*area]))
	}
	for i := range c {
		sum += math.Exp(float64(src[first+i*area]) - largest)
	}
	for i := range c {
		at := first + i*area
		dst[at] = math.Exp(float64(src[at])-largest) / sum
	}
}

func TestNormalise(t *testing.T) {
	sets := startWorkers(t)
	verify(t, sets, wide(golden["lrn 5"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		Normalise(dst, pattern(14, 0), LRN{N: 1, C: 7, H: 1, W: 2, Size: 5, Alpha: 0.5, Beta: 0.75, K: 2}, w)
	})
	verify(t, sets, wide(golden["lrn 4"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		Normalise(dst, pattern(14, 0), LRN{N: 1, C: 7, H: 1, W: 2, Size: 4, Alpha: 0.5, Beta: 0.6, K: 1}, w)
	})
	rapid.Check(t, func(t *rapid.T) {
		g := LRN{
			N: draw(t, "N", 1, 2), C: draw(t, "C", 1, 9), H: draw(t, "H", 1, 11), W: draw(t, "W", 1, 13),
			Size: draw(t, "size", 1, 12), Alpha: 0.3, Beta: rapid.SampledFrom([]float64{0.75, 0.5}).Draw(t, "beta"), K: 1.5,
		}
		area := g.H * g.W
		src := drawInput(t, g.N*g.C*area)
		want := make([]float64, len(src))
		for i := range want {
			c, sum := i/area%g.C, 0.0
			for d := -(g.Size / 2); d <= (g.Size-1)/2; d++ {
				if c+d >= 0 && c+d < g.C {
					v := float64(src[i+d*area])
					sum += v * v
				}
			}
			want[i] = float64(src[i]) / math.Pow(g.K+g.Alpha*sum/float64(g.Size), g.Beta)
		}
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			Normalise(dst, b.input(src), g, w)
		})
	})
}

func TestBatchNorm(t *testing.T) {
	sets := startWorkers(t)
	variance := []float32{0.5, 2, 0}
	verify(t, sets, wide(golden["batchnorm"]), 1e-5, func(b *bench, dst []float32, w *Workers) {
		scale, shift := b.buffer(3), b.buffer(3)
		FoldBatchNorm(scale, shift, pattern(3, 2), pattern(3, 3), pattern(3, 1), variance, 1e-3)
		copy(dst, pattern(24, 0))
		ScaleShift(dst, dst, scale, shift, 2, 3, 4, Activation{}, w)
	})

	scale, shift := make([]float32, 1), make([]float32, 1)
	FoldBatchNorm(scale, shift, nil, nil, []float32{3}, []float32{4}, 0)
	if scale[0] != 0.5 || shift[0] != -1.5 {
		t.Errorf("without gamma and beta: x*%v + %v, want x*0.5 - 1.5", scale[0], shift[0])
	}
	verify(t, sets, []float64{0, 0.5}, 0, func(_ *bench, dst []float32, w *Workers) {
		ScaleShift(dst, []float32{1, 4}, scale, shift, 2, 1, 1, Activation{Kind: ReLU}, w)
	})
}

// The expected rows are written by hand, for each mode on one axis and then the other.
func TestPad(t *testing.T) {
	sets := startWorkers(t)
	src := []float32{1, 2, 3, 4, 5, 6} // 2 rows of 3
	for _, tc := range []struct {
		mode PadMode
		want []float64
	}{
		{PadConstant, []float64{
			7, 7, 7, 7, 7, 7,
			7, 7, 1, 2, 3, 7,
			7, 7, 4, 5, 6, 7}},
		{PadReflect, []float64{
			6, 5, 4, 5, 6, 5,
			3, 2, 1, 2, 3, 2,
			6, 5, 4, 5, 6, 5}},
		{PadReplicate, []float64{
			1, 1, 1, 2, 3, 3,
			1, 1, 1, 2, 3, 3,
			4, 4, 4, 5, 6, 6}},
	} {
		verify(t, sets, tc.want, 0, func(b *bench, dst []float32, w *Workers) {
			Pad(dst, b.input(src), Resize{N: 1, C: 1, H: 2, W: 3, OH: 3, OW: 6}, 1, 2, tc.mode, 7, w)
		})
	}
}

// Steps of any length, over more columns than are computed at a time.
func TestResize(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := Resize{N: draw(t, "N", 1, 2), C: draw(t, "C", 1, 3), H: draw(t, "H", 1, 9), W: draw(t, "W", 1, 9),
			OH: draw(t, "OH", 1, 9), OW: draw(t, "OW", 1, 2*positions+3)}
		h := Sampling{Step: float32(draw(t, "down", 0, 20)) / 8, Align: draw(t, "align", 0, 1) == 1}
		w := Sampling{Step: float32(draw(t, "across", 0, 20)) / 8, Align: h.Align}
		// Eighths are exact in float32, so that no rounding decides.
		source := func(s Sampling, o, in int) float64 {
			at := float64(o) * float64(s.Step)
			if !s.Align {
				at = (float64(o)+0.5)*float64(s.Step) - 0.5
			}
			return min(max(at, 0), float64(in-1))
		}
		src := values(g.N*g.C*g.H*g.W, 5)
		var nearest, bilinear []float64
		for plane := range g.N * g.C {
			in := planeOf(src, plane, g.H, g.W)
			for y := range g.OH {
				for x := range g.OW {
					row, column := int(float64(y)*float64(h.Step)), int(float64(x)*float64(w.Step))
					nearest = append(nearest, in.at(min(row, g.H-1), min(column, g.W-1)))
					top, left := source(h, y, g.H), source(w, x, g.W)
					sum := 0.0
					for r := range g.H {
						for c := range g.W {
							share := max(1-math.Abs(top-float64(r)), 0) * max(1-math.Abs(left-float64(c)), 0)
							sum += share * in.at(r, c)
						}
					}
					bilinear = append(bilinear, sum)
				}
			}
		}
		verify(t, sets, nearest, 0, func(b *bench, dst []float32, workers *Workers) {
			ResizeNearest(dst, b.input(src), g, h, w, workers)
		})
		verify(t, sets, bilinear, 1e-6, func(b *bench, dst []float32, workers *Workers) {
			ResizeBilinear(dst, b.input(src), g, h, w, workers)
		})
	})
}

func TestScale(t *testing.T) {
	sets := startWorkers(t)
	src := pattern(2*3*37, 0)
	var ofChannels, shifted, constant []float64
	scale, shift := []float32{0.5, -2, 3}, []float32{1, 0, -1}
	for i, v := range src {
		c := i / 37 % 3
		ofChannels = append(ofChannels, float64(v)*float64(scale[c]))
		shifted = append(shifted, max(float64(v)*float64(scale[c])+float64(shift[c]), 0))
		constant = append(constant, math.Tanh(float64(v)*-0.25))
	}
	verify(t, sets, ofChannels, 1e-6, func(b *bench, dst []float32, w *Workers) {
		ScaleShift(dst, src, scale, nil, 2, 3, 37, Activation{}, w)
	})
	verify(t, sets, shifted, 1e-6, func(b *bench, dst []float32, w *Workers) {
		ScaleShift(dst, src, scale, shift, 2, 3, 37, Activation{Kind: ReLU}, w)
	})
	verify(t, sets, constant, 1e-6, func(b *bench, dst []float32, w *Workers) {
		copy(dst, src)
		Scale(dst, dst, -0.25, Activation{Kind: Tanh}, w)
	})
}

func TestPixelShuffle(t *testing.T) {
	sets := startWorkers(t)
	const n, c, h, w, r = 2, 3, 4, 5, 3
	src := pattern(n*c*h*w*r*r, 0)
	var want []float64
	for image := range n {
		for channel := range c {
			for y := range h * r {
				for x := range w * r {
					plane := (image*c+channel)*r*r + y%r*r + x%r
					want = append(want, float64(src[(plane*h+y/r)*w+x/r]))
				}
			}
		}
	}
	verify(t, sets, want, 0, func(b *bench, dst []float32, w0 *Workers) {
		PixelShuffle(dst, src, n, c, h, w, r, w0)
	})
	back := make([]float32, len(want))
	for i, v := range want {
		back[i] = float32(v)
	}
	verify(t, sets, wide(src), 0, func(b *bench, dst []float32, w0 *Workers) {
		PixelUnshuffle(dst, back, n, c, h, w, r, w0)
	})
}

func TestNormaliseGroups(t *testing.T) {
	sets := startWorkers(t)
	four := GroupNorm{N: 2, C: 4, Area: 6, Groups: 2, Eps: 1e-3}
	verify(t, sets, wide(golden["groupnorm"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		NormaliseGroups(dst, pattern(48, 0), pattern(4, 2), pattern(4, 3), four, Activation{}, w)
	})
	each := GroupNorm{N: 2, C: 4, Area: 6, Groups: 1, Eps: 1e-3, Each: true}
	verify(t, sets, wide(golden["layernorm volume"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		NormaliseGroups(dst, pattern(48, 0), pattern(24, 2), pattern(24, 3), each, Activation{}, w)
	})
	verify(t, sets, wide(golden["instancenorm"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		copy(dst, pattern(48, 0))
		NormaliseGroups(dst, dst, nil, nil, GroupNorm{N: 2, C: 4, Area: 6, Groups: 4, Eps: 1e-5}, Activation{}, w)
	})
	rapid.Check(t, func(t *rapid.T) {
		g := GroupNorm{N: draw(t, "N", 1, 2), Groups: draw(t, "groups", 1, 3), Area: draw(t, "area", 1, 30), Eps: 0.1}
		g.C = g.Groups * draw(t, "channels", 1, 4)
		src, gamma, beta := drawInput(t, g.N*g.C*g.Area), pattern(g.C, 2), pattern(g.C, 3)
		size := g.C / g.Groups * g.Area
		want := make([]float64, len(src))
		for i := range want {
			c := i / g.Area % g.C
			y := naiveNorm(src[i/size*size:][:size], 1, i%size, g.Eps)*float64(gamma[c]) + float64(beta[c])
			want[i] = naiveActivation(y, Activation{Kind: HardSwish})
		}
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			NormaliseGroups(dst, b.input(src), gamma, beta, g, Activation{Kind: HardSwish}, w)
		})
	})
}

// A large mean leaves the deviations as they are: in float32 the squares of these values all are the same.
func TestNormaliseGroupsWithLargeMean(t *testing.T) {
	sets := startWorkers(t)
	src := []float32{10_001, 10_002, 10_003, 10_004, 10_001.5}
	want := make([]float64, len(src))
	for i := range want {
		want[i] = naiveNorm(src, 1, i, 1e-5)
	}
	verify(t, sets, want, 1e-6, func(_ *bench, dst []float32, w *Workers) {
		NormaliseGroups(dst, src, nil, nil, GroupNorm{N: 1, C: 1, Area: 5, Groups: 1, Eps: 1e-5}, Activation{}, w)
	})
	verify(t, sets, want, 1e-6, func(_ *bench, dst []float32, w *Workers) {
		LayerNorm(dst, src, nil, nil, 1, 5, 1, 1e-5, Activation{}, w)
	})
}

func TestLayerNorm(t *testing.T) {
	sets := startWorkers(t)
	verify(t, sets, wide(golden["layernorm"]), 1e-6, func(_ *bench, dst []float32, w *Workers) {
		LayerNorm(dst, pattern(48, 0), pattern(4, 2), pattern(4, 3), 2, 4, 6, 1e-3, Activation{}, w)
	})
	rapid.Check(t, func(t *rapid.T) {
		n, c, area := draw(t, "N", 1, 2), draw(t, "C", 1, 9), draw(t, "area", 1, 3*positions)
		src, gamma, beta := drawInput(t, n*c*area), pattern(c, 2), pattern(c, 3)
		want := make([]float64, len(src))
		for i := range want {
			first := i/(c*area)*c*area + i%area
			k := i / area % c
			want[i] = max(naiveNorm(src[first:][:(c-1)*area+1], area, k*area, 0.1)*float64(gamma[k])+float64(beta[k]), 0)
		}
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			copy(dst, b.input(src))
			LayerNorm(dst, dst, gamma, beta, n, c, area, 0.1, Activation{Kind: ReLU}, w)
		})
	})
}

func TestUpsample(t *testing.T) {
	sets := startWorkers(t)
	small := pattern(24, 0)
	cases := []struct {
		name   string
		oh, ow int
		run    func(dst, src []float32, g Resize, w *Workers)
	}{
		{"bilinear", 7, 5, UpsampleBilinear},
		{"bilinear down", 2, 3, UpsampleBilinear},
		{"nearest", 6, 12, UpsampleNearest},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			g := Resize{N: 1, C: 2, H: 3, W: 4, OH: tc.oh, OW: tc.ow}
			verify(t, sets, wide(golden[tc.name]), 1e-6, func(b *bench, dst []float32, w *Workers) {
				tc.run(dst, b.input(small), g, w)
			})
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		fh, fw := draw(t, "factor down", 1, 4), draw(t, "factor across", 1, 4)
		g := Resize{N: draw(t, "N", 1, 2), C: draw(t, "C", 1, 3), H: draw(t, "H", 1, 6), W: draw(t, "W", 1, 6)}
		g.OH, g.OW = g.H*fh, g.W*fw
		src := drawInput(t, g.N*g.C*g.H*g.W)
		var nearest []float64
		for plane := range g.N * g.C {
			for y := range g.OH {
				for x := range g.OW {
					nearest = append(nearest, planeOf(src, plane, g.H, g.W).at(y/fh, x/fw))
				}
			}
		}
		verify(t, sets, nearest, 0, func(b *bench, dst []float32, w *Workers) {
			UpsampleNearest(dst, b.input(src), g, w)
		})
		src = values(len(src), 5)
		verify(t, sets, naiveBilinear(src, g), 1e-6, func(b *bench, dst []float32, w *Workers) {
			UpsampleBilinear(dst, b.input(src), g, w)
		})
	})
}

// naiveBilinear weights each input by its distance from the output's centre, with replicated borders.
func naiveBilinear(src []float32, g Resize) []float64 {
	hat := func(d float64) float64 { return math.Max(0, 1-math.Abs(d)) }
	clamp := func(i, n int) int { return min(max(i, 0), n-1) }
	var out []float64
	for plane := range g.N * g.C {
		in := planeOf(src, plane, g.H, g.W)
		for oh := range g.OH {
			y := (float64(oh)+0.5)*float64(g.H)/float64(g.OH) - 0.5
			for ow := range g.OW {
				x := (float64(ow)+0.5)*float64(g.W)/float64(g.OW) - 0.5
				sum := 0.0
				for ih := -1; ih <= g.H; ih++ {
					for iw := -1; iw <= g.W; iw++ {
						sum += hat(y-float64(ih)) * hat(x-float64(iw)) * in.at(clamp(ih, g.H), clamp(iw, g.W))
					}
				}
				out = append(out, sum)
			}
		}
	}
	return out
}

// short returns a copy of r with a small dotBlock, so that a test of several blocks is fast.
func short(r *routines) *routines {
	s := *r
	s.dotBlock = 256
	return &s
}

func TestLinear(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		r := short(rapid.SampledFrom(compiled).Draw(t, "routines"))
		n, m := draw(t, "N", 1, 4), draw(t, "M", 1, 80)
		k := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(r.dotBlock-2, 2*r.dotBlock+3)).Draw(t, "K")
		e := drawEpilogue(t, m)
		src, weights := drawInput(t, n*k), values(m*k, 1)
		want := make([]float64, n*m)
		for i := range want {
			for x := range k {
				want[i] += float64(src[i/m*k+x]) * float64(weights[i%m*k+x])
			}
		}
		verify(t, sets, finished(want, e, m, 1), 5e-5, func(b *bench, dst []float32, w *Workers) {
			linear(dst, b.input(src), b.input(weights), n, m, k, e, w, r)
		})
	})
}

func TestLinearBatchHasTheBitsOfOne(t *testing.T) {
	sets := startWorkers(t)
	for _, r := range compiled {
		n, m, k := 3, 21, 2*r.dotBlock+5
		src, weights := values(n*k, 1), values(m*k, 2)
		batch, one := make([]float32, n*m), make([]float32, m)
		linear(batch, src, weights, n, m, k, Epilogue{}, sets[1], r)
		for i := range n {
			linear(one, src[i*k:], weights, 1, m, k, Epilogue{}, sets[0], r)
			if at := differs(one, batch[i*m:(i+1)*m]); at >= 0 {
				t.Errorf("%s: picture %d, value %d: %v alone, %v in the batch", r.name, i, at, one[at], batch[i*m+at])
			}
		}
	}
}

// numbered returns 0, 1 and so on.
func numbered(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	return values
}

func TestCombine(t *testing.T) {
	sets := startWorkers(t)
	t.Run("crop", func(t *testing.T) {
		// 2 numbered planes of 3x4, and the window of 2x2 at row 1, column 2.
		src := numbered(24)
		verify(t, sets, []float64{6, 7, 10, 11, 18, 19, 22, 23}, 0, func(b *bench, dst []float32, w *Workers) {
			Crop(dst, b.input(src), Resize{N: 1, C: 2, H: 3, W: 4, OH: 2, OW: 2}, 1, 2, w)
		})
	})
	t.Run("channels", func(t *testing.T) {
		// 2 pictures of 4 channels of 2 values, numbered; channels 1 and 2 of each.
		src := numbered(16)
		verify(t, sets, []float64{2, 3, 4, 5, 10, 11, 12, 13}, 0, func(b *bench, dst []float32, w *Workers) {
			Channels(dst, b.input(src), 2, 4, 2, 1, 2, w)
		})
	})
	t.Run("shuffle", func(t *testing.T) {
		// 2 pictures of 6 channels of 1 value in 2 groups: 0 1 2 and 3 4 5.
		src := numbered(12)
		want := []float64{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}
		verify(t, sets, want, 0, func(b *bench, dst []float32, w *Workers) {
			ShuffleChannels(dst, b.input(src), 2, 6, 2, 1, w)
		})
	})
	t.Run("concat", func(t *testing.T) {
		// 2 images with 1 and 2 channels, in planes of 2 values.
		a, c := []float32{1, 2, 3, 4}, []float32{10, 11, 12, 13, 14, 15, 16, 17}
		want := []float64{1, 2, 10, 11, 12, 13, 3, 4, 14, 15, 16, 17}
		verify(t, sets, want, 0, func(b *bench, dst []float32, w *Workers) {
			Concat(dst, [][]float32{b.input(a), b.input(c)}, 2, w)
		})
	})
	n := 2*chunk + 700
	inputs := [][]float32{withSpecials(n, 1), withSpecials(n, 2), withSpecials(n, 3)}
	sum, product, maximum := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		x, y, z := float64(inputs[0][i]), float64(inputs[1][i]), float64(inputs[2][i])
		sum[i], product[i], maximum[i] = x+y+z, x*y*z, max(x, y, z)
	}
	// at is the index of the input that dst is, or -1.
	for at := -1; at < 3; at++ {
		place := func(dst []float32) [][]float32 {
			in := append([][]float32(nil), inputs...)
			if at >= 0 {
				copy(dst, in[at])
				in[at] = dst
			}
			return in
		}
		verify(t, sets, sum, 1e-6, func(_ *bench, dst []float32, w *Workers) {
			Combine(dst, place(dst), Sum, 1, 4, n/4, Activation{}, w)
		})
		verify(t, sets, product, 1e-6, func(_ *bench, dst []float32, w *Workers) {
			Combine(dst, place(dst), Product, 2, 2, n/4, Activation{}, w)
		})
		verify(t, sets, maximum, 0, func(_ *bench, dst []float32, w *Workers) {
			Combine(dst, place(dst), Maximum, 2, 2, n/4, Activation{}, w)
		})
	}
	t.Run("add then relu", func(t *testing.T) {
		verify(t, sets, []float64{0, 4}, 0, func(_ *bench, dst []float32, w *Workers) {
			Combine(dst, [][]float32{{1, 1}, {-5, 3}}, Sum, 1, 2, 1, Activation{Kind: ReLU}, w)
		})
	})
}

// Every pair of operands whose sizes are the result's or 1, with dst on the larger operand too.
func TestBroadcast(t *testing.T) {
	sets := startWorkers(t)
	const n = 2
	for _, out := range []Operand{{3, 4, 5}, {2, 40, 33}, {3, 1, 7}, {1, 6, 1}, {70, 1, 1}} {
		for pair := range 64 {
			x, y := out.repeated(pair%8), out.repeated(pair/8)
			a, b := withSpecials(n*x.C*x.H*x.W, 1), withSpecials(n*y.C*y.H*y.W, 2)
			for how, f := range []func(x, y float64) float64{
				func(x, y float64) float64 { return x + y },
				func(x, y float64) float64 { return x * y },
				func(x, y float64) float64 { return max(x, y) },
			} {
				var want []float64
				for i := range n * out.C * out.H * out.W {
					want = append(want, max(f(naiveRepeated(a, x, out, i), naiveRepeated(b, y, out, i)), 0))
				}
				run := func(dst, a []float32, w *Workers) {
					Broadcast(dst, a, b, Combination(how), n, out, [2]Operand{x, y}, Activation{Kind: ReLU}, w)
				}
				verify(t, sets, want, 1e-6, func(_ *bench, dst []float32, w *Workers) { run(dst, a, w) })
				if x == out {
					verify(t, sets, want, 1e-6, func(_ *bench, dst []float32, w *Workers) {
						copy(dst, a)
						run(dst, dst, w)
					})
				}
			}
		}
	}
}

// repeated returns the operand with a size of 1 along the axes whose bit is set.
func (o Operand) repeated(bits int) Operand {
	for i, size := range []*int{&o.C, &o.H, &o.W} {
		if bits>>i&1 == 1 {
			*size = 1
		}
	}
	return o
}

// naiveRepeated returns the value of an operand for value i of the result.
func naiveRepeated(values []float32, o, out Operand, i int) float64 {
	col, row, c, image := i%out.W, i/out.W%out.H, i/(out.W*out.H)%out.C, i/(out.W*out.H*out.C)
	return float64(values[((image*o.C+min(c, o.C-1))*o.H+min(row, o.H-1))*o.W+min(col, o.W-1)])
}
