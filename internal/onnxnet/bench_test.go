package onnxnet_test

import (
	"fmt"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
)

// longChain is a model of pairs of a Conv and a Relu. Every second Conv has filters of its own; the others share some.
func longChain(pairs int) *onnx.Model {
	var nodes []onnx.Node
	filters := []onnx.Tensor{onnx.NewTensor("shared", 4, 4, 1, 1)}
	last := "x"
	for i := range pairs {
		w := "shared"
		if i%2 == 1 {
			w = fmt.Sprint("w", i)
			filters = append(filters, onnx.NewTensor(w, 4, 4, 1, 1))
		}
		conv, relu := fmt.Sprint("c", i), fmt.Sprint("r", i)
		if i == pairs-1 {
			relu = "y"
		}
		nodes = append(nodes, operator("Conv "+last+" "+w+" -> "+conv, ints("kernel_shape", 1, 1)),
			operator("Relu "+conv+" -> "+relu))
		last = relu
	}
	return modelOf(nodes, filters...)
}

func lowered(tb testing.TB, m *onnx.Model) *graph.Graph {
	g, _, problems := onnxnet.Read(&onnx.File{Model: m}, "long").Lower(graph.Options{})
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return g
}

// What a node of a large model costs is mostly the memory that is made for it.
func TestNodesTakeFewAllocations(t *testing.T) {
	const pairs = 5000
	m := longChain(pairs)
	if n := len(lowered(t, m).Nodes); n != 1+2*pairs {
		t.Fatalf("%d nodes", n)
	}
	perNode := testing.AllocsPerRun(1, func() { lowered(t, m) }) / (2 * pairs)
	if perNode > 14 { // measured at 11
		t.Errorf("%.1f allocations for each node", perNode)
	}
}

func BenchmarkLower(b *testing.B) {
	m := longChain(50_000)
	b.ReportAllocs()
	for b.Loop() {
		lowered(b, m)
	}
}
