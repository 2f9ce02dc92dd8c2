package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/op"
)

func TestEveryKindIsComputed(t *testing.T) {
	var kinds []string
	for _, kind := range op.Kinds() {
		kinds = append(kinds, kind.Name)
	}
	slices.Sort(kinds)
	if got := slices.Sorted(maps.Keys(binders())); !slices.Equal(got, kinds) {
		t.Errorf("binders of %v, want %v", got, kinds)
	}
	if got := slices.Sorted(maps.Keys(naiveLayers())); !slices.Equal(got, kinds) {
		t.Errorf("naive layers of %v, want %v", got, kinds)
	}
}

// oneLiners holds networks of one layer or a few: the input's size and the layers.
var oneLiners = [][2]string{
	{"9x7x4", "CONV3-5"},
	{"9x7x4", "CONV3-4 s2 p1 d2 g2 floor"},
	{"9x7x4", "CONV1-8"},
	{"9x7x4", "CONV1-6 s2 nobias"},
	{"9x7x4", "CONV5x1-3 s1x2 p=2,1,0,0"},
	{"9x7x4", "CONV2-3 same"},
	{"9x7x4", "CONV3-8 g4"},
	{"9x7x4", "CONV3-4 g4 nobias"},
	{"9x7x4", "CONV4-3 s3 p1 ceil"},
	{"9x7x4", "CONV9x7-2 p0"},
	{"5x5x1", "CONV3-3 valid"},
	{"9x7x4", "DWCONV3"},
	{"9x7x4", "DWCONV3x2 s2 p=1,0,1,1 d1x2 nobias floor"},
	{"9x7x1", "DWCONV5"},
	{"9x7x4", "DWCONV3 d2000000000 p2000000000"},
	{"9x7x4", "LOCAL3-2"},
	{"9x7x4", "LOCAL3x2-5 s2 p0 nobias floor"},
	{"9x7x4", "UPCONV2-3"},
	{"9x7x4", "UPCONV3-4 s2 p1 outpad=1 g2"},
	{"9x7x4", "UPCONV3x4-2 s1x3 p=1,0,2,1 d2 nobias"},
	{"9x7x4", "POOL2 ceil"},
	{"9x7x4", "POOL3 s2 p1"},
	{"9x7x4", "POOL3x2 s1 same"},
	{"9x7x4", "AVGPOOL3 s2 p1 ceil"},
	{"9x7x4", "AVGPOOL3 s2 p1 excludepad ceil"},
	{"9x7x4", "AVGPOOL9x7"},
	{"9x7x4", "L2POOL2 floor"},
	{"9x7x4", "L2POOL3 s1 p1"},
	{"9x7x4", "GAP"},
	{"9x7x4", "POOL3 s1 p=2,0,1,2 d2x3"},
	{"9x7x4", "POOL2 d3 s1"},
	{"9x7x4", "POOL3 s2 p1 d2 ceil"},
	{"9x7x4", "CONV3-4 -> GMP -> FC-3"},
	{"9x7x4", "ADAPTMAX3x5"},
	{"9x7x4", "ADAPTMAX11x2"},
	{"9x7x4", "ADAPTAVG3x5"},
	{"9x7x4", "ADAPTAVG11x2"},
	{"9x7x4", "FC-10"},
	{"9x7x4", "FC-3 nobias"},
	{"1x1x5", "FC-7"},
	{"9x7x4", "FLATTEN"},
	{"9x7x4", "FLATTEN -> FC-5"},
	{"9x7x4", "RELU"},
	{"9x7x4", "LEAKYRELU"},
	{"9x7x4", "LEAKYRELU0.3"},
	{"9x7x4", "PRELU"},
	{"9x7x4", "PRELU shared"},
	{"9x7x4", "CONV1-4 -> RELU6"},
	{"9x7x4", "SIGMOID"},
	{"9x7x4", "TANH"},
	{"9x7x4", "ELU"},
	{"9x7x4", "ELU alpha=0.3"},
	{"9x7x4", "SILU"},
	{"9x7x4", "GELU"},
	{"9x7x4", "CONV3-4 -> GELU tanh -> CONV1-3"},
	{"9x7x4", "SELU"},
	{"9x7x4", "CONV3-4 -> SELU inplace -> DWCONV3 -> MISH"},
	{"9x7x4", "MISH inplace -> CONV1-3 -> BN -> MISH"},
	{"9x7x4", "SOFTPLUS"},
	{"9x7x4", "CONV1-4 -> SOFTPLUS beta=2 threshold=1.5 -> CONV3-2"},
	{"9x7x4", "CLIP min=-0.3 max=0.5"},
	{"9x7x4", "CLIP min=-0.3 -> CONV3-5 -> CLIP max=0.25 inplace"},
	{"9x7x4", "CONV3-5 -> CLIP min=0.25 max=6 inplace -> DWCONV3 nobias -> CLIP min=-1 max=1 -> FC-4 -> CLIP min=-1 max=-0.5"},
	{"9x7x4", "ADD(CONV3-4 | IDENTITY) -> CLIP min=-.25 max=1e-1"},
	{"9x7x4", "HARDSIGMOID slope=0.2 -> CONV3-4 -> HARDSIGMOID slope=1.5 shift=-0.25"},
	{"9x7x4", "CONV1-4 -> HARDSIGMOID shift=0.5 inplace"},
	{"9x7x4", "LOGSOFTMAX"},
	{"1x1x9", "FC-5 -> LOGSOFTMAX"},
	{"9x7x4", "DROPOUT0.3 channels -> RELU -> DROPOUT channels"},
	{"9x7x4", "HARDSWISH"},
	{"9x7x4", "HARDSIGMOID"},
	{"9x7x4", "SOFTMAX"},
	{"1x1x9", "SOFTMAX"},
	{"9x7x4", "DROPOUT"},
	{"9x7x4", "DROPOUT0.3 -> RELU"},
	{"9x7x4", "ADD(CONV3-4 -> STOCHDEPTH0.2 | STOCHDEPTH0.1 batch -> RELU)"},
	{"9x7x4", "LRN"},
	{"9x7x4", "LRN3 alpha=0.5 beta=0.6 k=2"},
	{"9x7x4", "LRN2 alpha=1"},
	{"9x7x4", "BN"},
	{"9x7x4", "BN eps=0.1"},
	{"9x7x4", "BN noaffine"},
	{"9x7x4", "CONV3-4 nobias -> BN noaffine -> RELU"},
	{"9x7x4", "LN"},
	{"9x7x4", "LN eps=0.1 noaffine"},
	{"1x1x9", "LN -> FC-3"},
	{"13x11x2", "LN -> GELU"},
	{"9x7x4", "LN volume"},
	{"9x7x4", "LN volume noaffine eps=0.1 -> RELU"},
	{"9x7x4", "LN volume -> TANH"},
	{"9x7x6", "GN3"},
	{"9x7x4", "GN1 eps=0.1 -> RELU6"},
	{"9x7x4", "GN4 noaffine -> SILU"},
	{"1x1x8", "GN2"},
	{"9x7x4", "IN"},
	{"9x7x4", "CONV3-6 -> IN affine eps=0.1 -> RELU -> CONV3-2"},
	{"9x7x4", "CONV3-4 -> ADD(GN2 -> RELU | LN -> HARDSWISH | IDENTITY) -> IN"},
	{"9x7x4", "SCALE"},
	{"9x7x4", "SCALE bias -> RELU"},
	{"9x7x4", "SCALE0.1 -> TANH"},
	{"9x7x4", "CONV3-4 -> SCALE -> RELU -> CONV3-5 nobias -> SCALE bias -> TANH -> FC-6 nobias -> SCALE -> FC-3"},
	{"9x7x4", "CONV3-4 -> ADD(CONV1-4 nobias -> SCALE0.17 | IDENTITY) -> RELU -> DWCONV3 -> SCALE3"},
	{"9x7x4", "CONV3-4 -> SCALE bias @s -> POOL3 s1 p1 -> SCALE bias share=@s -> CONV1-4 nobias -> SCALE bias share=@s"},
	{"9x7x4", "POOL3 s1 p1 -> SCALE @s -> CONV3-4 -> SCALE share=@s -> RELU -> CONV1-4 -> BN @b -> CONV1-4 -> BN share=@b"},
	{"9x7x4", "CONV1-4 -> BN -> SCALE -> UPCONV2-3 -> SCALE bias -> FLATTEN -> SCALE -> FC-3"},
	{"9x7x4", "UPSAMPLE2"},
	{"9x7x4", "UPSAMPLE3x1 bilinear"},
	{"9x7x4", "RESIZE13x4"},
	{"9x7x4", "RESIZE13x4 bilinear"},
	{"9x7x4", "RESIZE4x13 bilinear align"},
	{"9x7x4", "RESIZE1x70 bilinear align"},
	{"9x7x4", "RESIZE150x1 bilinear"},
	{"9x7x4", "RESIZE150x1"},
	{"9x7x4", "RESIZE scale=1.3"},
	{"9x7x4", "RESIZE scale=1.3 bilinear -> RELU"},
	{"9x7x4", "RESIZE scale=0.4 bilinear align"},
	{"9x7x4", "RESIZE scale=1.12 bilinear"},
	{"9x7x4", "POOL2 floor @a -> CONCAT(CONV3-2 s2 p1 floor -> RESIZE like=@a bilinear | @a -> RESIZE like=@a)"},
	{"9x7x4", "CROP3x5"},
	{"9x7x4", "CROP4 offset=5,1"},
	{"9x7x4", "CONV3-4 p0 @a -> CROP5x3 @b -> CONCAT(@a -> CROP like=@b | IDENTITY) -> GAP -> UPSAMPLE like=@a"},
	{"9x7x4", "POOL3x7 s3x7 @a -> UPSAMPLE3x7 @b -> CONCAT(@a -> UPSAMPLE like=@b bilinear | @a -> UPSAMPLE like=@b)"},
	{"9x7x4", "PAD1"},
	{"9x7x4", "PAD2x0 value=-0.5"},
	{"9x7x4", "PAD p=8,1,0,6 reflect"},
	{"9x7x4", "PAD p=0,13,9,1 replicate"},
	{"9x7x4", "PAD0 -> SCALE factor=-0.5 -> PAD p=0,1,0,1 zero -> CONV3-2 s2 p0 floor"},
	{"1x1x4", "PAD3 replicate -> PAD2 reflect"},
	{"9x7x4", "CHANNELS to=3"},
	{"9x7x4", "CHANNELS from=2"},
	{"9x7x4", "CHANNELS from=1 to=3 -> RELU inplace -> CONV3-2"},
	{"9x7x4", "CHANNELS from=0 to=4 -> BN"},
	{"9x7x4", "CONV3-6 @a -> CONCAT(@a -> CHANNELS to=3 -> RELU | @a -> CHANNELS from=3 -> CONV1-3 -> BN -> RELU) -> SHUFFLE2"},
	{"9x7x6", "SHUFFLE2"},
	{"9x7x6", "CONV1-6 -> SHUFFLE3 -> BN -> RELU -> SHUFFLE1"},
	{"9x7x4", "SHUFFLE4 -> FLATTEN -> SHUFFLE36 -> FC-3"},
	{"9x7x4", "PIXELSHUFFLE2"},
	{"9x6x2", "PIXELUNSHUFFLE3"},
	{"9x7x4", "CONV3-18 -> PIXELSHUFFLE3 -> RELU -> PIXELSHUFFLE1 -> PIXELUNSHUFFLE3 -> BN -> PIXELUNSHUFFLE1"},
	{"9x7x4", "CONCAT(IDENTITY | CONV3-2 | RELU)"},
	{"9x7x4", "ADD(IDENTITY | CONV3-4 | IDENTITY)"},
	{"9x7x4", "ADD(CONV1-2 | CONV3-2)"},
	{"9x7x4", "MUL(IDENTITY | CONV3-4)"},
	{"9x7x4", "MUL(GAP -> FC-4 -> SIGMOID | CONV3-4 | GAP)"},
	{"9x7x4", "MUL(GAP | GAP -> SILU)"},
	{"9x7x4", "MUL(CONV1-1 -> SIGMOID | IDENTITY) -> RELU"},
	{"9x7x4", "MUL(GAP | CONV1-1 | GAP -> FC-1) -> TANH -> CONV1-2"},
	{"9x7x4", "CONV3-4 -> MUL(IDENTITY | ADAPTAVG9x1 | ADAPTAVG1x7 -> SIGMOID) -> RELU6"},
	{"9x7x4", "MUL(ADAPTAVG9x1 -> CONV1-1 | ADAPTAVG1x7)"},
	{"9x7x4", "MAX(CONV3-6 | CONV3-6) -> CONV1-2"},
	{"9x7x4", "MAX(CONV3-4 | IDENTITY | CONV1-4) -> ELU -> MAX(IDENTITY)"},
	{"9x7x4", "MAX(GAP | CONV3-4 | CONV1-1) -> CONCAT(IDENTITY | MAX(GAP | CONV1-1))"},
	{"9x7x4", "ADD(GAP -> FC-4 | CONV3-4) -> RELU -> CONV1-3"},
	{"9x7x4", "ADD(CONV3-4 | CONV1-1 | CONV1-4 | GAP) -> ELU"},
	{"9x7x4", "ADD(GAP | CONV1-1) -> BN -> RELU"},
	{"9x7x4", "CONV3-4 @a -> CONV1-1 -> ADD(@a | IDENTITY) -> RELU"},
	{"9x7x4", "CONV3-4 @a -> RELU @b -> TANH -> CONCAT(@a | @b -> FLATTEN -> RELU -> FC-4 -> UPSAMPLE9x7 | IDENTITY)"},
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, net := range oneLiners {
		text := line(net[0], net[1])
		t.Run(net[0]+"/"+net[1], func(t *testing.T) { checkNetwork(t, text, 2e-5) })
		n, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range n.Nodes {
			seen[node.Op.Kind()] = true
		}
	}
	for _, kind := range op.Kinds() {
		if !seen[kind.Name] {
			t.Errorf("no network here has a %s", kind.Name)
		}
	}
}

