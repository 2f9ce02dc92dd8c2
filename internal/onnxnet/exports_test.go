package onnxnet_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/shape"
	"cnncalc/internal/weights"
)

const models = "../../testdata/onnx/"

// exports says which network each of the models is that generate.py exported. At opset 11 nothing is folded.
var exports = map[string]string{
	"windows": "CONV5x3-4 s2x1 p2x1 floor -> RELU -> CONV3-6 p2 d2 g2 nobias -> DWCONV3 p1 -> UPCONV3-4 s2 p1 outpad=1" +
		" -> POOL3 s2 p1 floor",
	"ceil":     "CONV3-4 p0 -> POOL3 s2 ceil -> RELU",
	"averages": "CONV3-4 p0 -> AVGPOOL3 s1 p1 -> AVGPOOL3 s1 p1 excludepad -> AVGPOOL2 -> GAP",
	"zeros":    "CONV3-4 s2 p=1,0,2,0 floor -> RELU",
	"dense":    "CONV3-4 p0 -> FC-5 nobias -> TANH -> FC-3 -> SOFTMAX",
	"activations": "CONV1-4 -> LEAKYRELU0.2 -> CONV1-4 -> ELU alpha=0.5 -> CONV1-4 -> SILU -> CONV1-4 -> GELU -> CONV1-4" +
		" -> HARDSWISH -> CONV1-4 -> HARDSIGMOID -> CONV1-4 -> RELU6 -> CONV1-4 -> PRELU -> CONV1-4" +
		" -> PRELU shared -> SIGMOID",
	"squeeze":  "CONV3-4 p0 -> MUL(IDENTITY | GAP mean -> CONV1-2 -> RELU -> CONV1-4 -> SIGMOID) -> RELU",
	"residual": "CONV3-4 p0 @a -> @in -> CONV3-4 p0 @b -> ADD(@a | @b) -> RELU -> CONCAT(IDENTITY | @b)",
	"shuffled": "CONV3-4 p0 -> SHUFFLE2",
	"chunks":   "CONV3-4 p0 @c -> CHANNELS to=2 @a -> @c -> CHANNELS from=2 @b -> @a -> SCALE2 @d -> CONCAT(@b | @d)",
	"pixels":   "CONV3-8 p0 -> PIXELSHUFFLE2 -> CONV3-4 p0 -> PIXELUNSHUFFLE2",
	"norms": "CONV3-4 p0 -> GN2 -> CONV1-4 -> IN affine -> CONV1-4 -> LN eps=1e-6 -> CONV1-4" +
		" -> LN volume",
	"convnext":  "CONV3-4 p0 -> ADD(IDENTITY | LN -> CONV1-8 -> GELU -> CONV1-4 -> SCALE)",
	"upsampled": "CONV3-4 p0 -> UPSAMPLE2 -> CONV3-4 p0 -> UPSAMPLE2 bilinear",
	"cropped":   "CONV3-4 p0 -> CROP5x3",
	"means":     "CONV3-4 p0 -> GAP mean -> FC-2",
	"views":     "CONV3-4 p0 -> FC-2",
}

// Models exported by PyTorch, at opsets with different operators, are read as the layers that a person would write,
// and compute what PyTorch computes.
func TestExports(t *testing.T) {
	files, err := filepath.Glob(models + "*.onnx")
	if err != nil || len(files) < 4*len(exports)-4 {
		t.Fatalf("only %d models (%v)", len(files), err)
	}
	for _, path := range files {
		name, opset, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".onnx"), "-")
		t.Run(name+opset, func(t *testing.T) {
			t.Parallel()
			text := exports[name]
			if name == "dense" && opset == "11" {
				text = strings.Replace(text, "p0 ->", "p0 -> BN ->", 1)
			}
			if name == "upsampled" && opset == "9" {
				t.Skip("opset 9 has no bilinear mode of half pixels, and PyTorch writes another")
			}
			model, err := onnx.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { model.Close() })
			file := network.ReadModel(path, model)
			n, problems := file.Network(graph.Options{})
			if len(problems) > 0 {
				t.Fatal(&problems[0])
			}
			want := written(t, "INPUT @in -> "+text)
			if a, b := layersOf(t, n.Graph), layersOf(t, want.Graph); !slices.Equal(a, b) {
				t.Fatalf("read as\n%s\nwant\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
			compare(t, n, file.Weights(), models+name+".npz")
		})
	}
}

// written is the network of arrow text on 8x8x3.
func written(t *testing.T, text string) *shape.Network {
	t.Helper()
	n, err := network.Sound("test", fmt.Appendf(nil, "input: 8x8x3\nlayers: %q\n", text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compare runs a network on x of a file and compares the output with y.
func compare(t *testing.T, n *shape.Network, w network.Weights, path string) {
	t.Helper()
	arrays, err := weights.ReadFile(path, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 1, Algo: exec.Auto, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	source := func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error { return w.Fill(dst, tensor.Name) }
	if err := p.Load(context.Background(), source); err != nil {
		t.Fatal(err)
	}
	of := func(name string) []float32 {
		return arrays[slices.IndexFunc(arrays, func(a weights.Tensor) bool { return a.Name == name })].Data
	}
	got, err := p.Run(context.Background(), of("x"))
	if err != nil {
		t.Fatal(err)
	}
	want := of("y")
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range want {
		if math.Abs(float64(got[i]-v)) > 1e-4*max(1, math.Abs(float64(v))) {
			t.Fatalf("value %d is %v, PyTorch's %v", i, got[i], v)
		}
	}
}
