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
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

// builtIn is a built-in network without problems.
func builtIn(t *testing.T, name string) *shape.Network {
	t.Helper()
	return networkWith(t, name, graph.Options{})
}

func networkWith(t *testing.T, name string, o graph.Options) *shape.Network {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	net, err := network.Sound(name+".yaml", text, o)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A file's name is its path, subfolders included.
func TestNamesAreTheFolder(t *testing.T) {
	var want []string
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "testdata" {
			return fs.SkipDir
		}
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
	slices.Sort(want)
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
	if inFolder, err := architectures.Open("torchvision/vgg16"); err != nil || string(inFolder) == string(plain) {
		t.Errorf("Open(torchvision/vgg16) = %d bytes, %v; want another file than vgg16's", len(inFolder), err)
	}
	unknown := []string{"", "vgg", "embed.go", "../architectures/vgg16", "VGG16", "torchvision", "torchvision/",
		"resnet34"}
	for _, name := range unknown {
		if _, err := architectures.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) = %v, want fs.ErrNotExist", name, err)
		}
	}
}

// Every file says what it is: its own name, a description, and where it comes from.
func TestHasWeights(t *testing.T) {
	for _, name := range architectures.Names() {
		if _, has := architectures.Weights(name); has != architectures.HasWeights(name) {
			t.Errorf("%s has weights: %v, and HasWeights says %v", name, has, !has)
		}
	}
}

func TestFilesSayWhatTheyAre(t *testing.T) {
	for _, name := range architectures.Names() {
		net := builtIn(t, name)
		if net.Name != name || net.Description == "" || net.Source == "" {
			t.Errorf("%s: name %q, description %q, source %q", name, net.Name, net.Description, net.Source)
		}
	}
}

type totals struct {
	Parameters, MACs, Activations int64
	Out                           graph.Shape
}

