package exec

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cnncalc/internal/op"
	"cnncalc/internal/weights"
)

// goldenFolder holds small networks with weights, an input, and PyTorch's output; see generate.py there.
const goldenFolder = "../../testdata/pytorch"

func TestPyTorch(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*", "net.yaml"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d cases in %s, want 8 at least (%v)", len(files), goldenFolder, err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			for _, node := range checkGolden(t, folder).network.Nodes {
				seen[node.Op.Kind()] = true
			}
		})
	}
	for _, kind := range op.Kinds() {
		if !seen[kind.Name] {
			t.Errorf("no case has a %s", kind.Name)
		}
	}
}

// ways holds all ways to run a network, and the error allowed, relative to the largest output.
var ways = []struct {
	algo      Algo
	fuse      bool
	tolerance float64
}{
	{Direct, false, 1e-5},
	{Im2col, false, 1e-5},
	{Im2col, true, 1e-5},
	{Winograd, true, 1e-4},
	{Auto, true, 1e-4},
}

func checkGolden(t *testing.T, folder string) *Program {
	text, err := os.ReadFile(filepath.Join(folder, "net.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := weights.Open(filepath.Join(folder, "data.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	shapes := map[string][]int{}
	for _, info := range data.Tensors() {
		shapes[info.Name] = info.Shape
	}
	tensor := func(name string) []float32 {
		values := make([]float32, (&Tensor{Shape: shapes[name]}).Values())
		if err := data.Read(name, values); err != nil {
			t.Fatal(err)
		}
		return values
	}
	input, output := tensor("input"), tensor("output")
	want := make([]float64, len(output))
	for i, v := range output {
		want[i] = float64(v)
	}
	var p *Program
	for _, way := range ways {
		asked := map[string]bool{"input": true, "output": true}
		p = load(t, string(text), Options{Batch: shapes["input"][0], Threads: 2, Algo: way.algo, Fuse: way.fuse}, Given(
			func(name string, shape []int) ([]float32, error) {
				if !slices.Equal(shape, shapes[name]) {
					t.Errorf("%s is %v here, %v in PyTorch", name, shape, shapes[name])
				}
				asked[name] = true
				return tensor(name), nil
			}))
		for name := range shapes {
			if !asked[name] {
				t.Errorf("%s is not asked for", name)
			}
		}
		// The expected output is float64 arithmetic rounded once, so the difference is the kernels' error alone.
		if d := far(run(t, p, input), want); d > way.tolerance {
			t.Errorf("%s, fuse %v: off by %.2g", way.algo, way.fuse, d)
		}
		p.Close()
	}
	return p
}
