package memory_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// measured is a row of testdata/memory/torchvision.json.
type measured struct {
	Name          string `json:"name"`
	Params        int64  `json:"params"`
	MACs          int64  `json:"macs"`
	FreshInEval   int64  `json:"act_graph_fresh_eval"`
	BuffersBytes  int64  `json:"buffers_bytes"`
	B1            saved  `json:"b1"`
	B1Total       int64  `json:"saved_b1_total"`
	B4            saved  `json:"b4"`
	B4Total       int64  `json:"saved_b4_total"`
	Variant       int64  `json:"variant_b1_total"`
	PeakFreed     place  `json:"inference_peak_input_freed"`
	PeakKept      place  `json:"inference_peak_input_kept"`
	EagerPeak     int64  `json:"eager_peak_with_input"`
	AfterForward  int64  `json:"live_after_forward"`
	PeakInForward int64  `json:"peak_in_forward"`
	PeakOfAll     int64  `json:"peak_forward_backward"`
}

// saved is bytes by category.
type saved struct {
	Param, Buffer, Input, Act, Stat, Mask, Index, Target, Loss int64
}

// place is bytes, and the number of a call.
type place struct {
	bytes int64
	call  int
}

func (p *place) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.bytes, &p.call})
}

// withoutHeads is a built-in network without its auxiliary heads, as torchvision.json and inference.json have it.
func withoutHeads(t testing.TB, name string) *shape.Network {
	t.Helper()
	n, _ := builtIn(t, name).Inference()
	return n
}

func readMeasured(t *testing.T) []measured {
	t.Helper()
	data, err := os.ReadFile("../../testdata/memory/torchvision.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Networks []measured }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Networks) != 14 {
		t.Fatalf("%d networks, want 14 (%v)", len(file.Networks), err)
	}
	return file.Networks
}

