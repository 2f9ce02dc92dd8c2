package op

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// square returns a window with the same size on both axes and the same pad on all sides.
func square(size, stride, padding, dilation int64, rounding string) window {
	return window{
		size: extent{size, size}, stride: extent{stride, stride}, dilation: extent{dilation, dilation},
		pad: pad{padNumbers, padding, padding, padding, padding}, rounding: rounding,
	}
}

// sizes returns the plane of an output, as "WxH".
func plane(s graph.Shape) string { return fmt.Sprintf("%dx%d", s.W, s.H) }

// The outputs are those of PyTorch 1.13, torch.nn.functional.conv1d.
func TestConvFloorIsPyTorchs(t *testing.T) {
	for _, test := range []struct{ width, size, stride, pad, dilation, want int64 }{
		{224, 11, 4, 2, 1, 55}, {227, 11, 4, 0, 1, 55}, {32, 3, 1, 1, 1, 32}, {32, 3, 2, 1, 1, 16}, {7, 3, 2, 0, 1, 3},
		{10, 3, 2, 0, 1, 4}, {16, 3, 1, 0, 2, 12}, {17, 5, 3, 2, 2, 5}, {5, 5, 1, 0, 1, 1}, {5, 7, 1, 1, 1, 1},
		{64, 4, 2, 1, 1, 32}, {9, 1, 4, 0, 1, 3}, {30, 3, 7, 3, 4, 4},
	} {
		conv := &Conv{window: square(test.size, test.stride, test.pad, test.dilation, "floor"), Filters: 2}
		out, err := conv.Output([]graph.Shape{{W: test.width, H: test.width, D: 3}})
		if want := (graph.Shape{W: test.want, H: test.want, D: 2}); err != nil || out != want {
			t.Errorf("%+v: %s, %v", test, out, err)
		}
	}
}

// The outputs are those of PyTorch 1.13, torch.nn.functional.max_pool1d without and with ceil_mode.
func TestPoolRoundingIsPyTorchs(t *testing.T) {
	for _, test := range []struct{ width, size, stride, pad, floor, ceil int64 }{
		{112, 3, 2, 0, 55, 56}, {112, 3, 2, 1, 56, 57}, {7, 2, 2, 0, 3, 4}, {8, 2, 2, 0, 4, 4}, {5, 2, 2, 1, 3, 3},
		{5, 3, 3, 1, 2, 2}, {6, 3, 4, 0, 1, 2}, {4, 2, 3, 1, 2, 2}, {3, 3, 2, 1, 2, 2}, {6, 2, 5, 1, 2, 2},
		{10, 4, 3, 2, 4, 4}, {2, 2, 4, 1, 1, 1}, {55, 3, 2, 0, 27, 27}, {1, 2, 2, 1, 1, 1}, {9, 3, 5, 1, 2, 2}, {4, 3, 3, 1, 2, 2},
		// A window larger than the padded input, which PyTorch cuts, or of which it leaves nothing (0).
		{1, 2, 2, 0, 0, 1}, {2, 4, 3, 0, 0, 1}, {1, 3, 2, 0, 0, 0}, {2, 5, 2, 1, 0, 1},
	} {
		for rounding, want := range map[string]int64{"floor": test.floor, "ceil": test.ceil} {
			pool := &MaxPool{pooling{window: square(test.size, test.stride, test.pad, 1, rounding)}}
			out, err := pool.Output([]graph.Shape{{W: test.width, H: test.width, D: 3}})
			if want := (graph.Shape{W: want, H: want, D: 3}); want.W == 0 != (err != nil) || err == nil && out != want {
				t.Errorf("%s %+v: %s, %v", rounding, test, out, err)
			}
		}
	}
}

// TensorFlow's SAME (tf.nn.convolution): out = ceil(W/S), the pad max((out-1)S+F-W, 0), its smaller half before.
func TestSameIsTensorFlows(t *testing.T) {
	for _, test := range []struct{ width, size, stride, out, before, after int64 }{
		{224, 3, 2, 112, 0, 1}, {224, 7, 2, 112, 2, 3}, {5, 2, 1, 5, 0, 1}, {28, 5, 1, 28, 2, 2},
		{7, 1, 2, 4, 0, 0}, {8, 1, 4, 2, 0, 0}, {10, 4, 3, 4, 1, 2}, {3, 7, 1, 3, 3, 3},
	} {
		conv := &Conv{window: square(test.size, test.stride, 0, 1, ""), Filters: 1}
		conv.pad = pad{mode: padSame}
		g, err := conv.Geometry(graph.Shape{W: test.width, H: test.width, D: 1})
		if err != nil || g.W.Out != test.out || g.W.Before != test.before || g.W.After != test.after {
			t.Errorf("%+v: %+v, %v", test, g.W, err)
		}
	}
}

