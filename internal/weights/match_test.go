package weights

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// torchvision reads the names and shapes of every state_dict that generate_torch.py wrote, in torchvision's order.
func torchvision(t *testing.T) map[string][]Info {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(fixture(t, "torchvision.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string][]stored
	if err := json.NewDecoder(unpacked).Decode(&file); err != nil {
		t.Fatal(err)
	}
	networks := map[string][]Info{}
	for network, tensors := range file {
		for _, s := range tensors {
			networks[network] = append(networks[network], Info(s))
		}
	}
	if len(networks) < 25 {
		t.Fatalf("only %d networks", len(networks))
	}
	return networks
}

// stored is an Info as generate_torch.py writes it: [name, shape].
type stored Info

func (s *stored) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &[]any{&s.Name, &s.Shape}); err != nil {
		return err
	}
	s.DType = "F32"
	if strings.HasSuffix(s.Name, "num_batches_tracked") {
		s.DType = "I64"
	}
	return nil
}

// inference leaves out what serves training only.
func inference(tensors []Info) []Info {
	return slices.DeleteFunc(slices.Clone(tensors), func(i Info) bool {
		return strings.HasSuffix(i.Name, "num_batches_tracked") || strings.HasPrefix(i.Name, "aux") ||
			strings.HasPrefix(i.Name, "AuxLogits")
	})
}

// wantsOf are those of a network whose layers are called a1, a2 and so on.
func wantsOf(tensors []Info) []Want {
	var wants []Want
	count, previous := 0, ""
	for _, info := range inference(tensors) {
		layer, tensor := splitName(info.Name)
		if layer != previous {
			count, previous = count+1, layer
		}
		wants = append(wants, Want{Name: fmt.Sprintf("a%d.%s", count, tensor), Shape: info.Shape})
	}
	return wants
}

func namesOf(tensors []Info) []string {
	var names []string
	for _, i := range tensors {
		names = append(names, i.Name)
	}
	return names
}

