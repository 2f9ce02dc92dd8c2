package memory_test

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

func readJSON(t *testing.T, name string, to any) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/memory/" + name)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// savedSizes is what autograd saves, in the categories that can be told apart from outside.
type savedSizes struct{ Param, Buffer, Input, Stat, Index, Target, Loss, Other int64 }

func sizesOf(a *memory.Account) savedSizes {
	s := a.Saved
	return savedSizes{s.Parameters, s.Buffers, s.Input, s.Statistics, s.Indices, s.Targets, s.Loss, s.Activations +
		s.Masks + s.Scalars}
}

// before is what there is before an iteration begins.
func before(a *memory.Account) int64 {
	return part(a, memory.Parameters) + part(a, memory.Buffers) + part(a, memory.InputBatch) + part(a, memory.Targets)
}

// What autograd saves is what PyTorch saved (testdata/memory/generate.py).
func TestSavedIsPyTorchs(t *testing.T) {
	var file struct {
		Cases []struct {
			Case  string
			Batch int64
			Saved savedSizes
		}
	}
	readJSON(t, "cases.json", &file)
	for _, c := range file.Cases {
		text, err := os.ReadFile("../../testdata/pytorch/" + c.Case + "/net.yaml")
		if err != nil {
			t.Fatal(err)
		}
		n := parsed(t, string(text))
		a := account(t, n, options(memory.Torch113CPU, memory.Training), c.Batch)
		if diff := cmp.Diff(c.Saved, sizesOf(a)); diff != "" {
			t.Errorf("%s, batch %d (-PyTorch +computed):\n%s", c.Case, c.Batch, diff)
		}
	}
}

// So does every kind of layer alone, and so large is the peak.
func TestKindIsPyTorchs(t *testing.T) {
	var file struct {
		Net   string
		Batch int64
		Kinds []struct {
			Layer string
			Saved savedSizes
			Peak  int64
		}
	}
	readJSON(t, "kinds.json", &file)
	seen := map[string]bool{"LOCAL": true} // PyTorch has none
	for _, k := range file.Kinds {
		n := parsed(t, file.Net+k.Layer+"\n")
		a := account(t, n, options(memory.Torch113CPU, memory.Training), file.Batch)
		if diff := cmp.Diff(k.Saved, sizesOf(a)); diff != "" {
			t.Errorf("%s (-PyTorch +computed):\n%s", k.Layer, diff)
		}
		// A layer that is made of several functions is one step here, and its peak may come out too large.
		tolerance := 0.02
		if strings.HasPrefix(k.Layer, "L2POOL") || strings.HasPrefix(k.Layer, "MUL(IDENTITY | GELU | ") {
			tolerance = 0.13
		}
		if got := a.Peak.Bytes - before(a); math.Abs(float64(got-k.Peak)) > tolerance*float64(k.Peak) {
			t.Errorf("%s: the peak is %d bytes, want %d", k.Layer, got, k.Peak)
		}
		for _, node := range n.Nodes {
			seen[node.Op.Kind()] = true
		}
	}
	for _, k := range op.Kinds() {
		if !seen[k.Name] {
			t.Errorf("no case has a %s", k.Name)
		}
	}
}

// The peak of a depthwise convolution depends on the kernels that oneDNN has for its window.
func TestDepthwiseIsPyTorchs(t *testing.T) { compareNets(t, "depthwise.json", 0) }

// So do those of other convolutions, dilated ones among them.
func TestConvolutionsArePyTorchs(t *testing.T) { compareNets(t, "convolutions.json", 0) }

// A part of a volume, or channels last in memory, are copied where a layer cannot read them.
func TestLayoutsArePyTorchs(t *testing.T) { compareNets(t, "layouts.json", 0.05) }

// gradientOrder matches networks in which a gradient is in another order in memory than its volume, or in the same one
// where planes are expected. The account knows the order of volumes only, and has a copy of the gradient too many or
// too few.
var gradientOrder = regexp.MustCompile("LN noaffine -> (ADAPTAVG|BN|CONV3|DWCONV)")

// The kinds of which PyTorch's backward pass copies a slice of a gradient do so here (testdata/memory/slices.json).
func TestSlicesAreCopiedAsInPyTorch(t *testing.T) {
	var file struct {
		Net   string
		Kinds []struct {
			Layer  string
			Copies bool
		}
	}
	readJSON(t, "slices.json", &file)
	for _, k := range file.Kinds {
		n := parsed(t, file.Net+k.Layer+"\n")
		layer, pass := n.Nodes[2].Op.(op.Layer), op.Pass{Torch: op.Torch113CPU, Training: true, Batch: 2}
		if got := layer.Autograd(pass, n.InputsOf(2), n.Layers[2].Out).CopiesGradient; got != k.Copies {
			t.Errorf("%s copies a slice of its output's gradient: %t, want %t", k.Layer, got, k.Copies)
		}
	}
}

