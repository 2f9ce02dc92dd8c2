package convert_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/convert"
	"cnncalc/internal/diag"
	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

func read(t *testing.T, text string, o graph.Options) *shape.Network {
	t.Helper()
	net, err := network.Sound("net.yaml", []byte(text), o)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return net
}

func line(input, layers string) string {
	return fmt.Sprintf("input: %s\nlayers: |\n  INPUT -> %s\n", input, layers)
}

// converted returns the new network after printing and reading it back, for another input size if one is given.
func converted(t *testing.T, text string, o graph.Options) *shape.Network {
	t.Helper()
	g, _, err := convert.FCToConv(read(t, text, graph.Options{}))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return read(t, spec.Print(g), o)
}

func square(side int64) graph.Options { return graph.Options{InputWidth: side, InputHeight: side} }

// The notes, "Converting FC layers to CONV layers": F=7 K=4096, F=1 K=4096, F=1 K=1000, and 12x12x512 and 6x6x1000
// from a picture of 384.
func TestNotesVGG16(t *testing.T) {
	text, err := architectures.Open("vgg16")
	if err != nil {
		t.Fatal(err)
	}
	at := func(o graph.Options) map[string]string {
		got := map[string]string{}
		net := converted(t, string(text), o)
		for i, n := range net.Nodes {
			if slices.Contains([]string{"pool5", "fc1", "fc2", "fc3"}, n.Name) {
				got[n.Name] = op.Notation(n.Op) + " " + net.Layers[i].Out.String()
			}
		}
		return got
	}
	for _, tt := range []struct {
		side int64
		want map[string]string
	}{
		{224, map[string]string{"pool5": "POOL2 7x7x512", "fc1": "CONV7-4096 p0 1x1x4096", "fc2": "CONV1-4096 1x1x4096", "fc3": "CONV1-1000 1x1x1000"}},
		{384, map[string]string{"pool5": "POOL2 12x12x512", "fc1": "CONV7-4096 p0 6x6x4096", "fc2": "CONV1-4096 6x6x4096", "fc3": "CONV1-1000 6x6x1000"}},
	} {
		if diff := cmp.Diff(tt.want, at(square(tt.side))); diff != "" {
			t.Errorf("input %d (-notes +converted):\n%s", tt.side, diff)
		}
	}
}

// Every network with an FC at its end converts, prints and reads back with the same layers and names.
func TestBuiltInNetworks(t *testing.T) {
	convertible := 0
	for _, name := range architectures.Names() {
		text, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		old := read(t, string(text), graph.Options{})
		g, changes, err := convert.FCToConv(old)
		hasFC := slices.ContainsFunc(old.Nodes, func(n graph.Node) bool { return n.Op.Kind() == "FC" })
		if (err == nil) != hasFC {
			t.Errorf("%s has an FC: %v, but the error is %v", name, hasFC, err)
		}
		if err != nil {
			continue
		}
		convertible++
		printed := network.Read(name, text).Text(g, graph.Options{})
		headsShareLabels := name == "torchvision/googlenet" || name == "torchvision/inception_v3" // gap1, fc1
		if lines := strings.Count(printed, "\n"); lines > bytes.Count(text, []byte("\n")) && !headsShareLabels {
			t.Errorf("%s: %d lines are written:\n%s", name, lines, printed)
		}
		again := read(t, printed, graph.Options{})
		if len(again.Nodes) != len(g.Nodes) {
			t.Fatalf("%s: %d layers are read back, %d were printed", name, len(again.Nodes), len(g.Nodes))
		}
		var want []string
		for _, n := range old.Nodes {
			leftOut := func(c convert.Change) bool { return c.Name == n.Name && c.New == nil }
			if !slices.ContainsFunc(changes, leftOut) {
				want = append(want, n.Name)
			}
		}
		for i, n := range again.Nodes {
			if n.Name != want[i] || n.Op.Kind() == "FC" {
				t.Errorf("%s: layer %d is %s %s, want it to be called %s, and no FC", name, i, n.Name, n.Op.Kind(), want[i])
			}
		}
		if again.Total.Parameters() != old.Total.Parameters() || again.Total.MACs != old.Total.MACs ||
			again.Total.Out != old.Total.Out {
			t.Errorf("%s: totals %+v, want %+v", name, again.Total, old.Total)
		}
	}
	if convertible < 30 {
		t.Errorf("only %d networks have an FC", convertible)
	}
}