// checkNetwork runs a network in all ways and compares the results. Folded BN and sums in another order are allowed ten
// times the tolerance.
func checkNetwork(t rapid.TB, text string, tolerance float64) {
	t.Helper()
	const batch = 3
	p := load(t, text, testOptions(batch), noisy())
	defer p.Close()
	input := inputNoise(p)
	out := checkLayers(t, p, input, tolerance)
	poison(p)
	if again := run(t, p, input); !sameBits(out, again) {
		t.Error("a run without an observer has another result")
	}
	for threads := 1; threads <= 3; threads++ {
		other := load(t, text, Options{Batch: batch, Threads: threads}, noisy())
		if !sameBits(out, run(t, other, input)) {
			t.Errorf("%d threads have another result", threads)
		}
		other.Close()
	}
	single := load(t, text, testOptions(1), noisy())
	defer single.Close()
	for i := range batch {
		if !sameBits(pictures(out, batch, i, 1), run(t, single, pictures(input, batch, i, 1))) {
			t.Errorf("picture %d alone has another result than in a batch", i)
		}
	}
	for _, algo := range []Algo{Im2col, Direct} {
		other := load(t, text, Options{Batch: batch, Threads: 2, Algo: algo}, noisy())
		checkLayers(t, other, input, tolerance)
		other.Close()
	}
	for _, algo := range []Algo{Auto, Im2col, Winograd} {
		fused := load(t, text, Options{Batch: batch, Threads: 2, Algo: algo, Fuse: true}, noisy())
		want := checkLayers(t, fused, input, 10*tolerance)
		fused.Close()
		for _, threads := range []int{1, 3} {
			other := load(t, text, Options{Batch: batch, Threads: threads, Algo: algo, Fuse: true}, noisy())
			if !sameBits(want, run(t, other, input)) {
				t.Errorf("%s: %d threads have another result when fused", algo, threads)
			}
			other.Close()
		}
	}
}

