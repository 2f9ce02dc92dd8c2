package weights

import (
	"math"
	"slices"
	"sync"
	"testing"
)

// The moments of a normal distribution, each within five standard errors (sqrt(24/n) is that of the kurtosis).
func TestHeNormalDistribution(t *testing.T) {
	const n = 1<<20 + 77
	const fanIn = 27 // CONV3 over 3 channels
	dst := make([]float32, n)
	if err := HeNormal(dst, fanIn, 1, 2, nil); err != nil {
		t.Fatal(err)
	}
	deviation := math.Sqrt(2.0 / 27)
	var m1, m2, m3, m4 float64
	var beyond [4]float64
	for _, v := range dst {
		x := float64(v) / deviation
		m1, m2, m3, m4 = m1+x/n, m2+x*x/n, m3+x*x*x/n, m4+x*x*x*x/n
		for k := 1; k < len(beyond); k++ {
			if math.Abs(x) > float64(k) {
				beyond[k] += 1.0 / n
			}
		}
	}
	near := func(name string, got, want, standardError float64) {
		t.Helper()
		if math.Abs(got-want) > 5*standardError {
			t.Errorf("%s is %g, want %g within %g", name, got, want, 5*standardError)
		}
	}
	near("mean", m1, 0, 1/math.Sqrt(n))
	near("variance", m2-m1*m1, 1, math.Sqrt(2.0/n))
	near("skewness", m3, 0, math.Sqrt(15.0/n))
	near("kurtosis", m4/(m2*m2), 3, math.Sqrt(24.0/n))
	for k, p := range map[int]float64{1: 0.3173105, 2: 0.0455003, 3: 0.0026998} {
		near("share beyond "+string(rune('0'+k))+" deviations", beyond[k], p, math.Sqrt(p*(1-p)/n))
	}
}

func TestHeNormalSameBitsInAnyOrder(t *testing.T) {
	orders := map[string]func(int, func(int)){
		"backwards": func(n int, f func(int)) {
			for i := n - 1; i >= 0; i-- {
				f(i)
			}
		},
		"at once": func(n int, f func(int)) {
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() { f(i) })
			}
			wg.Wait()
		},
	}
	for _, n := range []int{0, 1, HeChunk - 1, HeChunk, HeChunk + 1, 5*HeChunk + 3} {
		want := make([]float32, n)
		if err := HeNormal(want, 9, 42, 7, nil); err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(want, 0); i >= 0 {
			t.Errorf("%d values: value %d was left at zero", n, i)
		}
		for name, order := range orders {
			got := make([]float32, n)
			if err := HeNormal(got, 9, 42, 7, order); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d values, chunks %s: differs from the chunks in order", n, name)
			}
		}
	}
}

// Seeds, streams and chunks that differ by one have nothing in common: their correlation is within five standard errors
// of 0.
func TestHeNormalStreamsAreUnrelated(t *testing.T) {
	draw := func(seed, stream uint64) []float32 {
		dst := make([]float32, 2*HeChunk)
		if err := HeNormal(dst, 2, seed, stream, nil); err != nil {
			t.Fatal(err)
		}
		return dst
	}
	base := draw(1, 1)
	others := map[string][]float32{
		"next seed": draw(2, 1), "next stream": draw(1, 2), "seed and stream swapped": draw(0, 1), "next chunk": base[HeChunk:],
	}
	for name, other := range others {
		var sum float64
		for i := range HeChunk {
			sum += float64(base[i]) * float64(other[i]) // both have variance 1
		}
		if got := sum / HeChunk; math.Abs(got) > 5/math.Sqrt(HeChunk) {
			t.Errorf("%s: correlation %g", name, got)
		}
	}
}

func TestHeNormalFanIn(t *testing.T) {
	for fanIn, want := range map[int]string{
		0:  "the fan-in must be positive for He initialisation, not 0",
		-3: "the fan-in must be positive for He initialisation, not -3",
	} {
		if err := HeNormal(make([]float32, 4), fanIn, 0, 0, nil); err == nil || err.Error() != want {
			t.Errorf("fan-in %d: got %v, want %s", fanIn, err, want)
		}
	}
}

// The largest layer of VGG-16, its first FC, holds 103M of the 138M weights.
func BenchmarkHeNormal(b *testing.B) {
	dst := make([]float32, 1<<24)
	b.SetBytes(4 * int64(len(dst)))
	for b.Loop() {
		if err := HeNormal(dst, 25088, 1, 2, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(len(dst)), "ns/value")
}
