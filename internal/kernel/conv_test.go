package kernel

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drawConv draws a geometry with everything that Conv allows: rectangles, different pads, windows beyond the bottom and
// right edges, sizes of 1.
func drawConv(t *rapid.T, maxGroups int) Conv {
	g := Conv{
		N: draw(t, "N", 1, 2), H: draw(t, "H", 1, 14), W: draw(t, "W", 1, 14),
		FH: draw(t, "FH", 1, 4), FW: draw(t, "FW", 1, 5),
		SH: draw(t, "SH", 1, 3), SW: draw(t, "SW", 1, 3),
		PT: draw(t, "PT", 0, 3), PL: draw(t, "PL", 0, 3),
		DH: draw(t, "DH", 1, 3), DW: draw(t, "DW", 1, 3),
		OH: draw(t, "OH", 1, 12), OW: draw(t, "OW", 1, 12),
		Groups: draw(t, "Groups", 1, maxGroups),
	}
	g.C = g.Groups * draw(t, "C", 1, 5)
	g.K = g.Groups * draw(t, "K", 1, 9)
	return g
}

func drawEpilogue(t *rapid.T, channels int) Epilogue {
	var e Epilogue
	if rapid.Bool().Draw(t, "bias") {
		e.Bias = values(channels, 7)
	}
	kinds := []ActivationKind{Identity, ReLU, LeakyReLU, ReLU6, SiLU, Clip}
	e.Act = Activation{Kind: rapid.SampledFrom(kinds).Draw(t, "act"), Alpha: 0.25, Beta: 0.75}
	return e
}

func drawInput(t *rapid.T, n int) []float32 {
	seed := rapid.Uint64().Draw(t, "seed")
	if rapid.Bool().Draw(t, "specials") {
		return withSpecials(n, seed)
	}
	return values(n, seed)
}

// tilesOf returns a set of routines with another tile size, to test packing and division as for assembly of that size.
func tilesOf(mr, nr int) *routines {
	tile := func(kc int, a, b, c []float32, ldc int, add bool, bias []float32, lo, hi float32) {
		for i := range mr {
			for j := range nr {
				var sum float32
				for k := range kc {
					sum += a[k*mr+i] * b[k*nr+j]
				}
				if add {
					sum += c[i*ldc+j]
				}
				if bias != nil {
					sum = min(max(sum+bias[i], lo), hi)
				}
				c[i*ldc+j] = sum
			}
		}
	}
	r := generic
	r.name, r.mr, r.nr, r.lanes, r.multiply = fmt.Sprintf("tile %dx%d", mr, nr), mr, nr, nr, tiled(mr, nr, tile)
	return &r
}

func runIm2col(b *bench, dst, src, weights []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	packed := b.buffer(packedFiltersSize(&g, r))
	packFilters(packed, b.input(weights), &g, w, r)
	convIm2col(dst, b.input(src), packed, b.buffer(convScratch(&g, w.Size(), r)), g, e, w, r)
}

func TestConvIm2col(t *testing.T) {
	sets := startWorkers(t)
	sorts := append([]*routines{tilesOf(6, 16), tilesOf(3, 5), tilesOf(8, 8)}, compiled...)
	rapid.Check(t, func(t *rapid.T) {
		g := drawConv(t, 3)
		e := drawEpilogue(t, g.K)
		src, weights := drawInput(t, g.srcSize()), values(g.K*g.depth(), 1)
		want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
		r := rapid.SampledFrom(sorts).Draw(t, "tile")
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			runIm2col(b, dst, src, weights, g, e, w, r)
		})
	})
}

// TestConvIm2colBlocks has layers that are divided in all ways: several blocks of depth, strips and blocks of rows, and
// a smaller last one of each.
func TestConvIm2colBlocks(t *testing.T) {
	sets := startWorkers(t)
	deep := square(67, 9, 9) // depth 603: three blocks
	tall := square(5, 131, 4)
	tall.N = 2
	broad := square(3, 7, 40) // 1600 columns: nine strips
	both := pointwise(300, 270, 5)
	both.Groups = 2
	for name, g := range map[string]Conv{"deep": deep, "tall": tall, "broad": broad, "both": both} {
		t.Run(name, func(t *testing.T) {
			src, weights := values(g.srcSize(), 1), values(g.K*g.depth(), 2)
			want := naiveConv(src, g, sharedFilter(weights, g))
			verify(t, sets, want, 5e-5, func(b *bench, dst []float32, w *Workers) {
				runIm2col(b, dst, src, weights, g, Epilogue{}, w, active)
			})
		})
	}
}

