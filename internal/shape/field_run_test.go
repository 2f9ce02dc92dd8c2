package shape_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// The executor as the oracle: with weights and pixels above zero, a value grows exactly where a pixel that it is
// computed from does. All pixels of one column grow at once.
func TestFieldsAreWhatARunReads(t *testing.T) {
	for _, layers := range []string{
		"CONV3-2 -> RELU -> CONV3-2 -> RELU -> POOL2",
		"CONV5-2 s2 p2 floor -> POOL3 s2 floor -> CONV3-2 d2",
		"CONV4-2 same s2 -> DWCONV3 d3",
		"CONV3-4 -> CONCAT(CONV1-2 | CONV5-2 | POOL3 s1 p1 -> CONV1-2) -> AVGPOOL2",
		"CONV3-4 -> ADD(IDENTITY | CONV3-4 -> BN -> RELU -> CONV3-4) -> CONV3-4 s3 p1 floor",
		"POOL2 -> UPCONV2-3 -> CONV3-2",
		"CONV3-2 s2 p1 floor -> UPSAMPLE2 bilinear -> POOL2",
		"CONV3-2 @skip -> POOL2 -> CONV3-2 -> UPCONV4-2 s2 p1 -> CONCAT(@skip | IDENTITY) -> CONV3-2",
		"L2POOL3 s1 p1 -> LOCAL3-2",
	} {
		net := fits(t, "96x20x1", fmt.Sprintf("INPUT -> %s", layers))
		field := lastField(net).W
		out := last(net).Out
		seenFrom, seenTo := touched(t, net)
		largest := int64(0)
		for place := range out.W {
			start := field.Start + place*field.Jump.Num/field.Jump.Den
			if start < 8 || start+field.Size > 96-8 {
				continue // the border may be within sight
			}
			largest = max(largest, seenTo[place]-seenFrom[place]+1)
			if field.Jump.Den == 1 && field.Jump.Num > 1 && seenFrom[place] != start {
				t.Errorf("%s: value %d reads from pixel %d on, %+v", layers, place, seenFrom[place], field)
			}
		}
		if largest != field.Size {
			t.Errorf("%s: the largest that a run reads is %d, %+v", layers, largest, field)
		}
	}
}

// touched returns, for each column of the output, the first and the last column of the picture that change it.
func touched(t *testing.T, net *shape.Network) (first, last []int64) {
	t.Helper()
	program, err := exec.Compile(net, exec.Options{Batch: 1, Threads: 1, Algo: exec.Direct})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	above := func(dst []float32, _ exec.Tensor, _ func(int, func(int))) error {
		for i := range dst {
			dst[i] = 0.1 + 0.01*float32(i%7)
		}
		return nil
	}
	if err := program.Load(context.Background(), above); err != nil {
		t.Fatal(err)
	}
	in, out := net.InputShape(), net.Total.Out
	columns := func(changed int64) []float64 {
		picture := make([]float32, in.W*in.H*in.D)
		for i := range picture {
			picture[i] = 1
			if int64(i)%in.W == changed {
				picture[i] = 3
			}
		}
		values, err := program.Run(context.Background(), picture)
		if err != nil {
			t.Fatal(err)
		}
		sums := make([]float64, out.W)
		for i, v := range values {
			sums[int64(i)%out.W] += float64(v)
		}
		return sums
	}
	before := columns(-1)
	first, last = make([]int64, out.W), make([]int64, out.W)
	for place := range first {
		first[place], last[place] = in.W, -1
	}
	for pixel := range in.W {
		for place, sum := range columns(pixel) {
			if sum > before[place]*(1+1e-6) {
				first[place], last[place] = min(first[place], pixel), max(last[place], pixel)
			}
		}
	}
	return first, last
}

// Every kind of layer, in the networks compared with PyTorch: if one column of the picture changes, a layer's output
// changes only at places whose taps read a changed place of its inputs. This finds a kind that has a window but no
// taps.
func TestTapsHoldWhatKernelsRead(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pytorch/*/net.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		net, problems := inferFile(t, string(text), graph.Options{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		net, _ = net.Inference()
		before := outputs(t, net, -1)
		for column := range net.InputShape().W {
			checkTaps(t, net, changedColumns(net, before, outputs(t, net, column)))
		}
	}
}

// checkTaps checks the changed columns of each node against those of its inputs.
func checkTaps(t *testing.T, net *shape.Network, changed [][]bool) {
	t.Helper()
	for i := 1; i < len(net.Nodes); i++ {
		node, out := &net.Nodes[i], net.Layers[i].Out
		if len(node.Inputs) == 0 {
			continue
		}
		for place, isChanged := range changed[i] {
			reads := false
			for _, input := range node.Inputs {
				taps, _ := op.TapsOf(node.Op, net.Layers[input].Out, out)
				first, last, step := taps.At(int64(place))
				for x := first; x <= last; x += step {
					reads = reads || x >= 0 && x < int64(len(changed[input])) && changed[input][x]
				}
			}
			if isChanged && !reads && !isMirrored(node.Op, net.Layers[node.Inputs[0]].Out, int64(place)) {
				t.Fatalf("%s, %s (%s): column %d changes, but its taps read nothing that does", net.Name, node.Name,
					op.Notation(node.Op), place)
			}
		}
	}
}

// isMirrored reports whether a column of a PAD mirrors or repeats another column: fields ignore what is at borders.
func isMirrored(o graph.Op, in graph.Shape, column int64) bool {
	p, ok := o.(*op.Pad)
	if !ok || p.Mode() == "" {
		return false
	}
	left, _ := p.Before()
	return column < left || column >= left+in.W
}

// outputs returns the outputs of all nodes, for pictures that differ in one column. All inputs are of one size.
func outputs(t *testing.T, net *shape.Network, changed int64) [][]float32 {
	t.Helper()
	program, err := exec.Compile(net, exec.Options{Batch: 1, Threads: 1, Algo: exec.Direct})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := program.Load(context.Background(), exec.He(1)); err != nil {
		t.Fatal(err)
	}
	inputs, err := program.NewInputs()
	if err != nil {
		t.Fatal(err)
	}
	for _, picture := range inputs {
		for i := range picture {
			picture[i] = float32((i*7)%11) - 5
			if int64(i)%net.InputShape().W == changed {
				picture[i] += 1.5
			}
		}
	}
	kept := keeper{}
	if _, err := program.RunAll(context.Background(), inputs, &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// keeper is an exec.Observer that keeps all outputs.
type keeper [][]float32

func (k *keeper) Computed(c exec.Computed) error {
	*k = append(*k, slices.Clone(c.Output))
	return nil
}

// changedColumns reports, by node, which columns of its output differ.
func changedColumns(net *shape.Network, before, after [][]float32) [][]bool {
	changed := make([][]bool, len(net.Nodes))
	for i, l := range net.Layers {
		changed[i] = make([]bool, l.Out.W)
		for k, v := range before[i] {
			if after[i][k] != v {
				changed[i][int64(k)%l.Out.W] = true
			}
		}
	}
	return changed
}