// byName sorts as most writers of files do.
func byName(tensors []Info) []Info {
	return slices.SortedFunc(slices.Values(tensors), func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
}

// rename gives all tensors new names.
func rename(tensors []Info, change func(string) string) []Info {
	renamed := slices.Clone(tensors)
	for i := range renamed {
		renamed[i].Name = change(renamed[i].Name)
	}
	return renamed
}

func TestMatchTorchvision(t *testing.T) {
	lines := map[string]string{
		"alexnet":       "16/16 tensors, torchvision names, F32",
		"vgg16":         "32/32 tensors, torchvision names, F32",
		"resnet18":      "102/102 tensors, torchvision names, F32; skipped 20 num_batches_tracked",
		"googlenet":     "287/287 tensors, torchvision names, F32; skipped 59 num_batches_tracked and 18 of auxiliary heads",
		"inception_v3":  "472/472 tensors, torchvision names, F32; skipped 96 num_batches_tracked and 12 of auxiliary heads",
		"squeezenet1_0": "52/52 tensors, torchvision names, F32",
	}
	for network, file := range torchvision(t) {
		if strings.HasPrefix(network, "convnext") {
			continue // its state_dict is not in the order of the layers
		}
		t.Run(network, func(t *testing.T) {
			got, err := Match(byName(file), wantsOf(file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(namesOf(inference(file)), got.Names); diff != "" {
				t.Error(diff)
			}
			if line, ok := lines[network]; ok && got.String() != line {
				t.Errorf("got  %s\nwant %s", got, line)
			}
		})
	}
}

// Names of layers stand for one network each: a file cannot be taken for another one with as many layers.
func TestNamingsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, n := range namings() {
		key := strings.Join(n.layers, " ")
		if other, ok := seen[key]; ok {
			t.Errorf("%s has the names of %s", n.title(), other)
		}
		seen[key] = n.title()
	}
}

func TestMatchPrefixes(t *testing.T) {
	file := torchvision(t)["resnet18"]
	for _, prefix := range []string{"module.", "model.", "model.module."} {
		got, err := Match(rename(file, func(s string) string { return prefix + s }), wantsOf(file))
		if err != nil {
			t.Errorf("%s: %v", prefix, err)
			continue
		}
		if got.Names[0] != prefix+"conv1.weight" || got.Naming != "torchvision" {
			t.Errorf("%s: %q, %s names", prefix, got.Names[0], got.Naming)
		}
	}
}

// cnncalc's own names match whatever the network is; dots and prefixes may be part of them.
func TestMatchOwnNames(t *testing.T) {
	want := []Want{{Name: "model.stem.weight", Shape: []int{2, 1, 3, 3}}, {Name: "inception3a.conv1.weight",
		Shape: []int{4}}, {Name: "fc1.weight", Shape: []int{2, 4}}, {Name: "fc1.bias", Shape: []int{2}}}
	file := []Info{{"fc1.bias", []int{2}, "F64"}, {"fc1.weight", []int{2, 4}, "F16"},
		{"inception3a.conv1.weight", []int{4}, "F64"}, {"model.stem.weight", []int{2, 1, 3, 3}, "F16"}}
	got, err := Match(file, want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"model.stem.weight", "inception3a.conv1.weight", "fc1.weight", "fc1.bias"},
		got.Names); diff != "" {
		t.Error(diff)
	}
	if line := "4/4 tensors, cnncalc names, F16 and F64"; got.String() != line {
		t.Errorf("got  %s\nwant %s", got, line)
	}
	if got, err := Match(nil, nil); err != nil || len(got.Names) != 0 {
		t.Errorf("a network without weights: %v, %v", got, err)
	}
}

// A parameter that is not of a module, such as ConvNeXt's layer_scale, has the layer's name alone, and may lack the
// axes of the plane.
func TestMatchBareParameter(t *testing.T) {
	want := []Want{{Name: "block1.conv1.weight", Shape: []int{4, 3, 1, 1}},
		{Name: "block1.layer_scale.weight", Shape: []int{4, 1, 1}}}
	for _, shape := range [][]int{{4, 1, 1}, {4}} {
		file := []Info{{Name: "block1.layer_scale", DType: "F32", Shape: shape},
			{Name: "block1.conv1.weight", DType: "F32", Shape: []int{4, 3, 1, 1}}}
		a, err := Match(file, want)
		if err != nil || !slices.Equal(a.Names, []string{"block1.conv1.weight", "block1.layer_scale"}) {
			t.Errorf("%v: %v, %v", shape, a.Names, err)
		}
	}
	file := []Info{{Name: "block1.layer_scale", DType: "F32", Shape: []int{1, 4, 1}},
		{Name: "block1.conv1.weight", DType: "F32", Shape: []int{4, 3, 1, 1}}}
	if a, err := Match(file, want); err == nil {
		t.Errorf("[1, 4, 1] is taken for [4, 1, 1]: %v", a)
	}
}

// A tensor that layers share may have any of its names, or several, as in PyTorch's state_dict.
func TestMatchSharedTensors(t *testing.T) {
	want := []Want{{Name: "a.weight", Shape: []int{2}, Also: []string{"b.weight", "c.weight"}},
		{Name: "d.weight", Shape: []int{1}}}
	d := Info{Name: "d.weight", Shape: []int{1}, DType: "F32"}
	for _, c := range []struct {
		names []string
		taken string
		again []string
	}{
		{[]string{"a.weight"}, "a.weight", nil},
		{[]string{"c.weight"}, "c.weight", nil},
		{[]string{"c.weight", "a.weight"}, "a.weight", []string{"c.weight"}},
		{[]string{"module.c.weight", "module.b.weight"}, "module.b.weight", []string{"module.c.weight"}},
	} {
		file := []Info{d}
		for _, name := range c.names {
			file = append(file, Info{Name: name, Shape: []int{2}, DType: "F32"})
		}
		got, err := Match(file, want)
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
			continue
		}
		if got.Names[0] != c.taken || !slices.Equal(got.Again[0], c.again) || got.Again[1] != nil {
			t.Errorf("%q: took %q, again %q; want %q and %q", c.names, got.Names, got.Again, c.taken, c.again)
		}
	}
	if _, err := Match([]Info{d, {Name: "e.weight", Shape: []int{2}, DType: "F32"}}, want); err == nil {
		t.Error("a tensor of another name is taken")
	}
}

