package kernel

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// tapsOf returns tilesOf with portable code for products in slabs.
func tapsOf(mr, nr int) *routines {
	r := tilesOf(mr, nr)
	r.multiplyTaps = func(p tapProduct) {
		p.check(mr, nr)
		for i := range p.rows {
			at := i * p.ldc
			for col := range nr {
				if p.wanted>>col&1 == 0 {
					continue
				}
				var sum float32
				for k := range p.kc {
					sum += p.a[i/mr*p.kc*mr+k*mr+i%mr] * p.b[int(p.offsets[k])+col]
				}
				if p.add {
					sum += p.c[at]
				}
				if p.bias != nil {
					sum = min(max(sum+p.bias[i], p.bounds.lo), p.bounds.hi)
				}
				p.c[at] = sum
				at++
			}
		}
	}
	return r
}

// drawSlabConv draws geometries whose output may have more columns and rows than windows inside the input.
func drawSlabConv(t *rapid.T) Conv {
	g := Conv{
		N: draw(t, "N", 1, 2), H: draw(t, "H", 1, 50), W: draw(t, "W", 1, 60),
		FH: draw(t, "FH", 1, 7), FW: draw(t, "FW", 1, 7), SH: 1, SW: 1,
		PT: draw(t, "PT", 0, 4), PL: draw(t, "PL", 0, 4), DH: draw(t, "DH", 1, 3), DW: draw(t, "DW", 1, 3),
		Groups: draw(t, "Groups", 1, 2),
	}
	g.OH, g.OW = max(1, g.H+draw(t, "more rows", -4, 4)), max(1, g.W+draw(t, "more columns", -4, 4))
	g.C = g.Groups * draw(t, "C", minChannels, 20)
	g.K = g.Groups * draw(t, "K", 1, 20)
	return g
}

func TestConvInSlabs(t *testing.T) {
	workers := startWorkers(t)
	sorts := []*routines{tapsOf(6, 16), tapsOf(8, 48)}
	for _, r := range compiled {
		if r.multiplyTaps != nil {
			sorts = append(sorts, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		g := drawSlabConv(t)
		r := rapid.SampledFrom(sorts).Draw(t, "tile")
		if !slabPays(&g, r) {
			t.Skip("packed")
		}
		e := drawEpilogue(t, g.K)
		e.Accumulate = rapid.Bool().Draw(t, "accumulate")
		src, weights, before := drawInput(t, g.srcSize()), values(g.K*g.depth(), 1), values(g.dstSize(), 2)
		sums := naiveConv(src, g, sharedFilter(weights, g))
		if e.Accumulate {
			for i, v := range before {
				sums[i] += float64(v)
			}
		}
		verify(t, workers, finished(sums, e, g.K, g.OH*g.OW), 5e-5, func(b *bench, dst []float32, w *Workers) {
			copy(dst, before)
			runIm2col(b, dst, src, weights, g, e, w, r)
		})
	})
}

// TestLayersInSlabs holds which layers of the networks in the notes are multiplied in slabs with AVX-512.
func TestLayersInSlabs(t *testing.T) {
	r := tapsOf(8, 48)
	r.lanes, r.few = 16, 4
	for _, c := range []struct {
		layer string
		g     Conv
		want  bool
	}{
		{"VGG's second", square(64, 64, 224), true},
		{"ResNet-18's second", square(64, 64, 56), true},
		{"DenseNet's 28x28", square(128, 32, 28), true},
		{"many filters", square(512, 512, 28), false},
		{"narrow planes", square(512, 512, 7), false},
		{"few channels", square(3, 64, 224), false},
		{"1x1", pointwise(64, 64, 56), false},
	} {
		if got := slabPays(&c.g, r); got != c.want {
			t.Errorf("%s: %v, want %v", c.layer, got, c.want)
		}
	}
	far := square(64, 64, 56)
	far.DH, far.DW = 1<<40, 1<<40
	if slabPays(&far, r) {
		t.Error("a dilation of 2^40 needs a slab larger than memory")
	}
}

func TestMultiplyTaps(t *testing.T) {
	for _, r := range compiled {
		if r.multiplyTaps == nil {
			continue
		}
		rapid.Check(t, func(t *rapid.T) {
			b := &bench{t: t}
			kc, rows := draw(t, "kc", 1, 40), draw(t, "rows", 1, 4*r.mr+1)
			panels := ceilDiv(rows, r.mr)
			p := tapProduct{product: product{kc: kc, rows: rows, add: rapid.Bool().Draw(t, "add"), bounds: bounds{-0.25, 0.5}}}
			p.wanted = rapid.Uint64Range(1, lowBits(r.nr)).Draw(t, "wanted")
			cols := bits.OnesCount64(p.wanted)
			p.ldc = cols + draw(t, "gap", 0, 3)
			for k := range kc {
				p.offsets = append(p.offsets, int32(3*k+k%2))
			}
			p.a = b.input(values(panels*kc*r.mr, 1))
			p.b = b.input(values(int(p.offsets[kc-1])+r.nr, 2))
			p.c = b.buffer((rows-1)*p.ldc + cols)
			copy(p.c, values(len(p.c), 3))
			if rapid.Bool().Draw(t, "last") {
				p.bias = b.input(values(panels*r.mr, 4))
			}
			want := p
			want.c = append([]float32(nil), p.c...)
			tapsOf(r.mr, r.nr).multiplyTaps(want)
			r.multiplyTaps(p)
			b.check()
			for i := range p.c {
				if !near(float64(p.c[i]), float64(want.c[i]), 1e-5) {
					t.Fatalf("%s: %d rows of %d, wanted %b: value %d is %v, want %v", r.name, rows, kc, p.wanted, i, p.c[i], want.c[i])
				}
			}
		})
	}
}
