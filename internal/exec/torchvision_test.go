package exec

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
)

// With the same random weights and input, built-in networks compute what torchvision's do
// (testdata/pytorch/networks.py): one of each family, on small inputs.
func TestOutputsAreTorchvisions(t *testing.T) {
	data, err := os.ReadFile(goldenFolder + "/networks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Networks []struct {
			Name    string
			Input   int64
			Scale   float32 // of the filters
			Largest float64 // of all outputs
			Outputs []float64
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, want := range file.Networks {
		t.Run(want.Name, func(t *testing.T) {
			got := outputOf(t, "torchvision/"+want.Name, want.Input, want.Scale)
			for i, w := range want.Outputs {
				if distance := math.Abs(float64(got[i]) - w); !(distance <= 1e-4*want.Largest) {
					t.Errorf("output %d is %g, want %g", i, got[i], w)
				}
			}
		})
	}
}

// outputOf runs a built-in network on a picture of that size, with the values and weights of networks.py.
func outputOf(t *testing.T, name string, size int64, scale float32) []float32 {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Sound(name, text, graph.Options{InputWidth: size, InputHeight: size})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(n, Options{Batch: 1, Threads: 2, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	scaled := func(dst []float32, tensor Tensor, parallel func(int, func(int))) error {
		err := He(1)(dst, tensor, parallel)
		for i := range dst {
			if len(tensor.Shape) > 1 {
				dst[i] *= scale
			}
		}
		return err
	}
	if err := p.Load(t.Context(), scaled); err != nil {
		t.Fatal(err)
	}
	poison(p)
	input := make([]float32, n.InputShape().W*n.InputShape().H*n.InputShape().D)
	for i := range input {
		input[i] = float32(float64(7919*i%1000)/1000 - 0.5)
	}
	return run(t, p, input)
}
