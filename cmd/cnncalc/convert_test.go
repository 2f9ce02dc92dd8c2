package main_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"cnncalc/internal/convert"
	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/spec"
)

// lenet5 has padding in its first CONV, so that its FC layers as CONV layers, slid over a larger picture, do not give
// the very scores of the crops. What docs/conventions.md says about the difference is measured here: nine held-out
// digits side by side.
func TestConvertedLeNet5AndCrops(t *testing.T) {
	const side, places = 3 * 28, (3*28-28)/4 + 1
	levels, labels := heldOut(t)
	lenet := trainedLeNet5(t, 1)
	g, _, err := convert.FCToConv(lenet.Network())
	if err != nil {
		t.Fatal(err)
	}
	slid := withDigitWeights(t, readNetwork(t, []byte(spec.Print(g)), graph.Options{InputWidth: side, InputHeight: side}),
		1)

	// The nine digits 1 to 9, the first of each.
	mosaic := make([]float32, side*side)
	for digit := 1; digit <= 9; digit++ {
		from := slices.Index(labels, float32(digit)) * 28 * 28
		left, top := (digit-1)%3*28, (digit-1)/3*28
		for y := range 28 {
			copy(mosaic[(top+y)*side+left:][:28], levels[from+28*y:])
		}
	}
	picture := normalised(mosaic, lenet.Network().Preprocess)
	maps := slices.Clone(runProgram(t, slid, picture))
	if len(maps) != 10*places*places {
		t.Fatalf("%d scores, want 10 at each of %dx%[2]d places", len(maps), places)
	}

	var sum, most, largest float64
	same := 0
	for y := range places {
		for x := range places {
			crop := make([]float32, 0, 28*28)
			for row := range 28 {
				crop = append(crop, picture[(4*y+row)*side+4*x:][:28]...)
			}
			want := runProgram(t, lenet, crop)
			got := make([]float32, 10)
			for k := range got {
				got[k] = maps[(k*places+y)*places+x]
				d := math.Abs(float64(got[k] - want[k]))
				sum, most, largest = sum+d, max(most, d), max(largest, math.Abs(float64(want[k])))
			}
			best, _ := highest(got)
			if bestOfCrop, _ := highest(want); best == bestOfCrop {
				same++
			}
			if digit := y/7*3 + x/7 + 1; x%7 == 0 && y%7 == 0 && best != digit {
				t.Errorf("over the whole of digit %d the map says %d", digit, best)
			}
		}
	}
	count := float64(places * places * 10)
	got := fmt.Sprintf("%.0f%% at most, %.1f%% in the mean, the same digit at %d of %d places", 100*most/largest,
		100*sum/count/largest, same, places*places)
	if want := "17% at most, 1.7% in the mean, the same digit at 198 of 225 places"; got != want {
		t.Errorf("%s, docs/conventions.md says %s", got, want)
	}
}

func runProgram(t *testing.T, p *exec.Program, input []float32) []float32 {
	t.Helper()
	out, err := p.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
