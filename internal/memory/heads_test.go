package memory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/memory"
)

// Networks with heads take what PyTorch took (testdata/memory/generate.py).
func TestHeadsArePyTorchs(t *testing.T) {
	var file struct {
		Heads []struct {
			Net              string
			Batch, Gradients int64
			Saved            savedSizes
			Peak             int64
		}
	}
	readJSON(t, "heads.json", &file)
	for _, h := range file.Heads {
		a := account(t, parsed(t, h.Net), options(memory.Torch113CPU, memory.Training), h.Batch)
		if got := part(a, memory.Gradients); got != h.Gradients {
			t.Errorf("%s: %d bytes of gradients, want %d", h.Net, got, h.Gradients)
		}
		if diff := cmp.Diff(h.Saved, sizesOf(a)); diff != "" {
			t.Errorf("%s (-PyTorch +computed):\n%s", h.Net, diff)
		}
		if got := a.Peak.Bytes - before(a); got != h.Peak {
			t.Errorf("%s: the peak is %d bytes, want %d", h.Net, got, h.Peak)
		}
	}
}

// By hand: the loss of an output that nothing learnt leads to saves nothing, nor does its convolution.
func TestFrozenHead(t *testing.T) {
	const net = "input: 8x8x3\nlayers: INPUT @in -> CONV3-4 -> GAP -> FC-10\nheads: {fixed: \"@in -> CONV1-5\"}\n"
	o := options(memory.Torch113CPU, memory.Training)
	all, frozen := account(t, parsed(t, net), o, 2), account(t, parsed(t, net+"frozen: [fixed.*]\n"), o, 2)
	const logs, targets, weights = 4 * (2*8*8*5 + 1), 8 * 2 * 8 * 8, 4 * 3 * 5
	if got := all.Saved.Total - frozen.Saved.Total; got != logs+targets+weights {
		t.Errorf("the frozen head saves %d bytes less, want %d", got, logs+targets+weights)
	}
}

const withAuxiliary = `
input: 8x8x3
layers: INPUT -> CONV3-4 @a -> GAP -> FC-10
heads:
  aux: {layers: "@a -> CONV1-2 -> BN -> FC-10", training: true, loss: 0.3}
`

// What exists in training only takes nothing in inference but its parameters, which the module still has.
func TestTrainingHeadsInInference(t *testing.T) {
	without := parsed(t, "input: 8x8x3\nlayers: INPUT -> CONV3-4 @a -> GAP -> FC-10\n")
	with := parsed(t, withAuxiliary)
	const auxiliary = 4 * (4*2 + 2 + 2*2 + 8*8*2*10 + 10)
	const statistics = 4*2*2 + 8
	for _, torch := range []memory.Torch{memory.Torch113CPU, memory.Torch2CUDA} {
		o := options(torch, memory.Inference)
		a, b := account(t, with, o, 3), account(t, without, o, 3)
		a.Volumes.Freed.Node, a.Volumes.Kept.Node = b.Volumes.Freed.Node, b.Volumes.Kept.Node // others come before
		if diff := cmp.Diff(b.Volumes, a.Volumes); diff != "" {
			t.Errorf("%s: volumes (-without +with):\n%s", torch, diff)
		}
		if got := part(a, memory.Parameters) - part(b, memory.Parameters); got != auxiliary {
			t.Errorf("%s: the auxiliary parameters are %d bytes, want %d", torch, got, auxiliary)
		}
		if got := part(a, memory.Buffers) - part(b, memory.Buffers); got != statistics {
			t.Errorf("%s: the auxiliary statistics are %d bytes, want %d", torch, got, statistics)
		}
		for i, node := range with.Nodes {
			if got := a.Layers[i]; node.Name == "aux.fc1" && (got.Output != 0 || got.Parameters == 0) {
				t.Errorf("%s: the auxiliary FC takes %+v", torch, got)
			}
		}
	}
	notes, err := memory.NewNotes(with, 3, memory.FP32, "sgd")
	if err != nil {
		t.Fatal(err)
	}
	// By hand: the input, conv1, the global average and the scores; in training also the
	// auxiliary 8x8x2, twice, and scores.
	const running, training = 8*8*3 + 8*8*4 + 4 + 10, 2*8*8*2 + 10
	if notes.VolumesForward != 4*3*(running+training) || notes.VolumesRunning != 4*3*running ||
		notes.Inference != notes.VolumesRunning+notes.Parameters+notes.ImageBatch {
		t.Errorf("%+v", notes)
	}
}
