package memory_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// every calls f with all options that PyTorch takes.
func every(t *testing.T, f func(t *testing.T, o memory.Options)) {
	t.Helper()
	for _, torch := range memory.Torches() {
		for _, mode := range memory.Modes() {
			for _, dtype := range memory.DTypes() {
				for _, optimizer := range []memory.Optimizer{memory.NoOptimizer, "momentum", "adam"} {
					o := memory.Options{Torch: memory.Torch(torch), Mode: memory.Mode(mode), DType: memory.DType(dtype),
						Optimizer: optimizer}
					if o.Check() == nil {
						t.Run(fmt.Sprint(torch, mode, dtype, optimizer), func(t *testing.T) { f(t, o) })
					}
				}
			}
		}
	}
}

// The figures of one account agree with one another.
func TestAccountsAreConsistent(t *testing.T) {
	n := builtIn(t, "torchvision/googlenet")
	every(t, func(t *testing.T, o memory.Options) {
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		before := int64(0)
		for _, batch := range []int64{1, 2, 3, 15, 16, 17, 1000} {
			a := account(t, n, o, batch)
			peak, err := m.Peak(batch)
			if err != nil || peak != a.Peak.Bytes || peak < before {
				t.Errorf("batch %d: the peak is %d (%v), that of the account %d, of the batch before %d", batch, peak, err,
					a.Peak.Bytes, before)
			}
			before = peak
			sum, rounding := int64(0), int64(0)
			for _, p := range a.Parts {
				sum += p.AtPeak
				if p.Part == memory.Rounding {
					rounding = p.AtPeak
				}
				if p.AtPeak < 0 || p.AtPeak > p.Most {
					t.Errorf("batch %d: %s has %d at the peak, %d at most", batch, p.Part, p.AtPeak, p.Most)
				}
			}
			// GoogLeNet has some 350 parameters and buffers, and fewer volumes.
			if sum != peak || rounding > 512*2000 || o.Torch == memory.Torch113CPU && rounding != 0 {
				t.Errorf("batch %d: the parts sum to %d, rounding %d; the peak is %d", batch, sum, rounding, peak)
			}
			steps, err := m.Timeline(batch)
			if err != nil {
				t.Fatal(err)
			}
			most := memory.Moment{}
			for _, s := range steps {
				if s.Most > most.Most {
					most = s
				}
				if s.Live > s.Most {
					t.Errorf("batch %d: %d alive behind %s, %d at most", batch, s.Live, s.Name, s.Most)
				}
			}
			if most.Most != peak || most.Name != a.Peak.Name || most.Phase != a.Peak.Phase {
				t.Errorf("batch %d: the most of the timeline is %d in %s %s, the peak %d in %s %s",
					batch, most.Most, most.Phase, most.Name, peak, a.Peak.Phase, a.Peak.Name)
			}
		}
	})
}

// A network small enough to be counted by hand. Its volumes are 4*4*8 = 128 values; it has 8*3 weights and 8 biases of
// CONV, and 10*128 weights and 10 biases of FC.
const small = "input: 4x4x3\nlayers: INPUT -> CONV1-8 -> RELU inplace -> DROPOUT0.5 -> FC-10\n"

// What autograd keeps in two types, batch 3, by the rules of CUDA: the input, the volume of CONV, RELU and DROPOUT,
// whose mask is a byte a value; the weights of CONV and FC; the logarithms of the scores.
func TestSavedByHand(t *testing.T) {
	const (
		volume, picture, scores = 3 * 128, 3 * 48, 3 * 10
		weights                 = 8*3 + 10*128
	)
	for _, c := range []struct {
		dtype memory.DType
		want  memory.SavedBytes
	}{
		{memory.FP32,
			memory.SavedBytes{Parameters: 4 * weights, Input: 4 * picture, Activations: 4 * 2 * volume, Masks: volume,
				Loss: 4*scores + 4, Targets: 8 * 3}},
		{memory.BF16,
			memory.SavedBytes{Parameters: 2 * weights, Input: 2 * picture, Activations: 2 * 2 * volume, Masks: volume,
				Loss: 2*scores + 2, Targets: 8 * 3}},
		// CONV reads a half copy of the picture, and half copies of the weights; the loss is float32.
		{memory.AMP, memory.SavedBytes{Parameters: 2 * weights, Activations: 2*picture + 2*2*volume, Masks: volume,
			Loss: 4*scores + 4, Targets: 8 * 3}},
	} {
		c.want.Total = c.want.Parameters + c.want.Input + c.want.Activations + c.want.Masks + c.want.Loss + c.want.Targets
		o := options(memory.Torch2CUDA, memory.Training)
		o.DType = c.dtype
		if got := account(t, parsed(t, small), o, 3).Saved; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.dtype, got, c.want)
		}
	}
}

