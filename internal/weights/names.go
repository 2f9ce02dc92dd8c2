package weights

import (
	"fmt"
	"strconv"
	"strings"
)

// naming is one library's names for the layers of one network.
type naming struct {
	library string
	network string
	// layers names every layer with weights, in the order in which the library's network calls them: a layer comes before
	// those that read its output, and the paths of a merge come in order.
	// A tensor is named after its layer: "layer1.0.conv1.weight".
	layers []string
}

// title returns whose names they are: "cnncalc", or "torchvision's vgg16".
func (n naming) title() string {
	if n.network == "" {
		return n.library
	}
	return n.library + "'s " + n.network
}

// namings returns all known names except cnncalc's own.
//
// torchvision's are those in the state_dict of version 0.14, without the auxiliary heads. Networks of one depth share
// their names: resnet50 also means resnext50_32x4d and wide_resnet50_2, and a family of one depth has one network here.
//
// timm's are the same except for the head of VGG (timm/models/vgg.py, ConvMlp). Those of Hugging Face's transformers
// are for ResNetForImageClassification (models/resnet/modeling_resnet.py); it has no VGG.
func namings() []naming {
	list := []naming{
		{"torchvision", "alexnet", layers("features.{0,3,6,8,10} classifier.{1,4,6}")},
		{"torchvision", "squeezenet1_0", layers(
			"features.0 features.{3..5,7..10,12}.{squeeze,expand1x1,expand3x3} classifier.1")},
		{"torchvision", "squeezenet1_1", layers(
			"features.0 features.{3,4,6,7,9..12}.{squeeze,expand1x1,expand3x3} classifier.1")},
		{"torchvision", "googlenet", layers(
			"conv{1..3}.{conv,bn} inception{3{a,b},4{a..e},5{a,b}}.branch{1,2.{0,1},3.{0,1},4.1}.{conv,bn} fc")},
		{"torchvision", "mobilenet_v2", layers(
			"features.0.{0,1} features.1.conv.{0.{0,1},1,2}" +
				" features.{2..17}.conv.{0.{0,1},1.{0,1},2,3} features.18.{0,1} classifier.1")},
		{"torchvision", "inception_v3", layers(
			"Conv2d_{1a_3x3,2a_3x3,2b_3x3,3b_1x1,4a_3x3}.{conv,bn}" +
				" Mixed_5{b..d}.branch{1x1,5x5_{1,2},3x3dbl_{1..3},_pool}.{conv,bn}" +
				" Mixed_6a.branch{3x3,3x3dbl_{1..3}}.{conv,bn}" +
				" Mixed_6{b..e}.branch{1x1,7x7_{1..3},7x7dbl_{1..5},_pool}.{conv,bn}" +
				" Mixed_7a.branch{3x3_{1,2},7x7x3_{1..4}}.{conv,bn}" +
				" Mixed_7{b,c}.branch{1x1,3x3_{1,2a,2b},3x3dbl_{1,2,3a,3b},_pool}.{conv,bn} fc")},
		{"torchvision", "fcn_resnet50", append(backbone(), layers("classifier.{0,1,4}")...)},
		{"torchvision", "deeplabv3_resnet50", append(backbone(), layers(
			"classifier.0.{convs.{{0..3}.{0,1},4.{1,2}},project.{0,1}} classifier.{1,2,4}")...)},
		{"torchvision", "convnext_tiny", convNeXt([]int{3, 3, 9, 3})},
		{"torchvision", "convnext_small", convNeXt([]int{3, 3, 27, 3})},
		{"torchvision", "shufflenet_v2_x1_0", shuffleNet([]int{4, 8, 4})},
		{"torchvision", "mobilenet_v3_small", layers(
			"features.0.{0,1} features.1.block.{0.{0,1},1.fc{1,2},2.{0,1}} features.{2,3}.block.{0..2}.{0,1}" +
				" features.{4..11}.block.{{0,1}.{0,1},2.fc{1,2},3.{0,1}} features.12.{0,1} classifier.{0,3}")},
		{"torchvision", "mobilenet_v3_large", layers(
			"features.0.{0,1} features.1.block.{0,1}.{0,1} features.{2,3}.block.{0..2}.{0,1}" +
				" features.{4..6}.block.{{0,1}.{0,1},2.fc{1,2},3.{0,1}} features.{7..10}.block.{0..2}.{0,1}" +
				" features.{11..15}.block.{{0,1}.{0,1},2.fc{1,2},3.{0,1}} features.16.{0,1} classifier.{0,3}")},
		{"torchvision", "mnasnet1_0", layers(
			"layers.{0,1,3,4,6,7} layers.{{8..10}.{0..2},11.{0,1},12.{0..3},13.0}.layers.{0,1,3,4,6,7}" +
				" layers.{14,15} classifier.1")},
	}
	for _, n := range []struct {
		network string
		fused   int // stages at the beginning whose blocks have a CONV3 in place of a CONV1 and a DWCONV
		stages  []int
	}{
		{"efficientnet_b0", 0, []int{1, 2, 2, 3, 3, 4, 1}}, {"efficientnet_b1", 0, []int{2, 3, 3, 4, 4, 5, 2}},
		{"efficientnet_b3", 0, []int{2, 3, 3, 5, 5, 6, 2}}, {"efficientnet_b4", 0, []int{2, 4, 4, 6, 6, 8, 2}},
		{"efficientnet_b5", 0, []int{3, 5, 5, 7, 7, 9, 3}}, {"efficientnet_b6", 0, []int{3, 6, 6, 8, 8, 11, 3}},
		{"efficientnet_b7", 0, []int{4, 7, 7, 10, 10, 13, 4}}, {"efficientnet_v2_s", 3, []int{2, 4, 4, 6, 9, 15}},
		{"efficientnet_v2_m", 3, []int{3, 5, 5, 7, 14, 18, 5}}, {"efficientnet_v2_l", 3, []int{4, 7, 7, 10, 19, 25, 7}},
	} {
		list = append(list, naming{"torchvision", n.network, efficientNet(n.stages, n.fused)})
	}
	for _, n := range []struct {
		network string
		stages  []int
	}{
		{"regnet_x_400mf", []int{1, 2, 7, 12}}, {"regnet_x_800mf", []int{1, 3, 7, 5}},
		{"regnet_x_1_6gf", []int{2, 4, 10, 2}}, {"regnet_x_3_2gf", []int{2, 6, 15, 2}},
		{"regnet_x_8gf", []int{2, 5, 15, 1}}, {"regnet_x_16gf", []int{2, 6, 13, 1}},
		{"regnet_x_32gf", []int{2, 7, 13, 1}},
		{"regnet_y_400mf", []int{1, 3, 6, 6}}, {"regnet_y_800mf", []int{1, 3, 8, 2}},
		{"regnet_y_1_6gf", []int{2, 6, 17, 2}}, {"regnet_y_3_2gf", []int{2, 5, 13, 1}},
		{"regnet_y_8gf", []int{2, 4, 10, 1}}, {"regnet_y_16gf", []int{2, 4, 11, 1}},
		{"regnet_y_32gf", []int{2, 5, 12, 1}}, {"regnet_y_128gf", []int{2, 7, 17, 1}},
	} {
		list = append(list, naming{"torchvision", n.network, regNet(n.stages, strings.HasPrefix(n.network, "regnet_y"))})
	}
	for _, n := range []struct {
		network string
		stages  []int
	}{
		{"densenet121", []int{6, 12, 24, 16}}, {"densenet161", []int{6, 12, 36, 24}},
		{"densenet169", []int{6, 12, 32, 32}}, {"densenet201", []int{6, 12, 48, 32}},
	} {
		list = append(list, naming{"torchvision", n.network, densenet(n.stages)})
	}
	for _, n := range []struct {
		network string
		stages  []int
	}{
		{"vgg11", []int{1, 1, 2, 2, 2}}, {"vgg13", []int{2, 2, 2, 2, 2}},
		{"vgg16", []int{2, 2, 3, 3, 3}}, {"vgg19", []int{2, 2, 4, 4, 4}},
	} {
		for _, batchNorm := range []bool{false, true} {
			network, features := n.network, vggFeatures(n.stages, batchNorm)
			if batchNorm {
				network += "_bn"
			}
			list = append(list,
				naming{"torchvision", network, append(features, layers("classifier.{0,3,6}")...)},
				naming{"timm", network, append(features, layers("pre_logits.fc{1,2} head.fc")...)})
		}
	}
	for _, n := range []struct {
		network string
		convs   int // of a block
		stages  []int
	}{
		{"resnet18", 2, []int{2, 2, 2, 2}}, {"resnet34", 2, []int{3, 4, 6, 3}},
		{"resnet50", 3, []int{3, 4, 6, 3}}, {"resnet101", 3, []int{3, 4, 23, 3}}, {"resnet152", 3, []int{3, 8, 36, 3}},
	} {
		list = append(list,
			naming{"torchvision", n.network, resnet(n.convs, n.stages)},
			naming{"Hugging Face", n.network, transformersResnet(n.convs, n.stages)})
	}
	return list
}

