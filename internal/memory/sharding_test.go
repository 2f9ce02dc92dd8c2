package memory_test

import (
	"math/rand/v2"
	"testing"

	"cnncalc/internal/memory"
)

// sharded returns the options of a training in float32 with Adam on several devices.
func sharded(p memory.Parallel) memory.Options {
	return memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam",
		Parallel: p}
}

func accountOf(t *testing.T, text string, o memory.Options, batch int64) *memory.Account {
	t.Helper()
	m, err := memory.NewPyTorch(parsed(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Account(batch)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// conv1 has 18 weights and 2 biases, fc1 96 and 3: 119 parameters.
const tiny = "input: 4x4x1\nlayers: INPUT -> CONV3-2 -> RELU -> FC-3\n"

// The parts of tiny on two devices, worked out by hand, in bytes.
func TestShardsByHand(t *testing.T) {
	for _, c := range []struct {
		what     string
		parallel memory.Parallel
		dtype    memory.DType
		want     map[memory.Part]int64
	}{
		{"units of conv1 and fc1", memory.Parallel{Strategy: memory.FSDP, UnitSize: 10}, memory.FP32, map[memory.Part]int64{
			memory.Parameters: 4 * (10 + 50),       // shards of 20 and of 99 values
			memory.Gathered:   4 * (100 + 20),      // fc1 backward, padded, with conv1 prefetched
			memory.Gradients:  4 * (99 + 100 + 50), // of fc1: flat, padded, and its shard
			memory.State:      4 * 2 * (10 + 50),
		}},
		{"no units: all is in the root", memory.Parallel{Strategy: memory.FSDP}, memory.FP32, map[memory.Part]int64{
			memory.Parameters: 4 * 60,
			memory.Gathered:   4 * 120,
			memory.Gradients:  4 * (119 + 120 + 60),
			memory.State:      4 * 2 * 60,
		}},
		{"units in half", memory.Parallel{Strategy: memory.FSDP, UnitSize: 10}, memory.AMP, map[memory.Part]int64{
			memory.Parameters:  4 * (10 + 50),
			memory.Gathered:    2 * (100 + 50), // fc1, and its shard in half
			memory.Gradients:   2 * (99 + 100 + 50),
			memory.WeightCasts: 0,
			memory.State:       4 * 2 * (10 + 50),
		}},
		{"units offloaded", memory.Parallel{Strategy: memory.FSDP, UnitSize: 10, Offload: true}, memory.FP32,
			map[memory.Part]int64{
				memory.Parameters: 0,
				memory.Gathered:   4 * (100 + 50), // fc1, and its shard
				memory.Gradients:  4 * (99 + 100 + 50),
				memory.State:      0,
			}},
		{"units that accumulate", memory.Parallel{Strategy: memory.FSDP, UnitSize: 10, Accumulate: 2}, memory.FP32,
			map[memory.Part]int64{memory.Gradients: 4 * (99 + 100 + 50 + 50 + 10)}},
		{"partitions", memory.Parallel{Strategy: memory.ZeRO2, BucketSize: 50}, memory.FP32, map[memory.Part]int64{
			memory.Parameters:      4 * 120, // a multiple of 4 values
			memory.Masters:         4 * 60,
			memory.Gradients:       4 * (99 + 18 + 2 + 96), // those of fc1, and all that the first partition has a part of
			memory.GradientBuckets: 4 * 50,
			memory.State:           4 * 2 * 60,
		}},
		{"partitions in half", memory.Parallel{Strategy: memory.ZeRO2, BucketSize: 50}, memory.FP16, map[memory.Part]int64{
			memory.Parameters:      2 * 120,
			memory.Masters:         4 * 60,
			memory.Gradients:       2 * (99 + 18 + 2 + 96),
			memory.GradientBuckets: 2 * 50,
			memory.State:           4 * 2 * 60,
		}},
		{"partitions offloaded", memory.Parallel{Strategy: memory.ZeRO2, BucketSize: 50, Offload: true}, memory.FP32,
			map[memory.Part]int64{
				memory.Parameters:      4 * 120,
				memory.Masters:         0,
				memory.Gradients:       4 * 99,
				memory.GradientBuckets: 4 * (50 + 96), // and the largest gradient
				memory.State:           0,
			}},
		{"parts of each parameter", memory.Parallel{Strategy: memory.ZeRO3, BucketSize: 200}, memory.FP32,
			map[memory.Part]int64{
				memory.Parameters:      4 * (9 + 1 + 48 + 2),
				memory.Gathered:        4 * (18 + 2 + 96 + 4), // all are small, so they are always there
				memory.Masters:         4 * 60,
				memory.Gradients:       4 * (60 + 99),
				memory.GradientBuckets: 4 * 200,
				memory.State:           4 * 2 * 60,
			}},
	} {
		c.parallel.Devices = 2
		o := sharded(c.parallel)
		o.DType = c.dtype
		a := accountOf(t, tiny, o, 1)
		for p, want := range c.want {
			if got := part(a, p); got != want {
				t.Errorf("%s: the %s take %d bytes, want %d", c.what, p, got, want)
			}
		}
	}
}

// fc1 has 200,000 parameters and fc2 300,000, whose weights are too large to be always there.
const wide = "input: 1x1x200\nlayers: INPUT -> FC-1000 nobias -> FC-300 nobias\n"

// Stage 3 keeps what is used again soon.
func TestLiveParameters(t *testing.T) {
	for _, c := range []struct{ live, want int64 }{
		{0, 500_000},       // both stay
		{1, 300_000},       // one at a time
		{600_000, 500_000}, // fc2 twice until fc1 is used again
		{599_999, 500_000}, // a prefetch has counted on fc1
	} {
		a := accountOf(t, wide,
			sharded(memory.Parallel{Devices: 2, Strategy: memory.ZeRO3, BucketSize: 1, LiveParameters: c.live}), 1)
		if got := part(a, memory.Gathered); got != 4*c.want {
			t.Errorf("live parameters %d: %d bytes are gathered, want %d", c.live, got, 4*c.want)
		}
	}
}

// One device needs what it does without a strategy. More devices never need more on each but for the padding of shards,
// and in stage 2 for the gradients of parameters that a border divides. The shards add up to the whole and its padding.
func TestShardingProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		text := randomNetwork(r)
		n := parsed(t, text)
		learnt, largest := 4*n.Total.Trainable(), int64(0)
		for _, l := range n.Layers {
			for _, w := range l.Weights {
				count, err := w.Count()
				if err != nil {
					t.Fatal(err)
				}
				largest = max(largest, 4*count)
			}
		}
		batch := int64(1 + r.IntN(20))
		single := accountOf(t, text, sharded(memory.Parallel{}), batch).Peak.Bytes
		for _, p := range []memory.Parallel{
			{Strategy: memory.ZeRO2, BucketSize: 1000}, {Strategy: memory.ZeRO3, BucketSize: 1000, LiveParameters: 1},
			{Strategy: memory.FSDP}, {Strategy: memory.FSDP, UnitSize: 500}, {Strategy: memory.FSDP, Accumulate: 2},
			{Strategy: memory.ZeRO2, Offload: true, BucketSize: 10}, {Strategy: memory.FSDP, Offload: true},
		} {
			last := int64(1 << 60)
			for devices := int64(1); devices < 40; devices += 1 + devices/4 {
				p.Devices = devices
				a := accountOf(t, text, sharded(p), batch)
				if devices == 1 {
					p1 := p
					p1.Accumulate = 0
					if one := accountOf(t, text, sharded(p1), batch).Peak.Bytes; one != single {
						t.Errorf("%s%s: one device needs %d bytes, want %d", text, p.Strategy, one, single)
					}
					continue
				}
				slack := 4 * devices * 4 * int64(len(n.Nodes)) // of a padded value for each tensor and device
				if p.Strategy == memory.ZeRO2 {
					slack += 2 * largest
				}
				slack += 512 * 8 * int64(len(n.Nodes)) // whole blocks
				if a.Peak.Bytes > last+slack {
					t.Errorf("%s%+v: %d devices need %d bytes each, fewer %d", text, p, devices, a.Peak.Bytes, last)
				}
				last = a.Peak.Bytes
				if p.Offload || n.Total.FrozenCount > 0 { // a device may keep less than the one with the most
					continue
				}
				if all := devices * part(a, memory.State); all < 2*learnt || all > 2*(learnt+8*devices*int64(2*len(n.Nodes))) {
					t.Errorf("%s%+v: the states have %d bytes, want %d", text, p, all, 2*learnt)
				}
			}
		}
	}
}

// Layers that share weights, and outputs of training only: the parts add up to the peak, and each gradient is reduced
// once.
func TestSharedWeightsInShards(t *testing.T) {
	const text = `input: 16x16x3
layers: INPUT -> CONV3-8 @a -> RELU -> CONV3-8 @b -> RELU -> CONV3-8 share=@b -> GAP -> FC-10
heads: {aux: "@a -> CONV3-8 share=@b -> GAP -> FC-10"}
`
	n := parsed(t, text)
	for _, p := range []memory.Parallel{
		{Strategy: memory.ZeRO2, BucketSize: 100}, {Strategy: memory.ZeRO3, BucketSize: 100, LiveParameters: 1},
		{Strategy: memory.FSDP}, {Strategy: memory.FSDP, UnitSize: 100}, {Strategy: memory.FSDP, UnitSize: 1, Offload: true},
	} {
		p.Devices = 4
		a := accountOf(t, text, sharded(p), 2)
		sum := int64(0)
		for _, b := range a.Parts {
			sum += b.AtPeak
		}
		if sum != a.Peak.Bytes {
			t.Errorf("%+v: the parts have %d bytes at the peak, want %d", p, sum, a.Peak.Bytes)
		}
		if p.Strategy != memory.FSDP || p.Offload {
			continue
		}
		// At the end there are the shards of parameters, gradients and state, and the shard of a unit is never padded by more
		// than a value for each device.
		shards := part(a, memory.Parameters)
		if all := 4 * n.Total.Parameters(); shards*p.Devices < all || shards*p.Devices > all+4*p.Devices*int64(len(n.Nodes)) {
			t.Errorf("%+v: the shards of all devices have %d bytes, want %d", p, shards*p.Devices, all)
		}
	}
}

// Checkpoints and the replay of the allocator know shards too.
func TestShardsElsewhere(t *testing.T) {
	n := parsed(t, "input: 16x16x3\nlayers: INPUT -> [CONV3-8 -> RELU]*6 -> FC-10\n")
	for _, s := range []memory.Strategy{memory.ZeRO2, memory.ZeRO3, memory.FSDP} {
		m, err := memory.NewPyTorch(n, sharded(memory.Parallel{Devices: 4, Strategy: s, UnitSize: 500, BucketSize: 100,
			LiveParameters: 1}))
		if err != nil {
			t.Fatal(err)
		}
		peak, err := m.Peak(8)
		if err != nil {
			t.Fatal(err)
		}
		cuts := m.CutNodes()
		less, err := m.Checkpointed(memory.SegmentsTo([]int{cuts[2], cuts[5]}))
		if err != nil {
			t.Fatal(err)
		}
		if bytes, err := less.Peak(8); err != nil || bytes >= peak {
			t.Errorf("%s: with checkpoints %d bytes (%v), without %d", s, bytes, err, peak)
		}
		if reserved, err := m.Reserved(8); err != nil || reserved < peak {
			t.Errorf("%s: %d bytes are reserved (%v), %d allocated", s, reserved, err, peak)
		}
		alive, err := m.AliveAtPeak(8)
		if err != nil || len(alive) == 0 {
			t.Errorf("%s: %d tensors alive (%v)", s, len(alive), err)
		}
		if _, err := m.Lifetimes(8); err != nil {
			t.Error(err)
		}
	}
}
