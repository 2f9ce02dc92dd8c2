//go:build linux || darwin

package exec

import (
	"os"
	"path/filepath"
	"testing"

	"cnncalc/internal/weights"
)

// borrowing is a network with all forms of weights: those of an FC are stored as declared, others are packed, folded or
// transformed.
const borrowing = "CONV3-8 -> BN -> RELU -> DWCONV3 -> BN -> FC-700 -> BN -> FC-5"

// saved writes random weights of p to a file.
func saved(t *testing.T, p *Program) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensors := p.Tensors()
	infos := make([]weights.Info, len(tensors))
	for i, tensor := range tensors {
		infos[i] = weights.Info{Name: tensor.Name, Shape: tensor.Shape, DType: "F32"}
	}
	err = weights.WriteSafetensors(f, infos, func(i int) ([]float32, error) {
		values := make([]float32, tensors[i].Values())
		return values, noisy()(values, tensors[i], func(n int, f func(int)) {
			for k := range n {
				f(k)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// loadMapped loads p from a file, in place where possible.
func loadMapped(t *testing.T, p *Program, path string) {
	t.Helper()
	file, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	p.Borrow(func(t Tensor) ([]float32, bool) { return file.View(t.Name) })
	err = p.Load(t.Context(),
		func(dst []float32, t Tensor, _ func(int, func(int))) error { return file.Read(t.Name, dst) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
}

func TestBorrowedWeights(t *testing.T) {
	for _, o := range []Options{testOptions(1), {Batch: 1, Threads: 2, Fuse: true}} {
		p := load(t, line("8x8x3", borrowing), o, noisy())
		defer p.Close()
		input := inputNoise(p)
		want := append([]float32(nil), run(t, p, input)...)
		if p.Borrowed() != 0 {
			t.Errorf("%d bytes are borrowed of a source that has no view", p.Borrowed())
		}
		mapped := compile(t, line("8x8x3", borrowing), o)
		loadMapped(t, mapped, saved(t, mapped))
		// At least the weights and bias of the last FC. The first one is folded if layers are fused.
		if least := int64(4 * (5*700 + 5)); mapped.Borrowed() < least {
			t.Errorf("%d bytes are borrowed, want %d or more", mapped.Borrowed(), least)
		}
		if !sameBits(want, run(t, mapped, input)) {
			t.Error("borrowed weights give another result")
		}
	}
}
