package kernel

import (
	"fmt"
	"testing"
)

// square returns a 3x3 convolution that keeps the size, as all of VGG's do.
func square(c, k, size int) Conv {
	return Conv{
		N: 1, C: c, H: size, W: size, K: k, OH: size, OW: size,
		FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1,
	}
}

// pointwise returns a 1x1 convolution.
func pointwise(c, k, size int) Conv {
	g := square(c, k, size)
	g.FH, g.FW, g.PT, g.PL = 1, 1, 0, 0
	return g
}

func flops(g Conv) float64 { return 2 * float64(g.dstSize()) * float64(g.depth()) }

func BenchmarkConvIm2col(b *testing.B) {
	layers := []Conv{
		square(3, 64, 224), square(64, 64, 224), square(128, 128, 112),
		square(256, 256, 56), square(512, 512, 28), square(512, 512, 14),
		pointwise(256, 64, 56), pointwise(64, 256, 56), pointwise(512, 128, 28),
		pointwise(1024, 256, 14), pointwise(256, 1024, 14), pointwise(2048, 512, 7),
	}
	for _, threads := range []int{1, 2} {
		w := NewWorkers(threads)
		defer w.Close()
		for _, g := range layers {
			name := fmt.Sprintf("%dx%d/%dto%d/size%d/threads%d", g.FW, g.FH, g.C, g.K, g.H, threads)
			b.Run(name, func(b *testing.B) {
				dst, src := make([]float32, g.dstSize()), values(g.srcSize(), 1)
				packed := make([]float32, PackedFiltersSize(g))
				PackFilters(packed, values(g.K*g.depth(), 2), g, w)
				scratch := make([]float32, ConvScratch(g, threads))
				e := Epilogue{Bias: values(g.K, 3), Act: Activation{Kind: ReLU}}
				b.ReportAllocs()
				ConvIm2col(dst, src, packed, scratch, g, e, w) // touches all memory once
				for b.Loop() {
					ConvIm2col(dst, src, packed, scratch, g, e, w)
				}
				rate(b, flops(g))
			})
		}
	}
}

func BenchmarkConvWinograd(b *testing.B) {
	for _, threads := range []int{1, 2} {
		w := NewWorkers(threads)
		defer w.Close()
		for _, g := range []Conv{
			square(3, 64, 224), square(64, 64, 224), square(128, 128, 112),
			square(256, 256, 56), square(512, 512, 28), square(512, 512, 14),
			square(64, 64, 56), square(128, 128, 28), square(256, 256, 14), square(192, 64, 28), square(512, 512, 7),
		} {
			b.Run(fmt.Sprintf("%dto%d/size%d/threads%d/pays=%v", g.C, g.K, g.H, threads, WinogradPays(g)), func(b *testing.B) {
				dst, src := make([]float32, g.dstSize()), values(g.srcSize(), 1)
				filters := make([]float32, WinogradFiltersSize(g))
				TransformFilters(filters, values(g.K*g.depth(), 2), g, w)
				scratch := make([]float32, WinogradScratch(g, threads))
				e := Epilogue{Bias: values(g.K, 3), Act: Activation{Kind: ReLU}}
				b.ReportAllocs()
				ConvWinograd(dst, src, filters, scratch, g, e, w) // touches all memory once
				for b.Loop() {
					ConvWinograd(dst, src, filters, scratch, g, e, w)
				}
				rate(b, flops(g))
			})
		}
	}
}

// BenchmarkProduct measures panels with each number of vectors.
func BenchmarkProduct(b *testing.B) {
	const kc, rows = maxKC, 48
	r := active
	for cols := r.lanes; cols <= r.nr; cols += r.lanes {
		b.Run(fmt.Sprintf("cols%d", cols), func(b *testing.B) {
			p := product{
				kc: kc, a: values(kc*rows, 1), b: values(kc*r.nr, 2), ldb: r.nr,
				c: make([]float32, rows*r.nr), ldc: r.nr, rows: rows, cols: cols, add: true, edge: make([]float32, r.mr*r.nr),
			}
			for b.Loop() {
				r.multiply(p)
			}
			rate(b, 2*kc*rows*float64(cols))
		})
	}
}