// vggFeatures numbers all layers in order, including the RELU after each CONV and the POOL after each stage.
func vggFeatures(stages []int, batchNorm bool) []string {
	var names []string
	next := 0
	add := func() {
		names = append(names, fmt.Sprintf("features.%d", next))
		next++
	}
	for _, convs := range stages {
		for range convs {
			add()
			if batchNorm {
				add()
			}
			next++
		}
		next++
	}
	return names[:len(names):len(names)]
}

func resnet(convs int, stages []int) []string {
	names := layers("conv1 bn1")
	for s, blocks := range stages {
		for b := range blocks {
			block := fmt.Sprintf("layer%d.%d.", s+1, b)
			for c := range convs {
				names = append(names, fmt.Sprintf("%sconv%d", block, c+1), fmt.Sprintf("%sbn%d", block, c+1))
			}
			if hasProjection(convs, s, b) {
				names = append(names, layers(block+"downsample.{0,1}")...)
			}
		}
	}
	return append(names, "fc")
}

// backbone is the resnet50 of torchvision's networks for segmentation.
func backbone() []string {
	names := resnet(3, []int{3, 4, 6, 3})
	for i, name := range names {
		names[i] = "backbone." + name
	}
	return names[:len(names)-1] // without fc
}

func transformersResnet(convs int, stages []int) []string {
	const pair = ".{convolution,normalization}"
	names := layers("resnet.embedder.embedder" + pair)
	for s, blocks := range stages {
		for b := range blocks {
			block := fmt.Sprintf("resnet.encoder.stages.%d.layers.%d.", s, b)
			names = append(names, layers(fmt.Sprintf("%slayer.{0..%d}%s", block, convs-1, pair))...)
			if hasProjection(convs, s, b) {
				names = append(names, layers(block+"shortcut"+pair)...)
			}
		}
	}
	return append(names, "classifier.1")
}