// TestConvAccumulates checks that sums are added to dst before the activation.
func TestConvAccumulates(t *testing.T) {
	sets := startWorkers(t)
	for name, g := range map[string]Conv{"two blocks of depth": square(67, 9, 9), "in place": pointwise(20, 30, 7)} {
		t.Run(name, func(t *testing.T) {
			src, weights, before := values(g.srcSize(), 1), values(g.K*g.depth(), 2), values(g.dstSize(), 3)
			sums := naiveConv(src, g, sharedFilter(weights, g))
			for i, v := range before {
				sums[i] += float64(v)
			}
			e := Epilogue{Bias: values(g.K, 4), Act: Activation{Kind: ReLU}, Accumulate: true}
			want := finished(sums, e, g.K, g.OH*g.OW)
			verify(t, sets, want, 5e-5, func(b *bench, dst []float32, w *Workers) {
				copy(dst, before)
				runIm2col(b, dst, src, weights, g, e, w, active)
			})
		})
	}
}

// TestConvPointwise has 1x1 filters. They may read the input in place only if output and input have the same size,
// without offset and with stride 1.
func TestConvPointwise(t *testing.T) {
	sets := startWorkers(t)
	pairs := [][2]int{{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}}
	for _, stride := range []int{1, 2} {
		for _, pad := range pairs[:3] {
			for _, more := range pairs {
				for axis := range 2 {
					g := pointwise(2, 3, 5)
					g.PT, g.PL = pad[0], pad[1]
					g.OH, g.OW = g.H+more[0], g.W+more[1]
					if axis == 0 {
						g.SH = stride
					} else {
						g.SW = stride
					}
					src, weights := values(g.srcSize(), 1), values(g.K*g.depth(), 2)
					want := naiveConv(src, g, sharedFilter(weights, g))
					verify(t, sets[:2], want, 1e-6, func(b *bench, dst []float32, w *Workers) {
						runIm2col(b, dst, src, weights, g, Epilogue{}, w, active)
					})
				}
			}
		}
	}
}

// checkStrips checks that the columns of the tasks follow one another, and that none are more than a strip may have.
func checkStrips(t *testing.T, g *Conv, p *gemmPlan, workers int) {
	w := NewWorkers(workers)
	defer w.Close()
	each := p.scratch(active)
	j := gemmJob{local: make([]float32, workers*each), each: each, workers: w, g: *g, p: *p, r: active}
	next := 0
	for strip := range p.strips {
		task := j.task(strip, 0)
		if task.col0 != next || task.col1 <= task.col0 || task.col1-task.col0 > p.strip {
			t.Errorf("%+v: strip %d of %d has columns %d to %d; the widest has %d", *g, strip, p.strips, task.col0, task.col1, p.strip)
		}
		next = task.col1
	}
	if next != p.span {
		t.Errorf("%+v: strips have %d of %d columns", *g, next, p.span)
	}
}

// TestPlanGEMM checks the properties of plans for layers of real networks.
func TestPlanGEMM(t *testing.T) {
	for _, g := range []Conv{
		square(3, 64, 224), square(512, 512, 14), pointwise(2048, 512, 7), square(1, 1, 1), pointwise(1, 1000, 1),
		pointwise(192, 64, 35), square(128, 128, 17), square(64, 64, 56), square(16, 64, 224),
	} {
		for workers := 1; workers <= 5; workers++ {
			p := planGEMM(&g, active, workers)
			widest := roundUp(p.widestStrip(&g), active.lanes) + active.few
			if p.kc > maxKC || p.strip > widest || p.stripSize(active) > maxStage {
				t.Errorf("%+v: block %d x %d is larger than the cache is meant for", g, p.kc, p.strip)
			}
			if p.block*p.blocks < p.rows {
				t.Errorf("%+v: %d blocks of %d do not cover it", g, p.blocks, p.block)
			}
			checkStrips(t, &g, &p, workers)
			if tasks := p.strips * p.blocks; p.rows*p.cols >= 512*49 && tasks < workers {
				t.Errorf("%+v: %d tasks: too few for %d workers", g, tasks, workers)
			}
		}
	}
	late := square(512, 512, 7)
	if p := planGEMM(&late, active, 1); p.strips*p.blocks != 1 {
		t.Errorf("%d tasks for one worker, which packs B again for each", p.strips*p.blocks)
	}
}

func TestConvDirect(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := drawConv(t, 3)
		e := drawEpilogue(t, g.K)
		src, weights := drawInput(t, g.srcSize()), values(g.K*g.depth(), 1)
		want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
		verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
			ConvDirect(dst, b.input(src), b.input(weights), g, e, w)
		})
	})
}