func BenchmarkConvDepthwise(b *testing.B) {
	for _, size := range []int{112, 28, 14, 7} {
		for _, stride := range []int{1, 2} {
			g := square(64, 64, size)
			g.Groups, g.SH, g.SW = 64, stride, stride
			g.OH, g.OW = ceilDiv(g.H, stride), ceilDiv(g.W, stride)
			w := NewWorkers(1)
			defer w.Close()
			b.Run(fmt.Sprintf("size%d/stride%d", size, stride), func(b *testing.B) {
				dst, src, weights := make([]float32, g.dstSize()), values(g.srcSize(), 1), values(g.K*9, 2)
				scratch := make([]float32, DepthwiseScratch(g, 1))
				b.ReportAllocs()
				for b.Loop() {
					ConvDepthwise(dst, src, weights, scratch, g, Epilogue{}, w)
				}
				rate(b, flops(g))
			})
		}
	}
}

func BenchmarkConvTransposed(b *testing.B) {
	g := Transposed{
		N: 1, C: 64, H: 56, W: 56, K: 32, OH: 112, OW: 112,
		FH: 2, FW: 2, SH: 2, SW: 2, DH: 1, DW: 1, Groups: 1,
	}
	w := NewWorkers(1)
	defer w.Close()
	dst, src := make([]float32, g.K*g.OH*g.OW), values(g.C*g.H*g.W, 1)
	weights := values(g.C*g.K*g.FH*g.FW, 2)
	b.ReportAllocs()
	for b.Loop() {
		ConvTransposed(dst, src, weights, g, Epilogue{}, w)
	}
	rate(b, 2*float64(g.C*g.H*g.W*g.K*g.FH*g.FW))
}

func BenchmarkLinear(b *testing.B) {
	for _, n := range []int{1, 8} {
		const m, k = 2048, 9216 // more than the caches hold
		w := NewWorkers(1)
		defer w.Close()
		b.Run(fmt.Sprintf("batch%d", n), func(b *testing.B) {
			dst, src, weights := make([]float32, n*m), values(n*k, 1), values(m*k, 2)
			b.ReportAllocs()
			for b.Loop() {
				Linear(dst, src, weights, n, m, k, Epilogue{}, w)
			}
			rate(b, 2*float64(n)*m*k)
		})
	}
}

// BenchmarkBytes measures kernels that are bound by memory or a plain loop, in bytes of input.
func BenchmarkBytes(b *testing.B) {
	const c, size = 64, 112
	w := NewWorkers(1)
	defer w.Close()
	src, dst := values(c*size*size, 1), make([]float32, c*size*size)
	pool2 := Pool{
		N: 1, C: c, H: size, W: size, OH: size / 2, OW: size / 2,
		FH: 2, FW: 2, SH: 2, SW: 2, DH: 1, DW: 1,
	}
	pool3 := pool2
	pool3.FH, pool3.FW = 3, 3
	inputs := [][]float32{src, src}
	cases := []struct {
		name string
		f    func()
	}{
		{"relu", func() { Activate(dst, src, Activation{Kind: ReLU}, w) }},
		{"leakyrelu", func() { Activate(dst, src, Activation{Kind: LeakyReLU, Alpha: 0.1}, w) }},
		{"silu", func() { Activate(dst, src, Activation{Kind: SiLU}, w) }},
		{"maxpool2", func() { MaxPool(dst, src, make([]float32, MaxPoolScratch(pool2, 1)), pool2, w) }},
		{"maxpool3", func() { MaxPool(dst, src, make([]float32, MaxPoolScratch(pool3, 1)), pool3, w) }},
		{"avgpool2", func() { AvgPool(dst, src, pool2, false, w) }},
		{"add", func() { Combine(dst, inputs, Sum, 1, c, size*size, Activation{Kind: ReLU}, w) }},
		{"scaleshift", func() { ScaleShift(dst, src, src, src, 1, c, size*size, Activation{}, w) }},
		{"softmax", func() { Softmax(dst, src, 1, c, size*size, w) }},
		{"lrn", func() {
			Normalise(dst, src, LRN{N: 1, C: c, H: size, W: size, Size: 5, Alpha: 1e-4, Beta: 0.75, K: 2}, w)
		}},
	}
	for _, tc := range cases {
		b.Run(tc.name, func(b *testing.B) {
			b.SetBytes(4 * c * size * size)
			b.ReportAllocs()
			for b.Loop() {
				tc.f()
			}
		})
	}
}

func rate(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkActivate measures the activations of a plane that fits in the first-level cache.
func BenchmarkActivate(b *testing.B) {
	src := values(4096, 1)
	dst := make([]float32, len(src))
	for kind := Sigmoid; kind <= GELUTanh; kind++ {
		b.Run(fmt.Sprint(kind), func(b *testing.B) {
			for b.Loop() {
				activate(dst, src, Activation{Kind: kind, Alpha: 1, Beta: 20})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(src)), "ns/value")
		})
	}
}
