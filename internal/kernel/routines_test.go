package kernel

import (
	"fmt"
	"testing"
)

// compiled is every set of routines of this build.
var compiled = []*routines{&generic}

func TestTile(t *testing.T) {
	for _, r := range compiled {
		for _, kc := range []int{1, 2, 3, 4, 5, 8, 31, maxKC} {
			for _, add := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/kc%d/add=%v", r.name, kc, add), func(t *testing.T) {
					checkTile(t, r, kc, add)
				})
			}
		}
	}
}

func checkTile(t *testing.T, r *routines, kc int, add bool) {
	b := &bench{t: t}
	x, y := values(kc*r.mr, 1), values(kc*r.nr, 2)
	ldc := r.nr + 3
	c := b.buffer((r.mr-1)*ldc + r.nr)
	before := values(len(c), 3)
	copy(c, before)
	r.tile(kc, b.input(x), b.input(y), c, ldc, add)
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
		if !near(float64(c[i]), want, 1e-5) {
			t.Errorf("(%d, %d) is %v, want %v", row, col, c[i], want)
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
