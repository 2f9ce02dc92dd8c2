package exec

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"cnncalc/internal/weights"
)

// loadedTensors returns the tensors that a Source writes, by name.
func loadedTensors(t *testing.T, text string, threads int, source Source) map[string][]float32 {
	t.Helper()
	got := map[string][]float32{}
	p := compile(t, text, Options{Batch: 1, Threads: threads})
	err := p.Load(t.Context(), func(dst []float32, t Tensor, parallel func(int, func(int))) error {
		err := source(dst, t, parallel)
		got[t.Name] = append([]float32(nil), dst...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	return got
}

func TestHeFanIn(t *testing.T) {
	tests := []struct {
		input, layers, tensor string
		want                  int // products in one value of the output
	}{
		{"8x8x6", "CONV3x5-4", "conv1.weight", 6 * 3 * 5},
		{"8x8x6", "CONV3-4 g2", "conv1.weight", 3 * 3 * 3},
		{"8x8x6", "DWCONV3", "dwconv1.weight", 3 * 3},
		{"8x8x6", "LOCAL3-4", "local1.weight", 6 * 3 * 3},
		{"8x8x6", "FC-4", "fc1.weight", 8 * 8 * 6},
		{"8x8x6", "UPCONV2-4", "upconv1.weight", 6},
		{"8x8x6", "UPCONV3-4 s2 g2", "upconv1.weight", 3 * 2 * 2},
	}
	for _, tt := range tests {
		t.Run(tt.layers, func(t *testing.T) {
			for _, tensor := range compile(t, line(tt.input, tt.layers), testOptions(1)).Tensors() {
				want := 0
				if tensor.Name == tt.tensor {
					want = tt.want
				}
				if tensor.FanIn != want {
					t.Errorf("%s has a fan-in of %d, want %d", tensor.Name, tensor.FanIn, want)
				}
			}
		})
	}
}

func TestHe(t *testing.T) {
	text := line("8x8x16", "CONV3-32 -> BN -> PRELU -> CONV3-32 -> FC-100")
	got := loadedTensors(t, text, 1, He(7))
	for name, want := range map[string]float32{
		"conv1.bias": 0, "bn1.weight": 1, "bn1.bias": 0, "bn1.running_mean": 0, "bn1.running_var": 1,
		"prelu1.weight": 0.25, "fc1.bias": 0,
	} {
		for _, v := range got[name] {
			if v != want {
				t.Errorf("%s has %g, want %g", name, v, want)
				break
			}
		}
	}
	// He et al. (2015), eq. 10: a variance of 2/n. Over 204,800 draws the sample's is within 1% of it (3 sigma).
	var squares float64
	for _, v := range got["fc1.weight"] {
		squares += float64(v) * float64(v)
	}
	if variance, want := squares/float64(len(got["fc1.weight"])), 2.0/(8*8*32); math.Abs(variance/want-1) > 0.01 {
		t.Errorf("fc1.weight has a variance of %g, want %g", variance, want)
	}
	again := loadedTensors(t, text, 3, He(7))
	other := loadedTensors(t, text, 1, He(8))
	for name := range got {
		if !sameBits(got[name], again[name]) {
			t.Errorf("%s differs with 3 threads", name)
		}
	}
	if sameBits(got["conv1.weight"], other["conv1.weight"]) {
		t.Error("two seeds give the same weights")
	}
	if sameBits(got["conv1.weight"][:1000], got["conv2.weight"][:1000]) {
		t.Error("two layers get the same weights")
	}
	// The random stream of a tensor is its index among all tensors: 9 for fc1.weight, after 2+4+1+2 others.
	want := make([]float32, len(got["fc1.weight"]))
	if err := weights.HeNormal(want, 8*8*32, 7, 9, nil); err != nil {
		t.Fatal(err)
	}
	if !sameBits(got["fc1.weight"], want) {
		t.Error("fc1.weight is not the stream of its index")
	}
}

func TestTensors(t *testing.T) {
	p := compile(t, "input: 8x8x4\nlayers: INPUT -> CONV3-6 g2 @stem -> BN -> FC-5\n", testOptions(1))
	want := "[0 stem.weight [6 2 3 3]] [1 stem.bias [6]] [2 bn1.weight [6]] [3 bn1.bias [6]] " +
		"[4 bn1.running_mean [6]] [5 bn1.running_var [6]] [6 fc1.weight [5 384]] [7 fc1.bias [5]]"
	var got []string
	for _, tensor := range p.Tensors() {
		got = append(got, fmt.Sprint([]any{tensor.Index, tensor.Name, tensor.Shape}))
	}
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestGivenErrors(t *testing.T) {
	wrong := errors.New("no such tensor")
	tests := []struct {
		name   string
		lookup func(string, []int) ([]float32, error)
		want   string
	}{
		{"an error", func(string, []int) ([]float32, error) { return nil, wrong }, "fc1.weight: no such tensor"},
		{"too few", func(string, []int) ([]float32, error) { return make([]float32, 5), nil }, "fc1.weight: 5 values where shape [3 4] has 12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compile(t, line("1x1x4", "FC-3"), testOptions(1))
			err := p.Load(context.Background(), Given(tt.lookup))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if p.buffer != nil || p.workers != nil {
				t.Error("memory or threads are kept after an error")
			}
		})
	}
}
