package main_test

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/picture"
	"cnncalc/internal/shape"
	"cnncalc/internal/weights"
)

const digitsFolder = "../../testdata/digits"

// trainedLeNet5 is lenet5 with the weights that come with it, for batches of that many pictures.
func trainedLeNet5(t *testing.T, batch int) *exec.Program {
	t.Helper()
	text, err := architectures.Open("lenet5")
	if err != nil {
		t.Fatal(err)
	}
	return withDigitWeights(t, readNetwork(t, text, graph.Options{}), batch)
}

func readNetwork(t *testing.T, text []byte, o graph.Options) *shape.Network {
	t.Helper()
	net, err := network.Sound("lenet5.yaml", text, o)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// withDigitWeights is a network whose tensors have the names and values of lenet5's.
func withDigitWeights(t *testing.T, net *shape.Network, batch int) *exec.Program {
	t.Helper()
	program, err := exec.Compile(net, exec.Options{Batch: batch, Threads: 2, Algo: exec.Auto})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	data, ok := architectures.Weights("lenet5")
	if !ok {
		t.Fatal("lenet5 has no weights")
	}
	tensors, err := weights.New(bytes.NewReader(data), int64(len(data)), "lenet5")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tensors.Close() })
	named := func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
		return tensors.Read(tensor.Name, dst)
	}
	if err := program.Load(context.Background(), named); err != nil {
		t.Fatal(err)
	}
	return program
}

// heldOut reads the pictures of fonts that the network was not trained with: grey levels, and the digits on them.
func heldOut(t *testing.T) (levels, labels []float32) {
	t.Helper()
	tensors, err := weights.ReadFile(filepath.Join(digitsFolder, "heldout.npz"), 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range tensors {
		switch tensor.Name {
		case "pictures":
			levels = tensor.Data
		case "labels":
			labels = tensor.Data
		}
	}
	if len(labels) == 0 || len(levels) != len(labels)*28*28 {
		t.Fatalf("%d grey levels and %d labels", len(levels), len(labels))
	}
	return levels, labels
}

// normalised is what package picture makes of grey levels for the network.
func normalised(levels []float32, p graph.Preprocess) []float32 {
	values := make([]float32, len(levels))
	for i, v := range levels {
		values[i] = (v/255 - float32(p.Mean[0])) / float32(p.Std[0])
	}
	return values
}

// highest is the index of the highest score, and its softmax.
func highest(scores []float32) (digit int, probability float64) {
	for i, s := range scores {
		if s > scores[digit] {
			digit = i
		}
	}
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(float64(s - scores[digit]))
	}
	return digit, 1 / sum
}

// PyTorch 1.13 classifies all pictures of held-out fonts but number 55, a 4 that it takes for a 6. In none are the two
// best digits closer than 0.3 in probability, so exactly this is what every right computation finds.
func TestHeldOutDigits(t *testing.T) {
	levels, labels := heldOut(t)
	program := trainedLeNet5(t, len(labels))
	scores, err := program.Run(context.Background(), normalised(levels, program.Network().Preprocess))
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, label := range labels {
		got, _ := highest(scores[10*i : 10*(i+1)])
		if got == int(label) {
			right++
		}
		want := int(label)
		if i == 55 {
			want = 6
		}
		if got != want {
			t.Errorf("picture %d, a %v: %d, want %d", i, label, got, want)
		}
	}
	if right*100 < len(labels)*99 {
		t.Errorf("%d of %d right, want 99%%", right, len(labels))
	}
}

// PyTorch 1.13's scores of the first held-out picture, to 1e-4 of the largest.
func TestDigitScores(t *testing.T) {
	want := []float64{30.4872, -26.7394, -23.8448, -22.1641, -12.9922, -33.8464, -7.16137, -44.8201, -3.23352, 9.24061}
	levels, _ := heldOut(t)
	program := trainedLeNet5(t, 1)
	scores, err := program.Run(context.Background(), normalised(levels[:28*28], program.Network().Preprocess))
	if err != nil {
		t.Fatal(err)
	}
	largest := math.Max(slices.Max(want), -slices.Min(want))
	for i, s := range scores {
		if !(math.Abs(float64(s)-want[i]) <= 1e-4*largest) {
			t.Errorf("score of %d: %v, want %v", i, s, want[i])
		}
	}
}

// Picture files, from the file to the digit: grey, coloured, with a palette, of one bit, light on dark, not square.
func TestDigitPictures(t *testing.T) {
	program := trainedLeNet5(t, 1)
	p := program.Network().Preprocess
	fit := picture.FitOptions{Width: 28, Height: 28, Mode: picture.Crop, Resize: int(p.Resize)}
	for digit, name := range []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"} {
		seen, err := picture.Open(filepath.Join(digitsFolder, name+".png"), picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		square, err := picture.Fit(seen.RGB, fit)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float32, 28*28)
		if err := picture.Normalise(values, square, 1, picture.NormaliseOptions{Mean: p.Mean, Std: p.Std}); err != nil {
			t.Fatal(err)
		}
		scores, err := program.Run(context.Background(), values)
		if err != nil {
			t.Fatal(err)
		}
		if got, probability := highest(scores); got != digit || probability < 0.99 {
			t.Errorf("%s.png: %d with probability %.4f, want %d with at least 0.99", name, got, probability, digit)
		}
	}
}
