package shape_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// known is a field without a fraction in its jump.
func known(size, jump, start int64) shape.FieldAxis {
	return shape.FieldAxis{Size: size, Jump: shape.Ratio{Num: jump, Den: 1}, Start: start}
}

func lastField(net *shape.Network) shape.Field { return shape.Fields(net)[len(net.Nodes)-1] }

func TestFields(t *testing.T) {
	const conv3, dilated = "CONV3-4", "CONV3-4 d2"
	tests := []struct {
		what, input, layers string
		w, h                shape.FieldAxis
	}{
		// The notes, "Prefer a stack of small filter CONV to one large receptive field CONV layer": each neuron of the
		// first has a 3x3 view of the picture, of the second 5x5, of the third 7x7.
		{"the notes' first CONV", "32x32x3", conv3, known(3, 1, -1), known(3, 1, -1)},
		{"the notes' second", "32x32x3", conv3 + " -> RELU -> " + conv3, known(5, 1, -2), known(5, 1, -2)},
		{"the notes' third", "32x32x3", conv3 + " -> RELU -> " + conv3 + " -> RELU -> " + conv3, known(7, 1, -3), known(7, 1, -3)},
		// "Use of dilated convolutions ... this effective receptive field would grow much quicker": 1 + 2*2 + 2*2.
		{"two dilated by 2", "32x32x3", dilated + " -> " + dilated, known(9, 1, -4), known(9, 1, -4)},
		// By hand from here on.
		{"the picture", "32x24x3", "RELU", known(1, 1, 0), known(1, 1, 0)},
		{"unlike axes", "32x32x3", "CONV7x1-4 -> POOL1x2 s1x2 -> CONV3x5-4 d2x1", known(11, 1, -5), known(10, 2, -4)},
		{"a pad on one side", "32x32x3", "CONV3-4 p=2,0,0,2", known(3, 1, -2), known(3, 1, 0)},
		{"the odd pixel of same goes right", "32x32x3", "CONV4-4 same s2", known(4, 2, -1), known(4, 2, -1)},
		{"strides multiply", "33x33x3", "CONV3-4 s2 p0 -> CONV3-4 s2 p1 floor", known(7, 4, -2), known(7, 4, -2)},
		{"GAP sees all", "32x24x3", "CONV3-4 s2 p1 floor -> GAP", known(32, 0, 0), known(24, 0, 0)},
		{"FC over a plane sees all", "32x24x3", "CONV3-4 -> FC-5 -> RELU -> FC-5", known(32, 0, 0), known(24, 0, 0)},
		{"but not what no window reaches", "7x8x1", "POOL2 floor -> FC-3", known(6, 0, 0), known(8, 0, 0)},
		{"FC is the CONV that it would be", "32x32x3", "CONV3-4 s2 p1 floor -> CONV16-5 p0", known(33, 2, -1), known(33, 2, -1)},
		{"FLATTEN of a plane", "6x8x3", "FLATTEN -> DROPOUT0.5", known(6, 0, 0), known(8, 0, 0)},
		{"ADAPTAVG of even windows", "12x12x3", "ADAPTAVG3x4", known(4, 4, 0), known(3, 3, 0)},
		{"ADAPTAVG of one window", "12x12x3", "ADAPTAVG1", known(12, 0, 0), known(12, 0, 0)},
		{"CROP", "12x12x3", "CONV3-4 -> CROP4x6", known(3, 1, 3), known(3, 1, 2)},
		{"the larger of two paths", "32x32x3", "CONCAT(CONV1-4 | CONV5-4 | CONV3-4)", known(5, 1, -2), known(5, 1, -2)},
		{"ADD keeps what passes it by", "32x32x3", "CONV3-4 -> ADD(IDENTITY | CONV3-4 -> CONV3-4) -> ADD(IDENTITY | CONV3-4)",
			known(9, 1, -4), known(9, 1, -4)},
		{"paths that look to either side", "32x32x3", "CONCAT(CONV3-4 p=2,0,1,1 | CONV3-4 p=0,2,1,1)", known(5, 1, -2), known(3, 1, -1)},
		{"a gate sees all", "32x32x4", "CONV3-4 -> MUL(IDENTITY | GAP -> FC-4 -> SIGMOID) -> CONV3-4", known(32, 0, 0), known(32, 0, 0)},
		{"UPSAMPLE and back", "32x32x3", "CONV3-4 s2 p1 floor -> UPSAMPLE2 -> POOL2", known(3, 2, -1), known(3, 2, -1)},
		{"UPCONV2", "32x32x3", "POOL2 -> UPCONV2-4", known(2, 1, 0), known(2, 1, 0)},
		{"UPCONV4 s2 p1 sees two", "32x32x3", "POOL4 s4 -> UPCONV4-4 s2 p1", known(8, 2, -4), known(8, 2, -4)},
	}
	for _, tt := range tests {
		got := lastField(fits(t, tt.input, "INPUT -> "+tt.layers))
		if got.W != tt.w || got.H != tt.h {
			t.Errorf("%s: width %+v, height %+v, want %+v and %+v", tt.what, got.W, got.H, tt.w, tt.h)
		}
	}
}

