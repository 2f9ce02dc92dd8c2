package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cnncalc/internal/graph"
)

func TestPrintBlocks(t *testing.T) {
	for _, c := range []struct{ name, layers, want string }{
		{"a stride that is usually 1, a multiple, and a repeat", `
  INPUT -> ADD(CONV1-8 -> RELU -> CONV3-8 -> RELU -> CONV1-32 | CONV1-32) -> RELU
  -> [ADD(CONV1-8 -> RELU -> CONV3-8 -> RELU -> CONV1-32 | IDENTITY) -> RELU]*2
  -> ADD(CONV1-16 -> RELU -> CONV3-16 s2 p1 floor -> RELU -> CONV1-64 | CONV1-64 s2 floor) -> RELU
  -> [ADD(CONV1-16 -> RELU -> CONV3-16 -> RELU -> CONV1-64 | IDENTITY) -> RELU]*3
  -> ADD(CONV1-24 -> RELU -> CONV3-24 s2 p1 floor -> RELU -> CONV1-96 | CONV1-96 s2 floor) -> RELU
`, `
defaults: {conv: {rounding: floor}}
blocks:
  stack(w, s=1): CONV1-w -> RELU -> CONV3-w s(s) p1 -> RELU -> CONV1-(4*w)
layers: |
  INPUT -> ADD(stack(8) | CONV1-32) -> RELU -> [ADD(stack(8) | IDENTITY) -> RELU]*2
  -> ADD(stack(16, s=2) | CONV1-64 s2) -> RELU -> [ADD(stack(16) | IDENTITY) -> RELU]*3
  -> ADD(stack(24, s=2) | CONV1-96 s2) -> RELU
pytorch: {inline: [stack]}
`},
		{"sizes of windows with their pads", `
  INPUT -> CONV3-8 -> BN -> RELU -> CONV5-12 -> BN -> RELU -> CONV7-20 s2 p3 floor -> BN -> RELU
  -> CONV3-36 -> BN -> RELU -> CONV7-44 -> BN -> RELU -> CONV5-68 s2 p2 floor -> BN -> RELU -> CONV1-24 -> BN -> RELU
  -> CONV3-8 -> BN -> RELU -> CONV7-20 s2 p3 floor -> BN -> RELU -> CONV5-12 -> BN -> RELU -> CONV1-8 -> BN -> RELU
`, `
defaults: {conv: {rounding: floor}}
blocks:
  unit(k, w, s=1): CONV(k)-w s(s) p((k-1)/2) -> BN -> RELU
layers: |
  INPUT -> unit(3, 8) -> unit(5, 12) -> unit(7, 20, s=2) -> unit(3, 36) -> unit(7, 44)
  -> unit(5, 68, s=2) -> unit(1, 24) -> unit(3, 8) -> unit(7, 20, s=2) -> unit(5, 12) -> unit(1, 8)
pytorch: {inline: [unit]}
`},
		{"windows that all have different sizes", `
  INPUT -> CONV3-8 -> BN -> RELU -> CONV5-8 -> BN -> RELU -> CONV7-8 -> BN -> RELU -> CONV9-8 -> BN -> RELU
  -> CONV11-8 -> BN -> RELU -> CONV13-8 -> BN -> RELU -> CONV15-8 -> BN -> RELU -> CONV17-8 -> BN -> RELU
`, `
blocks:
  stack(k1, k2): CONV(k1)-8 -> BN -> RELU -> CONV(k2)-8 -> BN -> RELU
layers: |
  INPUT -> stack(3, 5) -> stack(7, 9) -> stack(11, 13) -> stack(15, 17)
pytorch: {inline: [stack]}
`},
		{"activation functions", `
  INPUT -> DWCONV3 nobias -> BN -> RELU -> CONV1-16 nobias -> BN -> DWCONV3 nobias -> BN -> SILU -> CONV1-24 nobias
  -> BN -> DWCONV3 s2 p1 nobias floor -> BN -> RELU -> CONV1-40 nobias -> BN -> DWCONV3 nobias -> BN -> GELU
  -> CONV1-56 nobias -> BN
  -> DWCONV3 nobias -> BN -> GELU -> CONV1-72 nobias -> BN -> DWCONV3 nobias -> BN -> RELU -> CONV1-96 nobias -> BN
`, `
defaults: {conv: {nobias: true}, dwconv: {nobias: true}}
blocks:
  separable(act, w, s=1): DWCONV3 s(s) p1 floor -> BN -> act -> CONV1-w -> BN
layers: |
  INPUT -> separable(RELU, 16) -> separable(SILU, 24) -> separable(RELU, 40, s=2)
  -> separable(GELU, 56) -> separable(GELU, 72) -> separable(RELU, 96)
pytorch: {inline: [separable]}
`},
		{"skips", `
  INPUT -> CONV3-8 -> RELU -> CONV3-8 -> RELU @a -> POOL2 -> CONV3-16 -> RELU -> CONV3-16 -> RELU @b -> POOL2
  -> CONV3-32 -> RELU -> CONV3-32 -> RELU @c -> POOL2 -> CONV3-64 -> RELU -> CONV3-64 -> RELU
  -> UPCONV2-32 s2 -> CONCAT(@c | IDENTITY) -> CONV3-32 -> RELU -> CONV3-32 -> RELU
  -> UPCONV2-16 s2 -> CONCAT(@b | IDENTITY) -> CONV3-16 -> RELU -> CONV3-16 -> RELU
  -> UPCONV2-8 s2 -> CONCAT(@a | IDENTITY) -> CONV3-8 -> RELU -> CONV3-8 -> RELU -> @a -> CONV1-8
`, `
blocks:
  up(w, skip): UPCONV2-w s2 -> CONCAT(@skip | IDENTITY) -> [CONV3-w -> RELU]*2
layers: |
  INPUT -> [CONV3-8 -> RELU]*2 @relu2 -> POOL2 -> [CONV3-16 -> RELU]*2 @relu4 -> POOL2
  -> [CONV3-32 -> RELU]*2 @relu6 -> POOL2 -> [CONV3-64 -> RELU]*2 -> up(32, @relu6)
  -> up(16, @relu4) -> up(8, @relu2) -> @relu2 -> CONV1-8
pytorch: {inline: [up]}
`},
		{"results within a block", `
  INPUT -> CONV3-8 @a -> RELU -> CONV3-8 @b -> BN -> RELU -> CONV3-8 -> ADD(@a | @b | IDENTITY)
  -> CONV3-16 @c -> RELU -> CONV3-16 @d -> BN -> RELU -> CONV3-16 -> ADD(@c | @d | IDENTITY)
  -> CONV3-24 @e -> RELU -> CONV3-24 @f -> BN -> RELU -> CONV3-24 -> ADD(@e | @f | IDENTITY)
`, `
blocks:
  residual(w): |
    CONV3-w @r1 -> RELU -> CONV3-w @r2 -> BN -> RELU -> CONV3-w -> ADD(@r1 | @r2 | IDENTITY)
layers: |
  INPUT -> residual(8) -> residual(16) -> residual(24)
pytorch: {inline: [residual]}
`},
		{"lists of results", `
  INPUT -> CONV3-16 -> POOL2 @a+ -> [BN -> RELU -> CONV1-16 -> BN -> RELU -> CONV3-4 @a+ -> CONCAT(@a)]*3
  -> BN -> RELU -> CONV1-8 -> AVGPOOL2 @b+
  -> [BN -> RELU -> CONV1-16 -> BN -> RELU -> CONV3-4 @b+ -> CONCAT(@b)]*4
  -> BN -> RELU -> CONV1-12 -> AVGPOOL2 @c+
  -> [BN -> RELU -> CONV1-16 -> BN -> RELU -> CONV3-4 @c+ -> CONCAT(@c)]*4
  -> BN -> RELU -> GAP
`, `
blocks:
  dense(): BN -> RELU -> CONV1-16 -> BN -> RELU -> CONV3-4
layers: |
  INPUT -> CONV3-16 -> POOL2 @a+ -> [dense() @a+ -> CONCAT(@a)]*3 -> BN -> RELU -> CONV1-8
  -> AVGPOOL2 @b+ -> [dense() @b+ -> CONCAT(@b)]*4 -> BN -> RELU -> CONV1-12 -> AVGPOOL2 @c+
  -> [dense() @c+ -> CONCAT(@c)]*4 -> BN -> RELU -> GAP
pytorch: {inline: [dense]}
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, problems := lower(t, "input: 32x32x3\nlayers: |"+c.layers)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			g = unlabelled(g)
			got := PrintBlocks(g)
			checkReadsAs(t, got, g)
			if diff := cmp.Diff(c.want, strings.TrimPrefix(got, "input: 32x32x3")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// unlabelled returns the graph with names as a model's: kinds with running numbers.
func unlabelled(g *graph.Graph) *graph.Graph {
	copied := *g
	copied.Nodes = append([]graph.Node(nil), g.Nodes...)
	copied.Modules = nil
	running := &counter{}
	for i := range copied.Nodes {
		n := &copied.Nodes[i]
		n.Labelled, n.Within = false, nil
		n.Name = "input"
		if i > 0 {
			n.Name = running.next(strings.ToLower(n.Op.Kind()))
		}
	}
	return &copied
}

func checkReadsAs(t rapid.TB, text string, g *graph.Graph) {
	t.Helper()
	if readsAs(text, g) {
		return
	}
	again, problems := lower(t, text)
	if len(problems) > 0 {
		t.Fatalf("printed form has problems: %v\n%s", problems, text)
	}
	t.Fatalf("printed form is another graph (-first +again):\n%s\n%s", cmp.Diff(plainNodes(g), plainNodes(again)), text)
}

// Every graph can be printed with blocks, whatever its edges.
func TestPrintBlocksOfRandomGraphs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		if text, ok := blocksText(g); ok {
			checkReadsAs(t, text, g)
		}
	})
}

// Blocks in random places, with random numbers, come back as the same graph, without falling back to a flat file.
func TestPrintBlocksFindsPlantedBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, problems := lower(t, drawPlanted(t))
		if len(problems) > 0 {
			t.Skip(problems)
		}
		g = unlabelled(g)
		text, ok := blocksText(g)
		if !ok {
			t.Fatal("no text")
		}
		checkReadsAs(t, text, g)
	})
}

// drawPlanted returns a file with blocks whose numbers, activation functions and labels are parameters.
func drawPlanted(t *rapid.T) string {
	body := func(name string, depth int) string { return drawBody(t, name, depth) }
	var b strings.Builder
	fmt.Fprintf(&b, "input: 64x64x8\nblocks:\n  one(w, k, s, act): |\n    %s\n", body("one", 0))
	fmt.Fprintf(&b, "  two(w, k, s, act): |\n    %s\nlayers: |\n  INPUT -> CONV3-8 @first", body("two", 1))
	for range rapid.IntRange(2, 10).Draw(t, "calls") {
		switch rapid.IntRange(0, 5).Draw(t, "call") {
		case 0:
			fmt.Fprintf(&b, "\n  -> CONV3-%d -> RELU", 8*rapid.IntRange(1, 4).Draw(t, "filters"))
		default:
			call := fmt.Sprintf("%s(%d, %d, %d, %s)", rapid.SampledFrom([]string{"one", "two"}).Draw(t, "block"),
				8*rapid.IntRange(1, 4).Draw(t, "w"), 1+2*rapid.IntRange(0, 2).Draw(t, "k"),
				rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "s"), rapid.SampledFrom([]string{"RELU", "SILU"}).Draw(t, "act"))
			fmt.Fprintf(&b, "\n  -> [%s]*%d", call, rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "turns"))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func drawBody(t *rapid.T, name string, depth int) string {
	var items []string
	for range rapid.IntRange(1, 4).Draw(t, name+" items") {
		items = append(items, rapid.SampledFrom([]string{
			"CONV1-w -> act", "CONV(k)-w nobias -> BN -> act", "CONV3-(2*w) s(s) p1 floor", "DWCONV(k) s(s) p((k-1)/2) floor",
			"ADD(CONV1-w -> act | CONV1-w)", "CONCAT(CONV1-w -> act | CONV3-(w/8) | IDENTITY)",
			"MUL(GAP -> CONV1-w -> RELU -> CONV1-w -> SIGMOID | CONV1-w)",
			"CONV1-w @in -> act -> CONV(k)-w -> ADD(@in | IDENTITY)",
			"CONV1-w -> ADD(CONV3-w d2 -> act -> CONV3-w | IDENTITY) -> act",
		}).Draw(t, name+" item"))
	}
	if depth > 0 && rapid.Bool().Draw(t, "nested") {
		items = append(items, "one(2*w, 3, 1, act)")
	}
	for i := range items {
		if strings.Contains(items[i], "@in") {
			items[i] = strings.ReplaceAll(items[i], "@in", fmt.Sprint("@in", i))
		}
	}
	return strings.Join(items, " -> ")
}