// The same network's parts in whole, and the optimizer's step: PyTorch 2 takes the root of all second moments at once.
func TestPartsByHand(t *testing.T) {
	o := options(memory.Torch2CUDA, memory.Training)
	o.Optimizer = "adam"
	a := account(t, parsed(t, small), o, 3)
	const parameters = 4 * (8*3 + 8 + 10*128 + 10)
	for p, want := range map[memory.Part]int64{
		memory.Parameters: parameters, memory.Gradients: parameters, memory.State: 2 * parameters, memory.Buffers: 0,
		memory.InputBatch: 4 * 3 * 48, memory.Targets: 24, memory.Volumes: 4 * 3 * (128 + 128 + 10),
		memory.Masks: 3 * 128, memory.Workspace: 2 * 8_519_680,
		// The four tensors in blocks of 512: 96, 32, 5120 and 40 bytes.
		memory.Scratch: 512 + 512 + 5120 + 512,
	} {
		if got := part(a, p); got != want {
			t.Errorf("%s: %d bytes, want %d", p, got, want)
		}
	}
	if a.Peak.Phase != memory.Update || a.Peak.Name != "adam" {
		t.Errorf("the peak is in %s %s, want the update: parameters, gradients, twice the state and the roots",
			a.Peak.Phase, a.Peak.Name)
	}
}

// cuBLAS's workspace depends on the device (PyTorch's parseChosenWorkspaceSize), in each of the two directions.
func TestWorkspaceByHand(t *testing.T) {
	for major, want := range map[int]int64{
		0: 2 * 8_519_680, 7: 2 * 8_519_680, 8: 2 * 8_519_680, 9: 64 << 20, 10: 64 << 20, 12: 64 << 20,
	} {
		o := options(memory.Torch2CUDA, memory.Training)
		o.ComputeMajor = major
		if got := part(account(t, parsed(t, small), o, 3), memory.Workspace); got != want {
			t.Errorf("compute capability %d: %d bytes, want %d", major, got, want)
		}
	}
}

// What PyTorch would refuse, or compute otherwise, is told.
func TestInPlaceWarnings(t *testing.T) {
	for _, c := range []struct{ layers, want string }{
		{"CONV3-4 -> RELU inplace -> CONV3-4", ""},
		{"CONV3-4 -> BN -> RELU inplace -> ADD(CONV3-4 -> BN | IDENTITY) inplace", ""},
		{"CONV3-4 -> SIGMOID -> RELU inplace", "relu1 writes over what autograd keeps for sigmoid1"},
		{"CONV3-4 -> RELU -> ADD(RELU inplace -> CONV3-4 | IDENTITY)",
			"relu2 writes over relu1, which is read again afterwards"},
		{"CONV3-4 -> ADD(IDENTITY | IDENTITY) inplace", ""},
		{"CONV3-4 -> ADD(IDENTITY | IDENTITY | IDENTITY) inplace", "add1 writes over conv1, which is read again afterwards"},
		{"CONV3-4 -> ADD(IDENTITY | CONV3-4) inplace", "add1 writes over what autograd keeps for conv2"},
	} {
		m, err := memory.NewPyTorch(parsed(t, "input: 8x8x4\nlayers: INPUT -> "+c.layers+"\n"),
			options(memory.Torch2CUDA, memory.Training))
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(1)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(a.Warnings, "; "); c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.layers, got, c.want)
		}
	}
}

// A convolution of one channel to one is an ordinary one for oneDNN, whether it is written as depthwise or not.
func TestConvolutionsOfOneChannel(t *testing.T) {
	for _, window := range []string{"5 p1", "3 s1x2 p2", "5x4 p0", "3 d2 p3"} {
		var peaks []int64
		for _, layer := range []string{"CONV" + strings.Replace(window, " ", "-1 ", 1), "DWCONV" + window} {
			n := parsed(t, "input: 9x11x1\nlayers: INPUT -> "+layer+" floor\n")
			peaks = append(peaks, account(t, n, options(memory.Torch113CPU, memory.Training), 2).Peak.Bytes)
		}
		if peaks[0] != peaks[1] {
			t.Errorf("%s: peaks of %d bytes", window, peaks)
		}
	}
}

