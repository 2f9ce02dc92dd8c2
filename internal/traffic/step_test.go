package traffic_test

import (
	"math"
	"testing"

	"cnncalc/internal/memory"
	"cnncalc/internal/traffic"
)

func step(t *testing.T, text string, o memory.Options, batch int64) *traffic.Step {
	t.Helper()
	n := read(t, text)
	m, err := memory.NewPyTorch(n, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := traffic.NewStep(n, m, batch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func training(d memory.DType) memory.Options {
	return memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: d, Optimizer: memory.DefaultOptimizer}
}

// conv1 has 18 weights and 2 biases, fc1 96 and 3; the volumes have 16, 32, 32 and 3 values.
const tiny = "input: 4x4x1\nlayers: INPUT -> CONV3-2 -> RELU -> FC-3\n"

// By hand, a batch of 2.
func TestStep(t *testing.T) {
	for _, c := range []struct {
		dtype             memory.DType
		forward, backward []traffic.Layer
		update            traffic.Layer
	}{
		{memory.FP32, []traffic.Layer{
			{},
			{Read: 4 * 32, Weights: 4 * 20, Written: 4 * 64, MACs: 2 * 288},
			{Read: 4 * 64, Written: 4 * 64},
			{Read: 4 * 64, Weights: 4 * 99, Written: 4 * 6, MACs: 2 * 96},
		}, []traffic.Layer{
			{},
			{Read: 4 * (64 + 32), Written: 4 * 20, MACs: 2 * 288},                           // the picture gets no gradient
			{Read: 4 * (64 + 64), Written: 4 * 64},                                          // it saves its output
			{Read: 4 * (6 + 64), Weights: 4 * 96, Written: 4 * (64 + 99), MACs: 2 * 2 * 96}, // both gradients
		}, traffic.Layer{Read: 4 * 3 * 119, Written: 4 * 2 * 119}},
		{memory.AMP, []traffic.Layer{
			{},
			{Read: 2 * 32, Weights: (4 + 2 + 2) * 20, Written: 2 * 64, MACs: 2 * 288},
			{Read: 2 * 64, Written: 2 * 64},
			{Read: 2 * 64, Weights: (4 + 2 + 2) * 99, Written: 2 * 6, MACs: 2 * 96},
		}, []traffic.Layer{
			{},
			{Read: 2 * (64 + 32), Written: (2 + 2 + 4) * 20, MACs: 2 * 288},
			{Read: 2 * (64 + 64), Written: 2 * 64},
			{Read: 2 * (6 + 64), Weights: 2 * 96, Written: 2*64 + (2+2+4)*99, MACs: 2 * 2 * 96},
		}, traffic.Layer{Read: 4 * 3 * 119, Written: 4 * 2 * 119}},
	} {
		s := step(t, tiny, training(c.dtype), 2)
		for i := range c.forward {
			if s.Forward[i] != c.forward[i] {
				t.Errorf("%s: node %d forward: %+v, want %+v", c.dtype, i, s.Forward[i], c.forward[i])
			}
			if s.Backward[i] != c.backward[i] {
				t.Errorf("%s: node %d backward: %+v, want %+v", c.dtype, i, s.Backward[i], c.backward[i])
			}
		}
		if s.Update != c.update {
			t.Errorf("%s: the update %+v, want %+v", c.dtype, s.Update, c.update)
		}
	}
}

// An inference in float32 moves what the account of traffic says.
func TestStepIsAccount(t *testing.T) {
	names := []string{"lenet5", "torchvision/resnet18", "torchvision/googlenet", "torchvision/mobilenet_v2", "unet"}
	for _, name := range names {
		n := builtIn(t, name)
		running, _ := n.Inference()
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Inference, DType: memory.FP32}
		m, err := memory.NewPyTorch(running, o)
		if err != nil {
			t.Fatal(err)
		}
		s, err := traffic.NewStep(running, m, 3)
		if err != nil {
			t.Fatal(err)
		}
		a := account(t, running, 3)
		for i, want := range a.Layers {
			if s.Forward[i] != want {
				t.Errorf("%s, %s: %+v, want %+v", name, running.Nodes[i].Name, s.Forward[i], want)
			}
		}
		machine := traffic.Machine{FLOPS: 1e12, Bandwidth: 1e10}
		if s.ComputeTime(machine.Uniform()) != a.LeastTime(machine) {
			t.Errorf("%s: other times", name)
		}
	}
}

// The rates of each type, and what they bound.
func TestRates(t *testing.T) {
	r := traffic.Rates{FP32: 10, TF32: 80, FP16: 160, INT8: 320, Bandwidth: 2, Interconnect: 8}
	old := traffic.Rates{FP32: 10, Bandwidth: 1}
	for _, c := range []struct {
		rates    traffic.Rates
		dtype    memory.DType
		isMatrix bool
		want     float64
	}{
		{r, memory.FP32, false, 80}, {r, memory.FP32, true, 10}, {r, memory.AMP, true, 160}, {r, memory.BF16, false, 160},
		{r, memory.INT8, false, 320}, {old, memory.FP16, false, 0}, {old, memory.FP32, false, 10},
	} {
		if got := c.rates.Of(c.dtype, c.isMatrix); got != c.want {
			t.Errorf("%s, matrix %t: %v, want %v", c.dtype, c.isMatrix, got, c.want)
		}
	}
	o := training(memory.FP32)
	o.Parallel = memory.Parallel{Devices: 4, Strategy: memory.DDP}
	s := step(t, tiny, o, 2)
	// 476 bytes of gradients: a device sends 2*3/4 of them at 4 bytes a second.
	if got, want := s.ExchangeTime(r), 476*1.5/4; got != want {
		t.Errorf("the exchange takes %v s, want %v", got, want)
	}
	if got, want := s.MostPictures(r), 4*2/s.ComputeTime(r); math.Abs(got-want) > 1e-9 {
		t.Errorf("%v pictures a second, want %v", got, want)
	}
	slow := r
	slow.Interconnect = 0.01
	if got, want := s.LeastTime(slow), 476*1.5/0.005; got != want {
		t.Errorf("a step that the exchange bounds takes %v s, want %v", got, want)
	}
}

// Each strategy exchanges at least as much as DDP with half the gradients, and accumulation updates less often.
func TestExchanges(t *testing.T) {
	r := traffic.Rates{FP32: 1e3, Bandwidth: 1e3, Interconnect: 1}
	for _, c := range []struct {
		parallel memory.Parallel
		want     float64 // in gradients
	}{
		{memory.Parallel{Strategy: memory.DDP}, 2}, {memory.Parallel{Strategy: memory.ZeRO1}, 3},
		{memory.Parallel{Strategy: memory.ZeRO2}, 3}, {memory.Parallel{Strategy: memory.ZeRO3}, 2},
		{memory.Parallel{Strategy: memory.FSDP}, 2}, {memory.Parallel{Strategy: memory.FSDP, Accumulate: 3}, 6},
		{memory.Parallel{Strategy: memory.ZeRO2, Accumulate: 3}, 7},
		{memory.Parallel{Strategy: memory.DDP, Accumulate: 3}, 2},
	} {
		o := training(memory.FP32)
		o.Parallel = c.parallel
		o.Parallel.Devices = 2
		s := step(t, tiny, o, 2)
		if got, want := s.ExchangeTime(r), c.want*476/2/0.5; math.Abs(got-want) > 1e-9 {
			t.Errorf("%+v: %v s, want %v", c.parallel, got, want)
		}
	}
}
