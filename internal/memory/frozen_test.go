package memory_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// frozenNetwork is a network with some parameters frozen.
func frozenNetwork(t *testing.T, text string, patterns ...string) *shape.Network {
	t.Helper()
	n, err := network.Sound("test.yaml", []byte(text), graph.Options{Freeze: patterns})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What autograd saves and the gradients are PyTorch's to the byte where parameters have requires_grad=False, and so is
// the peak but for some bytes.
func TestFrozenIsPyTorchs(t *testing.T) {
	var file struct {
		Net   string
		Batch int64
		Rows  []struct {
			Layer, Network  string
			Batch           int64
			Frozen          []string
			Saved           savedSizes
			Gradients, Peak int64
		}
	}
	readJSON(t, "frozen.json", &file)
	for _, r := range file.Rows {
		text, batch, tolerance := []byte(file.Net+r.Layer+"\n"), file.Batch, 0.002
		if r.Network != "" {
			var err error
			if text, err = os.ReadFile("../../architectures/" + r.Network + ".yaml"); err != nil {
				t.Fatal(err)
			}
			batch = r.Batch
		}
		name := fmt.Sprintf("%s%s %q, batch %d", r.Layer, r.Network, r.Frozen, batch)
		n := frozenNetwork(t, string(text), r.Frozen...)
		a := account(t, n, options(memory.Torch113CPU, memory.Training), batch)
		if diff := cmp.Diff(r.Saved, sizesOf(a)); diff != "" {
			t.Errorf("%s (-PyTorch +computed):\n%s", name, diff)
		}
		if got := part(a, memory.Gradients); got != r.Gradients {
			t.Errorf("%s: %d bytes of gradients, want %d", name, got, r.Gradients)
		}
		if got := a.Peak.Bytes - before(a); !near(got, r.Peak, tolerance) {
			t.Errorf("%s: the peak is %d bytes, want %d", name, got, r.Peak)
		}
	}
}

func near(got, want int64, tolerance float64) bool {
	return float64(max(got, want)-min(got, want)) <= tolerance*float64(want)
}

// The same network as in TestSavedByHand with its CONV frozen: the FC saves what it reads and its weight has a gradient
// and two moments, and RELU and DROPOUT before it save nothing.
func TestFrozenByHand(t *testing.T) {
	const volume, scores, fc = 3 * 128, 3 * 10, 10*128 + 10
	o := options(memory.Torch2CUDA, memory.Training)
	o.Optimizer = "adam"
	a := account(t, frozenNetwork(t, small, "conv*"), o, 3)
	want := memory.SavedBytes{Activations: 4 * volume, Loss: 4*scores + 4, Targets: 8 * 3}
	want.Total = want.Activations + want.Loss + want.Targets
	if a.Saved != want {
		t.Errorf("%+v, want %+v", a.Saved, want)
	}
	for p, want := range map[memory.Part]int64{memory.Gradients: 4 * fc, memory.State: 2 * 4 * fc,
		memory.Parameters: 4 * (fc + 8*3 + 8), memory.VolumeGrads: 4*2*scores + 4} {
		if got := part(a, p); got != want {
			t.Errorf("%s: %d bytes, want %d", p, got, want)
		}
	}
}

// By the notes, only the parameters that are learnt have a gradient and momentum.
func TestFrozenByTheNotes(t *testing.T) {
	n := frozenNetwork(t, small, "*", "!fc1.bias")
	notes, err := memory.NewNotes(n, 1, memory.FP32, "momentum")
	if err != nil {
		t.Fatal(err)
	}
	if notes.Gradients != 40 || notes.OptimizerCache != 40 || notes.Parameters != 4*n.Total.Parameters() {
		t.Errorf("%+v", notes)
	}
}

func TestNothingToTrain(t *testing.T) {
	_, err := memory.NewPyTorch(frozenNetwork(t, small, "*"), options(memory.Torch2CUDA, memory.Training))
	if err == nil || !strings.Contains(err.Error(), "are frozen") {
		t.Errorf("a network of which all is frozen: %v", err)
	}
}

// A segment of which all is frozen saves nothing, so that it does not run again.
func TestFrozenSegmentRunsOnce(t *testing.T) {
	const text = "input: 16x16x3\nlayers: INPUT -> CONV3-8 -> RELU -> CONV3-8 -> RELU -> CONV3-8 -> RELU -> GAP -> FC-10\n"
	for _, c := range []struct {
		frozen []string
		again  []string
		macs   int64
	}{
		{nil, []string{"conv2", "relu2", "conv1", "relu1"}, 16 * 16 * (3*9*8 + 8*9*8)},
		{[]string{"conv1"}, []string{"conv2", "relu2"}, 16 * 16 * 8 * 9 * 8},
		{[]string{"conv[12]"}, nil, 0},
	} {
		m, err := memory.NewPyTorch(frozenNetwork(t, text, c.frozen...), options(memory.Torch2CUDA, memory.Training))
		if err != nil {
			t.Fatal(err)
		}
		cuts := []int{2, 4}
		if got := m.ExtraMACs(memory.SegmentsTo(cuts)); got != c.macs {
			t.Errorf("%q: %d MACs run again, want %d", c.frozen, got, c.macs)
		}
		checkpointed, err := m.Checkpointed(memory.SegmentsTo(cuts))
		if err != nil {
			t.Fatal(err)
		}
		steps, err := checkpointed.Timeline(2)
		if err != nil {
			t.Fatal(err)
		}
		var again []string
		seen := map[string]bool{}
		for _, s := range steps {
			if s.Phase != memory.Forward {
				continue
			}
			if seen[s.Name] {
				again = append(again, s.Name)
			}
			seen[s.Name] = true
		}
		if !slices.Equal(again, c.again) {
			t.Errorf("%q: %q run again, want %q", c.frozen, again, c.again)
		}
	}
}
