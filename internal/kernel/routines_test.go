package kernel

import (
	"fmt"
	"math"
	"testing"
)

// compiled is every set of routines of this build that this processor can run.
var compiled = sets()

func TestTile(t *testing.T) {
	for _, r := range compiled {
		for _, kc := range []int{1, 2, 3, 4, 5, 8, 31, maxKC} {
			for _, add := range []bool{false, true} {
				for _, last := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/kc%d/add=%v/last=%v", r.name, kc, add, last), func(t *testing.T) {
						checkTile(t, r, kc, add, last)
					})
				}
			}
		}
	}
}

func checkTile(t *testing.T, r *routines, kc int, add, last bool) {
	b := &bench{t: t}
	x, y := values(kc*r.mr, 1), values(kc*r.nr, 2)
	ldc := r.nr + 3
	c := b.buffer((r.mr-1)*ldc + r.nr)
	before := values(len(c), 3)
	copy(c, before)
	var bias []float32
	lo, hi := math.Inf(-1), math.Inf(1)
	if last {
		bias, lo, hi = values(r.mr, 4), -0.25, 0.5
	}
	r.tile(kc, b.input(x), b.input(y), c, ldc, add, bias, float32(lo), float32(hi))
	b.check()
	for i := range c {
		row, col := i/ldc, i%ldc
		if col >= r.nr {
			if c[i] != before[i] {
				t.Fatalf("row %d: written beyond the tile", row)
			}
			continue
		}
		var want float64
		if add {
			want = float64(before[i])
		}
		for k := range kc {
			want += float64(x[k*r.mr+row]) * float64(y[k*r.nr+col])
		}
		if last {
			want = min(max(want+float64(bias[row]), lo), hi)
		}
		if !near(float64(c[i]), want, 1e-5) {
			t.Errorf("(%d, %d) is %v, want %v", row, col, c[i], want)
		}
	}
}

func TestTileKeepsNaN(t *testing.T) {
	for _, r := range compiled {
		x, y, c := values(r.mr, 1), values(r.nr, 2), make([]float32, r.mr*r.nr)
		y[3] = float32(math.NaN())
		r.tile(1, x, y, c, r.nr, false, make([]float32, r.mr), 0, 6)
		for i, v := range c {
			if isNaN := v != v; isNaN != (i%r.nr == 3) {
				t.Fatalf("%s: value %d is %v", r.name, i, v)
			}
		}
	}
}

func TestDot4(t *testing.T) {
	for _, r := range compiled {
		for _, n := range []int{0, 1, 2, 3, 7, 8, 64, 1023} {
			b := &bench{t: t}
			ldw := n + 5
			weights, x := values(3*ldw+n, 1), values(n, 2)
			got := r.dot4(b.input(weights), ldw, b.input(x))
			b.check()
			for row, v := range got {
				var want float64
				for k := range n {
					want += float64(weights[row*ldw+k]) * float64(x[k])
				}
				if !near(float64(v), want, 1e-5) {
					t.Errorf("%s: %d values, row %d is %v, want %v", r.name, n, row, v, want)
				}
			}
		}
	}
}

// The element-wise routines do the same operations in the same order as the portable ones, but for a fused
// multiply-add.
func TestElementwiseRoutines(t *testing.T) {
	limits := bounds{-0.5, 0.75}
	for _, r := range compiled {
		for _, n := range []int{0, 1, 7, 8, 9, 16, 31, 100} {
			x, y := withSpecials(n, 1), withSpecials(n, 2)
			scaled, sum := make([]float32, n), make([]float32, n)
			b := &bench{t: t}
			got := b.buffer(n)
			r.affine(got, b.input(x), 1.5, -0.25, limits)
			affineGeneric(scaled, x, 1.5, -0.25, limits)
			compareValues(t, r.name+" affine", got, scaled)
			r.add(got, b.input(x), b.input(y), limits)
			addGeneric(sum, x, y, limits)
			compareValues(t, r.name+" add", got, sum)
			b.check()
		}
	}
}

func compareValues(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !near(float64(got[i]), float64(want[i]), 1e-6) {
			t.Errorf("%s: value %d of %d is %v, want %v", what, i, len(want), got[i], want[i])
		}
	}
}

func TestMaxRow(t *testing.T) {
	for _, r := range compiled {
		for _, stride := range []int{1, 2, 3} {
			for _, n := range []int{0, 1, 7, 8, 9, 16, 31} {
				for spare := range 2 {
					b := &bench{t: t}
					got, src := b.buffer(n), withSpecials(max((n-1)*stride+1+spare, 0), 2)
					copy(got, withSpecials(n, 3))
					want := append([]float32(nil), got...)
					for i := range want {
						want[i] = float32(math.Max(float64(want[i]), float64(src[i*stride])))
						if before := withSpecials(n, 3)[i]; before != before || src[i*stride] != src[i*stride] {
							want[i] = float32(math.NaN()) // math.Max prefers +Inf to NaN
						}
					}
					r.maxRow(got, b.input(src), stride)
					b.check()
					compareValues(t, fmt.Sprintf("%s stride %d", r.name, stride), got, want)
				}
			}
		}
	}
}

func TestEvens(t *testing.T) {
	for _, r := range compiled {
		for _, n := range []int{0, 1, 7, 8, 9, 16, 31} {
			for spare := range 2 {
				b := &bench{t: t}
				got, src := b.buffer(n), withSpecials(max(2*n-1+spare, 0), 2)
				want := make([]float32, n)
				for i := range want {
					want[i] = src[2*i]
				}
				r.evens(got, b.input(src))
				b.check()
				compareValues(t, r.name+" evens", got, want)
			}
		}
	}
}
