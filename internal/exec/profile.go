package exec

import (
	"math"
	"time"

	"cnncalc/internal/kernel"
)

// Profile is an Observer that measures each layer. Times are summed over runs; statistics are those of the last run.
// Computing statistics does not count towards the time of a layer.
type Profile struct {
	Layers     []LayerProfile // one for each node
	flops      []int64        // of one run
	program    *Program
	summarizer kernel.Summarizer
}

// LayerProfile holds the measurements of a layer.
type LayerProfile struct {
	Runs  int
	Time  time.Duration // of all runs
	FLOPs int64         // of all runs: 2 for each MAC
	// FusedInto is the node that computed this one too, or 0. HasOutput reports whether Stats describes the layer's own
	// output, which does not exist if the layer was fused with the next.
	FusedInto int
	HasOutput bool
	Stats     Stats
}

// GFLOPS returns the rate in 10^9 floating-point operations per second, or 0 if there were none.
func (l LayerProfile) GFLOPS() float64 {
	if l.FLOPs == 0 || l.Time <= 0 {
		return 0
	}
	return float64(l.FLOPs) / l.Time.Seconds() / 1e9
}

// NewProfile returns an empty profile for runs of p.
func NewProfile(p *Program) *Profile {
	profile := &Profile{Layers: make([]LayerProfile, len(p.steps)), flops: make([]int64, len(p.steps)), program: p}
	for i, l := range p.network.Layers {
		profile.flops[i] = 2 * l.MACs * int64(p.options.Batch)
	}
	return profile
}

// Computed adds the measurements of a layer in one run.
func (p *Profile) Computed(c Computed) error {
	l := &p.Layers[c.Node]
	l.Runs++
	l.Time += c.Took
	l.FLOPs += p.flops[c.Node]
	l.FusedInto, l.HasOutput = c.FusedInto, c.Output != nil
	if l.HasOutput {
		l.Stats = newStats(p.summarizer.Of(c.Output, p.program.workers), len(c.Output))
	}
	return nil
}

// Stats describes the values of a volume. NaNs are counted and otherwise ignored. If all values are NaN, so are Min,
// Mean and Max.
type Stats struct {
	Min, Max float32
	Mean     float64
	NaNs     int
}

// NewStats computes the statistics of values.
func NewStats(values []float32) Stats {
	w := kernel.NewWorkers(1)
	defer w.Close()
	return newStats(new(kernel.Summarizer).Of(values, w), len(values))
}

// newStats returns the statistics of so many values.
func newStats(s kernel.Summary, values int) Stats {
	n := values - s.NaNs
	if n == 0 {
		nan := float32(math.NaN())
		return Stats{Min: nan, Max: nan, Mean: math.NaN(), NaNs: s.NaNs}
	}
	return Stats{Min: s.Min, Max: s.Max, Mean: s.Sum / float64(n), NaNs: s.NaNs}
}
