package architectures_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// network reads, lowers and infers a built-in network and fails where that finds a problem.
func network(t *testing.T, name string) *shape.Network {
	t.Helper()
	return networkWith(t, name, spec.Options{})
}

func networkWith(t *testing.T, name string, o spec.Options) *shape.Network {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	file, source, problems := spec.Read(name+".yaml", text)
	lowered, more := file.Lower(o)
	net, unfit := shape.Infer(lowered)
	if all := slices.Concat(problems, more, unfit); len(all) > 0 {
		var b strings.Builder
		if err := source.Print(&b, all); err != nil {
			t.Fatal(err)
		}
		t.Fatal(b.String())
	}
	return net
}

func TestNamesAreTheFolder(t *testing.T) {
	var want []string
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(path, ".yaml"); ok {
			want = append(want, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := architectures.Names()
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Names() and the files differ (-folder +names):\n%s", diff)
	}
}

func TestOpen(t *testing.T) {
	plain, err := architectures.Open("vgg16")
	if err != nil {
		t.Fatal(err)
	}
	suffixed, err := architectures.Open("vgg16.yaml")
	if err != nil || string(plain) != string(suffixed) {
		t.Errorf("Open(vgg16.yaml) = %d bytes, %v; want what Open(vgg16) gives", len(suffixed), err)
	}
	for _, name := range []string{"", "vgg", "embed.go", "../architectures/vgg16", "VGG16"} {
		if _, err := architectures.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) = %v, want fs.ErrNotExist", name, err)
		}
	}
}

// Every file says what it is: its own name, a description, and where it comes from.
func TestFilesSayWhatTheyAre(t *testing.T) {
	for _, name := range architectures.Names() {
		net := network(t, name)
		if net.Name != name || net.Description == "" || net.Source == "" {
			t.Errorf("%s: name %q, description %q, source %q", name, net.Name, net.Description, net.Source)
		}
	}
}

type totals struct {
	Parameters, MACs, Activations int64
	Out                           graph.Shape
}

// The activations of the torchvision rows are PyTorch's fresh values in eval with the input, less VGG's adaptive
// average pool (7x7 to 7x7, 25,088 values) and with the results of ResNet's ADD, which PyTorch adds in place.
var wantTotals = map[string]totals{
	// By hand: 12*(5*5*3+1) + 10*(16*16*12+1); 32*32*12*75 + 30,720.
	"cifar10": {31_642, 952_320, 18_442, graph.Shape{W: 1, H: 1, D: 10}},
	// By hand: 896 + 9,248 + 128*(8*8*32+1) + 1,290.
	"pattern-single": {273_706, 3_507_456, 54_410, graph.Shape{W: 1, H: 1, D: 10}},
	// By hand: 1,792 + 36,928 + 73,856 + 147,584 + 295,168 + 590,080 + 256*(4*4*256+1) + 65,792 + 2,570.
	"pattern-double": {2_262_602, 153_881_088, 261_642, graph.Shape{W: 1, H: 1, D: 10}},
	// By hand: as pattern-double, with one FC of 256*256 and 256 biases fewer.
	"grammar": {2_196_810, 153_815_552, 261_386, graph.Shape{W: 1, H: 1, D: 10}},
	// The usual figure of the modern form: 156 + 2,416 + 48,120 + 10,164 + 850.
	"lenet5": {61_706, 416_520, 8_878, graph.Shape{W: 1, H: 1, D: 10}},
	// Krizhevsky et al. (2012) say 60 million parameters; 60,965,224 are those of Caffe's bvlc_alexnet. MACs by hand.
	"alexnet": {60_965_224, 724_406_816, 1_413_347, graph.Shape{W: 1, H: 1, D: 1000}},
	// By hand: 14,208 + 614,656 + 885,120 + 1,327,488 + 884,992 + 37,752,832 + 16,781,312 + 4,097,000.
	"zfnet": {62_357_608, 1_168_032_896, 2_343_976, graph.Shape{W: 1, H: 1, D: 1000}},
	// torchvision 0.14, measured.
	"vgg11": {132_863_336, 7_609_090_048, 9_116_136, graph.Shape{W: 1, H: 1, D: 1000}},
	// torchvision's documentation of VGG13_Weights: 133,047,848 parameters, 11.31 GFLOPS.
	"vgg13": {133_047_848, 11_308_466_176, 13_933_032, graph.Shape{W: 1, H: 1, D: 1000}},
	// torchvision 0.14, measured; the activations are the sum of the rows of the CS231n notes' table.
	"vgg16": {138_357_544, 15_470_264_320, 15_237_608, graph.Shape{W: 1, H: 1, D: 1000}},
	"vgg19": {143_667_240, 19_632_062_464, 16_542_184, graph.Shape{W: 1, H: 1, D: 1000}},
	// Szegedy et al. (2014), table 1, its columns multiplied out; the parameters are those of Caffe's
	// bvlc_googlenet without its auxiliary heads.
	"googlenet": {6_998_552, 1_582_671_872, 6_834_584, graph.Shape{W: 1, H: 1, D: 1000}},
	// torchvision 0.14, measured.
	"resnet18": {11_689_512, 1_814_073_344, 5_169_640 + 150_528 + 752_640, graph.Shape{W: 1, H: 1, D: 1000}},
	"resnet50": {25_557_032, 4_089_184_256, 22_431_720 + 150_528 + 5_519_360, graph.Shape{W: 1, H: 1, D: 1000}},
}

