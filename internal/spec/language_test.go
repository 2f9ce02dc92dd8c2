package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// sound lowers a file. Any problem fails the test.
func sound(t *testing.T, text string) *graph.Graph {
	t.Helper()
	g, problems := lower(t, text)
	if len(problems) > 0 {
		t.Fatalf("%s\nhas the problems %v", text, problems)
	}
	return g
}

// notations returns the layers after INPUT as the arrow language writes them.
func notations(g *graph.Graph) string {
	var texts []string
	for _, n := range g.Nodes[1:] {
		texts = append(texts, op.Notation(n.Op))
	}
	return strings.Join(texts, ", ")
}

func TestLayers(t *testing.T) {
	const head = "input: 64x64x4\nvars: {f: 5, w: 16, s: 2}\nlayers: |\n  "
	for _, test := range []struct{ layers, want string }{
		{"INPUT -> CONV3-64 -> RELU", "CONV3-64, RELU"},
		{"CONV3-64", "CONV3-64"}, // INPUT may be left out
		{"conv3-64 -> Relu -> pOOL2 -> fc-10", "CONV3-64, RELU, POOL2, FC-10"},
		{"CONV3-64 → RELU", "CONV3-64, RELU"},
		{"CONV3-64->RELU", "CONV3-64, RELU"},
		// The longest kind that fits the word.
		{"RELU6 -> RELU -> PRELU -> LEAKYRELU0.1 -> LEAKYRELU", "RELU6, RELU, PRELU, LEAKYRELU0.1, LEAKYRELU"},
		{"L2POOL2 -> POOL2 -> AVGPOOL2 -> DWCONV3 -> UPCONV2-8 -> LOCAL3-8",
			"L2POOL2, POOL2, AVGPOOL2, DWCONV3, UPCONV2-8, LOCAL3-8"},
		{"DROPOUT0.5 -> DROPOUT -> BN -> LRN5 alpha=1e-4 beta=.75 k=2",
			"DROPOUT0.5, DROPOUT, BN, LRN5 alpha=1e-4 beta=.75 k=2"},
		{"input -> in -> LN -> LRN -> gn(2*2) -> gn2 eps=1 -> IN affine", "IN, LN, LRN, GN4, GN2 eps=1, IN affine"},
		// Sizes.
		{"CONV7x1-192 -> CONV1x7-192", "CONV7x1-192, CONV1x7-192"},
		{"CONV(f)-w s(s) p1", "CONV5-16 s2 p1"},
		{"CONV(f)x3-w -> CONV3x(f)-w -> CONV(f)x(f-2)-w", "CONV5x3-16, CONV3x5-16, CONV5x3-16"},
		{"CONV3-(w*2+s) -> CONV3-(w*(2+s)) -> CONV3-(w/4/2) -> CONV3-(w-s-1)", "CONV3-34, CONV3-64, CONV3-2, CONV3-13"},
		// Options, in any order, short or by key.
		{"CONV3-8 s2 p1 d2 g4 nobias floor", "CONV3-8 s2 p1 d2 g4 nobias floor"},
		{"CONV3-8 floor nobias g=4 dilation=2 pad=1 stride=2", "CONV3-8 s2 p1 d2 g4 nobias floor"},
		{"CONV3-8 S2 P1 SAME=1 -> RELU", ""},
		{"CONV3-8 s2x1 p1x0", "CONV3-8 s2x1 p1x0"},
		{"CONV3-8 p=1,0,1,0 -> CONV3-8 p=1,1,1,1 -> CONV3-8 p=1,1,2,2", "CONV3-8 p=1,0,1,0, CONV3-8 p1, CONV3-8 p1x2"},
		{"CONV3-8 p=s,0,(s-1),0", "CONV3-8 p=2,0,1,0"},
		{"CONV3-8 same s2 -> CONV3-8 valid -> CONV3-8 p=same", "CONV3-8 s2 same, CONV3-8 valid, CONV3-8 same"},
		{"POOL3 s2 ceil -> POOL3 s2 rounding=floor -> AVGPOOL3 s1 p1 excludepad",
			"POOL3 s2 ceil, POOL3 s2 floor, AVGPOOL3 s1 p1 excludepad"},
		{"UPSAMPLE2 -> UPSAMPLE2x1 bilinear -> CROP24x20 offset=1,2 -> ADAPTAVG7",
			"UPSAMPLE2, UPSAMPLE2x1 bilinear, CROP24x20 offset=1,2, ADAPTAVG7"},
		{"CHANNELS from=0 to=3*1 -> shuffle3", "CHANNELS from=0 to=3, SHUFFLE3"},
		// Comments.
		{"# first\n  INPUT # the picture\n  -> RELU#6\n", ""},
		{"# first\n  INPUT # the picture\n  # between -> layers\n  -> RELU # last", "RELU"},
	} {
		g, problems := lower(t, head+test.layers)
		switch {
		case test.want == "" && len(problems) == 0:
			t.Errorf("%s has no problem", test.layers)
		case test.want != "" && len(problems) > 0:
			t.Errorf("%s: %v", test.layers, problems)
		case test.want != "" && notations(g) != test.want:
			t.Errorf("%s\n got %s\nwant %s", test.layers, notations(g), test.want)
		}
	}
}

