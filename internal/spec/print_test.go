package spec

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// plainNode is a node without what a file and its canonical form may differ in: positions, whether a label was
// written, and the names of labels in settings.
type plainNode struct {
	Name, Notation string
	Inputs         []int
	Refs           []graph.Ref
}

func plainNodes(g *graph.Graph) []plainNode {
	nodes := make([]plainNode, len(g.Nodes))
	for i, n := range g.Nodes {
		nodes[i] = plainNode{n.Name, op.Notation(withoutNames(n)), n.Inputs, n.Refs}
	}
	return nodes
}

// withoutNames returns the op of a node with the same label in each setting that takes one.
func withoutNames(n graph.Node) graph.Op {
	for _, r := range n.Refs {
		n.Op, _ = op.With(n.Op.(op.Layer), map[string]op.Value{r.Key: {Label: "label"}})
	}
	return n.Op
}

func lower(t rapid.TB, text string) (*graph.Graph, diag.List) {
	t.Helper()
	f, _, problems := Read("test.yaml", []byte(text))
	g, more := f.Lower(graph.Options{})
	return g, append(problems, more...)
}

// namedHeads returns the heads with the names of all outputs: the end of the layers gets one where it is also read.
func namedHeads(g *graph.Graph) []graph.Head {
	heads := slices.Clone(g.Heads)
	for k := range heads {
		heads[k].Name = g.OutputName(k)
	}
	return heads
}

// plainBudget returns the budget without positions.
func plainBudget(g *graph.Graph) []graph.BudgetItem {
	var items []graph.BudgetItem
	for _, b := range g.Budget {
		item := graph.BudgetItem{Figure: b.Figure}
		for _, s := range b.Settings {
			item.Settings = append(item.Settings, graph.BudgetSetting{Key: s.Key, Value: s.Value})
		}
		items = append(items, item)
	}
	return items
}

// checkRoundTrip checks that printing g and reading it back gives the same graph.
func checkRoundTrip(t rapid.TB, g *graph.Graph) {
	t.Helper()
	printed := Print(g)
	again, problems := lower(t, printed)
	if len(problems) > 0 {
		t.Fatalf("printed form has problems: %v\n%s", problems, printed)
	}
	if diff := cmp.Diff(plainNodes(g), plainNodes(again)); diff != "" {
		t.Fatalf("printed form is another graph (-first +again):\n%s\n%s", diff, printed)
	}
	type head struct {
		Name, Description, Source string
		Preprocess                graph.Preprocess
		Labels, Frozen            []string
		Inputs                    []graph.Shape
		Budget                    []graph.BudgetItem // without positions
	}
	if diff := cmp.Diff(g.Outputs, again.Outputs); diff != "" {
		t.Fatalf("printed form has other outputs (-first +again):\n%s\n%s", diff, printed)
	}
	if diff := cmp.Diff(namedHeads(g), namedHeads(again)); diff != "" {
		t.Fatalf("printed form has other heads (-first +again):\n%s\n%s", diff, printed)
	}
	heads := func(g *graph.Graph) head {
		var frozen []string
		for _, p := range g.Frozen {
			frozen = append(frozen, p.Text)
		}
		var inputs []graph.Shape
		for _, i := range g.Inputs {
			size, _ := g.Nodes[i].Op.Output(nil)
			inputs = append(inputs, size)
		}
		return head{g.Name, g.Description, g.Source, g.Preprocess, g.Labels, frozen, inputs, plainBudget(g)}
	}
	if diff := cmp.Diff(heads(g), heads(again)); diff != "" {
		t.Fatalf("printed form has another head (-first +again):\n%s\n%s", diff, printed)
	}
	if second := Print(again); second != printed {
		t.Fatalf("printing is not stable:\n%s\n%s", printed, second)
	}
}

const blocksAndLabels = `
name: "a: b"
description: two branches
input: 16x16x4
preprocess: {mean: [0.5, 0.25, 1, 2], std: 0.5, channels: bgr}
labels: [cat, "dog # 2"]
frozen: [inc*, "!*.conv?.bias"]
blocks:
  inc(a, b=3): |
    CONCAT(CONV1-a -> RELU | CONV3-b -> RELU @x | IDENTITY)
layers: |
  INPUT -> inc(3) -> inc(4, b=9) @q -> CONV3x1-4 p=1,1,0,0
  -> ADD(CONV1-4 g2 | ADD(CONV3-4 | IDENTITY) | @q -> CONV3-4)
  -> [CONV3-8 @c]*3 -> MUL(GAP -> FC-8 -> SIGMOID | IDENTITY)
  -> CONCAT(IDENTITY | @q)
`