// Where figures are an estimate, the account says so.
func TestExactness(t *testing.T) {
	const conv, local = "input: 8x8x3\nlayers: INPUT -> CONV3-4 -> FC-2\n", "input: 8x8x3\nlayers: INPUT -> LOCAL3-4 " +
		"p0 -> FC-2\n"
	const norms = "input: 8x8x3\nlayers: INPUT -> CONV3-4 -> "
	fp16 := options(memory.Torch2CUDA, memory.Training)
	fp16.DType = memory.FP16
	for _, c := range []struct {
		net              string
		options          memory.Options
		saved, estimates bool
	}{
		{conv, options(memory.Torch113CPU, memory.Training), true, false},
		{conv, options(memory.Torch2CUDA, memory.Training), false, false},
		{conv, fp16, false, false},
		{local, options(memory.Torch113CPU, memory.Training), false, true},
		{norms + "LN -> GAP -> LN -> FC-2\n", options(memory.Torch113CPU, memory.Training), true, false},
		{norms + "LN -> RELU -> FC-2\n", options(memory.Torch113CPU, memory.Training), true, false},
	} {
		a := account(t, parsed(t, c.net), c.options, 1)
		if a.SavedExact != c.saved || len(a.Estimates) > 0 != c.estimates || a.Peak.Exact || len(a.Options.Basis()) == 0 {
			t.Errorf("%v: saved is exact: %v; peak: %v; estimates %q", c.options, a.SavedExact, a.Peak.Exact, a.Estimates)
		}
		for _, p := range a.Parts {
			isArithmetic := p.Part == memory.Parameters || p.Part == memory.Gradients || p.Part == memory.InputBatch ||
				p.Part == memory.Targets
			if isArithmetic != p.Exact && !(c.saved && p.Part != memory.Scratch) {
				t.Errorf("%v: %s is exact: %v", c.options, p.Part, p.Exact)
			}
		}
	}
}

func TestPyTorchErrors(t *testing.T) {
	n := parsed(t, small)
	for _, o := range []memory.Options{
		{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.INT8},
		{Torch: memory.Torch113CPU, Mode: memory.Training, DType: memory.AMP},
		{Torch: memory.Torch113CPU, Mode: memory.Inference, DType: memory.FP16},
	} {
		if _, err := memory.NewPyTorch(n, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	m, err := memory.NewPyTorch(n, options(memory.Torch2CUDA, memory.Training))
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int64{0, -1} {
		if _, err := m.Account(batch); err == nil || !strings.Contains(err.Error(), "the batch must be 1 or more") {
			t.Errorf("a batch of %d: %v", batch, err)
		}
	}
	for _, batch := range []int64{math.MaxInt64, 1 << 55} {
		if _, err := m.Peak(batch); !errors.Is(err, checked.ErrOverflow) {
			t.Errorf("a batch of %d: %v", batch, err)
		}
	}
	if _, err := memory.NewPyTorch(parsed(t, "input: 8x8x1\nlayers: INPUT -> POOL2\n"),
		options(memory.Torch2CUDA, memory.Training)); err == nil ||
		!strings.Contains(err.Error(), "nothing to train") {
		t.Errorf("a network without parameters: %v", err)
	}
	huge := parsed(t, "input: 2147483647x1073741824x1\nlayers: INPUT -> CONV1-1 -> POOL2 floor\n")
	if _, err := memory.NewPyTorch(huge, options(memory.Torch2CUDA, memory.Training)); !errors.Is(err,
		checked.ErrOverflow) {
		t.Errorf("volumes past counting: %v", err)
	}
	g := &graph.Graph{Nodes: []graph.Node{{Name: "input", Op: sized(9)}, {Name: "odd", Op: sized(9), Inputs: []int{0}}},
		Inputs: []int{0}, Outputs: []int{1}}
	unknown, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := memory.NewPyTorch(unknown, options(memory.Torch2CUDA, memory.Inference)); err == nil ||
		!strings.Contains(err.Error(), "odd: no rule says") {
		t.Errorf("a layer that PyTorch's rules do not know: %v", err)
	}
}

// FuzzPyTorch holds that any network that can be written has an account, or an error.
func FuzzPyTorch(f *testing.F) {
	files, err := filepath.Glob("../../testdata/pytorch/*/net.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), int64(3))
	}
	f.Fuzz(func(t *testing.T, text string, batch int64) {
		if len(text) > 2000 {
			return
		}
		n, err := network.Sound("test.yaml", []byte(text), graph.Options{})
		if err != nil || len(n.Nodes) > 500 {
			return
		}
		for _, torch := range memory.Torches() {
			for _, mode := range memory.Modes() {
				m, err := memory.NewPyTorch(n, options(memory.Torch(torch), memory.Mode(mode)))
				if err != nil {
					continue
				}
				a, err := m.Account(batch)
				if err != nil {
					continue
				}
				steps, err := m.Timeline(batch)
				if err != nil {
					t.Fatal(err)
				}
				sum := int64(0)
				for _, p := range a.Parts {
					sum += p.AtPeak
				}
				if sum != a.Peak.Bytes {
					t.Errorf("the parts sum to %d, the peak is %d", sum, a.Peak.Bytes)
				}
				for _, s := range steps {
					if s.Live < 0 || s.Most > a.Peak.Bytes {
						t.Errorf("%s %s: %d alive, %d at most, where the peak is %d", s.Phase, s.Name, s.Live, s.Most, a.Peak.Bytes)
					}
				}
			}
		}
	})
}