// compareNets compares what autograd saves for the networks of a file exactly, and the peaks within a tolerance, those
// in inference too where they were measured.
func compareNets(t *testing.T, name string, tolerance float64) {
	t.Helper()
	var file struct {
		Nets []struct {
			Net             string
			Batch           int64
			Saved           savedSizes
			Peak, Inference int64
		}
	}
	readJSON(t, name, &file)
	for _, c := range file.Nets {
		a := account(t, parsed(t, c.Net), options(memory.Torch113CPU, memory.Training), c.Batch)
		if diff := cmp.Diff(c.Saved, sizesOf(a)); diff != "" || !a.SavedExact {
			t.Errorf("%s, batch %d, exact %v (-PyTorch +computed):\n%s", c.Net, c.Batch, a.SavedExact, diff)
		}
		tolerance := tolerance
		if gradientOrder.MatchString(c.Net) {
			tolerance = 0.24
		}
		if got := a.Peak.Bytes - before(a); math.Abs(float64(got-c.Peak)) > tolerance*float64(c.Peak) {
			t.Errorf("%s, batch %d: the peak is %d bytes, want %d", c.Net, c.Batch, got, c.Peak)
		}
		if c.Inference == 0 {
			continue // not measured
		}
		a = account(t, parsed(t, c.Net), options(memory.Torch113CPU, memory.Inference), c.Batch)
		if got := inferencePeak(a); got != c.Inference {
			t.Errorf("%s, batch %d: the peak in inference is %d bytes, want %d", c.Net, c.Batch, got, c.Inference)
		}
	}
}

// What an optimizer keeps and its step needs is what PyTorch took (testdata/memory/generate.py). A step allocates some
// hundred bytes besides, and what it made for one parameter may still be there with the next.
func TestOptimizersArePyTorchs(t *testing.T) {
	var file struct {
		Net        string
		Optimizers []struct {
			Optimizer   memory.Optimizer
			State, Step int64
		}
	}
	readJSON(t, "optimizers.json", &file)
	n := parsed(t, file.Net)
	measured := []memory.Optimizer{memory.NoOptimizer}
	for _, want := range file.Optimizers {
		measured = append(measured, want.Optimizer)
		o := options(memory.Torch113CPU, memory.Training)
		o.Optimizer = want.Optimizer
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := m.Timeline(1)
		if err != nil {
			t.Fatal(err)
		}
		update := steps[len(steps)-1]
		if got := part(account(t, n, o, 1), memory.State); got != want.State || update.Phase != memory.Update {
			t.Errorf("%s keeps %d bytes, want %d", want.Optimizer, got, want.State)
		}
		if got := update.Most - update.Live; got > want.Step || got < want.Step-4_600 {
			t.Errorf("a step of %s needs %d bytes, want %d or a little less", want.Optimizer, got, want.Step)
		}
	}
	for _, name := range memory.Optimizers() {
		if !slices.Contains(measured, memory.Optimizer(name)) {
			t.Errorf("%s was not measured", name)
		}
	}
}

// A max pool computes indices of 8 bytes in evaluation too. The copy that it makes of a slice of a volume, or of a padded
// volume, has values of the network's size: by PyTorch 1.13, whose profiler saw max_pool2d(x[:, :, :40, :40], 2) of an x of
// 10x8x50x46 take 256,000 bytes of indices and 512,000 of a copy besides its result, and max_pool2d(pad(x, (0, 1, 0, 1)), 2)
// take 368,000 and 767,040.
func TestMaxPoolsCopy(t *testing.T) {
	for _, tt := range []struct {
		layers          string
		indices, copied int64
	}{
		{"POOL2 s2", 368_000, 0},
		{"CROP40 offset=0,0 -> POOL2", 256_000, 512_000},
		{"CROP40 offset=0,0 -> ADAPTMAX5", 16_000, 512_000},
		{"POOL2 s2 p=0,1,0,1 floor", 368_000, 767_040},
	} {
		n := parsed(t, "input: 46x50x8\nlayers: INPUT -> SCALE2 -> "+tt.layers+"\n")
		for dtype, width := range map[memory.DType]int64{memory.FP32: 4, memory.BF16: 2} {
			o := options(memory.Torch113CPU, memory.Inference)
			o.DType = dtype
			want := tt.indices + tt.copied/4*width
			if got := part(account(t, n, o, 10), memory.Scratch); got != want {
				t.Errorf("%s, %s: %d bytes, want %d", tt.layers, dtype, got, want)
			}
		}
	}
}