// The outputs are those of PyTorch 1.13, torch.nn.functional.conv_transpose1d.
func TestUpConvIsPyTorchs(t *testing.T) {
	for _, test := range []struct{ width, size, stride, pad, dilation, outpad, want int64 }{
		{4, 2, 2, 0, 1, 0, 8}, {4, 3, 2, 1, 1, 1, 8}, {7, 4, 2, 1, 1, 0, 14}, {5, 3, 1, 0, 1, 0, 7},
		{5, 3, 3, 2, 2, 2, 15}, {1, 2, 2, 0, 1, 0, 2}, {6, 5, 4, 1, 1, 3, 26}, {3, 1, 1, 0, 3, 2, 5},
	} {
		up := &UpConv{
			window:  square(test.size, test.stride, test.pad, test.dilation, ""),
			Filters: 2,
			OutPad:  extent{test.outpad, test.outpad},
		}
		out, err := up.Output([]graph.Shape{{W: test.width, H: test.width, D: 3}})
		if want := (graph.Shape{W: test.want, H: test.want, D: 2}); err != nil || out != want {
			t.Errorf("%+v: %s, %v", test, out, err)
		}
	}
}

// Each axis has its own size, stride and pads: width first.
func TestAxesAreIndependent(t *testing.T) {
	conv := &Conv{window: window{size: extent{7, 4}, stride: extent{3, 2}, pad: pad{padNumbers, 1, 2, 0, 2}}, Filters: 4}
	out, err := conv.Output([]graph.Shape{{W: 31, H: 8, D: 5}})
	// (31-7+1+2)/3+1 = 10, (8-4+0+2)/2+1 = 4
	if want := (graph.Shape{W: 10, H: 4, D: 4}); err != nil || out != want {
		t.Errorf("%s, %v, want %s", out, err, want)
	}
}

// The defaults: stride 1 and the pad d(F-1)/2 for CONV; stride 2 for pools with windows of 2, and any stride if the
// window is the whole input.
func TestWindowDefaults(t *testing.T) {
	for _, test := range []struct {
		layer graph.Op
		in    graph.Shape
		want  string // or the beginning of the problem
	}{
		{&Conv{window: window{size: extent{3, 3}}, Filters: 1}, graph.Shape{W: 9, H: 8, D: 1}, "9x8"},
		{&Conv{window: window{size: extent{7, 1}}, Filters: 1}, graph.Shape{W: 9, H: 8, D: 1}, "9x8"},
		{&Conv{window: window{size: extent{3, 3}, dilation: extent{4, 4}}, Filters: 1}, graph.Shape{W: 9, H: 8, D: 1}, "9x8"},
		{&Conv{window: window{size: extent{1, 1}, stride: extent{2, 2}}, Filters: 1}, graph.Shape{W: 9, H: 7, D: 1}, "5x4"},
		{&Conv{window: window{size: extent{3, 3}, stride: extent{2, 2}}, Filters: 1}, graph.Shape{W: 9, H: 9, D: 1},
			"the pad is missing: the stride is 2"},
		{&Conv{window: window{size: extent{2, 2}}, Filters: 1}, graph.Shape{W: 9, H: 9, D: 1},
			"the pad is missing: F=2 is even"},
		{&Conv{window: window{size: extent{3, 2}}, Filters: 1}, graph.Shape{W: 9, H: 9, D: 1},
			"height: the pad is missing: F=2 is even"},
		{&MaxPool{pooling{window: window{size: extent{2, 2}}}}, graph.Shape{W: 8, H: 6, D: 1}, "4x3"},
		{&AvgPool{pooling: pooling{window: window{size: extent{7, 5}}}}, graph.Shape{W: 7, H: 5, D: 1}, "1x1"},
		{&MaxPool{pooling{window: window{size: extent{3, 3}}}}, graph.Shape{W: 8, H: 6, D: 1}, "the stride is missing"},
		{&MaxPool{pooling{window: window{size: extent{3, 3}}}}, graph.Shape{W: 2, H: 6, D: 1},
			"width: (W-F+2P)/S+1 = (2-3+0)/1+1: the window 3"},
		{&UpConv{window: window{size: extent{2, 2}}, Filters: 1}, graph.Shape{W: 8, H: 6, D: 1}, "16x12"},
		{&UpConv{window: window{size: extent{3, 3}}, Filters: 1}, graph.Shape{W: 8, H: 6, D: 1}, "the stride is missing"},
		{&Local{window: window{size: extent{3, 3}}, Filters: 1}, graph.Shape{W: 8, H: 6, D: 1}, "8x6"},
		{&DWConv{window: window{size: extent{5, 5}}}, graph.Shape{W: 8, H: 6, D: 1}, "8x6"},
	} {
		out, err := test.layer.Output([]graph.Shape{test.in})
		got := plane(out)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s on %s: %s, want %s", Notation(test.layer), test.in, got, test.want)
		}
	}
}

