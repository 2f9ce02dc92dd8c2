package exec

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/memory"
)

// mixed has packed and other tensors, scratch, paths and layers that work in place.
const mixed = "CONV3-16 -> BN -> RELU -> ADD(CONV3-16 -> RELU -> CONV1-16 | IDENTITY) -> RELU -> POOL2 " +
	"-> MUL(IDENTITY | GAP -> FC-16 -> SIGMOID) -> CONCAT(DWCONV3 | LOCAL3-4) -> PRELU -> FC-10 -> DROPOUT -> SOFTMAX"

func TestFootprintByHand(t *testing.T) {
	// CONV1-8 of 4x4x4: 32 weights, packed, and 8 biases. FC-10 of 4*4*8 inputs: 1280 weights and 10 biases.
	// Input 64 values, conv1 128, fc1 10 (a cache line of 16); a batch of 2.
	p := compile(t, line("4x4x4", "CONV1-8 -> RELU -> FC-10"), Options{Batch: 2, Threads: 1})
	f := p.Footprint()
	if want := int64(4 * (8 + 1280 + 10)); f.Weights != want {
		t.Errorf("weights take %d bytes, want %d", f.Weights, want)
	}
	if f.Packed < 4*32 {
		t.Errorf("packed filters take %d bytes, less than the %d of the original", f.Packed, 4*32)
	}
	if want := int64(4 * 2 * 64); f.Input != want {
		t.Errorf("the input takes %d bytes, want %d", f.Input, want)
	}
	if least := int64(4 * (2*128 + 32)); f.Arena < least {
		t.Errorf("the arena takes %d bytes, want %d and scratch", f.Arena, least)
	}
	if sum := f.Weights + f.Packed + f.Input + f.Arena + f.Loading; f.Total != sum {
		t.Errorf("the total is %d bytes, want %d", f.Total, sum)
	}
}

func TestPlannedIsAllocated(t *testing.T) {
	for _, o := range []Options{{Algo: Auto}, {Algo: Auto, Fuse: true}, {Algo: Winograd, Fuse: true}, {Algo: Direct}} {
		o.Batch, o.Threads = 2, 2
		p := compile(t, line("16x16x3", mixed+" -> FC-3 nobias -> BN"), o)
		planned := p.Footprint()
		if p.buffer != nil {
			t.Fatal("Compile allocates the arena")
		}
		if err := p.Load(t.Context(), He(1)); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		var held int64
		for i := range p.steps {
			for _, w := range p.steps[i].weights {
				held += 4 * int64(cap(w))
			}
		}
		if held != planned.Weights+planned.Packed {
			t.Errorf("%+v: weights take %d bytes, planned are %d", o, held, planned.Weights+planned.Packed)
		}
		// The system allocates no more than that, except for the rests of cache lines and of the last chunk.
		if taken := p.memory.bytes(); taken > planned.Weights+planned.Packed+planned.Arena+2*4*chunk {
			t.Errorf("%+v: %d bytes are taken, planned are %+v", o, taken, planned)
		}
		if got := 4 * int64(cap(p.buffer)); got != planned.Arena || got != p.Arena().Bytes() {
			t.Errorf("%+v: the arena takes %d bytes, planned are %d", o, got, planned.Arena)
		}
	}
}

// TestLoadingOutsideTheArena has a packed tensor that is larger than all volumes together.
func TestLoadingOutsideTheArena(t *testing.T) {
	p := load(t, line("2x2x32", "CONV3-64 p1"), Options{Batch: 1, Threads: 1, Algo: Im2col}, noisy())
	defer p.Close()
	tensor := int64(4 * 64 * 32 * 9)
	f := p.Footprint()
	if want := max(0, tensor-f.Arena); f.Loading != want {
		t.Errorf("loading takes %d bytes besides an arena of %d, want %d", f.Loading, f.Arena, want)
	}
	checkLayers(t, p, inputNoise(p), 1e-5)
}

