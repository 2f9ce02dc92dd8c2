package memory_test

import (
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// recorded returns the network of a recorded case: the text of a file, or the name of a built-in one.
func recorded(t *testing.T, network string) *shape.Network {
	t.Helper()
	if strings.Contains(network, "\n") {
		return parsed(t, network)
	}
	return builtIn(t, network)
}

// nodesOf finds layers by name.
func nodesOf(t *testing.T, n *shape.Network, names []string) []int {
	t.Helper()
	var nodes []int
	for i := range n.Nodes {
		if slices.Contains(names, n.Nodes[i].Name) {
			nodes = append(nodes, i)
		}
	}
	if len(nodes) != len(names) {
		t.Fatalf("%v are not all in the network", names)
	}
	return nodes
}

// The peak with checkpoints is PyTorch 1.13's (testdata/memory/checkpoint.py).
func TestCheckpointedIsPyTorchs(t *testing.T) {
	var file struct {
		Trainings []struct {
			Network string
			Batch   int64
			Cuts    []string
			Peak    int64
		}
	}
	readJSON(t, "checkpoint.json", &file)
	if len(file.Trainings) < 10 {
		t.Fatalf("only %d trainings", len(file.Trainings))
	}
	for _, c := range file.Trainings {
		n := recorded(t, c.Network)
		o := options(memory.Torch113CPU, memory.Training)
		o.Optimizer = memory.NoOptimizer
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		if m, err = m.Checkpointed(memory.SegmentsTo(nodesOf(t, n, c.Cuts))); err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(c.Batch)
		if err != nil {
			t.Fatal(err)
		}
		// Each checkpoint keeps the state of the random numbers of the CPU, 5056 bytes.
		if got, state := a.Peak.Bytes-before(a), 5056*int64(len(c.Cuts)); got > c.Peak || got < c.Peak-state {
			t.Errorf("%s cut after %v: the peak is %d bytes, want %d or %d less", n.Name, c.Cuts, got, c.Peak, state)
		}
	}
}

// Of all ways to cut, the one that is chosen needs little more than the best, for any number of segments.
func TestBestCutsAgainstBruteForce(t *testing.T) {
	for _, net := range []string{
		"input: 32x32x3\nlayers: INPUT -> [CONV3-{8,16,32,64} -> RELU -> POOL2]*4 -> FC-10\n",
		"input: 32x32x3\nlayers: INPUT -> CONV3-16 -> [CONV3-16 -> BN -> RELU -> CONV3-16]*3 -> GAP -> FC-10\n",
		"input: 16x16x3\nlayers: INPUT -> CONV3-16 -> [ADD(CONV3-16 -> BN -> RELU -> CONV3-16 -> BN | IDENTITY) -> " +
			"RELU]*6 -> FC-500 -> FC-10\n",
	} {
		o := options(memory.Torch2CUDA, memory.Training)
		m, err := memory.NewPyTorch(parsed(t, net), o)
		if err != nil {
			t.Fatal(err)
		}
		const batch = 16
		chosen, err := m.BestCuts(batch, 4)
		if err != nil || len(chosen) != 3 {
			t.Fatalf("%d ways to cut (%v)", len(chosen), err)
		}
		for i, c := range chosen {
			if len(c.Nodes) != i+1 {
				t.Errorf("%d segments have %d cuts", i+2, len(c.Nodes))
			}
			got := peakOf(t, m, memory.SegmentsTo(c.Nodes), batch)
			best := int64(-1)
			for _, cuts := range choices(m.CutNodes(), i+1) {
				if peak := peakOf(t, m, memory.SegmentsTo(cuts), batch); best < 0 || peak < best {
					best = peak
				}
			}
			if plain, _ := m.Peak(batch); got > plain || got > best+best/20 {
				t.Errorf("%d segments: %d bytes, the best cuts %d, none %d", i+2, got, best, plain)
			}
		}
	}
}

func peakOf(t *testing.T, m *memory.PyTorch, segments []graph.Segment, batch int64) int64 {
	t.Helper()
	c, err := m.Checkpointed(segments)
	if err != nil {
		t.Fatal(err)
	}
	peak, err := c.Peak(batch)
	if err != nil {
		t.Fatal(err)
	}
	return peak
}

// choices are the ways to choose some of the nodes, in order.
func choices(nodes []int, count int) [][]int {
	if count == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for i := range nodes {
		for _, rest := range choices(nodes[i+1:], count-1) {
			all = append(all, append([]int{nodes[i]}, rest...))
		}
	}
	return all
}

func TestCutNodes(t *testing.T) {
	for _, c := range []struct {
		layers string
		want   []string
	}{
		{"CONV3-4 -> RELU -> CONV3-4 -> FC-2", []string{"conv1", "relu1", "conv2"}},
		{"CONV3-4 -> RELU inplace -> CONV3-4 -> FC-2", []string{"relu1", "conv2"}},
		{"CONV3-4 -> FLATTEN -> FC-2", []string{"flatten1"}},
		{"CONV3-4 -> ADD(CONV3-4 | CONV3-4) -> FC-2", []string{"conv1", "add1"}},
		{"CONV3-4 @a -> CONV3-4 -> CONCAT(IDENTITY | @a) -> FC-2", []string{"conv1", "concat1"}},
		{"FC-2", nil},
		{"CONV3-4 -> CONV3-4 @fork -> CONV3-4\nheads: {map: \"@fork -> CONV1-2\"}", []string{"conv1", "fork"}},
		{"CONV3-4 -> CONV3-4 @fork -> CONV3-4 -> CONV3-4\nheads: {aux: {layers: \"@fork -> CONV1-2\", training: true}}",
			[]string{"conv1", "fork"}},
		{"CONV3-4 -> CONV3-4 @out -> CONV3-4 -> CONV3-4\nheads: {out: \"@out\"}", []string{"conv1"}},
		{"CONV3-4 -> CONV3-4 @size -> POOL2 -> CONV3-4 -> UPSAMPLE like=@size -> CONV3-4",
			[]string{"conv1", "size", "upsample1"}},
	} {
		n := parsed(t, "input: 8x8x4\nlayers: INPUT -> "+c.layers+"\n")
		m, err := memory.NewPyTorch(n, options(memory.Torch2CUDA, memory.Training))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range m.CutNodes() {
			got = append(got, n.Nodes[i].Name)
		}
		if strings.ReplaceAll(strings.Join(got, " "), "a ", "conv1 ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v, want %v", c.layers, got, c.want)
		}
	}
}

func TestCheckpointedRefuses(t *testing.T) {
	n := parsed(t, "input: 8x8x4\nlayers: INPUT -> CONV3-4 -> RELU inplace -> CONV3-4 -> FC-2\n")
	m, err := memory.NewPyTorch(n, options(memory.Torch2CUDA, memory.Training))
	if err != nil {
		t.Fatal(err)
	}
	for _, cuts := range [][]int{{0}, {1}, {4}, {9}, {-1}, {3, 2}, {2, 2}} {
		if _, err := m.Checkpointed(memory.SegmentsTo(cuts)); err == nil {
			t.Errorf("cuts after %v are taken", cuts)
		}
	}
	inference, err := memory.NewPyTorch(n, options(memory.Torch2CUDA, memory.Inference))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inference.Checkpointed(memory.SegmentsTo([]int{2})); err == nil {
		t.Error("an inference is cut")
	}
	// conv1 is run a second time: 8*8 places, 3*3*4 weights for each of 4 filters.
	if got := m.ExtraMACs(memory.SegmentsTo([]int{2})); got != 8*8*3*3*4*4 || m.ExtraMACs(nil) != 0 {
		t.Errorf("%d MACs are run again", got)
	}
}
