package figure

import (
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

func builtIn(t *testing.T, name string) *shape.Network {
	t.Helper()
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Sound(name, data, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func notes() *Use {
	return &Use{Account: memory.NotesAccount, Options: memory.Options{Torch: memory.Torch113CPU, Mode: memory.Training,
		DType: memory.FP32, Optimizer: memory.DefaultOptimizer}, Threads: 1}
}

// The figures of VGG-16 are those of the CS231n notes and of arithmetic by hand.
func TestFiguresOfVGG16(t *testing.T) {
	use := notes()
	use.Machine = &traffic.Machine{FLOPS: 2e9, Bandwidth: 1e18} // a MAC takes a nanosecond, moving bytes nothing
	use.Budget = &fit.Budget{Available: 10 * (2 * 15_237_608 * 4)}
	sheet := NewSheet(builtIn(t, "vgg16"), use)
	const parameters, volumes, input = 138_357_544, 15_237_608, 224 * 224 * 3
	for name, want := range map[string]int64{
		"parameters": parameters, "trainable": parameters,
		"macs": 15_470_264_320, "activations": volumes,
		"largest":         224 * 224 * 64,
		"receptive_field": 224, // FC sees all of the picture
		"notes_inference": (2*volumes + parameters + 2*input) * 4,
		"notes_training":  (2*2*volumes + 3*parameters + 2*input) * 4,
		"peak":            (2*2*volumes + 3*parameters + 2*input) * 4,
		// Three times the parameters take more than what is there.
		"largest_batch": 0,
		"time":          2 * 15_470_264_320,
	} {
		f, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sheet.Value(f, 2)
		if err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, want)
		}
	}
}

// The peaks are those of the account, which other tests hold to PyTorch.
func TestPeaks(t *testing.T) {
	n, use := builtIn(t, "lenet5"), notes()
	use.Account = memory.PyTorchAccount
	for _, mode := range []memory.Mode{memory.Inference, memory.Training} {
		use.Options.Mode = mode
		options := use.Options
		if mode == memory.Inference {
			options.Optimizer = ""
		}
		model, err := memory.NewPyTorch(n, options)
		if err != nil {
			t.Fatal(err)
		}
		account, err := model.Account(3)
		if err != nil {
			t.Fatal(err)
		}
		sheet := NewSheet(n, use)
		for _, name := range []string{"peak", string(mode) + "_peak"} {
			f, _ := Find(name)
			got, err := sheet.Value(f, 3)
			if err != nil || got != account.Peak.Bytes {
				t.Errorf("%s in %s: %d, %v; want %d", name, mode, got, err, account.Peak.Bytes)
			}
			if !f.IsEstimate(use) {
				t.Errorf("%s is no estimate", name)
			}
		}
		use.Budget = &fit.Budget{Available: account.Peak.Bytes}
		for _, name := range []string{"largest_batch", string(mode) + "_batch"} {
			f, _ := Find(name)
			if got, err := sheet.Value(f, 1); err != nil || got != 3 {
				t.Errorf("%s in %s: %d, %v; want 3", name, mode, got, err)
			}
		}
	}
}

func TestFiguresThatNeedMore(t *testing.T) {
	sheet := NewSheet(builtIn(t, "lenet5"), notes())
	for name, want := range map[string]string{
		"largest_batch":   "largest_batch needs a device",
		"inference_batch": "inference_batch needs a device",
		"time":            "time needs the rates of a machine",

		"training_images_per_second": "training_images_per_second needs a device that is known by name",
	} {
		f, _ := Find(name)
		if _, err := sheet.Value(f, 1); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", name, err, want)
		}
	}
}

// Every figure can be computed for a network once nothing is missing, and has a line of help.
func TestEveryFigure(t *testing.T) {
	use := notes()
	device, err := fit.FindDevice("t4", "")
	if err != nil {
		t.Fatal(err)
	}
	use.Budget, use.Machine = &fit.Budget{Device: &device, Available: 1 << 33}, &traffic.Machine{FLOPS: 1e12, Bandwidth: 1e11}
	sheet := NewSheet(builtIn(t, "lenet5"), use)
	for _, f := range All() {
		if v, err := sheet.Value(f, 4); err != nil || v <= 0 {
			t.Errorf("%s: %d, %v", f.Name, v, err)
		}
		if f.What == "" || strings.ToLower(f.Name) != f.Name {
			t.Errorf("%s: %s", f.Name, f.What)
		}
	}
}

// The account of cnncalc run depends on the processor, not on a device: another account's largest batch is not its own.
func TestNoLargestBatchOfARun(t *testing.T) {
	use := notes()
	use.Account, use.Budget = memory.RunAccount, &fit.Budget{Available: 1 << 33}
	sheet := NewSheet(builtIn(t, "lenet5"), use)
	for _, name := range []string{"largest_batch", "inference_batch", "training_batch"} {
		f, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		const want = ": the account of cnncalc run has no largest batch: choose pytorch or notes"
		if v, err := sheet.Value(f, 1); err == nil || err.Error() != name+want {
			t.Errorf("%s: %d, %v", name, v, err)
		}
	}
}