// A rule is not applied to unknown numbers; what is known is passed on.
func TestUnknownInputs(t *testing.T) {
	unknownPlane, unknownDepth := graph.Shape{D: 6}, graph.Shape{W: 8, H: 8}
	for _, test := range []struct {
		layer graph.Op
		in    []graph.Shape
		want  graph.Shape
	}{
		{&Conv{window: window{size: extent{3, 3}}, Filters: 4}, []graph.Shape{unknownPlane}, graph.Shape{D: 4}},
		{&Conv{window: window{size: extent{3, 3}}, Filters: 4, groups: 2}, []graph.Shape{unknownDepth}, graph.Shape{W: 8, H: 8, D: 4}},
		{&DWConv{window: window{size: extent{3, 3}}}, []graph.Shape{unknownDepth}, graph.Shape{W: 8, H: 8}},
		{&MaxPool{pooling{window: window{size: extent{2, 2}}}}, []graph.Shape{unknownPlane}, graph.Shape{D: 6}},
		{&FC{Units: 5}, []graph.Shape{{}}, graph.Shape{W: 1, H: 1, D: 5}},
		{&GlobalAvgPool{}, []graph.Shape{unknownPlane}, graph.Shape{W: 1, H: 1, D: 6}},
		{&Flatten{}, []graph.Shape{unknownPlane}, graph.Shape{W: 1, H: 1}},
		{&Crop{size: extent{2, 3}}, []graph.Shape{unknownPlane}, graph.Shape{W: 2, H: 3, D: 6}},
		{&Concat{}, []graph.Shape{unknownPlane, unknownDepth}, graph.Shape{W: 8, H: 8}},
		{&Add{}, []graph.Shape{unknownPlane, unknownDepth}, graph.Shape{W: 8, H: 8, D: 6}},
		{&Mul{}, []graph.Shape{unknownPlane, unknownDepth, {W: 1, H: 1, D: 6}}, graph.Shape{W: 8, H: 8, D: 6}},
		{&Mul{}, []graph.Shape{unknownPlane, {W: 1, H: 1, D: 6}}, graph.Shape{D: 6}},
		{&Add{}, []graph.Shape{unknownDepth, {W: 8, H: 1, D: 1}}, graph.Shape{W: 8, H: 8}},
	} {
		out, err := test.layer.Output(test.in)
		if err != nil || out != test.want {
			t.Errorf("%s on %v: %s, %v, want %s", Notation(test.layer), test.in, out, err, test.want)
		}
	}
}

var (
	proposedInputs  = regexp.MustCompile(`(?:input | or )(\d+) \((\d+) wide`)
	proposedPad     = regexp.MustCompile(`^p(\d+)$`)
	proposedPads    = regexp.MustCompile(`^p=(\d+),(\d+),(\d+),(\d+)$`)
	proposedStrides = regexp.MustCompile(`(?:^| or )s(\d+) \((\d+) wide`)
)

// Every number that a misfit proposes fits, with the width that it names.
func TestProposalsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Axis{
			In: rapid.Int64Range(1, 300).
				Draw(t, "W"),
			Size: rapid.Int64Range(1, 12).Draw(t, "F"), Stride: rapid.Int64Range(2, 9).Draw(t, "S"),
			Before: rapid.Int64Range(0, 5).Draw(t, "P"), Dilation: rapid.Int64Range(1, 3).Draw(t, "d"),
		}
		a.After = a.Before
		w := square(a.Size, a.Stride, a.Before, a.Dilation, "")
		var problem *diag.Problem
		switch _, err := w.resolve(graph.Shape{W: a.In, H: a.In, D: 1}, convRules("")); {
		case err == nil:
			t.Skip("fits")
		case strings.Contains(err.Error(), "larger than the padded input"), strings.Contains(err.Error(), "padding only"):
			t.Skip("too large")
		default:
			problem = err.(*diag.Problem)
		}
		travel := func(in, before, after int64) int64 { return in + before + after - a.Dilation*(a.Size-1) - 1 }
		fits := func(what string, travel, stride int64, wide string) {
			if travel < 0 || travel%stride != 0 || wide != "" && wide != fmt.Sprint(travel/stride+1) {
				t.Errorf("%v: proposes %s %s wide: %s", problem, what, wide, problem.Fits)
			}
		}
		number := func(text string) int64 {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		parts := append([]string{problem.Inputs}, strings.Split(problem.Fits, "; ")...)
		if !strings.HasPrefix(parts[1], "p") {
			// No pad that is smaller than the window fits.
			for before := a.Before; before < a.Dilation*(a.Size-1)+1; before++ {
				if travel(a.In, before, a.After)%a.Stride == 0 {
					t.Errorf("%v: does not propose pad %d on one side: %s", problem, before, problem.Fits)
				}
			}
			parts = slices.Insert(parts, 1, "")
		}
		if len(parts) != 4 {
			t.Fatalf("proposals are %s", problem.Fits)
		}
		for _, m := range proposedInputs.FindAllStringSubmatch(parts[0], -1) {
			fits("input "+m[1], travel(number(m[1]), a.Before, a.After), a.Stride, m[2])
		}
		if m := proposedPad.FindStringSubmatch(parts[1]); parts[1] == "" {
			// none, as was checked
		} else if m != nil {
			p := number(m[1])
			fits("pad "+m[1], travel(a.In, p, p), a.Stride, "")
		} else if m := proposedPads.FindStringSubmatch(parts[1]); m == nil || m[1] != m[3] || m[2] != m[4] {
			t.Errorf("no pad proposed: %s", problem.Fits)
		} else {
			fits(m[0], travel(a.In, number(m[1]), number(m[2])), a.Stride, "")
		}
		for _, m := range proposedStrides.FindAllStringSubmatch(parts[2], -1) {
			fits("stride "+m[1], travel(a.In, a.Before, a.After), number(m[1]), m[2])
		}
	})
}