func TestChanges(t *testing.T) {
	tests := []struct {
		what, input, layers string
		want                []string
	}{
		{"FC over a plane, and FC after it", "8x6x3", "CONV3-4 -> FC-5 nobias -> RELU -> FC-2", []string{"fc1 CONV8x6-5 p0 nobias", "fc2 CONV1-2"}},
		{"FLATTEN", "8x8x3", "POOL2 -> FLATTEN -> RELU -> DROPOUT0.5 -> FC-5", []string{"flatten1 -", "fc1 CONV4-5 p0"}},
		{"FLATTEN at the end", "8x8x3", "FC-5 -> FLATTEN", []string{"fc1 CONV8-5 p0", "flatten1 -"}},
		{"FLATTEN after GAP", "8x8x3", "CONV3-4 -> GAP -> FLATTEN -> BN -> FC-2", []string{"gap1 AVGPOOL8 s1", "flatten1 -", "fc1 CONV1-2"}},
		{"FLATTEN before SOFTMAX", "8x8x3", "FC-5 -> FLATTEN -> SOFTMAX", []string{"fc1 CONV8-5 p0", "flatten1 -"}},
		{"GAP of one place", "8x8x3", "POOL8 -> GAP -> FC-2", []string{"pool1 POOL8 s1", "gap1 -", "fc1 CONV1-2"}},
		{"ADAPTAVG that does nothing", "8x8x3", "ADAPTAVG8 -> FC-2", []string{"adaptavg1 -", "fc1 CONV8-2 p0"}},
		{"ADAPTAVG of even windows", "12x8x3", "ADAPTAVG6x2 -> FC-2", []string{"adaptavg1 AVGPOOL2x4 s2x4", "fc1 CONV6x2-2 p0"}},
		{"ADAPTAVG1", "8x8x3", "ADAPTAVG1 -> FC-2", []string{"adaptavg1 AVGPOOL8 s1", "fc1 CONV1-2"}},
		{"L2POOL over all", "4x4x3", "L2POOL4 -> FC-2", []string{"l2pool1 L2POOL4 s1", "fc1 CONV1-2"}},
		{"an own stride stays", "4x4x3", "POOL4 s3 -> FC-2", []string{"fc1 CONV1-2"}},
		{"a gate stays", "8x8x4", "CONV3-4 -> MUL(IDENTITY | GAP -> FC-1 -> RELU -> FC-4 -> SIGMOID) -> GAP -> FC-2",
			[]string{"gap2 AVGPOOL8 s1", "fc3 CONV1-2"}},
		{"paths at the end", "8x8x4", "GAP -> CONCAT(FC-2 | FC-3 -> RELU)", []string{"gap1 AVGPOOL8 s1", "fc1 CONV1-2", "fc2 CONV1-3"}},
		{"FC alone", "1x1x64", "FC-8 -> RELU -> FC-2", []string{"fc1 CONV1-8", "fc2 CONV1-2"}},
	}
	for _, tt := range tests {
		_, changes, err := convert.FCToConv(read(t, line(tt.input, tt.layers), graph.Options{}))
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		var got []string
		for _, c := range changes {
			now := "-"
			if c.New != nil {
				now = op.Notation(c.New)
			}
			got = append(got, c.Name+" "+now)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ what, input, layers, want, hint string }{
		{"no FC", "8x8x3", "CONV3-4 -> GAP", "3:23: the network has no FC to convert", "--input-size"},
		{"gates only", "8x8x4", "MUL(IDENTITY | GAP -> FC-4) -> CONV3-2", "gate channels", "--input-size"},
		{"uneven windows", "12x12x3", "ADAPTAVG7 -> FC-2", "3:12: ADAPTAVG7: its windows over 12x12 are uneven", "is 7x7, or a multiple"},
		{"weights of places", "8x8x3", "LOCAL3-2 -> FC-2", "3:12: LOCAL3-2: its weights belong to the places of 8x8", "a CONV shares"},
		{"an FC that a plane comes from", "8x8x3", "FC-16 -> UPSAMPLE4 -> CONV3-2", "3:12: FC-16: it reads a plane of 8x8", "end of a network"},
		{"a FLATTEN that a plane comes from", "8x8x3", "FLATTEN -> FC-16 -> UPSAMPLE4 -> GAP -> FC-3", "3:12: FLATTEN: it reads a plane", "end of a network"},
		{"BN of a FLATTEN", "8x8x3", "FLATTEN -> BN -> FC-2", "3:23: BN: it reads the 192 values of a FLATTEN", "activation functions and DROPOUT"},
		{"SOFTMAX of a FLATTEN", "8x8x3", "FLATTEN -> SOFTMAX -> FC-2", "SOFTMAX: it reads", "activation"},
		{"slopes of a FLATTEN", "8x8x3", "FLATTEN -> PRELU -> FC-2", "PRELU: it reads", "activation"},
		{"paths of a FLATTEN", "8x8x3", "CONCAT(FLATTEN | GAP) -> FC-2", "CONCAT: it reads", "activation"},
		{"CONV of a FLATTEN", "8x8x3", "FLATTEN -> CONV1-5 -> FC-2", "CONV1-5: it reads", "activation"},
		{"GAP of a FLATTEN", "8x8x3", "FLATTEN -> GAP -> FC-2", "GAP: it reads", "activation"},
	}
	for _, tt := range tests {
		_, _, err := convert.FCToConv(read(t, line(tt.input, tt.layers), graph.Options{}))
		var p *diag.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Error(), tt.want) || !strings.Contains(p.Hint, tt.hint) {
			t.Errorf("%s: %v, want %q with a hint on %q", tt.what, err, tt.want, tt.hint)
		}
	}
}

