package diag

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/plain"
)

// The caret is under its character in the terminal.
func TestExcerpts(t *testing.T) {
	long := strings.Repeat("abcdefghi ", 30)
	for _, test := range []struct {
		name, line string
		col        int
		want       string
	}{
		{"plain", "layers: CONF3-8", 9, "  1 | layers: CONF3-8\n    |         ^\n"},
		{"indentation is cut", "    -> CONF3-8", 8, "  1 | -> CONF3-8\n    |    ^\n"},
		{"a problem of the indentation is not", "\t\tx", 1, "  1 | \\t\\tx\n    | ^\n"},
		{"tabs are written out", "a\tb", 3, "  1 | a\\tb\n    |    ^\n"},
		{"wide characters", "卷积 x", 4, "  1 | 卷积 x\n    |      ^\n"},
		{"combining accent", "e\u0301 x", 4, "  1 | e\u0301 x\n    |   ^\n"},
		{"escapes", "a\x1b[31mb c", 9, "  1 | a\\x1b[31mb c\n    |            ^\n"},
		{"direction marks", "\u202e x", 3, "  1 | \\u202e x\n    |        ^\n"},
		{"after the end", "abc", 4, "  1 | abc\n    |    ^\n"},
		{"far after the end", "abc", 40, "  1 | abc\n    |    ^\n"},
		{"spaces at the end", "abc  \r", 3, "  1 | abc\n    |   ^\n"},
		{"empty", "", 1, "  1 | \n    | ^\n"},
		{"long, at the start", long, 1, "  1 | " + long[:100] + "...\n    | ^\n"},
		{"long, in the middle", long, 151, "  1 | ..." + long[100:200] + "...\n    | " + strings.Repeat(" ", 53) + "^\n"},
		{"long, at the end", long, 299, "  1 | ..." + strings.TrimSpace(long[248:]) + "\n    | " + strings.Repeat(" ", 53) + "^\n"},
	} {
		s := &Source{Name: "f.yaml", Lines: []string{test.line}}
		var out strings.Builder
		if err := s.Print(&out, List{{Pos: Pos{1, test.col}, Msg: "m"}}, false); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("f.yaml:1:%d: m\n%s", test.col, test.want)
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Problems are printed in file order, each once, with all their lines.
func TestPrint(t *testing.T) {
	var list List
	list.Add(Pos{12, 1}, "t/a", "second").WithHint("a %s", "hint")
	list.Add(Pos{2, 3}, "t/a", "first").WithFits("numbers")
	list.Add(Pos{12, 1}, "t/a", "second")
	list.Add(Pos{99, 1}, "t/a", "past the end\x1b")
	list[3].Context = "turn 1 of 2"
	list.Add(Pos{}, "t/a", "the whole file")
	lines := make([]string, 12)
	lines[1], lines[11] = "  x: y", "z"
	want := `a\x07.yaml: the whole file
a\x07.yaml:2:3: first
  2 | x: y
    | ^
  fits: numbers
a\x07.yaml:12:1: second
  12 | z
     | ^
  hint: a hint
a\x07.yaml:99:1: past the end\x1b
  in:   turn 1 of 2
`
	var out strings.Builder
	if err := (&Source{Name: "a\a.yaml", Lines: lines}).Print(&out, list, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// In colours, the place is bold, the message and the caret are red, and labels are cyan. Text from the user can't end
// them.
func TestPrintInColours(t *testing.T) {
	list := List{{Pos: Pos{1, 3}, Msg: "m\x1b[0m", Fits: "f", Hint: "h\x1b[0m"}}
	want := "\x1b[1mf\\x1b[0m:1:3:\x1b[0m \x1b[31mm\\x1b[0m\x1b[0m\n" +
		"  1 | a\\x1b[0m\n" +
		"    |      \x1b[1;31m^\x1b[0m\n" +
		"  \x1b[36mfits: \x1b[0mf\n" +
		"  \x1b[36mhint: \x1b[0mh\\x1b[0m\n"
	var out strings.Builder
	if err := (&Source{Name: "f\x1b[0m", Lines: []string{"a\x1b[0m"}}).Print(&out, list, true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Texts that nobody cut are cut where they are shown; the list itself keeps them.
func TestShownIsCut(t *testing.T) {
	long := strings.Repeat("a", 10_000)
	list := List{{Msg: long, Context: long, Fits: long, Hint: long}}
	shown, _ := list.Shown()
	for _, text := range []string{shown[0].Msg, shown[0].Context, shown[0].Fits, shown[0].Hint} {
		if text != plain.CutMessage(long) {
			t.Errorf("a text of %d characters", len(text))
		}
	}
	if list[0].Msg != long {
		t.Error("the message of the list is cut")
	}
}

// A hundred problems are shown, the others counted.
func TestPrintIsBounded(t *testing.T) {
	for _, test := range []struct {
		problems int
		last     string
	}{{100, "f:1:100: m\n"}, {101, "f: problems not shown: 1\n"}, {12_100, "f: problems not shown: 12,000 or more\n"}} {
		var list List
		for i := range test.problems {
			list.Add(Pos{1, i + 1}, "t/a", "m")
		}
		var out strings.Builder
		if err := (&Source{Name: "f"}).Print(&out, list, false); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasSuffix(got, test.last) || strings.Count(got, ": m\n") != 100 {
			t.Errorf("%d problems end with %s", test.problems, got[max(0, len(got)-80):])
		}
		if got, want := list.Crowded(), test.problems > 1000; got != want {
			t.Errorf("%d problems: crowded is %v", test.problems, got)
		}
	}
}

func TestAt(t *testing.T) {
	here, there := Pos{1, 2}, Pos{3, 4}
	for _, test := range []struct {
		err  error
		want Problem
	}{
		{Errorf("t/a", "a %d", 1).WithHint("h"), Problem{Pos: here, Code: "t/a", Msg: "a 1", Hint: "h"}},
		{ErrorfAt(there, "t/b", "b"), Problem{Pos: there, Code: "t/b", Msg: "b"}},
		{fmt.Errorf("c"), Problem{Pos: here, Msg: "c"}},
	} {
		if diff := cmp.Diff(test.want, At(here, test.err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	for _, test := range []struct {
		p, q Pos
		want bool
	}{{here, there, false}, {there, here, true}, {here, here, false}, {Pos{3, 5}, there, true}} {
		if got := test.p.After(test.q); got != test.want {
			t.Errorf("%s after %s is %v", test.p, test.q, got)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		problem        Problem
		error, printed string
	}{
		{Problem{Msg: "m"}, "m", "f: m\n"},
		{Problem{Pos: Pos{1, 2}, Msg: "m"}, "1:2: m", "f:1:2: m\n  1 | abc\n    |  ^\n"},
		{Problem{Node: "a\x1b.b", Msg: "m"}, `node a\x1b.b: m`, "f: m\n  in:   node a\\x1b.b\n"},
		{Problem{Flag: "--set", Msg: "m"}, "--set: m", "f: --set: m\n"},
	} {
		if got := test.problem.Error(); got != test.error {
			t.Errorf("Error: %q, want %q", got, test.error)
		}
		var b strings.Builder
		source := &Source{Name: "f", Lines: []string{"abc"}}
		if err := source.Print(&b, List{test.problem}, false); err != nil || b.String() != test.printed {
			t.Errorf("Print: %q (%v), want %q", b.String(), err, test.printed)
		}
	}
}

func TestNearest(t *testing.T) {
	kinds := []string{"CONV", "DWCONV", "POOL", "RELU", "RELU6", "FC", "BN", "DROPOUT"}
	for _, test := range []struct{ name, want string }{
		{"CONF", "CONV"}, {"conv", "CONV"}, {"cnov", "CONV"}, {"CON", "CONV"}, {"CONVV", "CONV"}, {"DRPOUOT", "DROPOUT"},
		{"FD", "FC"}, {"B", ""}, {"XYZZY", ""}, {"", ""}, {"卷积", ""}, {strings.Repeat("CONV", 20), ""},
		{"RELU5", "RELU"}, // as near as RELU6: the first in the alphabet
	} {
		got, ok := Nearest(test.name, kinds)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("Nearest(%q) = %q, %v, want %q", test.name, got, ok, test.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	networks := []string{"resnet18", "resnet50", "resnet110", "vgg11", "vgg16", "yolov3", "yolov3-tiny",
		"torchvision/resnet50",
		"torchvision/resnet101", "torchvision/wide_resnet101_2", "torchvision/vgg16", "torchvision/efficientnet_b7",
		"googlenet", "torchvision/mobilenet_v2", "torchvision/resnext50_32x4d"}
	devices := []string{"rtx3060", "rtx3090", "rtx4090", "v100-16gb", "v100-32gb", "a100-40gb", "a100-80gb", "t4",
		"rtx2080ti"}
	for _, test := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"strid", []string{"size", "stride"}, "stride"},
		{"Rtx_3090", devices, "rtx3090"},
		{"3090", devices, "rtx3090"},
		{"inplac", []string{"inplace", "keep", "inplace"}, "inplace"},
		{"v100", devices, "v100-16gb or v100-32gb"},
		{"nvidia rtx 4090", devices, "rtx4090"},
		{"a100 40 gb", devices, "a100-40gb"},
		{"rtx4O90", devices, "rtx4090"},
		{"resnet101", networks, "torchvision/resnet101"}, // not resnet110
		{"resnet_50x", networks, "resnet50"},
		{"vgg1", networks, "vgg11 or vgg16"},
		{"vgg", networks, "vgg11 or vgg16"},
		{"b7", networks, "torchvision/efficientnet_b7"},
		{"wide_resnet", networks, "torchvision/wide_resnet101_2"},
		{"YOLOv3 tiny", networks, "yolov3-tiny"},
		{"resnt18", networks, "resnet18"},
		{"mobilenet", networks, "torchvision/mobilenet_v2"},    // not googlenet
		{"resnext50", networks, "torchvision/resnext50_32x4d"}, // not resnet50
		{"rtx4090ti", devices, "rtx4090"},                      // not rtx2080ti
		{"tesla-t4", devices, "t4"},
		{"Tesla V100", devices, "v100-16gb or v100-32gb"},
		{"NVIDIA A100 (PCIe)", devices, "a100-40gb or a100-80gb"},
		{"pytorch", networks, ""},
		{"5", devices, ""},
		{"", networks, ""},
		{"/", networks, ""},
		{strings.Repeat("resnet50", 20), networks, ""},
		{"x", make([]string, MaxCandidates+1), ""},
	} {
		want := test.want
		if want != "" {
			want = "did you mean " + want + "?"
		}
		if got := DidYouMean(test.name, test.candidates); got != want {
			t.Errorf("%q: %q, want %q", test.name, got, want)
		}
	}
}
