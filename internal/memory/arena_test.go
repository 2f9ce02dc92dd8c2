package memory_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// sized is a layer whose output has the given number of values, whatever its inputs.
type sized int64

func (sized) Kind() string { return "SIZED" }
func (s sized) Output([]graph.Shape) (graph.Shape, error) {
	return graph.Shape{W: 1, H: 1, D: int64(s)}, nil
}
func (sized) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }
func (sized) MACs([]graph.Shape, graph.Shape) (int64, error)    { return 0, nil }
func (sized) MakesVolume() bool                                 { return true }

// testNode is a node of a test network, in which only sizes matter.
type testNode struct {
	values int64
	inputs []int
	step   memory.Step
}

func fresh(values int64, inputs ...int) testNode {
	return testNode{values, inputs, memory.Step{}}
}

func view(values int64, in int) testNode {
	return testNode{values, []int{in}, memory.Step{Alias: memory.View}}
}

func inPlace(values int64, inputs ...int) testNode {
	return testNode{values, inputs, memory.Step{Alias: memory.InPlace}}
}

func onto(values int64, node int, inputs ...int) testNode {
	return testNode{values, inputs, memory.Step{Alias: memory.Onto, Node: node}}
}

func withScratch(n testNode, values int64) testNode {
	n.step.Scratch = values
	return n
}

// made returns a network of the given nodes after an INPUT of 1x1x100, which is node 0.
func made(t rapid.TB, nodes []testNode) (*shape.Network, []memory.Step) {
	g := &graph.Graph{Nodes: []graph.Node{{Name: "input", Op: sized(100)}}}
	steps := []memory.Step{{}}
	for i, n := range nodes {
		g.Nodes = append(g.Nodes, graph.Node{Name: fmt.Sprint("node", i+1), Op: sized(n.values), Inputs: n.inputs})
		steps = append(steps, n.step)
	}
	g.Inputs, g.Outputs = []int{0}, []int{len(g.Nodes) - 1}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return n, steps
}

func plan(t rapid.TB, batch int64, nodes []testNode) *memory.Arena {
	n, steps := made(t, nodes)
	a, err := memory.PlanArena(n, batch, steps)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return a
}

func TestArenaOutputs(t *testing.T) {
	const own = -10 // a buffer that no earlier node has
	tests := []struct {
		name  string
		nodes []testNode
		want  []int // by node after the INPUT: the node whose buffer is shared, memory.Caller, or own
	}{
		{"a chain of fresh volumes", []testNode{fresh(50, 0), fresh(50, 1)}, []int{own, own}},
		{"in place after a fresh volume", []testNode{fresh(50, 0), inPlace(50, 1), inPlace(50, 2)}, []int{own, 1, 1}},
		{"the input is never written to", []testNode{inPlace(100, 0), inPlace(100, 1)}, []int{own, 1}},
		{"a view of the input is the caller's too", []testNode{view(100, 0), inPlace(100, 1)}, []int{memory.Caller, own}},
		{"a later reader forbids it", []testNode{fresh(50, 0), inPlace(50, 1), fresh(50, 1, 2)}, []int{own, own, own}},
		{"the last reader may", []testNode{fresh(50, 0), fresh(50, 1), inPlace(50, 1)}, []int{own, own, 1}},
		{"a later reader of a view forbids it",
			[]testNode{fresh(50, 0), view(50, 1), inPlace(50, 1), fresh(9, 2, 3)}, []int{own, 1, own, own}},
		{"a view of a view", []testNode{fresh(50, 0), view(50, 1), view(50, 2), inPlace(50, 3)}, []int{own, 1, 1, 1}},
		{"a sum is written to the input that nothing reads later",
			[]testNode{fresh(50, 0), fresh(50, 1), inPlace(50, 1, 2), fresh(50, 1, 3)}, []int{own, own, 2, own}},
		{"a sum of one volume twice", []testNode{fresh(50, 0), inPlace(50, 1, 1)}, []int{own, 1}},
		{"a sum onto an earlier volume, which then lives on",
			[]testNode{fresh(50, 0), fresh(50, 1), onto(50, 1, 2), view(50, 3), fresh(50, 4)}, []int{own, own, 1, 1, own}},
		{"a different size needs a fresh buffer", []testNode{fresh(50, 0), inPlace(40, 1)}, []int{own, own}},
		{"a gate is too small to hold the product",
			[]testNode{fresh(10, 0), fresh(50, 0), inPlace(50, 1, 2)}, []int{own, own, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := plan(t, 1, tt.nodes)
			for i, want := range tt.want {
				got := a.Output[i+1]
				switch {
				case want == own && (got == memory.Caller || slices.Contains(a.Output[:i+1], got)):
					t.Errorf("node %d shares buffer %d, want its own", i+1, got)
				case want == memory.Caller && got != memory.Caller:
					t.Errorf("node %d has buffer %d, want the caller's memory", i+1, got)
				case want > 0 && got != a.Output[want]:
					t.Errorf("node %d has buffer %d, want that of node %d", i+1, got, want)
				}
			}
		})
	}
}