// builtIn is a network of the folder architectures.
func builtIn(t testing.TB, name string) *shape.Network {
	t.Helper()
	text, err := os.ReadFile("../../architectures/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, string(text))
}

func parsed(t testing.TB, text string) *shape.Network {
	t.Helper()
	n, err := network.Sound("test.yaml", []byte(text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func options(torch memory.Torch, mode memory.Mode) memory.Options {
	return memory.Options{Torch: torch, Mode: mode, DType: memory.FP32, Optimizer: memory.NoOptimizer}
}

func account(t testing.TB, n *shape.Network, o memory.Options, batch int64) *memory.Account {
	t.Helper()
	m, err := memory.NewPyTorch(n, o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Account(batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Warnings) > 0 {
		t.Errorf("warnings: %q", a.Warnings)
	}
	return a
}

func categories(s memory.SavedBytes) saved {
	return saved{s.Parameters, s.Buffers, s.Input, s.Activations, s.Statistics, s.Masks, s.Indices, s.Targets, s.Loss}
}

func part(a *memory.Account, p memory.Part) int64 {
	for _, b := range a.Parts {
		if b.Part == p {
			return b.Most
		}
	}
	return 0
}

// What autograd saves is PyTorch's to the byte, in every category, at two batches, and by the rules of 2.x in all.
func TestSavedIsTorchvisions(t *testing.T) {
	for _, want := range readMeasured(t) {
		n := withoutHeads(t, "torchvision/"+want.Name)
		if n.Total.Parameters() != want.Params || n.Total.MACs != want.MACs {
			t.Errorf("%s: %d parameters, %d MACs; want %d, %d",
				want.Name, n.Total.Parameters(), n.Total.MACs, want.Params, want.MACs)
		}
		for _, b := range []struct {
			torch memory.Torch
			batch int64
			by    *saved
			total int64
		}{
			{memory.Torch113CPU, 1, &want.B1, want.B1Total},
			{memory.Torch113CPU, 4, &want.B4, want.B4Total},
			{memory.Torch2CUDA, 1, nil, want.Variant},
		} {
			a := account(t, n, options(b.torch, memory.Training), b.batch)
			if a.Saved.Total != b.total {
				t.Errorf("%s, %s, batch %d: %d bytes are saved, want %d", want.Name, b.torch, b.batch, a.Saved.Total, b.total)
			}
			if b.by == nil {
				continue
			}
			if diff := cmp.Diff(*b.by, categories(a.Saved)); diff != "" {
				t.Errorf("%s, batch %d (-PyTorch +computed):\n%s", want.Name, b.batch, diff)
			}
			if got := part(a, memory.Buffers); got != want.BuffersBytes {
				t.Errorf("%s: %d bytes of buffers, want %d", want.Name, got, want.BuffersBytes)
			}
		}
	}
}

// The allocator's figures leave out what is there before the iteration begins.
func TestTrainingPeakIsTorchvisions(t *testing.T) {
	for _, want := range readMeasured(t) {
		n := withoutHeads(t, "torchvision/"+want.Name)
		m, err := memory.NewPyTorch(n, options(memory.Torch113CPU, memory.Training))
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(1)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := m.Timeline(1)
		if err != nil {
			t.Fatal(err)
		}
		before := part(a, memory.Parameters) + part(a, memory.Buffers) + part(a, memory.InputBatch) + part(a, memory.Targets)
		inForward := int64(0)
		for _, s := range steps {
			if s.Phase == memory.Forward {
				inForward = max(inForward, s.Most-before)
			}
		}
		if got := a.Peak.Bytes - before; got != want.PeakOfAll {
			t.Errorf("%s: the peak is %d bytes, want %d", n.Name, got, want.PeakOfAll)
		}
		// Python holds a variable longer than the graph needs, and the loss is no step of the forward pass here.
		if inForward > want.PeakInForward || float64(inForward) < 0.99*float64(want.PeakInForward) {
			t.Errorf("%s: the peak in the forward pass is %d bytes, want %d or a little less", n.Name, inForward,
				want.PeakInForward)
		}
		// and the scores and the result
		afterForward := a.Saved.Total - a.Saved.Parameters - a.Saved.Buffers - a.Saved.Input - a.Saved.Targets +
			4*n.Total.Out.D + 4
		if afterForward != want.AfterForward {
			t.Errorf("%s: %d bytes are alive after the forward pass, want %d", n.Name, afterForward, want.AfterForward)
		}
	}
}

// inferencePeak is the most that is alive besides what the network stores.
func inferencePeak(a *memory.Account) int64 {
	return a.Peak.Bytes - part(a, memory.Parameters) - part(a, memory.Buffers)
}

// Where Python code holds a volume that a module was called with, it is alive.
func TestInferencePeakIsPyTorchs(t *testing.T) {
	var file struct {
		Networks []struct {
			Network     string
			Batch, Peak int64
		}
	}
	readJSON(t, "inference.json", &file)
	for _, want := range file.Networks {
		a := account(t, builtIn(t, want.Network), options(memory.Torch113CPU, memory.Inference), want.Batch)
		if got := inferencePeak(a); got != want.Peak {
			t.Errorf("%s, batch %d: the peak is %d bytes, want %d", want.Network, want.Batch, got, want.Peak)
		}
	}
}

// In evaluation: the values of all new volumes, and the largest sum of volumes with its place.
func TestInferenceIsTorchvisions(t *testing.T) {
	for _, want := range readMeasured(t) {
		n := withoutHeads(t, "torchvision/"+want.Name)
		a := account(t, n, options(memory.Torch113CPU, memory.Inference), 1)
		fresh := int64(0)
		for _, l := range a.Layers[1:] {
			fresh += l.Output / 4
		}
		if fresh != want.FreshInEval {
			t.Errorf("%s: %d values in new volumes, want %d", n.Name, fresh, want.FreshInEval)
		}
		got := [2]place{{a.Volumes.Freed.Bytes, a.Volumes.Freed.Node - 1}, {a.Volumes.Kept.Bytes, a.Volumes.Kept.Node - 1}}
		if want := [2]place{want.PeakFreed, want.PeakKept}; got != want {
			t.Errorf("%s: the largest sums of volumes are %v, want %v", n.Name, got, want)
		}
		if peak := inferencePeak(a); peak != want.EagerPeak {
			t.Errorf("%s: the peak is %d bytes, want %d", n.Name, peak, want.EagerPeak)
		}
	}
}