func TestConvDepthwise(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := drawConv(t, 4)
		g.C, g.K = g.Groups, g.Groups*draw(t, "multiplier", 1, 3)
		g.FW, g.OW = draw(t, "wider FW", 1, 7), draw(t, "wider OW", 1, 50)
		g.W = draw(t, "wider W", 1, 60)
		if rapid.Bool().Draw(t, "for strips") {
			g.FH = rapid.SampledFrom([]int{3, 5}).Draw(t, "square window")
			g.FW, g.DH, g.DW, g.SW = g.FH, 1, 1, g.SH
			g.PT, g.PL = draw(t, "rows above", 0, g.FH), draw(t, "columns before", 0, g.FW)
		}
		e := drawEpilogue(t, g.K)
		src, weights := drawInput(t, g.srcSize()), values(g.K*g.depth(), 1)
		want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
		r := rapid.SampledFrom(compiled).Draw(t, "routines")
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			convDepthwise(dst, b.input(src), b.input(weights), b.buffer(depthwiseScratch(&g, w.Size(), r)), g, e, w, r)
		})
	})
}

// Planes large enough to be divided into bands, with more than one strip and windows that extend beyond all edges.
func TestConvDepthwiseLarge(t *testing.T) {
	sets := startWorkers(t)
	for _, r := range compiled {
		for _, g := range strippedConvs(3, 37) {
			src, weights := withSpecials(g.srcSize(), 1), values(g.K*g.depth(), 2)
			e := Epilogue{Bias: values(g.K, 3), Act: Activation{Kind: HardSwish}}
			want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
			verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
				convDepthwise(dst, b.input(src), b.input(weights), b.buffer(depthwiseScratch(&g, w.Size(), r)), g, e, w, r)
			})
		}
	}
}

// strippedConvs returns depthwise convolutions of square planes for each window, stride and padding that strips support,
// with windows beyond the right and lower edges, and a padding that strips do not support.
func strippedConvs(channels, size int) []Conv {
	var all []Conv
	for _, window := range []int{3, 5} {
		for _, stride := range []int{1, 2} {
			for pad := range window + 1 {
				g := square(channels, channels, size)
				g.Groups, g.FH, g.FW = channels, window, window
				g.SH, g.SW, g.PT, g.PL = stride, stride, pad, pad
				g.OH, g.OW = (g.H+pad-1)/stride+1, (g.W+pad+1)/stride+1
				all = append(all, g)
			}
		}
	}
	return all
}

// A window that spans far more than the plane must not cost memory or time for its padding.
func TestFarTaps(t *testing.T) {
	const far = 1 << 28
	sets := startWorkers(t)
	g := square(2, 2, 5)
	g.Groups, g.DH, g.DW, g.PT, g.PL = 2, far, far, far, far
	src, weights := values(g.srcSize(), 1), values(g.K*g.depth(), 2)
	want := naiveConv(src, g, sharedFilter(weights, g))
	verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
		ConvDepthwise(dst, b.input(src), b.input(weights), b.buffer(DepthwiseScratch(g, w.Size())), g, Epilogue{}, w)
	})

	p := Pool{N: 1, C: 2, H: 5, W: 5, OH: 2, OW: 3, FH: far, FW: far, SH: 1, SW: 1, PT: far / 2, PL: far / 2, DH: 1, DW: 1}
	plane := p.H * p.W
	for _, largest := range []int{plane, plane - 1} { // at both ends of the plane
		clear(src)
		src[plane-largest], src[2*plane-largest] = 1, 2
		verify(t, sets, []float64{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}, 0, func(b *bench, dst []float32, w *Workers) {
			MaxPool(dst, b.input(src), b.buffer(MaxPoolScratch(p, w.Size())), p, w)
		})
	}
}

func TestLocal(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := drawConv(t, 1)
		e := drawEpilogue(t, g.K*g.OH*g.OW)
		src, weights := drawInput(t, g.srcSize()), values(g.OH*g.OW*g.K*g.depth(), 1)
		want := finished(naiveConv(src, g, ownFilter(weights, g)), e, g.K*g.OH*g.OW, 1)
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			scratch := b.buffer(LocalScratch(g, w.Size()))
			Local(dst, b.input(src), b.input(weights), e.Bias, scratch, g, e.Act, w)
		})
	})
}