// Between pixels the jump is a fraction.
func TestFieldJumpIsAFraction(t *testing.T) {
	for _, tt := range []struct {
		layers string
		want   shape.FieldAxis
	}{
		{"UPSAMPLE4", shape.FieldAxis{Size: 1, Jump: shape.Ratio{Num: 1, Den: 4}}},
		{"UPSAMPLE4 -> POOL2", shape.FieldAxis{Size: 1, Jump: shape.Ratio{Num: 1, Den: 2}}},
		// Places 0 and 1 are interpolated from -1, 0 and 0, 1.
		{"UPSAMPLE2 bilinear", shape.FieldAxis{Size: 2, Jump: shape.Ratio{Num: 1, Den: 2}, Start: -1}},
		// 12 to 7: place 1 is the mean of 1.71 to 3.43, which are the values 1, 2 and 3.
		{"ADAPTAVG7", shape.FieldAxis{Size: 3, Jump: shape.Ratio{Num: 12, Den: 7}}},
		// Strides of 3 leave places between filters of 2 that are the bias alone.
		{"UPCONV2-4 s3", shape.FieldAxis{Size: 1, Jump: shape.Ratio{Num: 1, Den: 3}}},
	} {
		if got := lastField(fits(t, "12x12x3", "INPUT -> "+tt.layers)).W; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.layers, got, tt.want)
		}
	}
}

func TestUnknownFields(t *testing.T) {
	for _, tt := range []struct{ what, input, layers, want string }{
		{"different strides", "5x5x1", "ADD(CONV3-1 s2 p0 | CONV4-1 p0)", "different steps"},
		{"a gate that sees less than what it is multiplied with", "9x9x4", "CONV3-4 -> MUL(IDENTITY | CROP3 -> GAP -> FC-4)", "different steps"},
		{"what follows is unknown too", "5x5x1", "ADD(CONV3-1 s2 p0 | CONV4-1 p0) -> GAP -> FC-2", "different steps"},
		{"a period past the bound", "2x2x1", "UPSAMPLE600", "too many places"},
		{"a jump past counting", "1x1x1", "[POOL1 s=2147483647]*3", "countable"},
	} {
		got := lastField(fits(t, tt.input, "INPUT -> "+tt.layers))
		if !strings.Contains(got.W.Unknown, tt.want) || got.W.Size != 0 {
			t.Errorf("%s: %+v, want unknown, as %q", tt.what, got.W, tt.want)
		}
	}
}

// What others publish or measure of whole networks.
func TestFieldsOfNetworks(t *testing.T) {
	tests := []struct {
		network, layer string
		want           shape.FieldAxis
	}{
		// Araujo et al. (2019), table: field, effective stride, and the effective padding that is minus the start.
		{"vgg16", "pool5", known(212, 32, -90)},
		{"alexnet", "pool5", known(195, 32, -64)},
		{"torchvision/inception_v3", "inceptionE2.concat1", known(1311, 32, -618)},
		// PyTorch 1.13 and torchvision 0.14, measured from gradients: testdata/fields.py.
		{"torchvision/vgg16", "pool5", known(212, 32, -90)},
		{"torchvision/alexnet", "pool3", known(195, 32, -66)},
		{"torchvision/resnet18", "basic5.relu2", known(435, 32, -217)},
		{"torchvision/resnet34", "basic13.relu2", known(899, 32, -449)},
		{"torchvision/resnet50", "bottleneck12.relu3", known(427, 32, -213)},
		{"torchvision/squeezenet1_0", "relu2", known(155, 16, -60)},
		{"torchvision/squeezenet1_1", "relu2", known(207, 16, -88)},
		{"torchvision/mobilenet_v2", "relu62", known(491, 32, -245)},
		{"torchvision/googlenet", "inception5b", known(379, 32, -167)},
	}
	for _, tt := range tests {
		net := builtIn(t, tt.network)
		i := slices.IndexFunc(net.Nodes, func(n graph.Node) bool { return n.Name == tt.layer })
		if i < 0 {
			t.Fatalf("%s has no layer %s", tt.network, tt.layer)
		}
		if got := shape.Fields(net)[i]; got.W != tt.want || got.H != tt.want {
			t.Errorf("%s, %s: %+v, want %+v", tt.network, tt.layer, got, tt.want)
		}
		all := known(net.InputShape().W, 0, 0)
		if last := lastField(net); last.W != all || last.H != all {
			t.Errorf("%s: the output's field is %+v, want the whole picture", tt.network, last)
		}
	}
}

