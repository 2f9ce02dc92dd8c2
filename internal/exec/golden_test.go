package exec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
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

// The fuzzer, which needs PyTorch, draws every kind.
func TestFuzzerKnowsEveryKind(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(goldenFolder, "fuzz.py"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "KIND_NAMES = ")
	list, _, _ := strings.Cut(after, ".split()")
	drawn := strings.FieldsFunc(list, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	for _, kind := range op.Kinds() {
		if !slices.Contains(drawn, kind.Name) {
			t.Errorf("testdata/pytorch/fuzz.py does not draw %s", kind.Name)
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
	n, err := network.Sound(folder, text, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inputs, outputs := goldenNames(n)
	volumes := make([][]float32, len(inputs))
	for k, name := range inputs {
		volumes[k] = tensor(name)
	}
	var p *Program
	for _, way := range ways {
		asked := trainingTensors(n)
		for _, name := range slices.Concat(inputs, outputs) {
			asked[name] = true
		}
		batch := shapes[inputs[0]][0]
		p = load(t, string(text), Options{Batch: batch, Threads: 2, Algo: way.algo, Fuse: way.fuse}, Given(
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
		got, err := p.RunAll(t.Context(), volumes)
		if err != nil {
			t.Fatal(err)
		}
		for k, name := range outputs {
			// The expected output is float64 arithmetic rounded once, so the difference is the kernels' error alone.
			if d := far(got[k], float64s(tensor(name))); d > way.tolerance {
				t.Errorf("%s, fuse %v: %s is off by %.2g", way.algo, way.fuse, name, d)
			}
		}
		p.Close()
	}
	return p
}

// goldenNames returns the names that generate.py gives the arrays of inputs and outputs.
func goldenNames(n *shape.Network) (inputs, outputs []string) {
	for _, i := range n.Inputs {
		if len(n.Inputs) == 1 {
			inputs = append(inputs, "input")
		} else {
			inputs = append(inputs, "input."+n.Nodes[i].Name)
		}
	}
	running, _ := n.Inference()
	for k := range running.Outputs {
		if name := running.OutputName(k); name == graph.MainOutput {
			outputs = append(outputs, name)
		} else {
			outputs = append(outputs, "output."+name)
		}
	}
	return inputs, outputs
}

// trainingTensors returns the names of the tensors of layers that exist in training only.
func trainingTensors(n *shape.Network) map[string]bool {
	names := map[string]bool{}
	for i, l := range n.Layers {
		for _, w := range l.Weights {
			if n.IsTrainingOnly(i) {
				names[n.Nodes[i].Name+"."+w.Name] = true
			}
		}
	}
	return names
}

func float64s(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}
