package memory_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/memory"
)

// Weights that layers share are counted once, as are their gradients and what autograd saves of them, and the peak is
// PyTorch's with the second gradient of a weight beside the first.
func TestSharedIsPyTorchs(t *testing.T) {
	var file struct {
		Rows []struct {
			Net             string
			Batch           int64
			Frozen          []string
			Saved           savedSizes
			Gradients, Peak int64
		}
	}
	readJSON(t, "shared.json", &file)
	for _, r := range file.Rows {
		name := fmt.Sprintf("%.20s %q, batch %d", r.Net, r.Frozen, r.Batch)
		a := account(t, frozenNetwork(t, r.Net, r.Frozen...), options(memory.Torch113CPU, memory.Training), r.Batch)
		if diff := cmp.Diff(r.Saved, sizesOf(a)); diff != "" {
			t.Errorf("%s (-PyTorch +computed):\n%s", name, diff)
		}
		if got := part(a, memory.Gradients); got != r.Gradients {
			t.Errorf("%s: %d bytes of gradients, want %d", name, got, r.Gradients)
		}
		if got := a.Peak.Bytes - before(a); got != r.Peak {
			t.Errorf("%s: the peak is %d bytes, want %d", name, got, r.Peak)
		}
	}
}

// oneDNN needs less than the weight's gradient while it makes the input's, which is then beside the gradient that
// another layer has made. The peak is what PyTorch 1.13 took.
func TestSharedDepthwise(t *testing.T) {
	n := parsed(t, "input: 32x24x3\nlayers: INPUT -> CONV1-16 -> DWCONV5 @a -> RELU -> DWCONV5 share=@a\n")
	a := account(t, n, options(memory.Torch113CPU, memory.Training), 2)
	if got, want := a.Peak.Bytes-before(a)-part(a, memory.State), int64(591432); !near(got, want, 0.01) {
		t.Errorf("the peak is %d bytes, want %d", got, want)
	}
}

const twice = "input: 8x8x4\nlayers: INPUT -> CONV3-4 @conv -> RELU -> CONV3-4 share=@conv -> FC-2\n"

// A layer that shares weights has none of its own, in any account; in mixed precision both read one half copy.
func TestSharedByHand(t *testing.T) {
	const conv, fc = 4 * (9*4*4 + 4), 4 * (8*8*4*2 + 2)
	n := parsed(t, twice)
	o := options(memory.Torch2CUDA, memory.Training)
	o.Optimizer = "adam"
	a := account(t, n, o, 1)
	for p, want := range map[memory.Part]int64{memory.Parameters: conv + fc, memory.Gradients: conv + fc,
		memory.State: 2 * (conv + fc)} {
		if got := part(a, p); got != want {
			t.Errorf("%s: %d bytes, want %d", p, got, want)
		}
	}
	if a.Layers[1].Parameters != conv || a.Layers[3].Parameters != 0 || a.Layers[3].Saved != 0 {
		t.Errorf("the layers take %+v and %+v", a.Layers[1], a.Layers[3])
	}
	o.DType = memory.AMP
	if got := part(account(t, n, o, 1), memory.WeightCasts); got != (conv+fc)/2 {
		t.Errorf("%d bytes of casts, want %d", got, (conv+fc)/2)
	}
	notes, err := memory.NewNotes(n, 1, memory.FP32, "momentum")
	if err != nil || notes.Parameters != conv+fc || notes.Gradients != conv+fc {
		t.Errorf("%+v, %v", notes, err)
	}
}

// Autocast keeps no copy of a frozen weight: it is there while its layer runs, or as long as that is saved.
func TestFrozenCasts(t *testing.T) {
	o := options(memory.Torch2CUDA, memory.Training)
	o.DType = memory.AMP
	const fc = 2 * (10*128 + 10)
	a := account(t, frozenNetwork(t, small, "conv1"), o, 1)
	if got := part(a, memory.WeightCasts); got != fc {
		t.Errorf("%d bytes of casts, want those of the FC, %d", got, fc)
	}
}
