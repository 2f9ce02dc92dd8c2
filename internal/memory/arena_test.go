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

// joined has the values of its inputs, one after the other.
func joined(nodes []testNode, inputs ...int) testNode {
	n := testNode{0, inputs, memory.Step{Alias: memory.Joined}}
	for _, in := range inputs {
		n.values += valuesOf(nodes, in)
	}
	return n
}

// valuesOf returns the values of a node, where nodes are those after the INPUT.
func valuesOf(nodes []testNode, i int) int64 {
	if i == 0 {
		return 100
	}
	return nodes[i-1].values
}

func withScratch(n testNode, values int64) testNode {
	n.step.Scratch = values
	return n
}

// made returns a network of the given nodes after an INPUT of 1x1x100, which is node 0. The last node is an output, and
// so are more.
func made(t rapid.TB, nodes []testNode, more ...int) (*shape.Network, []memory.Step) {
	g := &graph.Graph{Nodes: []graph.Node{{Name: "input", Op: sized(100)}}}
	steps := []memory.Step{{}}
	for i, n := range nodes {
		g.Nodes = append(g.Nodes, graph.Node{Name: fmt.Sprint("node", i+1), Op: sized(n.values), Inputs: n.inputs})
		steps = append(steps, n.step)
	}
	g.Inputs, g.Outputs = []int{0}, []int{len(g.Nodes) - 1}
	g.Outputs = append(g.Outputs, more...)
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return n, steps
}

func plan(t rapid.TB, batch int64, nodes []testNode, more ...int) *memory.Arena {
	n, steps := made(t, nodes, more...)
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

// drawer draws networks in which nodes read any of the last results.
type drawer struct {
	t     *rapid.T
	nodes []testNode // after the INPUT
	lost  []int      // nodes that nothing may read any more, as another was added to them
}

func drawNodes(t *rapid.T) *drawer {
	d := &drawer{t: t}
	for range rapid.IntRange(1, 40).Draw(t, "nodes") {
		d.add()
	}
	return d
}

func (d *drawer) earlier(name string) int {
	var all []int
	for i := max(0, len(d.nodes)-6); i <= len(d.nodes); i++ {
		if !slices.Contains(d.lost, i) {
			all = append(all, i)
		}
	}
	return rapid.SampledFrom(all).Draw(d.t, name)
}

func (d *drawer) add() {
	in := d.earlier("input")
	values := rapid.SampledFrom([]int64{1, 16, 33, 64, 100, 500}).Draw(d.t, "values")
	var n testNode
	switch rapid.IntRange(0, 6).Draw(d.t, "alias") {
	case 0:
		n = view(valuesOf(d.nodes, in), in)
	case 1:
		n = inPlace(valuesOf(d.nodes, in), in)
	case 2:
		n = inPlace(valuesOf(d.nodes, in), d.earlier("second"), in)
	case 3, 4:
		inputs := []int{in}
		for range rapid.IntRange(1, 4).Draw(d.t, "more inputs") {
			inputs = append(inputs, d.earlier("joined"))
		}
		n = joined(d.nodes, inputs...)
	case 5:
		if to := d.earlier("to"); d.canTakeSum(to) && to != in {
			values := valuesOf(d.nodes, to)
			d.nodes = append(d.nodes, onto(values, to, in))
			add := view(values, len(d.nodes))
			add.inputs = append(add.inputs, to)
			d.nodes, d.lost = append(d.nodes, add), append(d.lost, to)
			return
		}
		fallthrough
	default:
		n = fresh(values, in, d.earlier("second"))
	}
	if n.step.Alias != memory.View {
		n.step.Scratch = rapid.SampledFrom([]int64{0, 0, 7, 200}).Draw(d.t, "scratch")
	}
	d.nodes = append(d.nodes, n)
}

// canTakeSum reports whether the memory of a node is its own, and nothing views it.
func (d *drawer) canTakeSum(i int) bool {
	isView := func(n testNode) bool { return n.step.Alias == memory.View }
	return i > 0 && !isView(d.nodes[i-1]) && !slices.ContainsFunc(d.nodes, func(n testNode) bool {
		return isView(n) && slices.Contains(n.inputs, i)
	})
}

// drawOutputs draws outputs besides the last node.
func (d *drawer) drawOutputs() (more []int) {
	for i := range d.nodes {
		if i > 0 && !slices.Contains(d.lost, i) && rapid.IntRange(0, 9).Draw(d.t, "output") == 0 {
			more = append(more, i)
		}
	}
	return more
}

// TestArenaKeepsWhatIsRead simulates random networks in an arena that holds where each value is from: each step
// overwrites its scratch and its output, and must find its inputs intact.
func TestArenaKeepsWhatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawNodes(t)
		more := d.drawOutputs()
		batch := rapid.Int64Range(1, 3).Draw(t, "batch")
		a := plan(t, batch, d.nodes, more...)
		checkArena(t, d.nodes, batch, a, append(more, len(d.nodes)))
		apart := slices.Clone(d.nodes)
		for i := range apart {
			if apart[i].step.Alias == memory.Joined {
				apart[i].step.Alias = memory.Fresh
			}
		}
		if b := plan(t, batch, apart, more...); a.Values > b.Values {
			t.Fatalf("an arena of %d values, %d without joint volumes", a.Values, b.Values)
		}
	})
}

