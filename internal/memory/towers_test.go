package memory_test

import (
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// towers is a network of two inputs and two outputs: left and right, 2x2x1 each, are joined and convolved; the
// convolution's 2x2x3 is the second output, and an FC of 4 after it the first.
func towers(t *testing.T) *shape.Network {
	t.Helper()
	n, err := network.Sound("towers",
		[]byte("input: 2x2x1\nlayers: INPUT -> CONCAT(IDENTITY | IDENTITY) -> CONV1-3 -> FC-4\n"), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	node := func(i int, name string, inputs ...int) graph.Node {
		return graph.Node{Name: name, Op: n.Nodes[i].Op, Inputs: inputs}
	}
	var b graph.Builder
	left, right := b.Add(node(0, "left")), b.Add(node(0, "right"))
	both := b.Add(node(1, "both", left, right))
	conv := b.Add(node(2, "conv", both))
	b.Output(b.Add(node(3, "fc", conv)))
	b.Output(conv)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	built, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatal(&problems[0])
	}
	return built
}

// By hand: the inputs are 4 values each, conv has 9 parameters and 12 values, fc 52 and 4, of 4 bytes.
const (
	towersInputs     = 2 * 4 * 4
	towersParameters = (9 + 52) * 4
	towersOutputs    = (12 + 4) * 4
)

func TestNotesOfSeveralInputs(t *testing.T) {
	notes, err := memory.NewNotes(towers(t), 3, memory.FP32, "sgd")
	if err != nil {
		t.Fatal(err)
	}
	if notes.ImageBatch != 3*towersInputs || notes.Parameters != towersParameters {
		t.Errorf("%+v", notes)
	}
}

// What is alive in the end is what the caller holds: inputs and outputs, in training with the targets (8 bytes for each
// place of each output), the sum of the losses and the gradients of the parameters.
func TestPyTorchOfSeveralInputsAndOutputs(t *testing.T) {
	n := towers(t)
	for _, tt := range []struct {
		mode memory.Mode
		live int64
	}{
		{memory.Inference, towersInputs + towersParameters + towersOutputs},
		{memory.Training, towersInputs + 2*towersParameters + towersOutputs + 8*(1+4) + 4},
	} {
		o := memory.Options{Torch: memory.Torch113CPU, Mode: tt.mode, DType: memory.FP32, Optimizer: memory.NoOptimizer}
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := m.Timeline(1)
		if err != nil {
			t.Fatal(err)
		}
		last := steps[len(steps)-1]
		if tt.mode == memory.Training {
			// conv's backward step is the last. What it lets go of is alive as it ends: the gradient of its output, its input,
			// and the one that the backward pass starts from.
			last.Live -= (12 + 8 + 1) * 4
		}
		if last.Live != tt.live {
			t.Errorf("%s: %d bytes are alive in the end, want %d (%+v)", tt.mode, last.Live, tt.live, steps)
		}
		if a := account(t, n, o, 1); part(a, memory.InputBatch) != towersInputs {
			t.Errorf("%s: the input batch is %d bytes, want %d", tt.mode, part(a, memory.InputBatch), towersInputs)
		}
		if cuts := m.CutNodes(); cuts != nil {
			t.Errorf("%s: checkpoints could cut after %v", tt.mode, cuts)
		}
	}
}
