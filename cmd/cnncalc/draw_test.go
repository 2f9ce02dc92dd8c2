package main

import (
	"os"
	"path/filepath"
	"testing"
)

// residual10000 is a network of 10,001 layers as a person writes it, with repeats and blocks.
const residual10000 = `input: 32x32x3
blocks:
  unit(w): ADD(IDENTITY | CONV3-w -> BN -> RELU -> CONV3-w -> BN) -> RELU
layers: |
  INPUT -> CONV3-8 -> unit(8)*714 -> POOL2 -> CONV3-16 -> unit(16)*714 -> GAP -> FC-10
`

// The whole of "cnncalc draw" but the start of the process. A model has no repeats of its own: they are found.
func BenchmarkDraw(b *testing.B) {
	folder := b.TempDir()
	file, model := filepath.Join(folder, "net.yaml"), filepath.Join(folder, "net.onnx")
	if err := os.WriteFile(file, []byte(residual10000), 0o600); err != nil {
		b.Fatal(err)
	}
	if r := call(b, "convert", file, "-o", model); r.code != exitFine {
		b.Fatal(r.errors)
	}
	for _, c := range []struct{ name, network string }{
		{"VGG-16", "vgg16"}, {"DenseNet-201", "torchvision/densenet201"},
		{"10,000 layers", file}, {"10,000 layers of a model", model},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				callFine(b, "draw", c.network)
			}
		})
	}
}
