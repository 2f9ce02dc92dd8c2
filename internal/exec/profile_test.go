package exec

import (
	"math"
	"testing"
	"time"
)

func TestProfile(t *testing.T) {
	p := load(t, line("8x8x3", "CONV3-4 -> RELU -> DROPOUT -> FC-10"), testOptions(2), noisy())
	defer p.Close()
	profile := NewProfile(p)
	input := inputNoise(p)
	run(t, p, input, profile)
	run(t, p, input, profile)
	// 8*8*4*27 MACs in the convolution and 256*10 in the FC, 2 operations each, for 2 pictures and 2 runs.
	for i, want := range []int64{0, 2 * 2 * 2 * 8 * 8 * 4 * 27, 0, 0, 2 * 2 * 2 * 256 * 10} {
		l := profile.Layers[i]
		if l.Runs != 2 || l.FLOPs != want {
			t.Errorf("node %d: %d runs and %d FLOPs, want 2 and %d", i, l.Runs, l.FLOPs, want)
		}
		if isComputed := i == 1 || i == 2 || i == 4; isComputed != (l.Time > 0) {
			t.Errorf("node %d took %v", i, l.Time)
		}
		if (l.GFLOPS() > 0) != (want > 0) {
			t.Errorf("node %d runs at %g GFLOP/s", i, l.GFLOPS())
		}
	}
	// The observer sees the convolution's output before RELU changes it in place.
	conv, relu := profile.Layers[1].Stats, profile.Layers[2].Stats
	if conv.Min >= 0 || relu.Min != 0 || conv.Max != relu.Max {
		t.Errorf("from %g to %g before RELU, %g to %g after", conv.Min, conv.Max, relu.Min, relu.Max)
	}
}

func TestGFLOPS(t *testing.T) {
	l := LayerProfile{Time: 500 * time.Millisecond, FLOPs: 4e9}
	if got := l.GFLOPS(); got != 8 {
		t.Errorf("4e9 operations in half a second are %g GFLOP/s, want 8", got)
	}
}

func TestStats(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tests := []struct {
		name   string
		values []float32
		want   Stats
	}{
		{"plain", []float32{3, -1, 4}, Stats{Min: -1, Mean: 2, Max: 4}},
		{"NaN is left out", []float32{nan, 1, nan, 3}, Stats{Min: 1, Mean: 2, Max: 3, NaNs: 2}},
		{"infinity is not", []float32{inf, 1}, Stats{Min: 1, Mean: math.Inf(1), Max: inf}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewStats(tt.values); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	if s := NewStats([]float32{nan}); s.NaNs != 1 || s.Min == s.Min || s.Mean == s.Mean || s.Max == s.Max {
		t.Errorf("nothing but NaN gives %+v", s)
	}
}
