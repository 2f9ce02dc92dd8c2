package memory_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
)

// Built-in networks save what torchvision's save, and have the same peaks (testdata/memory/networks.py).
func TestNetworksAreTorchvisions(t *testing.T) {
	var file struct {
		Networks []struct {
			Name, Network                    string // if there is no Network, it is torchvision/Name
			Input, Batch                     int64  // a batch of 1 if it is not there
			Params, Buffers, Peak, Inference int64
			Saved                            savedSizes
		}
	}
	readJSON(t, "networks.json", &file)
	for _, want := range file.Networks {
		if want.Input == 0 {
			continue // not measured
		}
		name := "torchvision/" + want.Name
		if want.Network != "" {
			name = want.Network
		}
		text, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		n, err := network.Sound(want.Name, text, graph.Options{InputWidth: want.Input, InputHeight: want.Input})
		if err != nil {
			t.Fatal(err)
		}
		batch := max(want.Batch, 1)
		training := account(t, n, options(memory.Torch113CPU, memory.Training), batch)
		if diff := cmp.Diff(want.Saved, sizesOf(training)); diff != "" {
			t.Errorf("%s saves (-PyTorch +computed):\n%s", want.Name, diff)
		}
		if n.Total.Parameters() != want.Params || part(training, memory.Buffers) != want.Buffers {
			t.Errorf("%s: %d parameters and %d bytes of buffers, want %d and %d",
				want.Name, n.Total.Parameters(), part(training, memory.Buffers), want.Params, want.Buffers)
		}
		inference := account(t, n, options(memory.Torch113CPU, memory.Inference), batch)
		if got := training.Peak.Bytes - before(training); got != want.Peak {
			t.Errorf("%s: the peak in training is %d bytes, want %d", want.Name, got, want.Peak)
		}
		if got := inferencePeak(inference); got != want.Inference {
			t.Errorf("%s: the peak in inference is %d bytes, want %d", want.Name, got, want.Inference)
		}
	}
}

// The sentences under the account, and the manual, give the number of networks that were measured.
func TestBasisIsWhatWasMeasured(t *testing.T) {
	var built struct {
		Networks []struct{ Name, Network string }
	}
	readJSON(t, "networks.json", &built)
	var inference struct{ Networks []struct{ Network string } }
	readJSON(t, "inference.json", &inference)
	inTraining, inInference := map[string]bool{}, map[string]bool{}
	for _, n := range readMeasured(t) {
		inTraining[n.Name], inInference[n.Name] = true, true
	}
	for _, n := range built.Networks {
		if n.Network != "" {
			continue // not torchvision's
		}
		inTraining[n.Name], inInference[n.Name] = true, true
	}
	for _, n := range inference.Networks {
		inInference[strings.TrimPrefix(n.Network, "torchvision/")] = true
	}
	basis := strings.Join(options(memory.Torch113CPU, memory.Training).Basis(), "\n")
	for _, want := range []string{
		fmt.Sprintf(" %d networks of torchvision 0.14", len(inTraining)),
		fmt.Sprintf("all %d in training, and for %d in inference", len(inTraining), len(inInference)),
	} {
		if !strings.Contains(basis, want) {
			t.Errorf("no %q in:\n%s", want, basis)
		}
	}
	manual, err := os.ReadFile("../../docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	var checkpoints struct{ Plans []struct{ Network string } }
	readJSON(t, "plans.json", &checkpoints)
	for _, want := range []string{
		fmt.Sprintf("For %d more networks of torchvision", len(inTraining)-len(readMeasured(t))),
		fmt.Sprintf("which makes %d networks of torchvision", len(inTraining)),
		fmt.Sprintf("the code of %d plans", len(checkpoints.Plans)),
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(manual)), " "), want) {
			t.Errorf("docs/contributing.md does not say %q", want)
		}
	}
}

// ConvNeXt is written here as torchvision's code runs it: its volumes have their channels last in memory
// (testdata/memory/written.json).
func TestWrittenNetworksAreTorchvisions(t *testing.T) {
	var file struct {
		Networks []struct {
			Name                           string
			Params, Saved, Peak, Inference int64
		}
	}
	readJSON(t, "written.json", &file)
	for _, want := range file.Networks {
		text, err := os.ReadFile("../../testdata/memory/" + want.Name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		n := parsed(t, string(text))
		training := account(t, n, options(memory.Torch113CPU, memory.Training), 1)
		if n.Total.Parameters() != want.Params || training.Saved.Total != want.Saved || !training.SavedExact {
			t.Errorf("%s: %d parameters, %d bytes are saved, exact: %v; want %d, %d", want.Name, n.Total.Parameters(),
				training.Saved.Total, training.SavedExact, want.Params, want.Saved)
		}
		if got := training.Peak.Bytes - before(training); got != want.Peak {
			t.Errorf("%s: the peak in training is %d bytes, want %d", want.Name, got, want.Peak)
		}
		if got := inferencePeak(account(t, n, options(memory.Torch113CPU, memory.Inference), 1)); got != want.Inference {
			t.Errorf("%s: the peak in inference is %d bytes, want %d", want.Name, got, want.Inference)
		}
	}
}
