package weights

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"

	"github.com/google/go-cmp/cmp"
)

const architectures = "../../architectures/"

// builtIn lists the tensors that a built-in network wants when it runs.
func builtIn(t *testing.T, name string) []Want {
	t.Helper()
	text, err := os.ReadFile(architectures + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	net, err := network.Sound(name, text, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	net, _ = net.Inference()
	var wants []Want
	for i, layer := range net.Layers {
		for _, w := range layer.Weights {
			want := Want{Name: net.Nodes[i].Name + "." + w.Name}
			for _, d := range w.Dims {
				want.Shape = append(want.Shape, int(d))
			}
			wants = append(wants, want)
		}
	}
	return wants
}

// A network under architectures/torchvision takes the weights of torchvision's network of that name, and each of its
// tensors, in the order of its layers, is the next one of torchvision's state_dict. So it is for the papers' networks
// that torchvision builds alike.
func TestBuiltInNetworksTakeTorchvisionsWeights(t *testing.T) {
	files := torchvision(t)
	networks := map[string]string{}
	for _, name := range []string{"vgg11", "vgg13", "vgg16", "vgg19", "resnet18", "resnet50"} {
		networks[name] = name
	}
	entries, err := os.ReadDir(architectures + "torchvision")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			networks[path.Join("torchvision", name)] = name
		}
	}
	for name, original := range networks {
		t.Run(name, func(t *testing.T) {
			file, ok := files[original]
			if !ok {
				t.Fatalf("testdata/torchvision.json.gz lacks %s: add it in generate_torch.py", original)
			}
			got, err := Match(file, builtIn(t, name))
			if err != nil {
				t.Fatal(err)
			}
			want := namesOf(inference(file))
			if strings.HasPrefix(original, "convnext") { // a block's own tensor comes before its layers' in the state_dict
				slices.Sort(want)
				slices.Sort(got.Names)
			}
			if diff := cmp.Diff(want, got.Names); diff != "" || got.Naming != "torchvision" {
				t.Errorf("%s names: %s", got.Naming, diff)
			}
		})
	}
}