// TestImagesAtOnce splits a batch into several calls, the last with fewer pictures.
func TestImagesAtOnce(t *testing.T) {
	const layers = "CONV3-64 p1 -> CONV3-4 g4 -> DWCONV3 -> UPCONV2-4 -> RELU"
	text := line("8x8x32", layers)
	whole := load(t, text, testOptions(5), noisy())
	defer whole.Close()
	n, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	// The same network with a limit of two pictures per call.
	split := compile(t, text, testOptions(5))
	needs := make([]memory.Step, len(split.steps))
	for i := range split.steps {
		if split.steps[i].atOnce > 0 {
			l := split.layer(i)
			l.macs = macsAtOnce / 2
			plan, err := binders()[n.Nodes[i].Op.Kind()](l)
			if err != nil {
				t.Fatal(err)
			}
			if plan.atOnce != 2 {
				t.Fatalf("%s takes %d pictures at once, want 2", n.Nodes[i].Name, plan.atOnce)
			}
			split.steps[i].plan = plan
		}
		needs[i] = memory.Step{Alias: split.steps[i].alias, Scratch: int64(split.steps[i].scratch)}
	}
	if split.arena, err = memory.PlanArena(n, 5, needs); err != nil {
		t.Fatal(err)
	}
	if err := split.Load(t.Context(), noisy()); err != nil {
		t.Fatal(err)
	}
	defer split.Close()
	input := inputNoise(whole)
	if !sameBits(run(t, whole, input), run(t, split, input)) {
		t.Error("the result depends on how the batch is split")
	}
}