// program returns a compiled network. The same tensor has the same weights in every network, whatever its shape.
func program(t *testing.T, n *shape.Network) *exec.Program {
	t.Helper()
	p, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 2, Algo: exec.Im2col, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Load(context.Background(), exec.He(7)); err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t *testing.T, p *exec.Program, picture []float32) []float32 {
	t.Helper()
	out, err := p.Run(context.Background(), picture)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

// noise returns a random picture, [D, H, W].
func noise(w, h, d int64) []float32 {
	random := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	values := make([]float32, w*h*d)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	return values
}

// crop returns the part of a picture that starts at x, y.
func crop(picture []float32, side, depth, x, y, size int64) []float32 {
	var part []float32
	for c := range depth {
		for row := range size {
			from := (c*side+y+row)*side + x
			part = append(part, picture[from:from+size]...)
		}
	}
	return part
}

// far returns the largest difference, relative to the largest value of want.
func far(got, want []float32) float64 {
	largest, distance := 0.0, 0.0
	for i, w := range want {
		largest, distance = max(largest, math.Abs(float64(w))), max(distance, math.Abs(float64(got[i]-w)))
	}
	return distance / largest
}

func TestComputesTheSame(t *testing.T) {
	for _, tt := range []struct{ input, layers string }{
		{"9x7x3", "CONV3-4 -> RELU -> FC-5 -> RELU -> FC-2 -> SOFTMAX"},
		{"8x8x3", "POOL2 -> FLATTEN -> RELU -> DROPOUT0.5 -> FC-5 -> BN -> FC-3"},
		{"12x8x3", "ADAPTAVG6x2 -> FC-2"},
		{"8x8x4", "CONV3-4 -> MUL(IDENTITY | GAP -> FC-2 -> RELU -> FC-4 -> SIGMOID) -> GAP -> FLATTEN -> CONCAT(FC-2 | FC-3)"},
	} {
		old := read(t, line(tt.input, tt.layers), graph.Options{})
		in := old.InputShape()
		picture := noise(in.W, in.H, in.D)
		want := run(t, program(t, old), picture)
		got := run(t, program(t, converted(t, line(tt.input, tt.layers), graph.Options{})), picture)
		if d := far(got, want); d > 1e-6 || len(got) != len(want) {
			t.Errorf("%s: %d values, off by %.2g, want %d", tt.layers, len(got), d, len(want))
		}
	}
}

// unpadded halves its maps five times, as the notes' VGG-16 and AlexNet do, so that crops are 32 pixels apart; each
// crop of 126 gives 2x2 values to the first FC. 160 pixels more make a map of 6x6 scores.
const (
	unpadded   = "[CONV3-6 p0 -> RELU -> POOL2]*5 -> FC-16 -> RELU -> FC-10"
	cropSide   = 126
	largeSide  = cropSide + 5*32
	cropsAside = 6
)

// scoreMap runs the converted network over a larger picture and returns the scores of each place, [y][x].
func scoreMap(t *testing.T, p *exec.Program, picture []float32) [cropsAside][cropsAside][]float32 {
	t.Helper()
	out := p.Network().Total.Out
	if out.W != cropsAside || out.H != cropsAside {
		t.Fatalf("a map of %s, want 6x6", out)
	}
	var scores [cropsAside][cropsAside][]float32
	for i, v := range run(t, p, picture) {
		place := i % (cropsAside * cropsAside)
		at := &scores[place/cropsAside][place%cropsAside]
		*at = append(*at, v)
	}
	return scores
}

// "Evaluating the original ConvNet (with FC layers) independently across 224x224 crops of the 384x384 image in
// strides of 32 pixels gives an identical result to forwarding the converted ConvNet one time."
func TestNotesCrops(t *testing.T) {
	text := line(fmt.Sprintf("%dx%[1]dx3", cropSide), unpadded)
	old := program(t, read(t, text, graph.Options{}))
	picture := noise(largeSide, largeSide, 3)
	scores := scoreMap(t, program(t, converted(t, text, square(largeSide))), picture)
	for y := range int64(cropsAside) {
		for x := range int64(cropsAside) {
			want := run(t, old, crop(picture, largeSide, 3, 32*x, 32*y, cropSide))
			if d := far(scores[y][x], want); d > 1e-5 {
				t.Errorf("crop %d,%d: off by %.2g", x, y, d)
			}
		}
	}
}

// "if we wanted to use a stride of 16 pixels we could do so by combining the volumes received by forwarding the
// converted ConvNet twice: First over the original image and second over the image but with the image shifted
// spatially by 16 pixels along both width and height." The two give the places that are shifted along both; those
// shifted along one take two more.
func TestNotesStrideOf16(t *testing.T) {
	text := line(fmt.Sprintf("%dx%[1]dx3", cropSide), unpadded)
	old := program(t, read(t, text, graph.Options{}))
	slid := program(t, converted(t, text, square(largeSide)))
	const side = largeSide + 16
	picture := noise(side, side, 3)
	for _, shift := range [][2]int64{{0, 0}, {16, 16}, {16, 0}, {0, 16}} {
		scores := scoreMap(t, slid, crop(picture, side, 3, shift[0], shift[1], largeSide))
		for y := range int64(cropsAside) {
			for x := range int64(cropsAside) {
				want := run(t, old, crop(picture, side, 3, 32*x+shift[0], 32*y+shift[1], cropSide))
				if d := far(scores[y][x], want); d > 1e-5 {
					t.Errorf("shifted by %v, place %d,%d: off by %.2g", shift, x, y, d)
				}
			}
		}
	}
}

// With padding the scores differ: a crop has zeros where the larger picture goes on. With padding, the same network's
// scores are off by far more than rounding.
func TestPaddingMakesADifference(t *testing.T) {
	text := line("96x96x3", "[CONV3-6 -> RELU -> POOL2]*5 -> FC-16 -> RELU -> FC-10")
	old := program(t, read(t, text, graph.Options{}))
	const side = 96 + 5*32
	picture := noise(side, side, 3)
	scores := scoreMap(t, program(t, converted(t, text, square(side))), picture)
	largest := 0.0
	for y := range int64(cropsAside) {
		for x := range int64(cropsAside) {
			largest = max(largest, far(scores[y][x], run(t, old, crop(picture, side, 3, 32*x, 32*y, 96))))
		}
	}
	if largest < 0.01 {
		t.Errorf("off by %.2g at most: padding is expected to show", largest)
	}
}

// Heads stay what they are, also those for training.
func TestHeadsAreConverted(t *testing.T) {
	net := converted(t, `
input: 16x16x3
layers: INPUT -> CONV3-8 @a -> POOL2 -> FC-16 -> FC-10
heads:
  aux: {layers: "@a -> POOL2 -> FC-7 -> FC-10", training: true, loss: 0.3}
  small: "@a -> GAP -> FC-3"
`, square(24))
	got := map[string]string{}
	for k, out := range net.Outputs {
		got[net.OutputName(k)] = fmt.Sprint(net.Layers[out].Out, " ", net.HeadOf(k).Training, " ", net.HeadOf(k).Loss)
	}
	want := map[string]string{"output": "5x5x10 false 1", "aux": "5x5x10 true 0.3", "small": "9x9x3 false 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