func TestArenaSizes(t *testing.T) {
	tests := []struct {
		name  string
		batch int64
		nodes []testNode
		want  int64 // values, by hand; buffers are whole cache lines of 16 values

		busiest int // the first step that needs them
	}{
		{"nothing but the input", 1, nil, 0, 0},
		{"one volume", 1, []testNode{fresh(50, 0)}, 64, 1},
		{"the batch", 3, []testNode{fresh(50, 0)}, 160, 1},
		{"two live at once", 1, []testNode{fresh(32, 0), fresh(16, 1), fresh(32, 2), fresh(16, 3)}, 48, 2},
		{"in place", 1, []testNode{fresh(32, 0), inPlace(32, 1), inPlace(32, 2)}, 32, 1},
		{"a skip", 1, []testNode{fresh(32, 0), fresh(32, 1), fresh(32, 2), inPlace(32, 1, 3)}, 96, 3},
		{"scratch besides what is read and written", 1,
			[]testNode{fresh(32, 0), withScratch(fresh(16, 1), 64), fresh(32, 2)}, 112, 2},
		{"the smallest gap first", 1, []testNode{
			// Nodes 2 and 4 leave gaps of 64 and 48 values. Node 7's 48 values in the larger gap would leave no room
			// for nodes 8 and 9.
			fresh(160, 0), fresh(64, 0), fresh(64, 0), fresh(48, 0), fresh(48, 0), inPlace(160, 1, 2, 4),
			fresh(48, 6), fresh(32, 6), fresh(32, 6), inPlace(160, 6, 3, 5, 7, 8, 9)}, 384, 5},
		{"a crowded step first", 1, []testNode{
			// The first layers of AlexNet. By size alone, the scratch of node 5, which is larger than node 4's output,
			// would take the only gap that holds the latter.
			fresh(304, 0), inPlace(304, 1), fresh(304, 2), fresh(64, 3), withScratch(fresh(192, 4), 96), fresh(192, 5)}, 608, 3},
		{"scratch in the place of a dead volume", 1,
			[]testNode{fresh(64, 0), fresh(16, 1), withScratch(fresh(16, 2), 32)}, 80, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := plan(t, tt.batch, tt.nodes)
			if a.Values != tt.want || a.MaxLive != tt.want {
				t.Errorf("%d values, %d live at most, want %d of both", a.Values, a.MaxLive, tt.want)
			}
			if a.Busiest != tt.busiest {
				t.Errorf("step %d is the busiest, want %d", a.Busiest, tt.busiest)
			}
			if a.Bytes() != 4*tt.want {
				t.Errorf("%d bytes, want %d", a.Bytes(), 4*tt.want)
			}
		})
	}
}

