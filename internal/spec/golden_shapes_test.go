package spec_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
	"cnncalc/internal/weights"
)

// The folder of networks in cnncalc's language, each with an input, weights and an output from PyTorch.
const goldenFolder = "../../testdata/pytorch"

// goldenCases returns the names of the cases, which are folders.
func goldenCases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*", "net.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s (%v): run its generate.py", goldenFolder, err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = filepath.Base(filepath.Dir(file))
	}
	return names
}

// golden returns the network of a case. Any problem fails the test.
func golden(t *testing.T, name string) *shape.Network {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(goldenFolder, name, "net.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	net, err := network.Sound(name+"/net.yaml", text, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Every tensor, input and output of a network has the name and the shape that it has in PyTorch.
func TestShapesArePyTorchs(t *testing.T) {
	for _, name := range goldenCases(t) {
		t.Run(name, func(t *testing.T) {
			tensors, err := weights.ReadFile(filepath.Join(goldenFolder, name, "data.npz"), 1<<20, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][]int{}
			for _, tensor := range tensors {
				want[tensor.Name] = tensor.Shape
			}
			const batch = 2
			net := golden(t, name)
			got := map[string][]int{}
			for _, i := range net.Inputs {
				key := "input"
				if len(net.Inputs) > 1 {
					key += "." + net.Nodes[i].Name
				}
				got[key] = pictures(batch, net.Layers[i].Out)
			}
			running, _ := net.Inference()
			for k, i := range running.Outputs {
				key := "output"
				if name := running.OutputName(k); name != key {
					key += "." + name
				}
				got[key] = pictures(batch, running.Layers[i].Out)
			}
			for _, layer := range net.Layers {
				for _, w := range layer.Weights {
					got[net.Nodes[layer.Owner].Name+"."+w.Name] = ints(w.Dims)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-PyTorch +cnncalc):\n%s", diff)
			}
		})
	}
}

// pictures returns the shape of a batch, NCHW.
func pictures(batch int, s graph.Shape) []int {
	return append([]int{batch}, ints([]int64{s.D, s.H, s.W})...)
}

func ints(dims []int64) []int {
	small := make([]int, len(dims))
	for i, d := range dims {
		small[i] = int(d)
	}
	return small
}

// The cases use every kind, every setting of each kind, and every word that a setting takes.
func TestGoldenCasesCoverEverySetting(t *testing.T) {
	used := map[string]bool{}
	for _, name := range goldenCases(t) {
		for _, node := range golden(t, name).Nodes {
			layer, ok := node.Op.(op.Layer)
			if !ok {
				continue // INPUT
			}
			used[layer.Kind()] = true
			for _, f := range layer.Fields() {
				if text := f.Setting.Value().String(); text != "" {
					used[layer.Kind()+" "+f.Key] = true
					used[layer.Kind()+" "+f.Key+" "+text] = true
				}
			}
		}
	}
	for _, kind := range op.Kinds() {
		needed := []string{kind.Name}
		for _, f := range kind.New().Fields() {
			needed = append(needed, kind.Name+" "+f.Key)
			for _, word := range f.Words {
				needed = append(needed, kind.Name+" "+f.Key+" "+word)
			}
		}
		for _, setting := range needed {
			if !used[setting] {
				t.Errorf("no case has %s; the cases' settings of %s: %q", setting, kind.Name, settingsOf(kind.Name, used))
			}
		}
	}
}

// settingsOf returns the settings of one kind that are used.
func settingsOf(kind string, used map[string]bool) []string {
	isOther := func(setting string) bool { return !strings.HasPrefix(setting, kind+" ") }
	return slices.DeleteFunc(slices.Sorted(maps.Keys(used)), isOther)
}
