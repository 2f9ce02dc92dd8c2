package memory_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
)

// allPlans are the ways to choose segments between the places from number t on.
func allPlans(places []int, t int) [][]graph.Segment {
	last := len(places) - 1
	if t == last {
		return [][]graph.Segment{nil}
	}
	all := allPlans(places, t+1)
	for j := t + 1; j < last; j++ {
		for _, rest := range allPlans(places, j) {
			all = append(all, append([]graph.Segment{{From: places[t], To: places[j]}}, rest...))
		}
	}
	return all
}

// randomNetwork is a chain of layers and blocks with up to seven places to cut. Some have heads, which leave fewer.
func randomNetwork(r *rand.Rand) string {
	items := []string{"CONV3-8", "CONV3-16", "CONV1-4", "BN", "RELU", "RELU inplace", "POOL2", "DROPOUT0.3", "residual()",
		"unit(8)", "CONCAT(CONV1-4 | CONV3-8 -> RELU | IDENTITY)", "ADD(IDENTITY | DROPOUT0.5)", "SIGMOID"}
	chain := []string{"CONV3-8"}
	for range 1 + r.IntN(5) {
		chain = append(chain, items[r.IntN(len(items))])
	}
	frozen := ""
	if r.IntN(4) == 0 {
		frozen = "frozen: [conv1]\n"
	}
	end, heads := []string{"GAP", "FC-10"}, ""
	switch r.IntN(4) {
	case 0:
		end, heads = []string{"CONV3-8 @fork", "GAP", "FC-10"}, "heads: {map: \"@fork -> RELU -> CONV1-5\"}\n"
	case 1:
		at := r.IntN(len(chain))
		chain[at] += " @early"
		heads = "heads: {aux: {layers: \"@early -> CONV1-4 -> BN -> FC-10\", training: true, loss: 0.3}}\n"
	}
	return "input: 16x16x3\n" + frozen + heads + `blocks:
  residual(): ADD(CONV3-8 -> BN -> RELU inplace -> CONV1-8 -> BN | CONV1-8) -> RELU inplace
  unit(n): CONV3-n -> BN -> RELU inplace
layers: INPUT -> ` + strings.Join(append(chain, end...), " -> ") + "\n"
}

// For every limit, the planner finds what the best of all plans needs.
func TestPlannerAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plans := 0
	for range 40 {
		text := randomNetwork(r)
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "momentum"}
		switch r.IntN(3) {
		case 0:
			o.DType = memory.AMP
		case 1:
			o.Torch = memory.Torch113CPU
		}
		batch := int64(1 + r.IntN(40))
		m, err := memory.NewPyTorch(parsed(t, text), o)
		if err != nil {
			t.Fatal(err)
		}
		plans += comparePlans(t, fmt.Sprintf("%s%s %s, batch %d", text, o.Torch, o.DType, batch), m, batch)
	}
	if plans < 2000 {
		t.Errorf("only %d plans", plans)
	}
}

// comparePlans compares the planner with all plans, and returns their number.
func comparePlans(t *testing.T, what string, m *memory.PyTorch, batch int64) int {
	t.Helper()
	p, err := memory.NewPlanner(m, batch)
	if err != nil {
		t.Fatal(err)
	}
	places := slices.Concat([]int{0}, m.CutNodes(), []int{-1}) // no segment ends with the last
	var all []memory.Plan
	for _, segments := range allPlans(places, 0) {
		all = append(all, memory.Plan{Segments: segments, Peak: peakOf(t, m, segments, batch),
			ExtraMACs: m.ExtraMACs(segments)})
	}
	seen := map[int64]bool{}
	for _, limit := range all {
		if seen[limit.Peak] {
			continue
		}
		seen[limit.Peak] = true
		for _, bytes := range []int64{limit.Peak, limit.Peak - 1} {
			best := leastOf(all, func(c memory.Plan) bool { return c.Peak <= bytes },
				func(a, b memory.Plan) int {
					return cmp.Or(cmp.Compare(a.ExtraMACs, b.ExtraMACs), cmp.Compare(len(a.Segments), len(b.Segments)))
				})
			got, err := p.Within(bytes)
			if err != nil {
				t.Fatal(err)
			}
			if (got == nil) != (best == nil) || got != nil && (got.Peak > bytes || got.ExtraMACs != best.ExtraMACs ||
				len(got.Segments) != len(best.Segments)) {
				t.Fatalf("%s: within %d bytes it finds %v, the best is %v", what, bytes, got, best)
			}
		}
		best := leastOf(all, func(c memory.Plan) bool { return c.ExtraMACs <= limit.ExtraMACs },
			func(a, b memory.Plan) int { return cmp.Compare(a.Peak, b.Peak) })
		got, err := p.Least(limit.ExtraMACs)
		if err != nil {
			t.Fatal(err)
		}
		if got.Peak != best.Peak || got.ExtraMACs > limit.ExtraMACs {
			t.Fatalf("%s: with %d MACs it finds %v, the best is %v", what, limit.ExtraMACs, got, best)
		}
	}
	return len(all)
}

