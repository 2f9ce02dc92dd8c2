package main

import (
	"slices"
	"testing"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// The mean and deviation of ImageNet are those of red, green and blue (torchvision); a network that takes blue first
// gets them in its own order.
func TestPreprocessingOrder(t *testing.T) {
	for _, c := range []struct {
		bgr       bool
		mean, std []float64
	}{
		{false, []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}},
		{true, []float64{0.406, 0.456, 0.485}, []float64{0.225, 0.224, 0.229}},
	} {
		g := &graph.Graph{
			Nodes:      []graph.Node{{Op: &op.Input{Shape: graph.Shape{W: 224, H: 224, D: 3}}}},
			Inputs:     []int{0},
			Preprocess: graph.Preprocess{BGR: c.bgr},
		}
		_, got := preprocessing(&shape.Network{Graph: g}, "")
		if !slices.Equal(got.Mean, c.mean) || !slices.Equal(got.Std, c.std) {
			t.Errorf("bgr %v: mean %v and deviation %v, want %v and %v", c.bgr, got.Mean, got.Std, c.mean, c.std)
		}
	}
}

// No file can say so yet, but a network that other packages build may have two inputs.
func TestPicturesAreForOneInput(t *testing.T) {
	var b graph.Builder
	for _, name := range []string{"left", "right"} {
		b.Add(graph.Node{Name: name, Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 2}}})
	}
	b.Add(graph.Node{Name: "add1", Op: &op.Add{}, Inputs: []int{0, 1}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	program, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 1, Algo: exec.Auto})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = (&app{}).readPictures(&runFlags{}, program, memoryLimit{})
	if !isProblem(err) || err.Error() != "the network has 2 inputs, but run takes pictures for one input only" {
		t.Errorf("readPictures: %v", err)
	}
}
