package memory_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"cnncalc/internal/memory"
)

func sum(sizes []int64) int64 {
	total := int64(0)
	for _, s := range sizes {
		total += s
	}
	return total
}

// modelOf returns the account of a training.
func modelOf(t *testing.T, network string, o memory.Options) *memory.PyTorch {
	t.Helper()
	m, err := memory.NewPyTorch(builtIn(t, network), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What a device holds in data-parallel training is what two processes of PyTorch 1.13 held
// (testdata/memory/devices.py).
func TestParallelIsPyTorchs(t *testing.T) {
	type measured struct{ Reducer, Iteration, Accumulating int64 }
	var file struct {
		Trainings []struct {
			Network          string
			Batch, Processes int64
			Copies, Views    measured
			Buckets, ZeRO1   []int64
		}
	}
	readJSON(t, "devices.json", &file)
	if len(file.Trainings) < 4 {
		t.Fatalf("only %d trainings", len(file.Trainings))
	}
	for _, c := range file.Trainings {
		iteration := func(p memory.Parallel) int64 {
			o := options(memory.Torch113CPU, memory.Training)
			o.Parallel = p
			a, err := modelOf(t, c.Network, o).Account(c.Batch)
			if err != nil {
				t.Fatal(err)
			}
			bytes := a.Peak.Bytes - before(a) - part(a, memory.GradientBuckets)
			if p.Views || p.Accumulate > 1 {
				bytes -= part(a, memory.Gradients)
			}
			return bytes
		}
		two := memory.Parallel{Devices: c.Processes, Strategy: memory.DDP}
		views, accumulating := two, two
		views.Views, accumulating.Accumulate = true, 2
		for _, figure := range []struct {
			what      string
			got, want int64
		}{
			{"an iteration", iteration(two), c.Copies.Iteration},
			{"an iteration with views", iteration(views), c.Views.Iteration},
			{"an iteration that accumulates", iteration(accumulating), c.Copies.Accumulating},
		} {
			if figure.got != figure.want {
				t.Errorf("%s: %s takes %d bytes, want %d", c.Network, figure.what, figure.got, figure.want)
			}
		}
		o := options(memory.Torch113CPU, memory.Training)
		o.Parallel, o.Optimizer = memory.Parallel{Devices: c.Processes, Strategy: memory.ZeRO1}, "adam"
		m := modelOf(t, c.Network, o)
		if buckets, err := m.Buckets(); err != nil || !slices.Equal(buckets, c.Buckets) || sum(buckets) != c.Copies.Reducer {
			t.Errorf("%s: the buckets have %d bytes (%v), want %d", c.Network, buckets, err, c.Buckets)
		}
		if states, err := m.StateByDevice(); err != nil || !slices.Equal(states, c.ZeRO1) {
			t.Errorf("%s: the states have %d bytes (%v), want %d", c.Network, states, err, c.ZeRO1)
		}
	}
}

// One device needs what it does without a strategy, more devices never need more on each, and their states add up to
// the whole.
func TestParallelProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		n := parsed(t, randomNetwork(r))
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"}
		batch := int64(1 + r.IntN(20))
		peak := func(p memory.Parallel) (bytes, states int64) {
			o.Parallel = p
			m, err := memory.NewPyTorch(n, o)
			if err != nil {
				t.Fatal(err)
			}
			if bytes, err = m.Peak(batch); err != nil {
				t.Fatal(err)
			}
			byDevice, err := m.StateByDevice()
			if err != nil {
				t.Fatal(err)
			}
			return bytes, sum(byDevice)
		}
		single, state := peak(memory.Parallel{})
		for _, strategy := range []memory.Strategy{memory.DDP, memory.ZeRO1} {
			for _, views := range []bool{false, true} {
				if one, _ := peak(memory.Parallel{Devices: 1, Strategy: strategy, Views: views, Accumulate: 1}); one != single {
					t.Errorf("%s: one device needs %d bytes, want %d", strategy, one, single)
				}
				last, _ := peak(memory.Parallel{Devices: 2, Strategy: strategy, Views: views})
				for devices := int64(3); devices < 40; devices += 1 + devices/4 {
					more, states := peak(memory.Parallel{Devices: devices, Strategy: strategy, Views: views})
					if more > last {
						t.Errorf("%s: %d devices need %d bytes each, fewer %d", strategy, devices, more, last)
					}
					if strategy == memory.ZeRO1 && states != state {
						t.Errorf("%d devices have states of %d bytes, one %d", devices, states, state)
					}
					last = more
				}
			}
		}
	}
}
