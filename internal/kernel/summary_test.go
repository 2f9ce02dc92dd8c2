package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Summaries of each set of routines are those of values one by one, for any number of workers.
func TestSummary(t *testing.T) {
	sets := startWorkers(t)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	rapid.Check(t, func(t *rapid.T) {
		x := values(draw(t, "values", 0, 3*chunk), rapid.Uint64().Draw(t, "seed"))
		shift := rapid.SampledFrom([]float32{0, 5, -5}).Draw(t, "shift")
		for i := range x {
			x[i] += shift
		}
		for range draw(t, "specials", 0, 4) {
			if len(x) > 0 {
				x[draw(t, "place", 0, len(x)-1)] = rapid.SampledFrom([]float32{nan, inf, -inf, 1e6, -1e6}).Draw(t, "special")
			}
		}
		want := noValues()
		want.add(x)
		r := rapid.SampledFrom(compiled).Draw(t, "routines")
		var s Summarizer
		first := s.of(x, sets[0], r)
		if first.Min != want.Min || first.Max != want.Max || first.NaNs != want.NaNs || !near(first.Sum, want.Sum, 1e-9) {
			t.Errorf("%s: %+v, want %+v", r.name, first, want)
		}
		for _, w := range sets[1:] {
			if got := s.of(x, w, r); got != first && want.Sum == want.Sum {
				t.Errorf("%s: %+v with %d workers, %+v with one", r.name, got, w.Size(), first)
			}
		}
	})
}

// Zeros have no sign, as after a ReLU.
func TestSummaryOfZeros(t *testing.T) {
	w := NewWorkers(1)
	defer w.Close()
	for _, r := range compiled {
		s := new(Summarizer).of(make([]float32, 1000), w, r)
		if math.Signbit(float64(s.Min)) || math.Signbit(float64(s.Max)) || s.Min != 0 || s.Max != 0 {
			t.Errorf("%s: zeros are from %v to %v", r.name, s.Min, s.Max)
		}
	}
}
