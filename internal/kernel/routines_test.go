package kernel

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// compiled holds all sets of routines in this build that the processor supports.
var compiled = sets()

// productCase describes a product for a test.
type productCase struct {
	kc, rows, cols int
	add, last      bool
	gapB, gapC     int    // values between rows
	routines       string // name of the set
}

func (c productCase) String() string {
	return fmt.Sprintf("%s: %dx%dx%d, add %v, last %v, gaps %d and %d",
		c.routines, c.rows, c.kc, c.cols, c.add, c.last, c.gapB, c.gapC)
}

// productCases returns the products to test a set of routines with.
func productCases(r *routines) []productCase {
	var cases []productCase
	for _, kc := range []int{1, 2, 3, 4, 5, 8, 31, 256} {
		rows := []int{8*r.mr + 1}
		for n := 1; n <= 4*r.mr+1; n++ {
			rows = append(rows, n)
		}
		for _, rows := range rows {
			for cols := 1; cols == r.columns(cols); cols++ {
				c := productCase{
					routines: r.name, kc: kc, rows: rows, cols: cols,
					add: kc%2 == 0, last: cols%2 == 0, gapC: cols % 3, gapB: r.nr - cols,
				}
				if r.strided {
					c.gapB = cols % 5
				}
				cases = append(cases, c)
			}
		}
	}
	return cases
}

// make returns the product with random values in slices from buffer.
func (c productCase) make(r *routines, buffer func(n int) []float32) product {
	panels := ceilDiv(c.rows, r.mr)
	inB := min(c.cols, r.nr)
	p := product{
		kc: c.kc, ldb: inB + c.gapB, ldc: c.cols + c.gapC, rows: c.rows, cols: c.cols, add: c.add,
		ahead: c.kc % 3 << 40, // where there is no memory
		a:     buffer(panels * c.kc * r.mr), edge: buffer(r.mr * r.nr),
	}
	if c.cols > r.nr {
		p.ldextra = 1 + c.kc%3
		p.extra = buffer((c.kc-1)*p.ldextra + 1)
	}
	if !r.strided {
		inB = r.nr
	}
	p.b = buffer((c.kc-1)*p.ldb + inB)
	p.c = buffer((c.rows-1)*p.ldc + c.cols)
	if c.last {
		p.bias, p.bounds = buffer(panels*r.mr), bounds{-0.25, 0.5}
	}
	for i, part := range [][]float32{p.a, p.b, p.c, p.bias, p.extra} {
		copy(part, values(len(part), uint64(i)))
	}
	return p
}

func TestProduct(t *testing.T) {
	for _, r := range compiled {
		for _, c := range productCases(r) {
			checkProduct(t, r, c)
		}
	}
}

func checkProduct(t *testing.T, r *routines, c productCase) {
	b := &bench{t: t}
	p := c.make(r, b.buffer)
	before := append([]float32(nil), p.c...)
	r.multiply(p)
	b.check()
	for i := range p.c {
		row, col := i/p.ldc, i%p.ldc
		if col >= p.cols {
			if p.c[i] != before[i] {
				t.Fatalf("%s: row %d: written beyond the columns", c, row)
			}
			continue
		}
		var want float64
		if p.add {
			want = float64(before[i])
		}
		for k := range p.kc {
			b := p.b[k*p.ldb+min(col, r.nr-1)]
			if col == r.nr {
				b = p.extra[k*p.ldextra]
			}
			want += float64(p.a[(row/r.mr*p.kc+k)*r.mr+row%r.mr]) * float64(b)
		}
		if p.bias != nil {
			want = min(max(want+float64(p.bias[row]), -0.25), 0.5)
		}
		if !near(float64(p.c[i]), want, 1e-5) {
			t.Fatalf("%s: (%d, %d) is %v, want %v", c, row, col, p.c[i], want)
		}
	}
}

func TestProductKeepsNaN(t *testing.T) {
	for _, r := range compiled {
		for cols := 4; cols == r.columns(cols); cols++ {
			c := productCase{kc: 1, rows: r.mr, cols: cols, last: true, gapB: max(r.nr-cols, 0)}
			p := c.make(r, func(n int) []float32 { return make([]float32, n) })
			at := 3
			p.b[at] = float32(math.NaN())
			if p.extra != nil {
				at = r.nr
				p.b[3], p.extra[0] = 0, float32(math.NaN())
			}
			r.multiply(p)
			for i, v := range p.c {
				if isNaN := v != v; isNaN != (i%cols == at) {
					t.Fatalf("%s: %d columns: value %d is %v", r.name, cols, i, v)
				}
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

// TestElementwiseRoutines compares the routines with the portable ones, which do the same operations in the same order,
// except for fused multiply-adds.
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

func TestSum(t *testing.T) {
	for _, r := range compiled {
		for _, n := range []int{0, 1, 3, 4, 15, 16, 17, 49, 3136} {
			b := &bench{t: t}
			x := values(n, 1)
			var want float64
			for _, v := range x {
				want += float64(v)
			}
			if got := r.sum(b.input(x)); !near(got, want, 1e-12) {
				t.Errorf("%s: the sum of %d values is %v, want %v", r.name, n, got, want)
			}
			b.check()
			for i := range x {
				for _, special := range []float64{math.NaN(), math.Inf(1)} {
					y := append([]float32(nil), x...)
					y[i] = float32(special)
					if got := r.sum(y); !near(got, special, 0) {
						t.Fatalf("%s: the sum of %d values, of which %d is %v, is %v", r.name, n, i, special, got)
					}
				}
			}
		}
	}
}

// TestAVX512F checks that assembly for amd64 needs no more of AVX-512 than sets asks for, AVX512F: Y16 to Y31 need
// AVX512VL, and floating-point logic in Z registers AVX512DQ. Xeon Phi has neither.
func TestAVX512F(t *testing.T) {
	more := regexp.MustCompile(`\bY(1[6-9]|2[0-9]|3[01])\b|\bV(XOR|ANDN?|OR)P[SD]\b.*\bZ[0-9]`)
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if more.MatchString(line) {
				t.Errorf("%s:%d: %s", file, i+1, strings.TrimSpace(line))
			}
		}
	}
}
