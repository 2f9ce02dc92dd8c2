package count

import (
	"os"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/shape"
)

// caffeNet is Caffe's bvlc_reference_caffenet: AlexNet with LRN behind the pools.
const caffeNet = `
name: caffenet
input: 224x224x3
defaults: {conv: {rounding: floor}, pool: {rounding: ceil}}
layers: |
  INPUT -> CONV11-96 s4 p0 -> RELU -> POOL3 s2 -> LRN5 -> CONV5-256 g2 -> RELU -> POOL3 s2 -> LRN5
  -> CONV3-384 -> RELU -> CONV3-384 g2 -> RELU -> CONV3-256 g2 -> RELU -> POOL3 s2
  -> [FC-4096 -> RELU -> DROPOUT0.5]*2 -> FC-1000
`

// edited is a built-in network with texts of its file replaced, each of which must be there.
func edited(t *testing.T, name string, oldnew ...string) *shape.Network {
	t.Helper()
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s has no %q", name, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	return read(t, name, text)
}

// The table's rows, each with the network that it is of:
//   - alexnet is MatConvNet's, whose LRN gave way to batch normalisation that is merged: the built-in one without LRN.
//   - resnet-50, -101 and -152 are Caffe's, which have the stride in the first 1x1 of a block; torchvision's have it in
//     the 3x3, and so 107, 159 and 223 MB of features.
//   - googlenet is Caffe's with its auxiliary heads, in 51 MB of parameters. It has no row here: files have one output.
//   - vgg-f, -m and -s, vgg-vd-16-atrous, densenet161, resnext-101, the SE networks and MobileNet v1 are not built in.
func TestConvnetBurdensTable(t *testing.T) {
	caffesStride := []string{"CONV1-w -> BN -> RELU -> CONV3-w s(s) p1", "CONV1-w s(s) -> BN -> RELU -> CONV3-w"}
	networks := map[string]*shape.Network{
		"alexnet":          edited(t, "alexnet", " -> LRN5 alpha=5e-4 beta=0.75 k=2", ""),
		"caffenet":         read(t, "caffenet", caffeNet),
		"squeezenet1-0":    builtIn(t, "torchvision/squeezenet1_0"),
		"squeezenet1-1":    builtIn(t, "torchvision/squeezenet1_1"),
		"vgg-vd-16":        builtIn(t, "vgg16"),
		"vgg-vd-19":        builtIn(t, "vgg19"),
		"resnet18":         builtIn(t, "torchvision/resnet18"),
		"resnet34":         builtIn(t, "torchvision/resnet34"),
		"resnet-50":        edited(t, "torchvision/resnet50", caffesStride...),
		"resnet-101":       edited(t, "torchvision/resnet101", caffesStride...),
		"resnet-152":       edited(t, "torchvision/resnet152", caffesStride...),
		"resnext-50-32x4d": builtIn(t, "torchvision/resnext50_32x4d"),
		"inception-v3":     builtIn(t, "torchvision/inception_v3"),
		"densenet121":      builtIn(t, "torchvision/densenet121"),
		"densenet169":      builtIn(t, "torchvision/densenet169"),
		"densenet201":      builtIn(t, "torchvision/densenet201"),
	}
	var kinds []string
	for _, row := range readTSV(t, "testdata/convnet_burden.tsv") {
		model, input := row[0], row[1]
		n := networks[model]
		if n == nil {
			t.Errorf("no network for the row %s", model)
			continue
		}
		delete(networks, model)
		kinds = append(kinds, kindsOf(n)...)
		if size := n.InputShape().String(); size != input+"x3" {
			t.Errorf("%s: input %s, want %s", model, size, input)
		}
		var got []string
		for _, l := range counted(t, "convnet-burden", n, 1).Lines() {
			got = append(got, l.Text)
		}
		if want := strings.Join(row[2:], ", "); strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, want %s", model, got, want)
		}
	}
	for model := range networks {
		t.Errorf("the table has no row %s", model)
	}
	checkKinds(t, "convnet-burden", kinds)
}

// readTSV reads the rows of a table behind its comments and its head.
func readTSV(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
	}
	return rows[1:]
}

// The reports of single networks say more than the table, at a batch of 128 and up to the last convolutional layer: of
// CaffeNet at 224x224 up to pool5 427 MB and 85 GFLOPs, of AlexNet at 227x227 377 MB and 86 GFLOPs, of ResNet-18 up to
// the last ReLU 233 GFLOPs (reports/*.md there, batch of 128).
func TestConvnetBurdensReports(t *testing.T) {
	for _, test := range []struct {
		name    string
		network *shape.Network
		want    []string // features, flops; "" where the report rounds too much
	}{
		{"caffenet",
			read(t, "caffenet", strings.Replace(caffeNet, "  -> [FC-4096 -> RELU -> DROPOUT0.5]*2 -> FC-1000\n", "", 1)),
			[]string{"427 MB", "85 GFLOPs"}},
		{"alexnet", edited(t, "alexnet", " -> LRN5 alpha=5e-4 beta=0.75 k=2", "",
			"  -> FC-4096         @fc6   -> RELU -> DROPOUT0.5\n  -> FC-4096         @fc7   -> RELU -> DROPOUT0.5\n  -> "+
				"FC-1000         @fc8\n", ""),
			[]string{"377 MB", "86 GFLOPs"}},
		{"resnet18", edited(t, "torchvision/resnet18", "  -> GAP -> FC-1000", ""), []string{"", "233 GFLOPs"}},
		{"resnet34", edited(t, "torchvision/resnet34", "  -> GAP -> FC-1000", ""), []string{"", "470 GFLOPs"}},
	} {
		lines := counted(t, "convnet-burden", test.network, 128).Lines()
		for i, want := range test.want {
			if got := lines[i+1].Text; want != "" && got != want {
				t.Errorf("%s: %s %s, want %s", test.name, lines[i+1].Label, got, want)
			}
		}
	}
}