func TestArenaErrors(t *testing.T) {
	huge := int64(math.MaxInt32)
	tests := []struct {
		name  string
		batch int64
		nodes []testNode
		want  string
	}{
		{"no batch", 0, []testNode{fresh(1, 0)}, "the batch must be 1 or more"},
		{"a volume too large to count", math.MaxInt64 / 2, []testNode{fresh(huge, 0)}, "node1: the size exceeds"},
		{"bytes too many to count", math.MaxInt64 / huge, []testNode{fresh(huge, 0)}, "the size exceeds"},
		{"a view of another size", 1, []testNode{view(99, 0)}, "node1: 1x1x99 cannot be a view of 1x1x100"},
		{"scratch too large to count", 1, []testNode{withScratch(fresh(1, 0), math.MaxInt64)}, "the size exceeds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, steps := made(t, tt.nodes)
			if _, err := memory.PlanArena(n, tt.batch, steps); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	n, _ := made(t, []testNode{fresh(1, 0)})
	if _, err := memory.PlanArena(n, 1, nil); err == nil {
		t.Error("steps that do not match the nodes are accepted")
	}
}

// drawNodes draws a network in which nodes read any of the last results.
func drawNodes(t *rapid.T) []testNode {
	nodes := []testNode{{values: 100}}
	for range rapid.IntRange(1, 40).Draw(t, "nodes") {
		earlier := rapid.IntRange(max(0, len(nodes)-6), len(nodes)-1)
		in := earlier.Draw(t, "input")
		values := rapid.SampledFrom([]int64{1, 16, 33, 64, 100, 500}).Draw(t, "values")
		var n testNode
		switch rapid.IntRange(0, 3).Draw(t, "alias") {
		case 0:
			n = view(nodes[in].values, in)
		case 1:
			n = inPlace(nodes[in].values, in)
		case 2:
			n = inPlace(nodes[in].values, earlier.Draw(t, "second"), in)
		default:
			n = fresh(values, in, earlier.Draw(t, "second"))
		}
		if n.step.Alias != memory.View {
			n.step.Scratch = rapid.SampledFrom([]int64{0, 0, 7, 200}).Draw(t, "scratch")
		}
		nodes = append(nodes, n)
	}
	return nodes[1:]
}

// TestArenaKeepsWhatIsRead simulates random networks in an arena that holds node numbers: each step overwrites its
// scratch and its output, and must find its inputs intact.
func TestArenaKeepsWhatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		batch := rapid.Int64Range(1, 3).Draw(t, "batch")
		checkArena(t, nodes, batch, plan(t, batch, nodes))
	})
}

func checkArena(t rapid.TB, nodes []testNode, batch int64, a *memory.Arena) {
	const scratch = -1
	cells := make([]int, a.Values)       // by value: the node that wrote it last
	content := make([]int, len(nodes)+1) // by node: the node that computed its values
	place := func(id int) []int {
		b := a.Buffers[id]
		return cells[b.Offset : b.Offset+b.Values]
	}
	whole := func(node int) bool {
		id := a.Output[node]
		return id == memory.Caller && content[node] == 0 ||
			id != memory.Caller && !slices.ContainsFunc(place(id), func(c int) bool { return c != content[node] })
	}
	for i, n := range nodes {
		node := i + 1
		if id := a.Scratch[node]; id != memory.None {
			if got := int64(len(place(id))); got != n.step.Scratch {
				t.Fatalf("node %d has scratch of %d values, want %d", node, got, n.step.Scratch)
			}
			for k := range place(id) {
				place(id)[k] = scratch
			}
		}
		for _, in := range n.inputs {
			if !whole(in) {
				t.Fatalf("node %d is overwritten before node %d reads it", in, node)
			}
		}
		if n.step.Alias == memory.View {
			content[node] = content[n.inputs[0]]
			continue
		}
		content[node] = node
		out := place(a.Output[node])
		if int64(len(out)) != n.values*batch {
			t.Fatalf("node %d has %d values, want %d", node, len(out), n.values*batch)
		}
		for k := range out {
			out[k] = node
		}
		for _, in := range n.inputs {
			if (n.step.Alias == memory.Fresh || a.Output[in] != a.Output[node]) && !whole(in) {
				t.Fatalf("node %d writes over its input %d", node, in)
			}
		}
		notScratch := func(c int) bool { return c != scratch }
		if id := a.Scratch[node]; id != memory.None && slices.ContainsFunc(place(id), notScratch) {
			t.Fatalf("the output of node %d lies in its scratch", node)
		}
	}
	if !whole(len(nodes)) {
		t.Fatal("the output is overwritten")
	}
	if a.Values < a.MaxLive {
		t.Fatalf("an arena of %d values for %d that live at once", a.Values, a.MaxLive)
	}
}

func TestArenaIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		a, b := plan(t, 2, nodes), plan(t, 2, nodes)
		if a.Values != b.Values || !slices.Equal(a.Buffers, b.Buffers) {
			t.Fatal("two plans of one network differ")
		}
	})
}

// large returns networks of 100,000 nodes, with the worst cases for the planner.
func large() map[string][]testNode {
	const nodes = 100_000
	chain := make([]testNode, 0, nodes)
	residual := make([]testNode, 0, nodes)
	for i := range nodes {
		chain = append(chain, withScratch(fresh(int64(1+i%977), i), 64))
		if i%8 == 7 {
			residual = append(residual, inPlace(64, i, i-7))
		} else {
			residual = append(residual, fresh(64, i))
		}
	}
	// Nested skips from the first half to the second.
	nested := make([]testNode, 0, nodes)
	for i := range nodes / 2 {
		nested = append(nested, fresh(int64(1+i%977), i))
	}
	for i := range nodes / 2 {
		nested = append(nested, fresh(int64(1+i%977), nodes/2+i, nodes/2-i))
	}
	return map[string][]testNode{"chain": chain, "residual": residual, "nested": nested}
}

// TestArenaOfLargeNetworks checks that the work of laying out a network grows with its nodes, not with their square:
// bestFit visits few pairs of buffers for each node, and where it would visit many, stack lays out the buffers instead.
func TestArenaOfLargeNetworks(t *testing.T) {
	stacked := map[string]bool{"nested": true}
	for name, nodes := range large() {
		t.Run(name, func(t *testing.T) {
			n, steps := made(t, nodes)
			a, err := memory.PlanArena(n, 1, steps)
			if err != nil {
				t.Fatal(err)
			}
			switch visits := a.Pairs(len(n.Nodes)); {
			case stacked[name] && visits <= memory.MaxPairs:
				t.Errorf("%d pairs of buffers are few enough for bestFit", visits)
			case !stacked[name] && visits > int64(10*len(nodes)):
				t.Errorf("bestFit visits %d pairs of buffers of %d nodes", visits, len(nodes))
			}
			if a.Values > a.MaxLive*5/4 {
				t.Errorf("%d values where %d are live at once", a.Values, a.MaxLive)
			}
			noOverlap(t, a)
		})
	}
}

// noOverlap checks a sample of the pairs of buffers that are live at once.
func noOverlap(t *testing.T, a *memory.Arena) {
	t.Helper()
	for i := 0; i < len(a.Buffers); i += 4999 {
		x := a.Buffers[i]
		for k, y := range a.Buffers {
			if k != i && x.First <= y.Last && y.First <= x.Last && x.Offset < y.Offset+y.Values && y.Offset < x.Offset+x.Values {
				t.Fatalf("buffers %d and %d overlap: %+v %+v", i, k, x, y)
			}
		}
	}
}

func BenchmarkPlanArena(b *testing.B) {
	for name, nodes := range large() {
		b.Run(name, func(b *testing.B) {
			n, steps := made(b, nodes)
			for b.Loop() {
				if _, err := memory.PlanArena(n, 1, steps); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestArenaTimeline checks that only the result is live after the last step.
func TestArenaTimeline(t *testing.T) {
	n := parsed(t, "input: 8x8x4\nlayers: INPUT -> CONV3-16 -> RELU -> ADD(CONV3-16 | IDENTITY) -> FC-10\n")
	// Values: 1024 of conv1, relu1 in place; 1024 of conv2 with 2000 of scratch; add1 in place; 10 of fc1.
	steps := []memory.Step{{}, {}, {Alias: memory.InPlace}, {Scratch: 2000}, {Alias: memory.InPlace}, {}}
	a, err := memory.PlanArena(n, 1, steps)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]int64{{0, 0}, {1024, 1024}, {1024, 1024}, {2048, 4048}, {1024, 2048}, {16, 1040}}
	for i, s := range a.Timeline(n) {
		if s.Live != 4*want[i][0] || s.Most != 4*want[i][1] {
			t.Errorf("%s: %d alive and %d at most, want %d and %d", s.Name, s.Live, s.Most, 4*want[i][0], 4*want[i][1])
		}
	}
	if a.MaxLive != 4048 {
		t.Errorf("%d values are live at once", a.MaxLive)
	}
}