func TestPrintCanonicalForm(t *testing.T) {
	g, problems := lower(t, blocksAndLabels)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := `name: "a: b"
description: "two branches"
input: 16x16x4
preprocess: {mean: [0.5, 0.25, 1, 2], std: [0.5], channels: bgr}
labels:
  - "cat"
  - "dog # 2"
frozen: ["inc*", "!*.conv?.bias"]
layers: |
  INPUT
  -> CONCAT(CONV1-3 @inc1.conv1 -> RELU @inc1.relu1
    | CONV3-3 @inc1.conv2 -> RELU @inc1.x
    | IDENTITY) @inc1.concat1
  -> CONCAT(CONV1-4 @inc2.conv1 -> RELU @inc2.relu1
    | CONV3-9 @inc2.conv2 -> RELU @inc2.x
    | IDENTITY) @q -> CONV3x1-4 p1x0 @conv1
  -> ADD(CONV1-4 g2 @conv2 | ADD(CONV3-4 @conv3 | IDENTITY) | @q -> CONV3-4 @conv4) -> CONV3-8 @c
  -> CONV3-8 @c_2 -> CONV3-8 @c_3 -> MUL(GAP -> FC-8 -> SIGMOID | IDENTITY)
  -> CONCAT(IDENTITY | @q) @concat1
`
	if diff := cmp.Diff(want, Print(g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

func TestPatternFoldsRepeats(t *testing.T) {
	for _, c := range []struct{ layers, want string }{
		{"INPUT -> [[CONV3-{64,128,256,512,512} -> RELU]*{2,2,3,3,3} -> POOL2]*5 -> [FC-4096 -> RELU]*2 -> FC-1000",
			"INPUT -> [[CONV -> RELU]*2 -> POOL]*2 -> [[CONV -> RELU]*3 -> POOL]*3 -> [FC -> RELU]*2 -> FC"},
		{"INPUT -> [CONV3-4]*3 -> FC-2", "INPUT -> CONV*3 -> FC"},
		{"INPUT -> [ADD(CONV3-3 -> RELU -> CONV3-3 -> RELU | IDENTITY)]*4 -> FC-2",
			"INPUT -> ADD([CONV -> RELU]*2 | IDENTITY)*4 -> FC"},
	} {
		g, problems := lower(t, "input: 224x224x3\nlayers: "+c.layers)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if diff := cmp.Diff([]string{c.want}, Pattern(g)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.layers, diff)
		}
	}
}

// Each of many merges is joined to the chain without copying the chain.
func TestPatternOfManyMerges(t *testing.T) {
	g, problems := lower(t, "input: 8x8x3\nlayers: 'INPUT -> CONV1-8 -> ADD(CONV3-8 -> RELU | IDENTITY)*10000'\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := Pattern(g)
	runtime.ReadMemStats(&after)
	if want := []string{"INPUT -> CONV -> ADD(CONV -> RELU | IDENTITY)*10000"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// Copies of the chain would take 3 GB.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 200e6 {
		t.Errorf("%d bytes allocated", allocated)
	}
}

// drawGraph returns a random graph: chains, merges of any earlier results, unused results, and any nodes as outputs.
// The last layers may be those of heads.
func drawGraph(t *rapid.T) *graph.Graph {
	b := graph.Builder{}
	inputs := 1
	b.Add(graph.Node{Name: "input", Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 4}}})
	for ; rapid.IntRange(0, 2).Draw(t, "another input") == 0; inputs++ {
		b.Add(graph.Node{Name: fmt.Sprint("input", inputs), Op: &op.Input{Shape: graph.Shape{W: 8, H: 8, D: 4}}})
	}
	count := rapid.IntRange(1, 16).Draw(t, "nodes")
	cuts := rapid.SliceOfNDistinct(rapid.IntRange(inputs, inputs+count-1), 0, min(3, count), rapid.ID).Draw(t, "cuts")
	slices.Sort(cuts)
	for i := inputs; i < inputs+count; i++ {
		earlier := rapid.OneOf(rapid.Just(i-1), rapid.IntRange(max(0, i-4), i-1), rapid.IntRange(0, i-1))
		n := graph.Node{Name: fmt.Sprint("relu", i), Op: &op.ReLU{}, Inputs: []int{earlier.Draw(t, "input")}}
		if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
			n.Name, n.Op = fmt.Sprint("add", i), &op.Add{}
			n.Inputs = rapid.SliceOfN(earlier, 1, 4).Draw(t, "inputs")
		} else if rapid.IntRange(0, 3).Draw(t, "like") == 0 {
			n.Name, n.Op = fmt.Sprint("crop", i), cropLike(t)
			n.Refs = []graph.Ref{{Key: op.LikeKey, Node: earlier.Draw(t, "size")}}
		}
		if rapid.Bool().Draw(t, "labelled") {
			n.Name = fmt.Sprint("label", i)
		}
		if at, isCut := slices.BinarySearch(cuts, i); at > 0 || isCut {
			if isCut {
				at++
			}
			n.Name = fmt.Sprintf("head%d.%s", at, n.Name)
		}
		b.Add(n)
	}
	if len(cuts) > 0 && rapid.IntRange(0, 4).Draw(t, "cut") > 0 {
		drawHeads(t, &b, cuts)
	} else {
		drawOutputs(t, &b)
	}
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Heads) > 0 && rapid.Bool().Draw(t, "as it runs") {
		return asItRuns(g)
	}
	return g
}