func TestRepeats(t *testing.T) {
	const head = "input: 64x64x4\nvars: {N: 2, M: 3, zero: 0, w: [8, 16], pool: [1, 0], gelu: 2}\nlayers: |\n  "
	for _, test := range []struct{ layers, want string }{
		{"RELU*3", "RELU, RELU, RELU"},
		{"[BN -> RELU]*N", "BN, RELU, BN, RELU"},
		{"[BN]", "BN"},
		{"[BN -> RELU*N]*(N-1)", "BN, RELU, RELU"},
		{"[[BN -> RELU]*2 -> GELU]*2", "BN, RELU, BN, RELU, GELU, BN, RELU, BN, RELU, GELU"},
		// Absent items.
		{"BN -> RELU*0 -> [BN -> RELU]*zero -> GELU", "BN, GELU"},
		{"[RELU*0]*3 -> BN", "BN"},
		// X? is X*v, v the variable named after the kind, 1 unless set.
		{"RELU? -> GELU? -> BN", "RELU, GELU, GELU, BN"},
		{"[POOL2? -> BN]*2", "POOL2, BN, BN"},
		{"GELU?*3", "GELU, GELU, GELU, GELU, GELU, GELU"},
		// Lists bind to the one repeat that has as many turns.
		{"[CONV3-{8,16,32}]*3", "CONV3-8, CONV3-16, CONV3-32"},
		{"CONV3-{8,16,32}*3", "CONV3-8, CONV3-16, CONV3-32"},
		{"[[CONV3-{8,16}]*3]*2", "CONV3-8, CONV3-8, CONV3-8, CONV3-16, CONV3-16, CONV3-16"},
		{"[[CONV3-{8,16}]*2]*3", "CONV3-8, CONV3-16, CONV3-8, CONV3-16, CONV3-8, CONV3-16"},
		{"[CONV3-w]*2", "CONV3-8, CONV3-16"},
		{"[CONV3-(2*w+1)]*2", "CONV3-17, CONV3-33"},
		{"[CONV3-{w,4}]*2", "CONV3-8, CONV3-4"},
		{"[CONV{3,5}-8]*2", ""}, // a list can only follow a dash or *, or be in parentheses
		{"CONV3-{8}", "CONV3-8"},
		// A count that is a list is evaluated outside its own repeat, and binds no lists of its own.
		{"[[CONV3-{8,16} -> RELU]*{1,2}]*2", "CONV3-8, RELU, CONV3-16, RELU, CONV3-16, RELU"},
		{"[[CONV3-{8,16}]*{2,2}]*2", "CONV3-8, CONV3-8, CONV3-16, CONV3-16"},
		{"[[RELU]*N -> BN]*M", "RELU, RELU, BN, RELU, RELU, BN, RELU, RELU, BN"},
	} {
		g, problems := lower(t, head+test.layers)
		switch {
		case test.want == "" && len(problems) == 0:
			t.Errorf("%s has no problem", test.layers)
		case test.want != "" && len(problems) > 0:
			t.Errorf("%s: %v", test.layers, problems)
		case test.want != "" && notations(g) != test.want:
			t.Errorf("%s\n got %s\nwant %s", test.layers, notations(g), test.want)
		}
	}
}