func builtIn(t *testing.T, name string) *shape.Network {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	net, problems := inferFile(t, string(text), graph.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return net
}

// The oracle below follows sets of places, by each kind's definition, and knows neither periods nor hulls.

// drawLayers returns a chain of layers, in the arrow language, that does not shrink a small plane to nothing.
func drawLayers(t *rapid.T) string {
	layer := func() string {
		size, stride := rapid.IntRange(1, 5), rapid.IntRange(1, 3)
		switch rapid.IntRange(0, 12).Draw(t, "kind") {
		case 0:
			return fmt.Sprintf("CONV%d-2 s%d p%d d%d floor", size.Draw(t, "F"), stride.Draw(t, "S"),
				rapid.IntRange(0, 3).Draw(t, "P"), stride.Draw(t, "d"))
		case 1:
			return fmt.Sprintf("DWCONV%d s%d p=%d,%[3]d,1,1 floor", size.Draw(t, "F"), stride.Draw(t, "S"),
				rapid.IntRange(0, 3).Draw(t, "P"))
		case 2:
			return fmt.Sprintf("POOL%d s%d floor", size.Draw(t, "F"), stride.Draw(t, "S"))
		case 3:
			return fmt.Sprintf("UPSAMPLE%d", stride.Draw(t, "factor"))
		case 4:
			return fmt.Sprintf("UPSAMPLE%d bilinear", stride.Draw(t, "factor"))
		case 5:
			return fmt.Sprintf("UPCONV%d-2 s%d d%d", size.Draw(t, "F"), stride.Draw(t, "S"), stride.Draw(t, "d"))
		case 6:
			return "CONCAT(CONV3-2 | IDENTITY | AVGPOOL3 s1 p1 -> CONV5-2 d2)"
		case 7:
			return "CONCAT(POOL4 s2 p1 | UPSAMPLE2 -> CONV3-2 s4 p1 floor)"
		case 11:
			return fmt.Sprintf("PAD p=%d,%d,0,0 ", size.Draw(t, "left"), size.Draw(t, "right")) +
				rapid.SampledFrom([]string{"zero", "reflect"}).Draw(t, "mode")
		case 10:
			scale := rapid.SampledFrom([]string{"0.5", "0.75", "1.5", "2", "2.5"})
			return "RESIZE scale=" + scale.Draw(t, "scale") + rapid.SampledFrom([]string{"", " bilinear"}).Draw(t, "mode")
		case 8:
			factor := stride.Draw(t, "factor")
			return fmt.Sprintf("CONV1-%d -> PIXELSHUFFLE%d", 2*factor*factor, factor)
		case 9:
			return fmt.Sprintf("CONV3-8 -> PIXELSHUFFLE2 -> CONV%d-2 s1 p2 floor -> CROP96 -> PIXELUNSHUFFLE%d",
				size.Draw(t, "F"),
				stride.Draw(t, "factor"))
		}
		return "BN -> RELU"
	}
	layers := make([]string, rapid.IntRange(1, 5).Draw(t, "layers"))
	for i := range layers {
		layers[i] = layer()
	}
	return strings.Join(layers, " -> ")
}

// oracle follows sets of places on the axis of the width.
type oracle struct {
	net  *shape.Network
	memo map[[2]int64]map[int64]bool
}

func newOracle(net *shape.Network) *oracle {
	return &oracle{net, map[[2]int64]map[int64]bool{}}
}

// seen returns the pixels that place o of node i is computed from, on endless planes.
func (r *oracle) seen(i int, o int64) map[int64]bool {
	if i == 0 {
		return map[int64]bool{o: true}
	}
	key := [2]int64{int64(i), o}
	if all, known := r.memo[key]; known {
		return all
	}
	all := map[int64]bool{}
	node := &r.net.Nodes[i]
	for _, input := range node.Inputs {
		for _, place := range reads(node.Op, r.net.Layers[input].Out, r.net.Layers[i].Out, o) {
			maps.Copy(all, r.seen(input, place))
		}
	}
	r.memo[key] = all
	return all
}

// check compares what the output's places see with its field.
func (r *oracle) check(got shape.FieldAxis, even bool) error {
	size, start := int64(0), int64(0)
	for place := range int64(96) {
		pixels := r.seen(len(r.net.Nodes)-1, place)
		if len(pixels) == 0 {
			continue
		}
		first, last := slices.Min(slices.Collect(maps.Keys(pixels))), slices.Max(slices.Collect(maps.Keys(pixels)))
		if size == 0 {
			start = first
		}
		size = max(size, last-first+1)
		if want := got.Start + place*got.Jump.Num; even && (first != want || last != want+got.Size-1) {
			return fmt.Errorf("place %d sees %d to %d, the field is %+v", place, first, last, got)
		}
	}
	if size != got.Size || start != got.Start {
		return fmt.Errorf("the largest is %d and the first starts at %d, the field is %+v", size, start, got)
	}
	return nil
}

// reads returns the places of the input's width that a place of the output is computed from.
func reads(o graph.Op, in, out graph.Shape, place int64) (from []int64) {
	const far = 64 // more than any filter here reaches
	switch o := o.(type) {
	case *op.Crop:
		x, _ := o.Corner(in)
		from = []int64{place + x}
	case *op.UpConv:
		g, _ := o.Geometry(in)
		for i := floor(place, g.W.Stride) - far; i <= floor(place, g.W.Stride)+far; i++ {
			for k := range g.W.Size {
				if i*g.W.Stride-g.W.Before+k*g.W.Dilation == place {
					from = append(from, i)
				}
			}
		}
	case *op.Pad:
		left, _ := o.Before()
		from = []int64{place - left}
	case *op.Resize:
		step, _ := o.Steps(in, out) // quarters and fifths, so that 1e-9 is less than any distance
		if !o.Bilinear() {
			return []int64{int64(math.Floor(float64(place)*step + 1e-9))}
		}
		source := (float64(place)+0.5)*step - 0.5
		for i := int64(source) - 2; i <= int64(source)+2; i++ {
			if weight := 1 - max(source-float64(i), float64(i)-source); weight > 1e-9 {
				from = append(from, i)
			}
		}
	case *op.PixelShuffle:
		from = []int64{floor(place, o.Factor())}
	case *op.PixelUnshuffle:
		for k := range o.Factor() {
			from = append(from, place*o.Factor()+k)
		}
	case *op.Upsample:
		factor := out.W / in.W
		if !o.Bilinear() {
			return []int64{floor(place, factor)}
		}
		source := (float64(place)+0.5)/float64(factor) - 0.5
		for i := int64(source) - 2; i <= int64(source)+2; i++ {
			if weight := 1 - max(source-float64(i), float64(i)-source); weight > 1e-9 {
				from = append(from, i)
			}
		}
	case op.Windowed:
		g, _ := o.Geometry(in)
		for k := range g.W.Size {
			from = append(from, place*g.W.Stride-g.W.Before+k*g.W.Dilation)
		}
	default:
		from = []int64{place}
	}
	return from
}

func floor(a, b int64) int64 {
	for a%b != 0 {
		a--
	}
	return a / b
}

func TestFieldsAreTheSetsOfPixels(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		layers := drawLayers(rt)
		net, err := network.Sound("net.yaml", fmt.Appendf(nil, "input: 97x97x2\nlayers: |\n  INPUT -> %s\n", layers),
			graph.Options{})
		if err != nil {
			rt.Skip(err)
		}
		got := lastField(net).W
		if got.Unknown != "" {
			rt.Fatalf("%s: %s", layers, got.Unknown)
		}
		if err := newOracle(net).check(got, !strings.Contains(layers, "UP") && !strings.Contains(layers, "PIXEL") &&
			!strings.Contains(layers, "RESIZE")); err != nil {
			rt.Fatalf("%s: %v", layers, err)
		}
	})
}

func TestFieldsOfUNetAreTheSetsOfPixels(t *testing.T) {
	net := builtIn(t, "unet")
	if err := newOracle(net).check(lastField(net).W, false); err != nil {
		t.Error(err)
	}
}