// The activations of vgg11 to vgg19, resnet18 and resnet50 are PyTorch's fresh values in eval with the input, less
// VGG's adaptive average pool (7x7 to 7x7, 25,088 values) and with the results of ResNet's ADD, which PyTorch adds in
// place.
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
	// The same layers in PyTorch 1.13, measured.
	"nin":     {966_986, 222_486_528, 671_370, graph.Shape{W: 1, H: 1, D: 10}},
	"allconv": {1_369_738, 270_798_336, 349_042, graph.Shape{W: 1, H: 1, D: 10}},
	"unet":    {31_030_658, 150_428_424_448, 202_046_512, graph.Shape{W: 388, H: 388, D: 2}},
	// The same layers in PyTorch 1.13, measured. He et al. (2015), table 6, say 0.27, 0.85 and 1.7 million parameters; the
	// 1x1 shortcuts are 2,752 of these.
	"resnet20":  {272_474, 40_813_184, 490_570, graph.Shape{W: 1, H: 1, D: 10}},
	"resnet56":  {855_770, 125_747_840, 1_350_730, graph.Shape{W: 1, H: 1, D: 10}},
	"resnet110": {1_730_714, 253_149_824, 2_640_970, graph.Shape{W: 1, H: 1, D: 10}},
	// darknet counts 65.864 BFLOPs for yolov3, 2 for each multiply-accumulate, and 5.565 for yolov3-tiny. Its files of
	// weights have 62,001,757 and 8,858,734 values, 52,608 and 6,368 of which are BN's running statistics. Volumes by
	// hand.
	"yolov3":      {61_949_149, 32_932_037_632, 94_614_819, graph.Shape{W: 52, H: 52, D: 255}},
	"yolov3-tiny": {8_852_366, 2_782_480_896, 14_406_067, graph.Shape{W: 26, H: 26, D: 255}},
	// torchvision 0.14 with PyTorch 1.13, measured: the sum of the parameters, the MACs of convolutions and linear layers,
	// and the values of the picture and of every result but those of ReLU, dropout and flatten.
	"torchvision/alexnet":         {61_100_840, 714_188_480, 742_248, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg11":           {132_863_336, 7_609_090_048, 9_141_224, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg13":           {133_047_848, 11_308_466_176, 13_958_120, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg16":           {138_357_544, 15_470_264_320, 15_262_696, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg19":           {143_667_240, 19_632_062_464, 16_567_272, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg11_bn":        {132_868_840, 7_609_090_048, 16_567_272, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg13_bn":        {133_053_736, 11_308_466_176, 26_201_064, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg16_bn":        {138_365_992, 15_470_264_320, 28_810_216, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/vgg19_bn":        {143_678_248, 19_632_062_464, 31_419_368, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/googlenet":       {13_004_888, 1_498_376_192, 9_257_928, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/inception_v3":    {27_161_264, 5_713_216_096, 23_586_899, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnet18":        {11_689_512, 1_814_073_344, 6_072_808, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnet34":        {21_797_672, 3_663_761_408, 9_208_808, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnet50":        {25_557_032, 4_089_184_256, 28_101_608, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnet101":       {44_549_160, 7_801_405_440, 41_749_480, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnet152":       {60_192_808, 11_513_626_624, 58_608_616, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/wide_resnet50_2": {68_883_240, 11_398_021_120, 34_674_664, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/resnext50_32x4d": {25_028_904, 4_230_479_872, 34_674_664, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/squeezenet1_0":   {1_248_424, 818_924_576, 7_750_128, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/squeezenet1_1":   {1_235_496, 349_151_936, 4_521_552, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/densenet121":     {7_978_856, 2_834_161_664, 33_645_032, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/densenet169":     {14_149_480, 3_359_843_328, 40_463_336, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/densenet201":     {20_013_928, 4_291_365_888, 51_991_528, graph.Shape{W: 1, H: 1, D: 1000}},
	"torchvision/mobilenet_v2":    {3_504_872, 300_774_272, 13_725_416, graph.Shape{W: 1, H: 1, D: 1000}},
}

// measuredTotals are those of torchvision's networks in testdata/memory/networks.json, by name.
func measuredTotals(t *testing.T) map[string]measuredTotal {
	t.Helper()
	var file struct{ Networks []measuredTotal }
	read(t, "../testdata/memory/networks.json", &file)
	byName := map[string]measuredTotal{}
	for _, m := range file.Networks {
		byName[m.Name] = m
	}
	return byName
}

type measuredTotal struct {
	Name                      string
	Params, MACs, Activations int64
	Out                       []int64 // width, height and depth; none for the usual 1000 scores
}

func (m measuredTotal) shape() graph.Shape {
	if m.Out == nil {
		return graph.Shape{W: 1, H: 1, D: 1000}
	}
	return graph.Shape{W: m.Out[0], H: m.Out[1], D: m.Out[2]}
}

func TestTotals(t *testing.T) {
	measured := measuredTotals(t)
	for _, name := range architectures.Names() {
		want, ok := wantTotals[name]
		if m, isMeasured := measured[strings.TrimPrefix(name, "torchvision/")]; !ok && isMeasured {
			want, ok = totals{m.Params, m.MACs, m.Activations, m.shape()}, true
		}
		if !ok {
			t.Errorf("%s has no published totals here to hold it to", name)
			continue
		}
		total := builtIn(t, name).Total
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
		if got := networkWith(t, "grammar", graph.Options{Vars: test.vars}).Total.Parameters(); got != test.want {
			t.Errorf("%v: %d parameters, want %d", test.vars, got, test.want)
		}
	}
}

// The running statistics of BN are stored but not learnt: two a channel, as PyTorch counts its buffers.
func TestBuffers(t *testing.T) {
	for name, want := range map[string]int64{
		"vgg16": 0, "resnet18": 9_600, "resnet50": 53_120, "yolov3": 52_608, "yolov3-tiny": 6_368,
		"torchvision/vgg11_bn":        5_504,
		"torchvision/vgg13_bn":        5_888,
		"torchvision/vgg16_bn":        8_448,
		"torchvision/vgg19_bn":        11_008,
		"torchvision/googlenet":       15_072,
		"torchvision/inception_v3":    36_224,
		"torchvision/resnet18":        9_600,
		"torchvision/resnet34":        17_024,
		"torchvision/resnet50":        53_120,
		"torchvision/resnet101":       105_344,
		"torchvision/resnet152":       151_424,
		"torchvision/wide_resnet50_2": 68_224,
		"torchvision/resnext50_32x4d": 68_224,
		"torchvision/densenet121":     83_648,
		"torchvision/densenet169":     158_400,
		"torchvision/densenet201":     229_056,
		"torchvision/mobilenet_v2":    34_112,
	} {
		if got := builtIn(t, name).Total.BufferCount; got != want {
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
	net := builtIn(t, "vgg16")
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
		{"allconv", "Springenberg et al. (2014), table 2 and section 3.1", map[string]string{"conv9": "6x6x10", "gap1": "1x1x10"}},
		{"unet", "Ronneberger et al. (2015), figure 1", map[string]string{
			"down1": "568x568x64", "down2": "280x280x128", "down3": "136x136x256", "down4": "64x64x512",
			"pool1": "284x284x64", "pool2": "140x140x128", "pool3": "68x68x256", "pool4": "32x32x512",
			"double5.conv2": "28x28x1024", "up1.concat1": "56x56x1024", "up1.double1.conv2": "52x52x512",
			"up2.concat1":       "104x104x512",
			"up2.double1.conv2": "100x100x256", "up3.concat1": "200x200x256", "up3.double1.conv2": "196x196x128",
			"up4.concat1":       "392x392x128",
			"up4.double1.conv2": "388x388x64", "conv1": "388x388x2"}},
		{"resnet20", "He et al. (2015), section 4.2", map[string]string{
			"conv1": "32x32x16", "basic3.add1": "32x32x16", "basic5.add1": "16x16x32", "basic7.add1": "8x8x64", "gap1": "1x1x64"}},
	}
	for _, test := range tests {
		net := builtIn(t, test.network)
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

// The paper: "it is important to select the input tile size such that all 2x2 max-pooling operations are applied to a
// layer with an even x- and y-size". Every such size works; the scores are 184 pixels smaller.
func TestUNetTakesEveryTile(t *testing.T) {
	text, err := architectures.Open("unet")
	if err != nil {
		t.Fatal(err)
	}
	file := network.Read("unet", text)
	taken := 0
	for size := int64(140); size <= 700; size++ {
		other := size + 32
		tile := func(size int64) bool {
			for range 4 {
				size -= 4
				if size%2 != 0 {
					return false
				}
				size /= 2
			}
			return true
		}
		fits := tile(size) && tile(other) && size > 184
		net, problems := file.Network(graph.Options{InputWidth: size, InputHeight: other})
		if fits != (len(problems) == 0) {
			t.Errorf("%dx%d: %v, want problems: %v", size, other, problems, !fits)
			continue
		}
		if !fits {
			continue
		}
		taken++
		want := graph.Shape{W: size - 184, H: other - 184, D: 2}
		if net.Total.Out != want || net.Total.Parameters() != 31_030_658 {
			t.Errorf("%dx%d gives %s with %d parameters, want %s", size, other, net.Total.Out, net.Total.Parameters(), want)
		}
	}
	if taken < 10 {
		t.Errorf("only %d sizes taken", taken)
	}
}