func TestConvTransposed(t *testing.T) {
	sets := startWorkers(t)
	rapid.Check(t, func(t *rapid.T) {
		g := Transposed{
			N: draw(t, "N", 1, 2), H: draw(t, "H", 1, 7), W: draw(t, "W", 1, 7),
			FH: draw(t, "FH", 1, 4), FW: draw(t, "FW", 1, 4),
			SH: draw(t, "SH", 1, 3), SW: draw(t, "SW", 1, 3),
			PT: draw(t, "PT", 0, 3), PL: draw(t, "PL", 0, 3),
			DH: draw(t, "DH", 1, 3), DW: draw(t, "DW", 1, 3),
			OH: draw(t, "OH", 1, 20), OW: draw(t, "OW", 1, 20),
			Groups: draw(t, "Groups", 1, 3),
		}
		g.C, g.K = g.Groups*draw(t, "C", 1, 3), g.Groups*draw(t, "K", 1, 3)
		e := drawEpilogue(t, g.K)
		src, weights := drawInput(t, g.N*g.C*g.H*g.W), values(g.C*g.K/g.Groups*g.FH*g.FW, 1)
		want := finished(naiveTransposed(src, weights, g), e, g.K, g.OH*g.OW)
		verify(t, sets, want, 1e-5, func(b *bench, dst []float32, w *Workers) {
			ConvTransposed(dst, b.input(src), b.input(weights), g, e, w)
		})
	})
}

func TestConvGolden(t *testing.T) {
	sets := startWorkers(t)
	g := Conv{
		N: 2, C: 4, H: 7, W: 6, K: 6, OH: 4, OW: 8, FH: 3, FW: 2,
		SH: 2, SW: 1, PT: 1, PL: 2, DH: 1, DW: 2, Groups: 2,
	}
	src, weights := pattern(g.srcSize(), 0), pattern(g.K*g.depth(), 1)
	e := Epilogue{Bias: pattern(6, 2)}
	want := wide(golden["conv"])
	verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
		runIm2col(b, dst, src, weights, g, e, w, active)
	})
	verify(t, sets, want, 1e-6, func(b *bench, dst []float32, w *Workers) {
		ConvDirect(dst, b.input(src), b.input(weights), g, e, w)
	})

	deep := Conv{
		N: 1, C: 3, H: 5, W: 6, K: 6, OH: 3, OW: 6, FH: 3, FW: 3,
		SH: 2, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 3,
	}
	verify(t, sets, wide(golden["depthwise"]), 1e-6, func(b *bench, dst []float32, w *Workers) {
		scratch := make([]float32, DepthwiseScratch(deep, w.Size()))
		ConvDepthwise(dst, pattern(90, 0), pattern(54, 1), scratch, deep, Epilogue{}, w)
	})

	own := Conv{
		N: 2, C: 2, H: 4, W: 5, K: 5, OH: 3, OW: 3, FH: 2, FW: 3,
		SH: 1, SW: 2, PT: 0, PL: 1, DH: 1, DW: 1, Groups: 1,
	}
	verify(t, sets, wide(golden["local"]), 1e-6, func(b *bench, dst []float32, w *Workers) {
		scratch := b.buffer(LocalScratch(own, w.Size()))
		Local(dst, pattern(80, 0), pattern(9*5*12, 1), pattern(45, 2), scratch, own, Activation{}, w)
	})

	up := Transposed{
		N: 2, C: 4, H: 3, W: 4, K: 6, OH: 6, OW: 13, FH: 3, FW: 2,
		SH: 2, SW: 3, PT: 1, PL: 0, DH: 1, DW: 1, Groups: 2,
	}
	verify(t, sets, wide(golden["transposed"]), 1e-6, func(b *bench, dst []float32, w *Workers) {
		ConvTransposed(dst, pattern(96, 0), pattern(72, 1), up, Epilogue{Bias: pattern(6, 2)}, w)
	})
	spread := Transposed{
		N: 1, C: 2, H: 3, W: 3, K: 3, OH: 6, OW: 6, FH: 3, FW: 3,
		SH: 2, SW: 2, PT: 2, PL: 2, DH: 2, DW: 2, Groups: 1,
	}
	verify(t, sets, wide(golden["transposed dilated"]), 1e-6, func(b *bench, dst []float32, w *Workers) {
		ConvTransposed(dst, pattern(18, 0), pattern(54, 1), spread, Epilogue{}, w)
	})
}

func runWinograd(b *bench, dst, src, weights []float32, g Conv, e Epilogue, w *Workers, r *routines) {
	filters := b.buffer(winogradFiltersSize(&g, r))
	transformFilters(filters, b.input(weights), &g, w, r)
	scratch := b.buffer(winogradScratch(&g, w.Size(), r))
	convWinograd(dst, b.input(src), filters, scratch, g, e, w, r)
}