// written is a value in a simulation: the node that computed it, and which of its values it is.
type written struct{ node, value int }

func valuesFrom(node, count int) []written {
	values := make([]written, count)
	for k := range values {
		values[k] = written{node, k}
	}
	return values
}

// simulation runs a network in an arena.
type simulation struct {
	t        rapid.TB
	arena    *memory.Arena
	cells    []written
	contents [][]written // by node
}

func (s *simulation) place(id int) []written {
	b := s.arena.Buffers[id]
	return s.cells[b.Offset : b.Offset+b.Values]
}

// isWhole reports whether a node's output is in its place.
func (s *simulation) isWhole(node int) bool {
	id := s.arena.Output[node]
	return id == memory.Caller && s.contents[node][0].node == 0 ||
		id != memory.Caller && slices.Equal(s.place(id), s.contents[node])
}

// write simulates that a node computes its output.
func (s *simulation) write(node int, n testNode, batch int64) {
	out := s.place(s.arena.Output[node])
	if int64(len(out)) != n.values*batch {
		s.t.Fatalf("node %d has %d values, want %d", node, len(out), n.values*batch)
	}
	s.contents[node] = valuesFrom(node, len(out))
	if n.step.Alias != memory.Joined || batch > 1 {
		copy(out, s.contents[node])
		return
	}
	at := 0
	for _, in := range n.inputs {
		copy(s.contents[node][at:], s.contents[in])
		id := s.arena.Output[in]
		if id == memory.Caller || &s.place(id)[0] != &out[at] { // else it is there
			copy(out[at:], s.contents[in])
		}
		at += len(s.contents[in])
	}
}

func checkArena(t rapid.TB, nodes []testNode, batch int64, a *memory.Arena, outputs []int) {
	const scratch = -1
	s := simulation{t, a, make([]written, a.Values), make([][]written, len(nodes)+1)}
	s.contents[0] = valuesFrom(0, int(100*batch))
	for i, n := range nodes {
		node := i + 1
		if id := a.Scratch[node]; id != memory.None {
			if got := int64(len(s.place(id))); got != n.step.Scratch {
				t.Fatalf("node %d has scratch of %d values, want %d", node, got, n.step.Scratch)
			}
			for k := range s.place(id) {
				s.place(id)[k] = written{scratch, k}
			}
		}
		for _, in := range n.inputs {
			if !s.isWhole(in) && !(n.step.Alias == memory.View && in != n.inputs[0]) { // a view of a sum has two
				t.Fatalf("node %d is overwritten before node %d reads it", in, node)
			}
		}
		if n.step.Alias == memory.View {
			s.contents[node] = s.contents[n.inputs[0]]
			continue
		}
		if n.step.Alias == memory.Onto && !s.isWhole(n.step.Node) {
			t.Fatalf("node %d is overwritten before node %d is added to it", n.step.Node, node)
		}
		s.write(node, n, batch)
		if !s.isWhole(node) {
			t.Fatalf("node %d is not what it should be", node)
		}
		for _, in := range n.inputs {
			inPlace := n.step.Alias == memory.InPlace && a.Output[in] == a.Output[node]
			if !inPlace && !s.isWhole(in) {
				t.Fatalf("node %d writes over its input %d", node, in)
			}
		}
		notScratch := func(w written) bool { return w.node != scratch }
		if id := a.Scratch[node]; id != memory.None && slices.ContainsFunc(s.place(id), notScratch) {
			t.Fatalf("the output of node %d lies in its scratch", node)
		}
	}
	for _, out := range outputs {
		if !s.isWhole(out) {
			t.Fatalf("output %d is overwritten", out)
		}
	}
	if a.Values < a.MaxLive {
		t.Fatalf("an arena of %d values for %d that live at once", a.Values, a.MaxLive)
	}
}

func TestArenaIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t).nodes
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