func TestTotals(t *testing.T) {
	for _, name := range architectures.Names() {
		want, ok := wantTotals[name]
		if !ok {
			t.Errorf("%s has no published totals here to hold it to", name)
			continue
		}
		total := network(t, name).Total
		got := totals{total.Parameters(), total.MACs, total.Activations, total.Out}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-published +computed):\n%s", name, diff)
		}
	}
}

// The notes: N = M = K = 0 is a linear classifier, 10 classes of 32*32*3 weights and a bias. What the comment in the
// file advises for N equal to M holds too: with 16 filters throughout, 448 + 8*2,320 + 256*(4*4*16+1) + 2,570.
func TestGrammarTakesOtherNumbers(t *testing.T) {
	for _, test := range []struct {
		vars map[string][]int64
		want int64
	}{
		{map[string][]int64{"N": {0}, "M": {0}, "K": {0}}, 30_730},
		{map[string][]int64{"N": {3}, "filters": {16}}, 87_370},
	} {
		if got := networkWith(t, "grammar", spec.Options{Vars: test.vars}).Total.Parameters(); got != test.want {
			t.Errorf("%v: %d parameters, want %d", test.vars, got, test.want)
		}
	}
}

// The running statistics of BN are stored but not learnt: two a channel, as PyTorch counts its buffers.
func TestBuffers(t *testing.T) {
	for name, want := range map[string]int64{"vgg16": 0, "resnet18": 9_600, "resnet50": 53_120} {
		if got := network(t, name).Total.BufferCount; got != want {
			t.Errorf("%s: %d buffer values, want %d", name, got, want)
		}
	}
}

// read decodes one of the tables in testdata.
func read(t *testing.T, path string, to any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// plane is a shape in the order of the tables in testdata.
func plane(s graph.Shape) [3]int64 { return [3]int64{s.H, s.W, s.D} }

func TestVGG16IsTheNotesTable(t *testing.T) {
	type row struct {
		Out     [3]int64
		Memory  int64
		Weights int64
	}
	var table struct{ Layers []row }
	read(t, "testdata/cs231n_vgg16.json", &table)
	net := network(t, "vgg16")
	var got []row
	for i, l := range net.Layers {
		if net.Nodes[i].Op.MakesVolume() {
			got = append(got, row{plane(l.Out), l.Activations, l.WeightCount})
		}
	}
	if diff := cmp.Diff(table.Layers, got); diff != "" {
		t.Errorf("the rows differ (-notes +computed):\n%s", diff)
	}
}

// Layer by layer, in the order in which PyTorch calls them: the layers that have parameters.
func TestLayersAreTorchvisions(t *testing.T) {
	type row struct {
		Out    [3]int64
		Weight []int64
		Bias   bool
		MACs   int64
	}
	for _, name := range []string{"vgg11", "vgg16", "vgg19", "resnet18", "resnet50"} {
		var reference struct{ Layers []row }
		read(t, "testdata/reference/"+name+".json", &reference)
		var got []row
		for _, l := range network(t, name).Layers {
			if len(l.Weights) > 0 {
				got = append(got, row{plane(l.Out), l.Weights[0].Dims, l.BiasCount > 0, l.MACs})
			}
		}
		if diff := cmp.Diff(reference.Layers, got); diff != "" {
			t.Errorf("%s (-torchvision +computed):\n%s", name, diff)
		}
	}
}

// The output sizes that the papers print.
func TestPapersSizes(t *testing.T) {
	tests := []struct {
		network, source string
		want            map[string]string // node -> width x height x depth
	}{
		{"lenet5", "LeCun et al. (1998), figure 2", map[string]string{
			"conv1": "28x28x6", "pool1": "14x14x6", "conv2": "10x10x16", "pool2": "5x5x16", "fc1": "1x1x120", "fc2": "1x1x84"}},
		{"alexnet", "Krizhevsky et al. (2012), figure 2 and section 3.5", map[string]string{
			"conv1": "55x55x96", "conv2": "27x27x256", "conv3": "13x13x384", "conv4": "13x13x384", "conv5": "13x13x256",
			"fc6": "1x1x4096", "fc7": "1x1x4096"}},
		{"zfnet", "Zeiler and Fergus (2013), figure 3", map[string]string{
			"conv1": "110x110x96", "lrn1": "55x55x96", "conv2": "26x26x256", "lrn2": "13x13x256", "conv3": "13x13x384",
			"conv4": "13x13x384", "conv5": "13x13x256", "pool5": "6x6x256", "fc6": "1x1x4096", "fc7": "1x1x4096"}},
		{"googlenet", "Szegedy et al. (2014), table 1", map[string]string{
			"conv1": "112x112x64", "pool1": "56x56x64", "conv3": "56x56x192", "pool2": "28x28x192",
			"inception3a": "28x28x256", "inception3b": "28x28x480", "pool3": "14x14x480",
			"inception4a": "14x14x512", "inception4b": "14x14x512", "inception4c": "14x14x512",
			"inception4d": "14x14x528", "inception4e": "14x14x832", "pool4": "7x7x832",
			"inception5a": "7x7x832", "inception5b": "7x7x1024", "avgpool1": "1x1x1024"}},
	}
	for _, test := range tests {
		net := network(t, test.network)
		got := map[string]string{}
		for i, node := range net.Nodes {
			if _, ok := test.want[node.Name]; ok {
				got[node.Name] = net.Layers[i].Out.String()
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s, %s (-paper +computed):\n%s", test.network, test.source, diff)
		}
	}
}