func TestConvWinograd(t *testing.T) {
	sets := startWorkers(t)
	sorts := append([]*routines{tilesOf(6, 12), tilesOf(3, 8), tilesOf(8, 4)}, compiled...)
	rapid.Check(t, func(t *rapid.T) {
		g := drawConv(t, 1)
		g.FH, g.FW, g.SH, g.SW, g.DH, g.DW = 3, 3, 1, 1, 1, 1
		g.OH, g.OW = draw(t, "higher OH", 1, 30), draw(t, "wider OW", 1, 30)
		e := drawEpilogue(t, g.K)
		src, weights := values(g.srcSize(), 7), values(g.K*g.depth(), 1)
		want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
		r := rapid.SampledFrom(sorts).Draw(t, "routines")
		verify(t, sets, want, 1e-4, func(b *bench, dst []float32, w *Workers) { // errors are relative to the largest output
			runWinograd(b, dst, src, weights, g, e, w, r)
		})
	})
}

// TestConvWinogradWide has planes wide enough for the tiles of a transform to be adjacent, at either edge and between,
// and strips that end anywhere.
func TestConvWinogradWide(t *testing.T) {
	sets := startWorkers(t)
	for _, width := range []int{63, 64, 65, 128, 131, 224} {
		for _, left := range []int{0, 1, 2, 5} {
			for _, r := range compiled {
				g := square(3, 10, width)
				g.H, g.OH, g.PL, g.OW = 9, 9, left, width+left-1
				e := Epilogue{Bias: values(g.K, 3), Act: Activation{Kind: SiLU}}
				src, weights := values(g.srcSize(), 1), values(g.K*g.depth(), 2)
				want := finished(naiveConv(src, g, sharedFilter(weights, g)), e, g.K, g.OH*g.OW)
				verify(t, sets[:3], want, 1e-4, func(b *bench, dst []float32, w *Workers) {
					runWinograd(b, dst, src, weights, g, e, w, r)
				})
			}
		}
	}
}

// The tiles of small images share strips with those of others, and still have the bits that they have alone.
func TestConvWinogradOfBatch(t *testing.T) {
	w := NewWorkers(2)
	defer w.Close()
	const images = 5
	for _, r := range compiled {
		for _, size := range []int{1, 5, 7, 13, 14, 28, 30} {
			g := square(3, 10, size)
			g.N = images
			src, weights := withSpecials(g.srcSize(), 1), values(g.K*g.depth(), 2)
			e := Epilogue{Bias: values(g.K, 3), Act: Activation{Kind: ReLU6}}
			b := &bench{t: t}
			together, alone := b.buffer(g.dstSize()), b.buffer(g.dstSize())
			runWinograd(b, together, src, weights, g, e, w, r)
			g.N = 1
			for i := range images {
				in, out := src[i*g.srcSize():][:g.srcSize()], alone[i*g.dstSize():][:g.dstSize()]
				runWinograd(b, out, in, weights, g, e, w, r)
			}
			b.check()
			if i := differs(together, alone); i >= 0 {
				t.Errorf("%s, size %d: value %d is %v in a batch and %v alone", r.name, size, i, together[i], alone[i])
			}
		}
	}
}

// checkWinogradPlans checks the plans for up to the given number of images, and that the scratch for a number of them is
// enough for fewer.
func checkWinogradPlans(t *testing.T, g Conv, images, workers int, r *routines) {
	needed := 0
	for g.N = 1; g.N <= images; g.N++ {
		p := planWinograd(&g, r, workers)
		if p.strip > maxStripTiles || p.strip%r.tiles != 0 || p.units*p.unit < p.tiles || p.strips > p.units {
			t.Errorf("%s, %d workers: %d images of %d have %d strips of %d", r.name, workers, g.N, g.H, p.strips, p.strip)
		}
		needed = max(needed, workers*p.scratch())
		if scratch := winogradScratch(&g, workers, r); needed > scratch {
			t.Errorf("%s, %d workers: %d images of %d need more than %d values of scratch", r.name, workers, g.N, g.H, scratch)
		}
	}
}

// TestPlanWinograd checks the properties of plans for layers of real networks and all sets of routines.
func TestPlanWinograd(t *testing.T) {
	sorts := append([]*routines{tilesOf(6, 12), tilesOf(3, 8), tilesOf(8, 4)}, compiled...)
	for _, r := range sorts {
		for size := 1; size < 300; size++ {
			for workers := 1; workers < 5; workers++ {
				checkWinogradPlans(t, square(64, 64, size), 9, workers, r)
			}
		}
	}
}