// TestLoadAgain has tensors that loading changes: packed ones with a BN folded into them.
func TestLoadAgain(t *testing.T) {
	o := testOptions(2)
	o.Fuse = true
	p := load(t, line("16x16x3", mixed), o, noisy())
	defer p.Close()
	input := inputNoise(p)
	first := run(t, p, input)
	if err := p.Load(t.Context(), He(1)); err != nil {
		t.Fatal(err)
	}
	if sameBits(first, run(t, p, input)) {
		t.Error("other weights have the same result")
	}
	if err := p.Load(t.Context(), noisy()); err != nil {
		t.Fatal(err)
	}
	if !sameBits(first, run(t, p, input)) {
		t.Error("the same weights have another result")
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	p := load(t, line("16x16x3", mixed), testOptions(2), He(1))
	defer p.Close()
	input := inputNoise(p)
	ctx := t.Context()
	profile := NewProfile(p)
	observers := []Observer{profile}
	if allocs := leastAllocs(func() { p.Run(ctx, input) }); allocs != 0 {
		t.Errorf("%v allocations in a run, want none", allocs)
	}
	if allocs := leastAllocs(func() { p.Run(ctx, input, observers...) }); allocs != 0 {
		t.Errorf("%v allocations in a run with a profile, want none", allocs)
	}
}

// leastAllocs returns the least allocations for a run of f in a few measurements: each counts the whole process, whose
// garbage collector may be finishing with what earlier tests left.
func leastAllocs(f func()) float64 {
	least := math.Inf(1)
	for range 5 {
		least = min(least, testing.AllocsPerRun(10, f))
	}
	return least
}

func TestCompileErrors(t *testing.T) {
	tests := []struct {
		name, text string
		o          Options
		want       string
	}{
		{"no batch", line("4x4x1", "RELU"), Options{Threads: 1}, "the batch must be 1 or more, not 0"},
		{"no threads", line("4x4x1", "RELU"), Options{Batch: 1}, "from 1 to 1024, not 0"},
		{"too many threads", line("4x4x1", "RELU"), Options{Batch: 1, Threads: 1025}, "from 1 to 1024, not 1025"},
		{"an unknown algorithm", line("4x4x1", "RELU"), Options{Batch: 1, Threads: 1, Algo: "fft"}, `"fft" is not an algorithm: choose from auto, im2col, winograd, direct`},
		{"a batch too large to count", line("4x4x1", "RELU"), Options{Batch: math.MaxInt, Threads: 1}, "too large to run"},
		{"a volume too large to count", line("2000000000x2000000000x1", "CONV1-1"), Options{Batch: 1, Threads: 1}, "too large to run"},
		{"a tensor too large to count", line("60000x60000x1", "FC-2000000000"), Options{Batch: 1, Threads: 1}, "fc1: the tensor weight"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := read(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Compile(n, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCompileKeepsOffWhatIsTooLarge(t *testing.T) {
	// 4*10^13 bytes of weights can be planned, but not allocated.
	p := compile(t, line("10000x10000x1", "FC-100000"), Options{Batch: 1, Threads: 1})
	if got, least := p.Footprint().Total, int64(4*10_000*10_000*100_000); got < least {
		t.Errorf("%d bytes in all, want %d at least", got, least)
	}
	huge := compile(t, line("10000x10000x1", "FC-1000000"), Options{Batch: 1, Threads: 1})
	if err := huge.Load(t.Context(), He(1)); err == nil || !strings.Contains(err.Error(), "more than a process can have") {
		t.Errorf("400 TB are allocated: %v", err)
	}
}

func TestRunErrors(t *testing.T) {
	p := compile(t, line("4x4x1", "CONV3-2 -> RELU"), testOptions(2))
	if _, err := p.Run(t.Context(), make([]float32, 32)); err == nil || !strings.Contains(err.Error(), "no weights") {
		t.Errorf("before loading: %v", err)
	}
	if err := p.Load(t.Context(), He(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), make([]float32, 16)); err == nil ||
		!strings.Contains(err.Error(), "16 values, but a batch of 2 with shape 4x4x1 has 32") {
		t.Errorf("an input too short: %v", err)
	}
	if _, err := p.Run(t.Context(), make([]float32, 32)); err != nil {
		t.Error(err)
	}
	p.Close()
	p.Close()
	if _, err := p.Run(t.Context(), make([]float32, 32)); err == nil {
		t.Error("a closed program runs")
	}
}

func TestCancel(t *testing.T) {
	p := load(t, line("4x4x1", "CONV3-2 -> RELU -> CONV3-2"), testOptions(1), He(1))
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	last := -1
	_, err := p.Run(ctx, make([]float32, 16), each(func(c Computed) {
		last = c.Node
		if c.Node == 1 {
			cancel()
		}
	}))
	if !errors.Is(err, context.Canceled) || last != 1 {
		t.Errorf("stopped after node %d with %v, want node 1", last, err)
	}
	if _, err := p.Run(t.Context(), make([]float32, 16)); err != nil {
		t.Errorf("a stopped program does not run again: %v", err)
	}
	if err := p.Load(ctx, He(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("loading goes on: %v", err)
	}
}

// failing is an Observer that stops the run with an error.
type failing struct{ err error }

func (f failing) Computed(Computed) error { return f.err }

func TestObserverStops(t *testing.T) {
	p := load(t, line("4x4x1", "CONV3-2"), testOptions(1), He(1))
	defer p.Close()
	want := errors.New("disk full")
	if _, err := p.Run(t.Context(), make([]float32, 16), failing{want}); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// TestCompileHugeSizes has sizes up to the largest that a file may contain. Sizes that kernels derive from them must
// not overflow.
func TestCompileHugeSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string) int {
			return rapid.IntRange(1, 1<<rapid.IntRange(1, 31).Draw(t, name+" bits")-1).Draw(t, name)
		}
		f, d, s := size("size"), size("dilation"), size("stride")
		pad := rapid.IntRange(0, 1<<31-1).Draw(t, "pad")
		layers := rapid.SampledFrom([]string{
			fmt.Sprintf("CONV%d-%d s%d d%d p%d floor", f, size("filters"), s, d, pad),
			fmt.Sprintf("CONV3-%d p1", size("filters")),
			fmt.Sprintf("DWCONV%d s%d d%d p%d floor", f, s, d, pad),
			fmt.Sprintf("DWCONV3 s%d d%d p%d floor", s, d, d),
			fmt.Sprintf("LOCAL%d-%d s%d p%d floor", f, size("filters"), s, pad),
			fmt.Sprintf("UPCONV%d-%d s%d", f, size("filters"), s),
			fmt.Sprintf("POOL%d s%d p%d floor", f, s, min(pad, f/2)),
			fmt.Sprintf("POOL%dx1 s%d floor", f, s),
			fmt.Sprintf("FC-%d", size("units")),
			fmt.Sprintf("UPSAMPLE%d", f),
			fmt.Sprintf("ADAPTAVG%d", f),
		}).Draw(t, "layers")
		n, err := read(line(fmt.Sprintf("%dx%dx%d", size("width"), size("height"), size("depth")), layers))
		if err != nil {
			t.Skip("the layer does not fit")
		}
		algo := rapid.SampledFrom([]Algo{Auto, Im2col, Winograd}).Draw(t, "algorithm")
		p, err := Compile(n,
			Options{Batch: size("batch"), Threads: rapid.IntRange(1, MaxThreads).Draw(t, "threads"), Algo: algo})
		if err != nil {
			return
		}
		var sum int64
		for i := range p.steps {
			if p.steps[i].scratch < 0 {
				t.Fatalf("%s needs %d values of scratch", n.Nodes[i].Name, p.steps[i].scratch)
			}
			for k, w := range p.steps[i].tensors {
				if count, _ := n.Layers[i].Weights[k].Count(); w.pack != nil && int64(w.packed) < count {
					t.Fatalf("%d weights are packed in %d values", count, w.packed)
				}
			}
		}
		footprint := p.Footprint()
		for _, part := range []int64{footprint.Weights, footprint.Packed, footprint.Arena, footprint.Input, footprint.Loading} {
			if sum += part; part < 0 || sum < 0 {
				t.Fatalf("a footprint of %+v", footprint)
			}
		}
	})
}
