package memory_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
)

// peaksApart is by how much the peaks of families of networks may differ from PyTorch's, as shares. All others are
// equal.
//
// Inference: a Python variable holds the input of a module while its layers run, longer than the graph needs it.
// Training: three masks of stochastic depth, 12 bytes.
var peaksApart = []struct {
	family              string
	training, inference float64
}{
	{"densenet161", 0, 0.16},
	{"efficientnet_v2", 1e-7, 0.18},
	{"efficientnet_b", 1e-7, 0.07},
	{"regnet", 0, 0.26},
	{"mnasnet", 0, 0.13},
	{"shufflenet", 0, 0.14},
}

// Built-in networks save what torchvision's save, and have the same peaks (testdata/memory/networks.py).
func TestNetworksAreTorchvisions(t *testing.T) {
	var file struct {
		Networks []struct {
			Name                             string
			Input                            int64
			Params, Buffers, Peak, Inference int64
			Saved                            savedSizes
		}
	}
	readJSON(t, "networks.json", &file)
	for _, want := range file.Networks {
		if want.Input == 0 {
			continue // not measured
		}
		text, err := architectures.Open("torchvision/" + want.Name)
		if err != nil {
			t.Fatal(err)
		}
		n, err := network.Sound(want.Name, text, graph.Options{InputWidth: want.Input, InputHeight: want.Input})
		if err != nil {
			t.Fatal(err)
		}
		training := account(t, n, options(memory.Torch113CPU, memory.Training), 1)
		if diff := cmp.Diff(want.Saved, sizesOf(training)); diff != "" {
			t.Errorf("%s saves (-PyTorch +computed):\n%s", want.Name, diff)
		}
		if n.Total.Parameters() != want.Params || part(training, memory.Buffers) != want.Buffers {
			t.Errorf("%s: %d parameters and %d bytes of buffers, want %d and %d",
				want.Name, n.Total.Parameters(), part(training, memory.Buffers), want.Params, want.Buffers)
		}
		inference := account(t, n, options(memory.Torch113CPU, memory.Inference), 1)
		inTraining, inInference := mayDiffer(want.Name)
		checkPeak(t, want.Name+" in training", training.Peak.Bytes-before(training), want.Peak, inTraining)
		checkPeak(t, want.Name+" in inference",
			inference.Peak.Bytes-part(inference, memory.Parameters)-part(inference, memory.Buffers), want.Inference, inInference)
	}
}

func mayDiffer(name string) (training, inference float64) {
	for _, a := range peaksApart {
		if strings.HasPrefix(name, a.family) {
			return a.training, a.inference
		}
	}
	return 0, 0
}

func checkPeak(t *testing.T, what string, got, want int64, share float64) {
	t.Helper()
	if math.Abs(float64(got-want)) > share*float64(want) {
		t.Errorf("%s: the peak is %d bytes, want %d within %g: %.4f of it",
			what, got, want, share, float64(got)/float64(want))
	}
}