// hasProjection reports whether the shortcut of a block has a CONV: it does in the first block of a stage, except for
// the first stage of networks with two CONV in a block, which keeps the depth.
func hasProjection(convs, stage, block int) bool {
	return block == 0 && (stage > 0 || convs == 3)
}

func densenet(stages []int) []string {
	names := layers("features.{conv0,norm0}")
	for s, count := range stages {
		block := fmt.Sprintf("features.denseblock%d.denselayer{1..%d}.{norm1,conv1,norm2,conv2}", s+1, count)
		names = append(names, layers(block)...)
		if s+1 < len(stages) {
			names = append(names, layers(fmt.Sprintf("features.transition%d.{norm,conv}", s+1))...)
		}
	}
	return append(names, "features.norm5", "classifier")
}

// convNeXt names the layer scale of a block by its tensor, which is the block's own.
func convNeXt(stages []int) []string {
	names := layers("features.0.{0,1}")
	for s, blocks := range stages {
		if s > 0 {
			names = append(names, layers(fmt.Sprintf("features.%d.{0,1}", 2*s))...)
		}
		names = append(names, layers(fmt.Sprintf("features.%d.{0..%d}.{block.{0,2,3,5},layer_scale}", 2*s+1, blocks-1))...)
	}
	return append(names, layers("classifier.{0,2}")...)
}