// leastOf returns the least of the plans that hold, nil where none does.
func leastOf(all []memory.Plan, holds func(memory.Plan) bool, compare func(a, b memory.Plan) int) *memory.Plan {
	var least *memory.Plan
	for i := range all {
		if holds(all[i]) && (least == nil || compare(all[i], *least) < 0) {
			least = &all[i]
		}
	}
	return least
}

// The peak of a plan is that of its code in PyTorch 1.13 (testdata/memory/plans.py), less the state of the random
// numbers that each checkpoint keeps. Where a kernel needs scratch at the peak, which is an estimate, it is close.
func TestPlansAreAsInPyTorch(t *testing.T) {
	var file struct {
		State int64
		Plans []struct {
			Network  string
			Batch    int64
			Segments []string
			Peak     int64
		}
	}
	readJSON(t, "plans.json", &file)
	if len(file.Plans) < 20 {
		t.Fatalf("only %d plans", len(file.Plans))
	}
	equal := 0
	for _, c := range file.Plans {
		n := recorded(t, c.Network)
		o := options(memory.Torch113CPU, memory.Training)
		o.Optimizer = memory.NoOptimizer
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		var segments []graph.Segment
		for _, s := range c.Segments {
			first, last, _ := strings.Cut(s, ":")
			ends := nodesOf(t, n, []string{first})
			if last != first {
				ends = nodesOf(t, n, []string{first, last})
			}
			segments = append(segments, graph.Segment{From: ends[0] - 1, To: ends[len(ends)-1]})
		}
		if m, err = m.Checkpointed(segments); err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(c.Batch)
		if err != nil {
			t.Fatal(err)
		}
		got, state := a.Peak.Bytes-before(a), file.State*int64(len(segments)+1) // one more while a segment runs again
		switch {
		case got <= c.Peak && got >= c.Peak-state:
			equal++
		case scratchAtPeak(a) == 0 || max(got-c.Peak, c.Peak-got) > c.Peak/200:
			t.Errorf("%s with %v: the peak is %d bytes, want %d or at most %d less", n.Name, c.Segments, got, c.Peak, state)
		}
	}
	if equal < len(file.Plans)-1 {
		t.Errorf("only %d of %d peaks are equal", equal, len(file.Plans))
	}
}

// scratchAtPeak returns what a kernel needs at the peak, which is an estimate.
func scratchAtPeak(a *memory.Account) int64 {
	for _, p := range a.Parts {
		if p.Part == memory.Scratch {
			return p.AtPeak
		}
	}
	return 0
}

// A training whose network cannot be cut has one plan, with the peak of the account.
func TestPlannerOfSeveralInputs(t *testing.T) {
	const net = "inputs: {left: 8x8x3, right: 8x8x3}\n" +
		"layers: CONCAT(@left -> CONV3-4 | @right -> CONV3-4) -> CONV3-4 -> RELU -> FC-10\nheads: {twin: \"@left -> FC-5\"}\n"
	for _, torch := range memory.Torches() {
		m, err := memory.NewPyTorch(parsed(t, net), options(memory.Torch(torch), memory.Training))
		if err != nil {
			t.Fatal(err)
		}
		p, err := memory.NewPlanner(m, 4)
		if err != nil {
			t.Fatal(err)
		}
		if want, _ := m.Peak(4); p.Places() != 0 || len(p.Curve()) != 1 || p.Plain().Peak != want {
			t.Errorf("%s: %d places, %d plans, a peak of %d bytes, want %d", torch, p.Places(), len(p.Curve()), p.Plain().Peak,
				want)
		}
	}
}