// checkLayers runs p, compares each layer's output with the naive one, and returns the network's.
func checkLayers(t rapid.TB, p *Program, input []float32, tolerance float64) []float32 {
	t.Helper()
	n, batch := p.network, p.options.Batch
	want, scale := make([][]volume, batch), make([][]float64, batch)
	for i := range want {
		want[i] = naiveNetwork(n, pictures(input, batch, i, 1))
		scale[i] = scales(n, want[i])
	}
	before := slices.Clone(input)
	out := run(t, p, input, each(func(c Computed) {
		if c.Output == nil && p.options.Fuse {
			return // fused with the next layer
		}
		if values, _ := n.Layers[c.Node].Out.Values(); int64(len(c.Output)) != values*int64(batch) {
			t.Fatalf("%s has %d values, its shape is %s in a batch of %d", n.Nodes[c.Node].Name, len(c.Output),
				n.Layers[c.Node].Out, batch)
		}
		for i := range batch {
			if d := farAt(pictures(c.Output, batch, i, 1), want[i][c.Node].values, scale[i][c.Node]); d > tolerance {
				t.Errorf("%s: %s, picture %d: off by %.2g", p.options.Algo, n.Nodes[c.Node].Name, i, d)
			}
		}
	}))
	if !slices.Equal(before, input) {
		t.Error("the input was written to")
	}
	return out
}