func shuffleNet(stages []int) []string {
	names := layers("conv1.{0,1}")
	for s, units := range stages {
		stage := fmt.Sprintf("stage%d.", s+2)
		names = append(names, layers(stage+"0.branch{1.{0..3},2.{0,1,3..6}}")...)
		names = append(names, layers(fmt.Sprintf("%s{1..%d}.branch2.{0,1,3..6}", stage, units-1))...)
	}
	return append(names, layers("conv5.{0,1} fc")...)
}

// efficientNet names the layers of blocks that do not widen in the first stage.
func efficientNet(stages []int, fused int) []string {
	names := layers("features.0.{0,1}")
	for s, blocks := range stages {
		block := "{{0,1}.{0,1},2.fc{1,2},3.{0,1}}"
		switch {
		case s == 0 && fused > 0:
			block = "0.{0,1}"
		case s == 0:
			block = "{0.{0,1},1.fc{1,2},2.{0,1}}"
		case s < fused:
			block = "{0,1}.{0,1}"
		}
		names = append(names, layers(fmt.Sprintf("features.%d.{0..%d}.block.%s", s+1, blocks-1, block))...)
	}
	return append(names, layers(fmt.Sprintf("features.%d.{0,1} classifier.1", len(stages)+1))...)
}

func regNet(stages []int, squeezes bool) []string {
	path := "f.{{a,b}.{0,1},c.{0,1}}"
	if squeezes {
		path = "f.{{a,b}.{0,1},se.fc{1,2},c.{0,1}}"
	}
	names := layers("stem.{0,1}")
	for s, blocks := range stages {
		for b := range blocks {
			block := fmt.Sprintf("trunk_output.block%d.block%[1]d-%d.", s+1, b)
			if b == 0 {
				names = append(names, layers(block+"proj.{0,1}")...)
			}
			names = append(names, layers(block+path)...)
		}
	}
	return append(names, "fc")
}

// layers expands the braces in the words of a pattern as a shell does: {a,b} means a and b, {1..3} and {a..c} are
// ranges, and {3..5,7} is both. Braces may be nested; the first ones vary slowest.
func layers(pattern string) []string {
	var names []string
	for _, word := range strings.Fields(pattern) {
		names = append(names, expand(word)...)
	}
	return names
}

func expand(word string) []string {
	open := strings.IndexByte(word, '{')
	if open < 0 {
		return []string{word}
	}
	alternatives, rest := splitBraces(word[open+1:])
	var words []string
	for _, a := range alternatives {
		for _, middle := range expandAlternative(a) {
			for _, end := range expand(rest) {
				words = append(words, word[:open]+middle+end)
			}
		}
	}
	return words
}

// expandAlternative expands a range of numbers or letters, or any other text between commas.
func expandAlternative(text string) []string {
	first, last, ok := strings.Cut(text, "..")
	if !ok || strings.ContainsRune(text, '{') {
		return expand(text)
	}
	from, errFrom := strconv.Atoi(first)
	to, errTo := strconv.Atoi(last)
	var words []string
	if errFrom == nil && errTo == nil {
		for i := from; i <= to; i++ {
			words = append(words, strconv.Itoa(i))
		}
		return words
	}
	for c := first[0]; c <= last[0]; c++ {
		words = append(words, string(c))
	}
	return words
}

// splitBraces splits the text after an opening brace at its commas, and returns the rest after the closing brace.
func splitBraces(text string) (alternatives []string, rest string) {
	depth, start := 0, 0
	for i, c := range text {
		switch {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}':
			return append(alternatives, text[start:i]), text[i+1:]
		case c == ',' && depth == 0:
			alternatives = append(alternatives, text[start:i])
			start = i + 1
		}
	}
	panic("a pattern without its closing brace: " + text)
}
