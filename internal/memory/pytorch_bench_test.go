package memory_test

import (
	"testing"

	"cnncalc/internal/memory"
)

// What a search for the largest batch does.
func BenchmarkPyTorch(b *testing.B) {
	for _, name := range []string{"vgg16", "torchvision/resnet152"} {
		n := builtIn(b, name)
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"}
		b.Run("new/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := memory.NewPyTorch(n, o); err != nil {
					b.Fatal(err)
				}
			}
		})
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("peak/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Peak(64); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("account/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Account(64); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