var proposedWritten = regexp.MustCompile(`p(\d+) \((\d+) wide\)`)

// Every pad that is proposed where one must be written fits.
func TestWrittenPadsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Axis{In: rapid.Int64Range(1, 300).Draw(t, "W"), Size: rapid.Int64Range(2, 12).Draw(t, "F"),
			Stride: rapid.Int64Range(1, 9).Draw(t, "S"), Dilation: rapid.Int64Range(1, 3).Draw(t, "d")}
		for _, m := range proposedWritten.FindAllStringSubmatch(onSide{Axis: a, side: width}.writtenPads(), -1) {
			p, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			travel := a.In + 2*p - a.Dilation*(a.Size-1) - 1
			if travel < 0 || travel%a.Stride != 0 || m[2] != fmt.Sprint(travel/a.Stride+1) {
				t.Errorf("%+v: %s", a, onSide{Axis: a, side: width}.writtenPads())
			}
		}
	})
}

// The nearest common divisors, against a search of all.
func TestNearestDivisors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(1, 500).Draw(t, "depth"), rapid.Int64Range(1, 500).Draw(t, "filters")
		n := rapid.Int64Range(2, 600).Draw(t, "groups")
		below, above := int64(1), int64(0)
		for d := int64(1); d <= min(a, b); d++ {
			if a%d != 0 || b%d != 0 {
				continue
			}
			if d < n {
				below = d
			} else if d > n && above == 0 {
				above = d
			}
		}
		want := fmt.Sprint(below)
		if above > 0 {
			want = fmt.Sprintf("%d or %d", below, above)
		}
		if got := nearestDivisors(a, b, n); got != want {
			t.Errorf("nearestDivisors(%d, %d, %d) = %s, want %s", a, b, n, got, want)
		}
	})
}

// Where Caffe keeps a last window that PyTorch does not, the message says so: pooling_layer.cpp drops one that starts
// outside of the image only where there is padding.
func TestRoundingsOfPools(t *testing.T) {
	pool := func(size, stride, padding int64) *MaxPool {
		w := window{size: extent{size, size}, stride: extent{stride, stride}}
		if padding > 0 {
			w.pad = pad{padNumbers, padding, padding, padding, padding}
		}
		return &MaxPool{pooling{window: w}}
	}
	for _, test := range []struct {
		layer *MaxPool
		in    int64
		want  string // the end of what fits
	}{
		{pool(3, 2, 0), 8, "`floor` (3, as PyTorch does) or `ceil` (4, as Caffe does)"},
		{pool(1, 2, 0), 32, "`floor` (16) or `ceil` (16), both as PyTorch does; Caffe has 17"},
		{pool(2, 3, 0), 6, "`floor` (2) or `ceil` (2), both as PyTorch does; Caffe has 3"},
		{pool(2, 3, 1), 8, "`floor` (3, as PyTorch does) or `ceil` (3, as Caffe does)"},
	} {
		_, err := test.layer.Output([]graph.Shape{{W: test.in, H: test.in, D: 1}})
		if err == nil {
			t.Errorf("%s fits %d", Notation(test.layer), test.in)
			continue
		}
		if got := diag.At(diag.Pos{}, err).Fits; !strings.HasSuffix(got, test.want) {
			t.Errorf("%s on %d: %s, want %s", Notation(test.layer), test.in, got, test.want)
		}
	}
}
