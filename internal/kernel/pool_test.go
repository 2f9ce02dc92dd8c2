package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawPool(t *rapid.T) Pool {
	return Pool{
		N: draw(t, "N", 1, 2), C: draw(t, "C", 1, 3), H: draw(t, "H", 1, 9), W: draw(t, "W", 1, 9),
		OH: draw(t, "OH", 1, 7), OW: draw(t, "OW", 1, 7),
		FH: draw(t, "FH", 1, 4), FW: draw(t, "FW", 1, 4),
		SH: draw(t, "SH", 1, 3), SW: draw(t, "SW", 1, 3),
		PT: draw(t, "PT", 0, 2), PL: draw(t, "PL", 0, 2), PB: draw(t, "PB", 0, 2), PR: draw(t, "PR", 0, 2),
		DH: draw(t, "DH", 1, 2), DW: draw(t, "DW", 1, 2),
	}
}

// Output widths below and from flatWidth on are computed differently.
func TestMaxPoolWide(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := drawPool(t)
		g.W, g.OW = draw(t, "wider W", 1, 100), draw(t, "wider OW", 1, 50)
		src := drawInput(t, g.N*g.C*g.H*g.W)
		r := rapid.SampledFrom(compiled).Draw(t, "routines")
		verify(t, sets, naivePool(src, g, reduceMax), 1e-6, func(b *bench, dst []float32, w *Workers) {
			maxPool(dst, b.input(src), b.buffer(maxPoolScratch(&g, w.Size(), r)), g, w, r)
		})
	})
}

// The windows that have routines, in planes large enough to be divided into bands, and extending beyond all edges.
func TestMaxPoolLarge(t *testing.T) {
	sets := startWorkers(t)
	for _, r := range compiled {
		for _, size := range []int{2, 3} {
			for _, stride := range []int{1, 2} {
				for pad := range size {
					g := Pool{N: 1, C: 3, H: 37, W: 37, FH: size, FW: size, SH: stride, SW: stride, PT: pad, PL: pad, DH: 1, DW: 1}
					g.OH, g.OW = (g.H+pad-1)/stride+1, (g.W+pad-1)/stride+1
					src := withSpecials(g.N*g.C*g.H*g.W, 1)
					verify(t, sets, naivePool(src, g, reduceMax), 0, func(b *bench, dst []float32, w *Workers) {
						maxPool(dst, b.input(src), b.buffer(maxPoolScratch(&g, w.Size(), r)), g, w, r)
					})
				}
			}
		}
	}
}

func TestPools(t *testing.T) {
	sets := startWorkers(t)
	kernels := []struct {
		name   string
		run    func(dst, src []float32, g Pool, w *Workers)
		reduce func(real []float64, padded int) float64
	}{
		{"max", func(dst, src []float32, g Pool, w *Workers) {
			MaxPool(dst, src, make([]float32, MaxPoolScratch(g, w.Size())), g, w)
		}, reduceMax},
		{"avg", func(dst, src []float32, g Pool, w *Workers) { AvgPool(dst, src, g, false, w) }, reduceAvg},
		{"avg padded", func(dst, src []float32, g Pool, w *Workers) { AvgPool(dst, src, g, true, w) }, reduceAvgPadded},
		{"l2", L2Pool, reduceL2},
	}
	for _, k := range kernels {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				g := drawPool(t)
				src := drawInput(t, g.N*g.C*g.H*g.W)
				verify(t, sets, naivePool(src, g, k.reduce), 1e-6, func(b *bench, dst []float32, w *Workers) {
					k.run(dst, b.input(src), g, w)
				})
			})
		})
	}
}

func TestAdaptivePools(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := Resize{
			N: draw(t, "N", 1, 2), C: draw(t, "C", 1, 3), H: draw(t, "H", 1, 9), W: draw(t, "W", 1, 9),
			OH: draw(t, "OH", 1, 7), OW: draw(t, "OW", 1, 7),
		}
		src := drawInput(t, g.N*g.C*g.H*g.W)
		edge := func(i, in, out int) (int, int) {
			return int(math.Floor(float64(i*in) / float64(out))), int(math.Ceil(float64((i+1)*in) / float64(out)))
		}
		var want, wantMax []float64
		for plane := range g.N * g.C {
			for oh := range g.OH {
				top, bottom := edge(oh, g.H, g.OH)
				for ow := range g.OW {
					left, right := edge(ow, g.W, g.OW)
					var cells []float64
					for y := top; y < bottom; y++ {
						for x := left; x < right; x++ {
							cells = append(cells, planeOf(src, plane, g.H, g.W).at(y, x))
						}
					}
					want = append(want, sumOf(cells)/float64(len(cells)))
					wantMax = append(wantMax, reduceMax(cells, 0))
				}
			}
		}
		verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
			AdaptiveAvgPool(dst, b.input(src), g, w)
		})
		verify(t, sets, wantMax, 0, func(b *bench, dst []float32, w *Workers) {
			AdaptiveMaxPool(dst, b.input(src), g, w)
		})
		if g.OH == 1 && g.OW == 1 {
			verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
				GlobalAvgPool(dst, b.input(src), g.N, g.C, g.H*g.W, w)
			})
		}
	})
}

func TestPoolGolden(t *testing.T) {
	sets := startWorkers(t)
	image := pattern(84, 0)
	ceil := Pool{
		N: 1, C: 2, H: 6, W: 7, OH: 4, OW: 4, FH: 3, FW: 3, SH: 2, SW: 2,
		PT: 1, PL: 1, PB: 1, PR: 1, DH: 1, DW: 1,
	}
	holed := append([]float32(nil), image...)
	holed[2*7+3] = nan
	for i := 42; i < 84; i++ {
		holed[i] -= 10
	}
	holed[42] = -inf
	dilated := Pool{
		N: 1, C: 2, H: 6, W: 7, OH: 4, OW: 4, FH: 3, FW: 2, SH: 2, SW: 2,
		PT: 1, PL: 1, PB: 1, PR: 1, DH: 1, DW: 2,
	}
	l2 := Pool{N: 1, C: 2, H: 6, W: 7, OH: 4, OW: 3, FH: 3, FW: 2, SH: 1, SW: 2, DH: 1, DW: 1}
	cases := []struct {
		name string
		run  func(dst []float32, w *Workers)
	}{
		{"avgpool ceil padded", func(dst []float32, w *Workers) { AvgPool(dst, image, ceil, true, w) }},
		{"avgpool ceil real", func(dst []float32, w *Workers) { AvgPool(dst, image, ceil, false, w) }},
		{"maxpool", func(dst []float32, w *Workers) {
			MaxPool(dst, holed, make([]float32, MaxPoolScratch(dilated, w.Size())), dilated, w)
		}},
		{"l2pool", func(dst []float32, w *Workers) { L2Pool(dst, image, l2, w) }},
		{"adaptive", func(dst []float32, w *Workers) {
			AdaptiveAvgPool(dst, image, Resize{N: 1, C: 2, H: 6, W: 7, OH: 4, OW: 3}, w)
		}},
		{"adaptive up", func(dst []float32, w *Workers) {
			AdaptiveAvgPool(dst, pattern(6, 0), Resize{N: 1, C: 1, H: 2, W: 3, OH: 3, OW: 5}, w)
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			verify(t, sets, wide(golden[tc.name]), 1e-6, func(_ *bench, dst []float32, w *Workers) { tc.run(dst, w) })
		})
	}
}