// asItRuns moves the nodes of heads for training to where lowering would have put them.
func asItRuns(g *graph.Graph) *graph.Graph {
	var heads []headNodes
	for k, h := range g.Heads {
		if s := headSpan(g, g.Outputs[k], h.Name); s.len > 0 {
			heads = append(heads, headNodes{s, h.Training})
		}
	}
	sorted, _ := reordered(g, runOrder(g, heads))
	return sorted
}

// cropLike returns a CROP whose setting names a node that the caller chooses.
func cropLike(t rapid.TB) graph.Op {
	t.Helper()
	crop, err := op.New("CROP", map[string]op.Value{op.LikeKey: {Label: "any"}})
	if err != nil {
		t.Fatal(err)
	}
	return crop
}

// drawOutputs draws no output, so that it is the last node, an output of another node, or heads.
func drawOutputs(t *rapid.T, b *graph.Builder) {
	nodes := rapid.IntRange(1, b.Len()-1)
	switch rapid.IntRange(0, 5).Draw(t, "output") {
	case 0, 1:
		b.Output(nodes.Draw(t, "node"))
	case 2, 3, 4:
		for k, i := range rapid.SliceOfNDistinct(nodes, 1, 4, rapid.ID).Draw(t, "heads") {
			h := graph.Head{Name: fmt.Sprint("head", k), Loss: 1, Training: k > 0 && rapid.Bool().Draw(t, "training")}
			if rapid.Bool().Draw(t, "loss") {
				h.Loss = 0.25
			}
			b.Head(i, h)
		}
	}
}

// drawHeads makes a head of the nodes from each cut on, whose output is their last node or, at times, another.
func drawHeads(t *rapid.T, b *graph.Builder, cuts []int) {
	if main := cuts[0] - 1; main > 0 && rapid.Bool().Draw(t, "main") {
		b.Output(main)
	}
	for k := range cuts {
		out := b.Len() - 1
		if k+1 < len(cuts) {
			out = cuts[k+1] - 1
		}
		b.Head(out, graph.Head{Name: fmt.Sprint("head", k+1), Loss: 1, Training: k > 0 && rapid.Bool().Draw(t, "training")})
	}
}

// Every graph can be printed, whatever its edges.
func TestPrintRandomGraphs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkRoundTrip(t, drawGraph(t)) })
}