// drawLayer draws one or a few layers, which may not fit the input.
func drawLayer(t *rapid.T) string {
	number := func(low, high int) int { return rapid.IntRange(low, high).Draw(t, "number") }
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	size := func(high int) string { return fmt.Sprintf("%dx%d", number(1, high), number(1, high)) }
	window := func() string {
		return fmt.Sprintf(" s%s p=%d,%d,%d,%d d%s %s", size(3), number(0, 2), number(0, 2), number(0, 2), number(0, 2),
			size(2), pick("floor", "ceil"))
	}
	pads := func() string {
		return fmt.Sprintf(" s%s p=%d,%d,%d,%d %s", size(3), number(0, 1), number(0, 1), number(0, 1), number(0, 1),
			pick("floor", "ceil"))
	}
	switch number(0, 15) {
	case 0, 1:
		return fmt.Sprintf("CONV%s-%d%s g%d", size(3), number(1, 9), window(), number(1, 3))
	case 2:
		return fmt.Sprintf("DWCONV%s%s%s", size(3), window(), pick("", " nobias"))
	case 3:
		return fmt.Sprintf("LOCAL%s-%d%s", size(3), number(1, 5), window())
	case 4:
		return fmt.Sprintf("UPCONV%s-%d s%s p=%d,%d,%d,%d d%s g%d", size(3), number(1, 6), size(2),
			number(0, 1), number(0, 1), number(0, 1), number(0, 1), size(2), number(1, 2))
	case 5, 6:
		return pick("POOL", "AVGPOOL", "L2POOL") + size(3) + pads()
	case 15:
		return "POOL" + size(3) + pads() + " d" + size(3)
	case 7:
		return pick("GAP", "GMP", "FLATTEN", "FLATTEN -> RELU", "FC-6") + pick("", "", " @late")
	case 8:
		return pick("ADAPTAVG", "ADAPTMAX") + size(7)
	case 9:
		return pick("UPSAMPLE2x1", "UPSAMPLE2 bilinear", "CROP2x3", "CROP4", "CHANNELS from=1", "CHANNELS to=2", "SHUFFLE2",
			"SHUFFLE3",
			"PIXELSHUFFLE2", "PIXELUNSHUFFLE2",
			"RESIZE"+size(9)+pick("", " bilinear", " bilinear align"), "RESIZE scale=0.7"+pick("", " bilinear"),
			fmt.Sprintf("PAD p=%d,%d,%d,%d ", number(0, 2), number(0, 2), number(0, 2), number(0, 2))+
				pick("zero", "value=2", "reflect", "replicate"))
	case 10:
		return pick("LRN", "LRN3 alpha=0.9", "BN", "BN noaffine", "SOFTMAX", "SCALE", "SCALE bias", "SCALE0.7", "LN eps=0.1",
			"LN volume eps=0.5", "GN2 eps=0.5", "IN affine eps=0.5",
			"GN1 noaffine eps=0.5")
	case 11:
		return "ADD(" + pick("IDENTITY", "RELU", "BN", "CONV3-4") + " | " +
			pick("IDENTITY", "TANH", "DWCONV3", "CONV1-4", "CONV3-1", "GAP") + ")"
	case 12:
		return pick("MUL", "MAX") + "(" + pick("IDENTITY", "RELU", "GAP") + " | " +
			pick("IDENTITY", "GAP -> SIGMOID", "GAP", "CONV1-1") + " | " + pick("SILU", "DROPOUT") + ")"
	case 13:
		return "CONCAT(" + pick("IDENTITY", "RELU -> DROPOUT", "CONV3-2") + " | " + pick("IDENTITY", "POOL3 s1 p1", "ELU") +
			" | CONV1-3 -> RELU)"
	}
	return pick("RELU", "LEAKYRELU0.2", "PRELU", "PRELU shared", "RELU6", "SIGMOID", "TANH", "ELU", "SILU", "GELU",
		"HARDSWISH", "HARDSIGMOID", "HARDSIGMOID slope=0.2 shift=0.4",
		"SELU", "MISH", "SOFTPLUS", "GELU tanh", "CLIP min=-0.5 max=0.75", "LOGSOFTMAX", "DROPOUT", "DROPOUT channels",
		"STOCHDEPTH0.2")
}

func TestRandomNetworks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := fmt.Sprintf("%dx%dx%d", rapid.IntRange(1, 12).Draw(t, "width"), rapid.IntRange(1, 12).Draw(t, "height"),
			rapid.SampledFrom([]int{1, 2, 3, 4, 6}).Draw(t, "depth"))
		var layers []string
		for range rapid.IntRange(1, 6).Draw(t, "layers") {
			longer := append(slices.Clone(layers), drawLayer(t))
			if _, err := read(line(input, strings.Join(longer, " -> "))); err == nil {
				layers = longer
			}
		}
		if len(layers) == 0 {
			t.Skip("no layer fits")
		}
		// Rounding errors add up over the layers, and products multiply them: 3e-5 was seen.
		checkNetwork(t, line(input, strings.Join(layers, " -> ")), 1e-4)
	})
}