func TestMatchOldDenseNet(t *testing.T) {
	file := torchvision(t)["densenet121"]
	inner := regexp.MustCompile(`(denselayer\d+\.(?:norm|conv))(\d)\.`)
	old := rename(file, func(s string) string { return inner.ReplaceAllString(s, "$1.$2.") })
	if !slices.Contains(namesOf(old), "features.denseblock1.denselayer1.norm.1.weight") {
		t.Fatal("the names are not the old ones")
	}
	got, err := Match(byName(old), wantsOf(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(namesOf(inference(old)), got.Names); diff != "" {
		t.Error(diff)
	}
}

// timm's VGG ends in two convolutions and head.fc (timm/models/vgg.py, _filter_fn, which renames torchvision's
// tensors).
func TestMatchTimm(t *testing.T) {
	for _, network := range []string{"vgg11", "vgg16", "vgg19_bn"} {
		file := torchvision(t)[network]
		head := strings.NewReplacer("classifier.0", "pre_logits.fc1", "classifier.3", "pre_logits.fc2", "classifier.6",
			"head.fc")
		timm := rename(file, head.Replace)
		for i := range timm {
			switch timm[i].Name {
			case "pre_logits.fc1.weight":
				timm[i].Shape = []int{4096, 512, 7, 7}
			case "pre_logits.fc2.weight":
				timm[i].Shape = []int{4096, 4096, 1, 1}
			}
		}
		got, err := Match(byName(timm), wantsOf(file))
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		if diff := cmp.Diff(namesOf(inference(timm)), got.Names); diff != "" || got.Naming != "timm" {
			t.Errorf("%s: %s names: %s", network, got.Naming, diff)
		}
	}
}

// The names of ResNetForImageClassification follow from its modules (transformers, models/resnet/modeling_resnet.py):
// ResNetConvLayer is convolution and normalization, a stage's first layer has a shortcut, and Flatten comes before the
// classifier.
func TestMatchTransformers(t *testing.T) {
	inBlock := regexp.MustCompile(`^layer(\d)\.(\d+)\.(conv|bn)(\d)\.`)
	shortcut := regexp.MustCompile(`^layer(\d)\.(\d+)\.downsample\.(\d)\.`)
	module := map[string]string{"conv": "convolution", "bn": "normalization", "0": "convolution", "1": "normalization"}
	less1 := func(s string) string {
		n, _ := strconv.Atoi(s)
		return strconv.Itoa(n - 1)
	}
	toTransformers := func(name string) string {
		_, tensor := splitName(name)
		if m := inBlock.FindStringSubmatch(name); m != nil {
			return fmt.Sprintf("resnet.encoder.stages.%s.layers.%s.layer.%s.%s.%s", less1(m[1]), m[2], less1(m[4]),
				module[m[3]], tensor)
		}
		if m := shortcut.FindStringSubmatch(name); m != nil {
			return fmt.Sprintf("resnet.encoder.stages.%s.layers.%s.shortcut.%s.%s", less1(m[1]), m[2], module[m[3]], tensor)
		}
		return strings.NewReplacer("conv1.", "resnet.embedder.embedder.convolution.", "bn1.",
			"resnet.embedder.embedder.normalization.", "fc.", "classifier.1.").Replace(name)
	}
	for _, network := range []string{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"} {
		file := torchvision(t)[network]
		transformers := rename(file, toTransformers)
		got, err := Match(byName(transformers), wantsOf(file))
		if err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		if diff := cmp.Diff(namesOf(inference(transformers)), got.Names); diff != "" || got.Naming != "Hugging Face" {
			t.Errorf("%s: %s names: %s", network, got.Naming, diff)
		}
	}
}

func TestMatchErrors(t *testing.T) {
	networks := torchvision(t)
	alexnet := networks["alexnet"]
	wants := wantsOf(alexnet)
	// change returns alexnet's file after change has edited the tensor of that name.
	change := func(name string, edit func(*Info)) []Info {
		file := slices.Clone(alexnet)
		i := slices.IndexFunc(file, func(info Info) bool { return info.Name == name })
		edit(&file[i])
		return file
	}
	without := func(name string) []Info {
		return slices.DeleteFunc(slices.Clone(alexnet), func(i Info) bool { return i.Name == name })
	}
	reshape := func(name string, shape ...int) []Info { return change(name, func(i *Info) { i.Shape = shape }) }
	const unfit = "the weights do not fit the network: "
	const of15 = unfit + "15 of 16 tensors fit, named as in torchvision's alexnet; "
	tests := []struct {
		name string
		file []Info
		want string
	}{
		{"missing", without("features.3.bias"), of15 + "1 missing\n" +
			`  missing: "features.3.bias" (192,) for "a2.bias"`},
		{"misspelt", change("features.3.weight", func(i *Info) { i.Name = "featres.3.weight" }), of15 + "1 missing, 1 unexpected\n" +
			`  missing: "features.3.weight" (192, 64, 5, 5) for "a2.weight"; did you mean "featres.3.weight"?` + "\n" +
			`  unexpected: "featres.3.weight" (192, 64, 5, 5)`},
		{"unexpected", append(slices.Clone(alexnet), Info{"head\x1b[2J", []int{}, "F32"}), unfit + "16 of 16 tensors fit, named as in torchvision's alexnet; 1 unexpected\n" +
			`  unexpected: "head\x1b[2J" ()`},
		{"other classes", reshape("classifier.6.weight", 10, 4096), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "classifier.6.weight" is (10, 4096), but "a8.weight" needs (1000, 4096); the file has 10 outputs`},
		{"transposed", reshape("classifier.6.weight", 4096, 1000), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "classifier.6.weight" is (4096, 1000), but "a8.weight" needs (1000, 4096); ` +
			"it is transposed (TensorFlow's and JAX's order): save it with .transpose(1, 0)"},
		{"HWIO", reshape("features.3.weight", 5, 5, 64, 192), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "features.3.weight" is (5, 5, 64, 192), but "a2.weight" needs (192, 64, 5, 5); ` +
			"it is in HWIO, TensorFlow's order: save it with .transpose(3, 2, 0, 1)"},
		{"OHWI", reshape("features.3.weight", 192, 5, 5, 64), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "features.3.weight" is (192, 5, 5, 64), but "a2.weight" needs (192, 64, 5, 5); ` +
			"it is in OHWI, channels last: save it with .transpose(0, 3, 1, 2)"},
		{"input size", reshape("classifier.1.weight", 4096, 12544), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "classifier.1.weight" is (4096, 12544), but "a6.weight" needs (4096, 9216); the layer before it has a different size; check the input size`},
		{"window", reshape("features.3.weight", 192, 64, 3, 3), of15 + "1 of the wrong shape\n" +
			`  wrong shape: "features.3.weight" is (192, 64, 3, 3), but "a2.weight" needs (192, 64, 5, 5)`},
		{"integers", change("features.3.weight", func(i *Info) { i.DType = "I8" }), `tensor "features.3.weight": type I8 is not supported; supported types are F32, F16, BF16 and F64`},
		{"big-endian", change("features.3.weight", func(i *Info) { i.DType = ">f4" }),
			`tensor "features.3.weight": type ">f4" is big-endian; convert it in numpy with a.astype('<f4')`},
		{"long name", append(slices.Clone(alexnet), Info{strings.Repeat("x", 1_000_000), []int{}, "F32"}), unfit + "16 of 16 tensors fit, named as in torchvision's alexnet; 1 unexpected\n" +
			`  unexpected: "` + strings.Repeat("x", 128) + "..." + strings.Repeat("x", 128) + `" ()`},
		{"name twice", append(slices.Clone(alexnet), Info{"module.features.3.weight", []int{192, 64, 5, 5}, "F32"}),
			`tensors "features.3.weight" and "module.features.3.weight" have the same name apart from prefixes; remove one of them`},
		{"another network", networks["vgg16"], "the file has the weights of torchvision's vgg16 (16 layers), but the network has 8 layers with weights"},
		{"empty", nil, unfit + "no tensor has a name that cnncalc, torchvision, timm or Hugging Face would give to any of its 16; 16 missing\n" +
			`  missing: "a1.weight" (64, 3, 11, 11)` + "\n" + `  missing: "a1.bias" (64,)` + "\n" + `  missing: "a2.weight" (192, 64, 5, 5)` + "\n  missing: and 13 more"},
		{"names of no library", []Info{{"block1_conv1/kernel:0", []int{3, 3, 3, 64}, "F32"}}, unfit +
			"no tensor has a name that cnncalc, torchvision, timm or Hugging Face would give to any of its 16; 16 missing, 1 unexpected\n" +
			`  missing: "a1.weight" (64, 3, 11, 11)` + "\n" + `  missing: "a1.bias" (64,)` + "\n" + `  missing: "a2.weight" (192, 64, 5, 5)` + "\n  missing: and 13 more\n" +
			`  unexpected: "block1_conv1/kernel:0" (3, 3, 3, 64)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Match(tt.file, wants)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// The names of a small ResNet are all among those of a large one; the file is of the large one still.
func TestMatchSmallerNetwork(t *testing.T) {
	networks := torchvision(t)
	_, err := Match(networks["resnet152"], wantsOf(networks["resnet50"]))
	const want = "the file has the weights of torchvision's resnet152 (311 layers), but the network has 107 layers with weights"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestShapeHintDepthwise(t *testing.T) {
	const want = "it is in HWIO, TensorFlow's order for depthwise filters: save it with .transpose(2, 3, 0, 1)"
	if got := shapeHint([]int{3, 3, 32, 1}, []int{32, 1, 3, 3}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLayers(t *testing.T) {
	tests := map[string]string{
		"a b.c":              "a b.c",
		"a{0,2}.b":           "a0.b a2.b",
		"a{9..11,x}":         "a9 a10 a11 ax",
		"{a..c}{1,2}":        "a1 a2 b1 b2 c1 c2",
		"f.{0.{1,2},3}.w fc": "f.0.1.w f.0.2.w f.3.w fc",
		"a{,b}":              "a ab",
	}
	for pattern, want := range tests {
		if got := strings.Join(layers(pattern), " "); got != want {
			t.Errorf("%s: got %s, want %s", pattern, got, want)
		}
	}
}

// FuzzMatch holds the messages to a bounded length and a text that a terminal shows as it is, whatever the names are.
func FuzzMatch(f *testing.F) {
	f.Add("conv1.weight", "module.bn1.weight", 3, 4)
	f.Add("features.0.weight", "model.model.", -1, math.MaxInt)
	f.Add(strings.Repeat("x", 500), "\x1b[2J\u202e", 0, 64)
	want := []Want{{Name: "conv1.weight", Shape: []int{3, 4}}, {Name: "bn1.weight", Shape: []int{3}}}
	f.Fuzz(func(t *testing.T, a, b string, m, n int) {
		got, err := Match([]Info{{a, []int{m, n}, "F32"}, {b, []int{m}, a}}, want)
		if err == nil {
			if len(got.Names) != len(want) || got.Names[0] != a && got.Names[0] != b {
				t.Errorf("matched %q", got.Names)
			}
			return
		}
		// Each name is cut to 256 characters, of which one may be written as `\U000e0001`.
		if len(err.Error()) > 30_000 {
			t.Errorf("a message of %d bytes", len(err.Error()))
		}
		if i := strings.IndexFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202e' }); i >= 0 {
			t.Errorf("the message %q holds a control character", err)
		}
	})
}