// Results that several paths read get labels, and the chain continues from them.
func TestPrintGoesOnFromLabels(t *testing.T) {
	crossing := "INPUT @input -> RELU @relu1 -> @input -> SIGMOID @sigmoid1 -> ADD(@relu1 | IDENTITY)\n" +
		"  -> CONCAT(IDENTITY | MUL(@relu1 | @sigmoid1))\n"
	g, problems := lower(t, "input: 8x8x4\nlayers: |\n  "+crossing)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, got, _ := strings.Cut(Print(g), "layers: |\n  ")
	if diff := cmp.Diff(crossing, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// A label in a setting is printed as the name of the node that it names, wherever that is.
func TestPrintLabelsOfSettings(t *testing.T) {
	const want = "INPUT @x -> CONV3-4 @unit1.a -> POOL2 @unit1.p -> UPSAMPLE like=@unit1.a bilinear @unit1.upsample1\n" +
		"  -> CROP like=@unit1.p offset=1,0 @unit1.crop1 -> UPSAMPLE like=@x @upsample1\n"
	g, problems := lower(t, "input: 8x8x4\nblocks:\n  unit(): CONV3-4 @a -> POOL2 @p -> UPSAMPLE like=@a bilinear -> "+
		"CROP like=@p offset=1,0\nlayers: |\n  INPUT @x -> unit() -> UPSAMPLE like=@x\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, got, _ := strings.Cut(Print(g), "layers: |\n  ")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// Layers that share weights say whose, by the name that this layer has in print.
func TestPrintSharedWeights(t *testing.T) {
	const want = "INPUT @x -> CONV3-4 @unit1.a -> BN @unit1.n -> CONV3-4 share=@unit1.a @unit1.conv2\n" +
		"  -> BN share=@unit1.n @unit1.bn2 -> CONV3-4 @conv1 -> @x -> CONV3-4 share=@conv1 @conv2\n" +
		"  -> BN eps=0.001 @bn1\n"
	g, problems := lower(t, "input: 8x8x4\nblocks:\n  unit(): CONV3-4 @a -> BN @n -> CONV3-4 share=@a -> BN share=@n\n"+
		"layers: |\n  INPUT @x -> unit() -> CONV3-4 @conv1 -> @x -> CONV3-4 share=@conv1 -> BN eps=0.001\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, got, _ := strings.Cut(Print(g), "layers: |\n  ")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
}

// FuzzPrint checks that a file without problems prints and reads back as the same graph, flat and, with names as those
// of a model, with blocks.
func FuzzPrint(f *testing.F) {
	f.Add(blocksAndLabels)
	f.Add("inputs: {a: 8x8x1, b: 8x8x2}\nlayers: CONCAT(@a | @b -> RELU) @c -> RELU\nheads:\n" +
		"  x: {layers: '@c -> CONV1-2 @d', training: true, loss: 0.5}\n  y: '@x.d -> RELU'\n")
	f.Add("input: 8x8x2\nblocks:\n  up(s, w, a=RELU): ADD(@s -> CROP like=@s -> a | CONV1-w)\n" +
		"layers: INPUT @x -> up(@x, 2, TANH)")
	f.Add("input: 8x8x1\nvars: {N: 2}\ndefaults: {conv: {filters: [2,3]}}\nlayers: '[CONV3 -> RELU?]*N -> FC-2'")
	f.Add("input: 9x9x1\nlayers: '[CONV3-2 -> BN -> RELU -> CONV3-4 s2 p1 floor @a+ -> CONCAT(@a) " +
		"-> ADD(CONV1-4 | IDENTITY)]*2'")
	f.Add("input: 8x8x1\nlayers: [conv: {filters: 2, size: 3, name: a.b}, RELU, DROPOUT0.25]")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzzed {
			return
		}
		file, _, problems := Read("test.yaml", []byte(text))
		g, more := file.lower(graph.Options{}, fuzzedSteps)
		if len(problems)+len(more) > 0 || len(g.Nodes) > 500 {
			return
		}
		checkRoundTrip(t, g)
		if g = unlabelled(g); len(g.Heads) > 0 {
			return // whose nodes are told apart by their names
		}
		text, ok := blocksText(g)
		if !ok {
			t.Fatal("not printed with blocks")
		}
		checkReadsAs(t, text, g)
	})
}

// A graph that breaks the rules becomes a problem, and what is left of it can be used.
func TestWrongGraphsBecomeProblems(t *testing.T) {
	g, problems := lower(t, "input: 8x8x4\nlayers: INPUT -> RELU -> ADD(RELU | IDENTITY)")
	if len(problems) > 0 || onlyInput(g) != nil {
		t.Fatal(problems)
	}
	g.Nodes[2].Inputs = []int{3}
	p := onlyInput(g)
	if p == nil || p.Code != "network/internal" || !strings.Contains(p.Msg,
		"node 2, relu2: it reads node 3, which is not earlier") {
		t.Errorf("the problem is %v", p)
	}
	if err := graph.Check(g); err != nil || len(g.Nodes) != 1 {
		t.Errorf("%d nodes are left: %v", len(g.Nodes), err)
	}
}
