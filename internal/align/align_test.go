package align_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/align"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

func read(t *testing.T, text string) *shape.Network {
	t.Helper()
	n, err := network.Sound("test.yaml", []byte(text), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func chain(t *testing.T, layers string) *shape.Network {
	t.Helper()
	return read(t, "name: test\ninput: 32x32x3\nlayers: \"INPUT -> "+layers+"\"\n")
}

func builtIn(t *testing.T, name string) *shape.Network {
	t.Helper()
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, string(data))
}

// printed writes what differs, a line for each layer.
func printed(from, to *shape.Network) []string {
	var lines []string
	for _, l := range align.Networks(from, to) {
		var changes []string
		for _, c := range l.Changes {
			changes = append(changes, fmt.Sprintf("%s %s -> %s", c.Aspect, c.From, c.To))
		}
		switch l.Mark() {
		case align.Added:
			lines = append(lines, "+ "+to.Nodes[l.To].Name)
		case align.Removed:
			lines = append(lines, "- "+from.Nodes[l.From].Name)
		case align.Changed:
			lines = append(lines, "~ "+to.Nodes[l.To].Name+": "+strings.Join(changes, "; "))
		}
	}
	return lines
}

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           []string
	}{
		{"the same", "CONV3-8 -> RELU -> FC-10", "CONV3-8 -> RELU -> FC-10", nil},
		{"added", "CONV3-8 -> RELU -> FC-10", "CONV3-8 -> BN -> RELU -> FC-10", []string{"+ bn1"}},
		{"removed", "CONV3-8 -> RELU -> POOL2 -> FC-10", "CONV3-8 -> RELU -> FC-10", []string{"- pool1",
			// 32*32*8 values instead of 16*16*8, each by 10
			"~ fc1: parameters 20,490 -> 81,930; macs 20,480 -> 81,920"}},
		// 3*3*3*8 weights and 8 biases, at 32*32 places.
		{"changed", "CONV3-8 -> RELU -> GAP", "CONV5-4 -> RELU -> GAP", []string{
			"~ conv1: settings CONV3-8 -> CONV5-4; output 32x32x8 -> 32x32x4; parameters 224 -> 304; macs 221,184 -> 307,200",
			"~ relu1: output 32x32x8 -> 32x32x4", "~ gap1: output 1x1x8 -> 1x1x4"}},
		{"replaced", "CONV3-8 -> RELU -> GAP", "CONV3-8 -> GELU -> GAP", []string{"- relu1", "+ gelu1"}},
		{"a label keeps its layer", "CONV3-8 -> CONV3-8 @a -> CONV3-8", "CONV3-8 @a -> CONV3-8", []string{
			"- conv1", "~ a: parameters 584 -> 224; macs 589,824 -> 221,184"}},
		{"a label keeps its layer, whatever it is", "CONV3-8 -> RELU @a", "CONV3-8 -> GELU @a", []string{
			"~ a: settings RELU -> GELU"}},
		{"moved", "CONV3-8 -> RELU @a -> BN @b -> GAP", "CONV3-8 -> BN @b -> RELU @a -> GAP", []string{"- a", "+ a"}},
		{"a turn that begins as what follows it", "[BN -> RELU -> CONV3-8]*2 -> BN -> RELU -> GAP",
			"[BN -> RELU -> CONV3-8]*3 -> BN -> RELU -> GAP", []string{"+ bn3", "+ relu3", "+ conv3"}},
		{"and the other way around", "[BN -> RELU -> CONV3-8]*3 -> BN -> RELU -> GAP",
			"[BN -> RELU -> CONV3-8]*2 -> BN -> RELU -> GAP", []string{"- bn3", "- relu3", "- conv3"}},
		{"a labelled turn", "[BN @b -> RELU -> CONV3-8]*2 -> BN -> RELU -> GAP",
			"[BN @b -> RELU -> CONV3-8]*3 -> BN -> RELU -> GAP", []string{"+ b_3", "+ relu3", "+ conv3"}},
		{"but not over a label", "[CONV3-8]*2 -> CONV3-8 @a -> GAP", "[CONV3-8]*2 -> CONV3-8 @a -> CONV3-8 -> GAP",
			[]string{"+ conv4"}},
		{"other inputs", "CONV3-8 @a -> CONV3-8 @b -> CONV3-8 @c -> ADD(IDENTITY | @a)",
			"CONV3-8 @a -> CONV3-8 @b -> CONV3-8 @c -> ADD(IDENTITY | @b)", []string{"~ add1: reads c, a -> c, b"}},
		{"defaults that are written", "CONV3-8 -> POOL2", "CONV3-8 p1 s1 d1 floor -> POOL2 s2 ceil", nil},
		{"a pad", "CONV3-8 -> GAP", "CONV3-8 p0 -> GAP", []string{
			// 30*30 places of 3*3*3*8 weights
			"~ conv1: settings CONV3-8 -> CONV3-8 p0; output 32x32x8 -> 30x30x8; macs 221,184 -> 194,400"}},
		{"the order of a sum", "CONV3-8 @a -> CONV3-8 @b -> ADD(IDENTITY | @a)",
			"CONV3-8 @a -> CONV3-8 @b -> ADD(@a | IDENTITY)", nil},
		{"the order of a CONCAT", "CONV3-8 @a -> CONV3-8 @b -> CONCAT(IDENTITY | @a)",
			"CONV3-8 @a -> CONV3-8 @b -> CONCAT(@a | IDENTITY)", []string{"~ concat1: reads b, a -> a, b"}},
		{"more inputs", "CONV3-8 @a -> ADD(IDENTITY | @a)", "CONV3-8 @a -> ADD(IDENTITY | @a | @a)", []string{
			"~ add1: reads a, a -> a, a, a"}},
	} {
		if diff := cmp.Diff(c.want, printed(chain(t, c.from), chain(t, c.to))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestFrozenIsAChange(t *testing.T) {
	text := "name: test\ninput: 32x32x3\nlayers: INPUT -> CONV3-8\n"
	got := printed(read(t, text), read(t, text+"frozen: ['*']\n"))
	if want := []string{"~ conv1: frozen 0 -> 224"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// counts returns how many layers have each mark.
func counts(layers []align.Layer) map[align.Mark]int {
	all := map[align.Mark]int{}
	for _, l := range layers {
		all[l.Mark()]++
	}
	return all
}

// Every layer is there once, in the order of its network.
func checkLayers(t *testing.T, from, to *shape.Network, layers []align.Layer) {
	t.Helper()
	i, j := 0, 0
	for _, l := range layers {
		if l.From != align.None {
			if l.From != i {
				t.Fatalf("layer %d comes where %d should", l.From, i)
			}
			i++
		}
		if l.To != align.None {
			if l.To != j {
				t.Fatalf("layer %d comes where %d should", l.To, j)
			}
			j++
		}
	}
	if i != len(from.Nodes) || j != len(to.Nodes) {
		t.Fatalf("%d and %d layers, want %d and %d", i, j, len(from.Nodes), len(to.Nodes))
	}
}

func TestPublishedNetworks(t *testing.T) {
	for _, c := range []struct {
		from, to                      string
		same, added, removed, changed int
	}{
		// 13 convolutions have a BN each in torchvision's vgg16_bn, which also has an ADAPTAVG. Its 15 RELUs work in place.
		{"torchvision/vgg16_bn", "vgg16", 24, 0, 14, 15},
		// ResNet-34 has 1, 2, 4 and 1 more blocks of 7 layers than ResNet-18.
		{"torchvision/resnet18", "torchvision/resnet34", 69, 56, 0, 0},
		// ResNet-101 has 17 more blocks of 10 layers than ResNet-50.
		{"torchvision/resnet50", "torchvision/resnet101", 175, 170, 0, 0},
	} {
		from, to := builtIn(t, c.from), builtIn(t, c.to)
		layers := align.Networks(from, to)
		checkLayers(t, from, to, layers)
		want := map[align.Mark]int{align.Same: c.same, align.Added: c.added, align.Removed: c.removed,
			align.Changed: c.changed}
		got := counts(layers)
		for mark, n := range want {
			if got[mark] != n {
				t.Errorf("%s to %s: %d layers are %s, want %d", c.from, c.to, got[mark], mark, n)
			}
		}
	}
}

// A network has no differences to itself, and every layer of two different ones is in their alignment.
func TestBuiltInNetworks(t *testing.T) {
	last := builtIn(t, "lenet5")
	for _, name := range architectures.Names() {
		n := builtIn(t, name)
		if got := counts(align.Networks(n, n)); got[align.Same] != len(n.Nodes) {
			t.Errorf("%s is not the same as itself: %v", name, got)
		}
		checkLayers(t, last, n, align.Networks(last, n))
		checkLayers(t, n, last, align.Networks(n, last))
		last = n
	}
}