func TestSetReplacesVariables(t *testing.T) {
	f, _, problems := Read("test.yaml", []byte("input: 8x8x1\nvars: {N: 1, w: 4}\nlayers: '[CONV3-w -> RELU?]*N'"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	vars := map[string][]int64{"N": {2}, "w": {8, 16}, "relu": {0}}
	g, problems := f.Lower(graph.Options{InputWidth: 16, InputHeight: 9, Vars: vars})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, want := notations(g), "CONV3-8, CONV3-16"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := g.InputShape().String(), "16x9x1"; got != want {
		t.Errorf("the input is %s, want %s", got, want)
	}
	for _, test := range []struct{ name, want string }{
		{"N", ""}, {"relu", ""},
		{"depth", "the network has no variable depth; it has N, w, relu"},
		{"rleu", "the network has no variable rleu; did you mean relu?"},
	} {
		err := f.Unknown(graph.Options{Vars: map[string][]int64{test.name: {1}}})
		if got := fmt.Sprint(err); got != test.want && (test.want != "" || err != nil) {
			t.Errorf("--set %s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestBlocks(t *testing.T) {
	const head = `input: 64x64x4
vars: {w: 7, k: 9}
blocks:
  unit(w, s=1): CONV3-w s(s) p1
  pair(a, b=4): |
    unit(a) -> unit(b, s=2)
  none(): RELU
  global(): CONV3-k
  listed():
    - unit(2)
    - relu
    - conv: {size: 3, filters: 5}
  later(): none()
layers: |
  `
	for _, test := range []struct{ layers, want string }{
		{"unit(8)", "CONV3-8 s1 p1"},
		{"unit(8, 2)", "CONV3-8 s2 p1"},
		{"unit(s=2, w=8)", "CONV3-8 s2 p1"},
		{"unit(8, s=2)", "CONV3-8 s2 p1"},
		{"unit(w+1)", "CONV3-8 s1 p1"}, // the caller's w
		{"unit( 8 , 2 ) # by place", "CONV3-8 s2 p1"},
		{"pair(3)", "CONV3-3 s1 p1, CONV3-4 s2 p1"},
		{"none() -> later()", "RELU, RELU"},
		{"global()", "CONV3-9"}, // a block sees the file's variables
		{"listed()", "CONV3-2 s1 p1, RELU, CONV3-5"},
		{"unit({8,16})*2", "CONV3-8 s1 p1, CONV3-16 s1 p1"},
		{"[none() -> unit({8,16})]*2", "RELU, CONV3-8 s1 p1, RELU, CONV3-16 s1 p1"},
	} {
		if got := notations(sound(t, head+test.layers)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.layers, got, test.want)
		}
	}
}

// wires are the nodes with the nodes they read: "add1(relu1,conv1)".
func wires(g *graph.Graph) string {
	var texts []string
	for _, n := range g.Nodes[1:] {
		inputs := make([]string, len(n.Inputs))
		for i, in := range n.Inputs {
			inputs[i] = g.Nodes[in].Name
		}
		texts = append(texts, n.Name+"("+strings.Join(inputs, ",")+")")
	}
	return strings.Join(texts, " ")
}

func TestMergesAndLabels(t *testing.T) {
	const head = "input: 8x8x4\nvars: {zero: 0}\nblocks:\n  unit(): RELU @x -> ADD(BN | @x)\nlayers: |\n  "
	for _, test := range []struct{ layers, want string }{
		{"BN -> ADD(RELU -> GELU | IDENTITY) -> TANH", "bn1(input) relu1(bn1) gelu1(relu1) add1(gelu1,bn1) tanh1(add1)"},
		{"CONCAT(RELU | GELU | TANH)", "relu1(input) gelu1(input) tanh1(input) concat1(relu1,gelu1,tanh1)"},
		{"CONCAT(RELU)", "relu1(input) concat1(relu1)"},
		{"MUL(identity | RELU)", "relu1(input) mul1(input,relu1)"},
		// Nested, each path from the result before its merge.
		{"BN -> CONCAT(ADD(RELU | IDENTITY) -> GELU | MUL(TANH | IDENTITY))",
			"bn1(input) relu1(bn1) add1(relu1,bn1) gelu1(add1) tanh1(bn1) mul1(tanh1,bn1) concat1(gelu1,mul1)"},
		{"ADD(RELU | IDENTITY)*2", "relu1(input) add1(relu1,input) relu2(add1) add2(relu2,add1)"},
		// A path whose items are all absent is IDENTITY.
		{"ADD(RELU*0 | [BN -> TANH]*zero | GELU)", "gelu1(input) add1(input,input,gelu1)"},
		// Labels.
		{"RELU @a -> BN -> ADD(IDENTITY | @a)", "a(input) bn1(a) add1(bn1,a)"},
		{"RELU @a -> BN -> ADD(TANH | @a -> GELU)", "a(input) bn1(a) tanh1(bn1) gelu1(a) add1(tanh1,gelu1)"},
		{"INPUT @in -> RELU -> ADD(IDENTITY | @in)", "relu1(in) add1(relu1,in)"},
		{"RELU*3 @a -> BN -> ADD(IDENTITY | @a)", "relu1(input) relu2(relu1) a(relu2) bn1(a) add1(bn1,a)"},
		{"[RELU -> BN]*2 @stage3.out", "relu1(input) bn1(relu1) relu2(bn1) stage3.out(relu2)"},
		// Visible later in the same chain and in its groups.
		{"RELU @a -> [BN -> ADD(IDENTITY | @a)]*2", "a(input) bn1(a) add1(bn1,a) bn2(add1) add2(bn2,a)"},
		{"RELU @a -> ADD(BN -> MUL(IDENTITY | @a) | IDENTITY)", "a(input) bn1(a) mul1(bn1,a) add1(mul1,a)"},
		// Private to a turn and to a block: each has its own.
		{"[RELU @a -> BN -> ADD(IDENTITY | @a)]*2", "a(input) bn1(a) add1(bn1,a) a_2(add1) bn2(a_2) add2(bn2,a_2)"},
		// A list has the results of all turns, and names none of them.
		{"RELU @a+ -> [CONCAT(@a) -> BN @a+]*2 -> CONCAT(@a)",
			"relu1(input) concat1(relu1) bn1(concat1) concat2(relu1,bn1) bn2(concat2) concat3(relu1,bn1,bn2)"},
		{"[RELU @a+ -> GELU @a+ -> ADD(@a | IDENTITY)]*2", "relu1(input) gelu1(relu1) add1(relu1,gelu1,gelu1) " +
			"relu2(add1) gelu2(relu2) add2(relu2,gelu2,gelu2)"}, // begun within a turn, it is private to it
		{"unit() -> unit()", "unit1.x(input) unit1.bn1(unit1.x) unit1.add1(unit1.bn1,unit1.x) " +
			"unit2.x(unit1.add1) unit2.bn1(unit2.x) unit2.add1(unit2.bn1,unit2.x)"},
	} {
		if got := wires(sound(t, head+test.layers)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.layers, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	const head = "input: 8x8x4\nblocks:\n  inner(): CONV1-4 -> RELU\n" +
		"  outer(): inner() -> inner() -> CONV1-4\nlayers: |\n  "
	for _, test := range []struct{ layers, want string }{
		{"CONV3-4 -> RELU -> CONV3-4", "conv1 relu1 conv2"},
		{"inner() -> CONV3-4 -> inner()", "inner1.conv1 inner1.relu1 conv1 inner2.conv1 inner2.relu1"},
		{"outer()", "outer1.inner1.conv1 outer1.inner1.relu1 outer1.inner2.conv1 outer1.inner2.relu1 outer1.conv1"},
		// A labelled layer counts among its kind; a name that is taken gets a number.
		{"CONV3-4 @first -> CONV3-4", "first conv2"},
		{"CONV3-4 @conv2 -> CONV3-4", "conv2 conv2_2"},
		{"inner() @out", "inner1.conv1 out"},
	} {
		g := sound(t, head+test.layers)
		var names []string
		for _, n := range g.Nodes[1:] {
			names = append(names, n.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.layers, got, test.want)
		}
	}
}

func TestDefaultsAndClasses(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"defaults: {conv: {size: 3, filters: 8, nobias: true}}\nlayers: CONV -> CONV5 -> CONV-4 -> CONV p0",
			"CONV3-8 nobias, CONV5-8 nobias, CONV3-4 nobias, CONV3-8 p0 nobias"},
		{"defaults: {POOL: {size: 2, rounding: ceil}}\nlayers: POOL -> POOL3 s2 -> POOL floor",
			"POOL2 ceil, POOL3 s2 ceil, POOL2 floor"},
		{"vars: {w: 6}\ndefaults: {conv: {size: 3, filters: w}}\nlayers: CONV", "CONV3-6"},
		{"defaults: {conv: {size: 3, filters: [4, 5]}}\nlayers: '[CONV -> CONV-9]*2'", "CONV3-4, CONV3-9, CONV3-5, CONV3-9"},
		{"classes: 10\nlayers: FC-20 -> RELU -> FC -> SOFTMAX", "FC-20, RELU, FC-10, SOFTMAX"},
		{"classes: 10\nlayers: FC-20", "FC-20"}, // its own size wins
		{"classes: 10\ndefaults: {fc: {units: 64}}\nlayers: '[FC -> RELU]*2 -> FC'", "FC-64, RELU, FC-64, RELU, FC-10"},
		{"classes: n\nvars: {n: 5}\nlayers: FC", "FC-5"},
	} {
		if got := notations(sound(t, "input: 8x8x4\n"+test.file)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.file, got, test.want)
		}
	}
}

// The mapping form and the arrow form give the same layers.
func TestMappingForm(t *testing.T) {
	for _, test := range []struct{ mapping, arrow string }{
		{"conv: {filters: 96, size: 11, stride: 4, pad: 0, name: conv_a}", "CONV11-96 s4 p0 @conv_a"},
		{"CONV: {filters: 8, size: 3x1, stride: 2x1, pad: '1,0,1,0', dilation: 2, groups: 4, nobias: true, rounding: floor}",
			"CONV3x1-8 s2x1 p=1,0,1,0 d2 g4 nobias floor"},
		{"conv: {filters: w*2, size: 3, pad: same}", "CONV3-(w*2) same"},
		{"conv: {filters: w, size: 3}", "CONV3-w"},
		{"conv: {filters: 8, size: 3, nobias: false}", "CONV3-8"},
		{"pool: {size: 3, stride: 2, rounding: ceil}", "POOL3 s2 ceil"},
		{"dropout: {rate: 0.25}", "DROPOUT0.25"},
		{"lrn: {size: 5, alpha: 1e-4, beta: 0.75, k: 2}", "LRN5 alpha=1e-4 beta=0.75 k=2"},
		{"gn: {groups: 2, affine: false, eps: 1e-6}", "GN2 noaffine eps=1e-6"},
		{"ln: {volume: true}", "LN volume"},
		{"in: {affine: true}", "IN affine"},
		{"bn: {affine: true}", "BN affine"},
		{"clip: {min: -1, max: 2.5}", "CLIP min=-1 max=2.5"},
		{"clip: {max: 6}", "CLIP max=6"},
		{"clip: {min: -.5, max: -1e-3, inplace: true}", "CLIP min=-.5 max=-1e-3 inplace"},
		{"hardsigmoid: {slope: 0.2, shift: -0.25}", "HARDSIGMOID slope=0.2 shift=-0.25"},
		{"dropout: {rate: 0.2, channels: true}", "DROPOUT0.2 channels"},
		{"gelu: {tanh: true}", "GELU tanh"},
		{"relu: {}", "RELU"},
		{"fc: {units: 10, name: a.b}", "FC-10 @a.b"},
		{"upsample: {factor: 2, mode: bilinear}", "UPSAMPLE2 bilinear"},
	} {
		const head = "input: 64x64x4\nvars: {w: 16}\nlayers:\n"
		mapped := sound(t, head+"  - "+test.mapping+"\n")
		arrow := sound(t, head+"  - |\n    "+test.arrow+"\n")
		if diff := cmp.Diff(plainNodes(arrow), plainNodes(mapped)); diff != "" {
			t.Errorf("%s is not %s (-arrow +mapping):\n%s", test.mapping, test.arrow, diff)
		}
	}
	inTurns := sound(t, "input: 64x64x4\nblocks:\n  b():\n    - conv: {size: 3, filters: 8}\n"+
		"layers:\n  - relu\n  - b()\n  - '[BN -> GELU]*2'\n")
	if got, want := notations(inTurns), "RELU, CONV3-8, BN, GELU, BN, GELU"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Every layer has the place of its text, in every style of scalar.
func TestPositionsInAllStyles(t *testing.T) {
	indent := strings.Repeat(" ", 900)
	for style, file := range map[string]string{
		"plain":                   "layers: INPUT -> CONV3-8 -> POOL2 -> FC-2",
		"plain on the next line":  "layers:\n     INPUT -> CONV3-8\n  -> POOL2 -> FC-2",
		"plain with empty lines":  "layers: INPUT\n\n  -> CONV3-8\n   \n      -> POOL2\n  -> FC-2\n",
		"far indented":            "layers: CONV3-8\n" + indent + "-> POOL2\n" + indent + "-> FC-2",
		"literal":                 "layers: |\n  INPUT -> CONV3-8\n    -> POOL2 # and\n\n  -> FC-2\n\n",
		"literal, header comment": "layers: |-   # text -> POOL2\n   CONV3-8 ->\n   POOL2 -> FC-2",
		"literal, indent given":   "layers: |2\n    CONV3-8 ->\n   POOL2 -> FC-2",
		"literal in a list":       "layers:\n- |\n CONV3-8\n -> POOL2\n-   FC-2\n",
		"literal with anchor":     "layers: &all |\n  CONV3-8\n  -> POOL2 -> FC-2\n",
		"literal, ends the file":  "layers: |\n  CONV3-8 -> POOL2\n  -> FC-2",
		"folded":                  "layers: >\n  INPUT -> CONV3-8   # up to here\n  -> POOL2\n\n  -> FC-2\n",
		"single-quoted":           "layers: 'INPUT -> CONV3-8\n\n  -> POOL2 -> FC-2'",
		"double-quoted":           "layers: \"INPUT -> CONV3-8 \\\n  -> POOL2 \\u0020\\t\\n -> FC-2\"",
		"double-quoted, comment":  "layers: \"CONV3-8 # one\\n-> POOL2 # two\n  -> FC-2\"",
		"quoted with anchor":      "layers: &a 'CONV3-8 -> POOL2 -> FC-2'",
		"list":                    "layers:\n  - INPUT\n  -   CONV3-8\n  - 'POOL2'\n  - \"FC-2\"\n",
		"list in brackets":        "layers: [INPUT, CONV3-8,\n  POOL2, FC-2]",
		"alias":                   "name: &a CONV3-8 -> POOL2 -> FC-2\nlayers: *a",
		"block":                   "blocks:\n  b(): |\n    CONV3-8\n    -> POOL2\nlayers: b() -> FC-2",
		"wide characters":         "name: 卷积\nlayers: [INPUT, CONV3-8 , POOL2, FC-2] # 卷积",
		"tabs":                    "layers: |\n  INPUT\t->\tCONV3-8\t->\tPOOL2\n  \t-> FC-2",
		"CRLF":                    "layers: |\r\n  CONV3-8\r\n  -> POOL2\r\n  -> FC-2\r\n",
		"lone CR":                 "layers: |\r  CONV3-8\r  -> POOL2\r  -> FC-2\r",
		"byte-order mark":         "\ufefflayers: CONV3-8 -> POOL2 -> FC-2",
		"line separators":         "name: 'a\u2028b\u0085c'\nlayers: CONV3-8 -> POOL2 -> FC-2",
	} {
		f, source, problems := Read("test.yaml", []byte(file+"\ninput: 16x16x3\n"))
		if len(problems) > 0 {
			t.Errorf("%s: %v", style, problems)
			continue
		}
		g, problems := f.Lower(graph.Options{})
		if got, want := notations(g), "CONV3-8, POOL2, FC-2"; got != want || len(problems) > 0 {
			t.Errorf("%s: got %s, want %s %v", style, got, want, problems)
			continue
		}
		for _, n := range g.Nodes[1:] {
			line := []rune(source.Lines[n.Pos.Line-1])
			if at := string(line[min(n.Pos.Col-1, len(line)):]); !strings.HasPrefix(at, op.Notation(n.Op)) {
				t.Errorf("%s: %s has the place %s, which is that of %q", style, op.Notation(n.Op), n.Pos, at)
			}
		}
	}
}

// An empty block scalar does not take the lines after it as its text.
func TestEmptyBlockScalar(t *testing.T) {
	_, problems := lower(t, "layers: |\n\ninput: 8x8x1\n")
	if len(problems) != 1 || problems[0].Msg != "layers has no value" {
		t.Errorf("got %v", problems)
	}
}

func TestHead(t *testing.T) {
	g := sound(t, `
name: "a: net"
description: >
  two
  lines
source: a paper
input: 32x16x3
preprocess: {mean: [0.1, 0.2, 0.3], std: 0.5, scale: 0.25, channels: bgr, resize: 40, fit: stretch}
labels: [cat, "dog # 2"]
frozen: ["fc*", "!fc1.bias"]
layers: FC-2
`)
	want := &graph.Graph{
		Name: "a: net", Description: "two lines", Source: "a paper",
		Preprocess: graph.Preprocess{
			Mean: []float64{0.1, 0.2, 0.3}, Std: []float64{0.5}, Scale: 0.25, BGR: true, Resize: 40, Stretch: true,
		},
		Labels: []string{"cat", "dog # 2"},
		Frozen: []graph.FrozenPattern{
			{Text: "fc*", Pos: diag.Pos{Line: 10, Col: 10}}, {Text: "!fc1.bias", Pos: diag.Pos{Line: 10, Col: 17}},
		},
		Inputs:  []int{0},
		Outputs: []int{1},
	}
	g.Nodes, g.LabelsPos, g.PreprocessPos = nil, want.LabelsPos, want.PreprocessPos
	if diff := cmp.Diff(want, g); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The names that other programs give to layers lead to kinds, or to none where no kind computes the same.
func TestUsualNames(t *testing.T) {
	kinds := newKindTable()
	for word, want := range map[string]string{
		"MAXPOOL2": "POOL", "maxpool": "POOL", "MaxPool2d": "POOL", "max_pool2d": "POOL", "MAXPOOL2D3": "POOL",
		"Conv2d3": "CONV", "CONV2D": "CONV", "Conv2DTranspose": "UPCONV", "ConvTranspose2d": "UPCONV",
		"Dense": "FC", "LINEAR": "FC", "AFFINE": "FC or SCALE bias",
		"BATCHNORM": "BN", "BatchNorm2d": "BN", "LayerNorm": "LN", "LAYERNORM2D": "LN",
		"GroupNorm": "GN", "GROUPNORM32": "GN",
		"InstanceNorm2d": "IN", "shortcut": "IDENTITY", "DropPath0.1": "STOCHDEPTH", "StochasticDepth": "STOCHDEPTH",
		"HSIGMOID": "HARDSIGMOID", "LEAKY": "LEAKYRELU", "CONCATENATE": "CONCAT", "GLOBALAVGPOOL": "GAP",
		"GlobalAveragePooling2D": "GAP", "Softmax2d": "SOFTMAX", "AdaptiveAvgPool2d": "ADAPTAVG",
		// Known, without a kind.
		"UNPOOL": "-", "MaxUnpool2d": "-", "CONV3D": "-", "MaxPool3d": "-", "BatchNorm3d": "-", "MIN": "-", "LSTM": "-",
		"DepthToSpace": "-", "EltwiseMax": "MAX", "CELU": "-", "RReLU": "-",
		// Not known.
		"CONV3": "", "CONVV": "", "REUL": "", "RELU6": "", "": "", "2D": "", "X1D": "",
	} {
		got, ok := kinds.usualName(word)
		if ok && got == "" {
			got = "-"
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", word, got, want)
		}
	}
}

// Every layer of the table can be written, and no name in it is a kind.
func TestUsualNamesAreLayers(t *testing.T) {
	kinds := newKindTable()
	for name, layer := range usualNames {
		if _, _, isKind := kinds.split(name); isKind {
			continue // a name of a kind is never looked up
		}
		for layer := range strings.SplitSeq(layer, " or ") {
			if layer == "" || layer == "IDENTITY" {
				continue
			}
			if kind, _, _ := strings.Cut(layer, " "); kinds.byName[strings.TrimRight(kind, "0123456789")].Name == "" {
				t.Errorf("%s leads to %s, which is not a kind", name, layer)
			}
		}
	}
}

// Expressions are computed exactly or rejected.
func TestExpressions(t *testing.T) {
	const head = "input: 8x8x4\nvars: {most: 9223372036854775807, a: 7}\nlayers: RELU -> CONV3-"
	for expression, want := range map[string]string{
		"(1+2*3)": "CONV3-7", "((1+2)*3)": "CONV3-9", "(8/2/2)": "CONV3-2", "(a-2-3)": "CONV3-2", "(a-(2-3))": "CONV3-8",
		"(most-(most-5))": "CONV3-5", "(most/most)": "CONV3-1", "((0-most-1)/(0-most-1))": "CONV3-1",
	} {
		if got := strings.TrimPrefix(notations(sound(t, head+expression)), "RELU, "); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
	for expression, want := range map[string]string{
		"(most+1)":               "CONV: 9223372036854775807+1 is too large a number",
		"(0-most-2)":             "CONV: -9223372036854775807-2 is too large a number",
		"(most*2)":               "CONV: 9223372036854775807*2 is too large a number",
		"((0-most-1)/(0-1))":     "CONV: -9223372036854775808/-1 is too large a number",
		"((0-most-1)*(0-1))":     "CONV: -9223372036854775808*-1 is too large a number",
		"(a/2)":                  "CONV: 7/2 leaves a remainder of 1",
		"(a/0)":                  "CONV: 7/0 has no value",
		"(a-7)":                  "CONV: filters must be 1 or more, not 0",
		"(9223372036854775808)":  "9223372036854775808 is too large a number",
		"(1 2)":                  "expected ) to close the expression, not 2",
		"(1+)":                   "a number or variable is missing before )",
		"()":                     "a number or variable is missing before )",
		"(1.5)":                  "1.5 is not a whole number",
		"(2**3)":                 "a number or variable is missing before *",
		"(010)":                  "010 starts with a zero",
		"(unknown_variable_2+1)": "CONV: unknown variable unknown_variable_2",
	} {
		_, problems := lower(t, head+expression)
		if len(problems) != 1 || problems[0].Msg != want {
			t.Errorf("%s: %v, want %s", expression, problems, want)
		}
	}
}

// Of equally near names a hint always gives the first in the alphabet.
func TestHintsAreStable(t *testing.T) {
	vars := map[string]variable{}
	for _, name := range []string{"wa", "wb", "wc"} {
		vars[name] = variable{values: []int64{1}}
	}
	for range 20 {
		s := &scope{vars: maps.Clone(vars)}
		if p := s.unknown(&reference{name: "wx"}); p.Hint != "did you mean wa?" {
			t.Fatalf("%s, want the first in the alphabet of %v", p.Hint, slices.Sorted(maps.Keys(vars)))
		}
	}
}
