package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// guard is the number of words before and after each buffer of a test, and canary their value: a NaN that no arithmetic
// produces.
const (
	guard  = 32
	canary = 0x7fc5a5a5
)

// sizes holds the numbers of workers that must all give the same bits.
var workerCounts = []int{1, 2, 3, 5}

func startWorkers(t *testing.T) []*Workers {
	t.Helper()
	var sets []*Workers
	for _, n := range workerCounts {
		w := NewWorkers(n)
		t.Cleanup(w.Close)
		sets = append(sets, w)
	}
	return sets
}

// values returns n numbers in [-1, 1) that depend only on the seed.
func values(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	v := make([]float32, n)
	for i := range v {
		v[i] = 2*r.Float32() - 1
	}
	return v
}

// withSpecials returns values with some NaNs and infinities.
func withSpecials(n int, seed uint64) []float32 {
	v := values(n, seed)
	r := rand.New(rand.NewPCG(seed, 99))
	specials := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	for i := range v {
		if r.IntN(20) == 0 {
			v[i] = float32(specials[r.IntN(3)])
		}
	}
	return v
}

// pattern returns the input of the same name in golden.py.
func pattern(n, salt int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((i*37+11+salt*29)%101-50) / 32
	}
	return v
}

// bench allocates the buffers for a call of a kernel, and checks afterwards that nothing was written outside them or to
// inputs.
type bench struct {
	t       rapid.TB
	buffers [][]float32 // with their guards
	inputs  [][2][]float32
}

// buffer returns n canaries between guards, for a kernel to write to.
func (b *bench) buffer(n int) []float32 {
	all := make([]float32, guard+n+guard)
	for i := range all {
		all[i] = math.Float32frombits(canary)
	}
	b.buffers = append(b.buffers, all)
	return all[guard : guard+n]
}

// input returns a copy of v between guards, for a kernel to read.
func (b *bench) input(v []float32) []float32 {
	in := b.buffer(len(v))
	copy(in, v)
	b.inputs = append(b.inputs, [2][]float32{v, in})
	return in
}

func (b *bench) check() {
	b.t.Helper()
	for n, all := range b.buffers {
		for i := range guard {
			before, after := math.Float32bits(all[i]), math.Float32bits(all[len(all)-1-i])
			if before != canary || after != canary {
				b.t.Fatalf("buffer %d of %d values: written outside", n, len(all)-2*guard)
			}
		}
	}
	for n, pair := range b.inputs {
		if i := differs(pair[0], pair[1]); i >= 0 {
			b.t.Fatalf("input %d: value %d was changed", n, i)
		}
	}
}

// differs returns the first index at which the bits of a and b differ, or -1.
func differs(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// verify runs a kernel with each number of workers, and compares the result with want, to within tol, and the runs with
// each other, bit by bit.
func verify(t rapid.TB, sets []*Workers, want []float64, tol float64, run func(b *bench, dst []float32, w *Workers)) {
	t.Helper()
	var first []float32
	for _, w := range sets {
		b := &bench{t: t}
		dst := b.buffer(len(want))
		run(b, dst, w)
		b.check()
		if first == nil {
			first = dst
			compare(t, dst, want, tol)
			continue
		}
		if i := differs(first, dst); i >= 0 {
			t.Fatalf("value %d is %v with 1 worker and %v with %d", i, first[i], dst[i], w.Size())
		}
	}
}

func compare(t rapid.TB, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range got {
		if !near(float64(v), want[i], tol) {
			t.Fatalf("value %d is %v, want %v", i, v, want[i])
		}
		if math.Float32bits(v) == canary {
			t.Fatalf("value %d was never written", i)
		}
	}
}

func near(got, want, tol float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= tol*(1+math.Abs(want))
}

func wide(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func draw(t *rapid.T, name string, lo, hi int) int {
	return rapid.IntRange(lo, hi).Draw(t, name)
}
