package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/figure"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
	"cnncalc/internal/sweep"
)

func numbers(t *testing.T, name, text string) sweep.Axis {
	t.Helper()
	a, err := sweep.ParseVariable(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func size(text string) (graph.Shape, error) {
	s := graph.Shape{}
	_, err := fmt.Sscanf(text, "%dx%d", &s.W, &s.H)
	return s, err
}

func spelt(a *sweep.Axis) string {
	var words []string
	for i := range a.Len() {
		words = append(words, a.At(i).String())
	}
	return strings.Join(words, " ")
}

func TestAxes(t *testing.T) {
	for text, want := range map[string]string{
		"16":                "16",
		"1,2,3":             "1 2 3",
		"16:64:16":          "16 32 48 64",
		"16:63:16":          "16 32 48",
		"16:65:16":          "16 32 48 64",
		"3:5":               "3 4 5",
		"7:7":               "7",
		"-2:2:2":            "-2 0 2",
		"1,16:32:16, 99":    "1 16 32 99",
		"[2,2,3],[3,4,6],5": "[2,2,3] [3,4,6] 5",
		"[2]":               "[2]",
		"9223372036854775806:9223372036854775807": "9223372036854775806 9223372036854775807",
	} {
		a := numbers(t, "w", text)
		if got := spelt(&a); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	a, err := sweep.ParseSizes("", "160:224:32,640x480", size)
	if err != nil || spelt(&a) != "160x160 192x192 224x224 640x480" {
		t.Errorf("%s, %v", spelt(&a), err)
	}
}

func TestAxesThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                       `"" is not a number, a range such as 16:128:16, or a list such as [2,2,3]`,
		"1,":                     `"" is not a number`,
		"1:2:3:4":                `"1:2:3:4" is not a number`,
		"1:":                     `"1:" is not a number`,
		"16:8":                   `"16:8" goes down: write the smaller number first`,
		"8:16:0":                 `"8:16:0" has a step of 0: a step is 1 or more`,
		"16:8:-1":                `"16:8:-1" has a step of -1`,
		"[2,3":                   `"[2,3" is not a number`,
		"[]":                     `"[]" is not a number`,
		"[1:3]":                  `"[1:3]" is not a number`,
		"010":                    `"010" starts with a zero: write 10`,
		"0x10":                   `"0x10" is not a number`,
		"1.5":                    `"1.5" is not a number`,
		"1:99999999999999999999": "is too large a number",
		"-9223372036854775808:9223372036854775807":        "has too many values",
		"-1:9223372036854775807":                          "has too many values",
		"0:9223372036854775806,0:9223372036854775806":     "has too many values",
		"-9223372036854775808:9223372036854775807:65536,": "has too many values",
	} {
		if _, err := sweep.ParseVariable("w", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"":      `"" is not a number or a range such as 16:128:16`,
		"1,x":   `"x" is not a number or a range such as 16:128:16`,
		"1:x":   `"1:x" is not a number or a range such as 16:128:16`,
		"[2,3]": `"[2,3]" is not a number or a range such as 16:128:16`,
		"010":   `"010" starts with a zero: write 10`,
	} {
		if _, err := sweep.ParseNumbers(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	for _, text := range []string{"0:32", "1:2147483648"} {
		if _, err := sweep.ParseSizes("", text, size); err == nil ||
			!strings.Contains(err.Error(), "not from 1 to 2147483647") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The last setting changes first: variables, then inputs, options and batches.
func TestOrderOfPoints(t *testing.T) {
	inputs, _ := sweep.ParseSizes("", "8,9", func(s string) (graph.Shape, error) { return size(s + "x" + s) })
	s := sweep.Space{
		Variables: []sweep.Axis{numbers(t, "a", "1,2"), numbers(t, "b", "5")},
		Inputs:    []sweep.Axis{inputs},
		Options:   []memory.Options{{DType: "fp32"}, {DType: "amp"}},
		Batches:   numbers(t, "", "1,4"),
	}
	if n, err := s.Len(); n != 16 || err != nil {
		t.Fatal(n, err)
	}
	for i, want := range map[int64]string{
		0:  "a=1, b=5, input 8x8, batch 1, fp32",
		1:  "a=1, b=5, input 8x8, batch 4, fp32",
		2:  "a=1, b=5, input 8x8, batch 1, amp",
		4:  "a=1, b=5, input 9x9, batch 1, fp32",
		8:  "a=2, b=5, input 8x8, batch 1, fp32",
		15: "a=2, b=5, input 9x9, batch 4, amp",
	} {
		p := s.At(i)
		if got := s.Describe(&p); got != want || p.Network != i/4 {
			t.Errorf("%d: %s of network %d, want %s", i, got, p.Network, want)
		}
	}
}

func TestTooManyPoints(t *testing.T) {
	s := sweep.Space{
		Variables: []sweep.Axis{numbers(t, "a", "1:4294967296"), numbers(t, "b", "1:2147483647")},
		Options:   []memory.Options{{}}, Batches: numbers(t, "", "1"),
	}
	if n, err := s.Len(); n != 1<<32*(1<<31-1) || err != nil {
		t.Error(n, err)
	}
	s.Batches = numbers(t, "", "1,2")
	if n, err := s.Len(); err == nil || !strings.Contains(err.Error(), "more than 9223372036854775807 combinations") {
		t.Error(n, err)
	}
}

func TestShardsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "total")
		count := rapid.Int64Range(1, 50).Draw(t, "count")
		at := int64(0)
		for i := range count {
			shard, err := sweep.ParseShard(fmt.Sprintf("%d/%d", i+1, count))
			if err != nil {
				t.Fatal(err)
			}
			first, end := shard.Range(total)
			if first != at || end-first-1 > total/count || end-first < total/count {
				t.Fatalf("shard %d of %d is from %d to %d of %d", i+1, count, first, end, total)
			}
			at = end
		}
		if at != total {
			t.Fatalf("the shards end at %d of %d", at, total)
		}
	})
	for _, text := range []string{"", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "01/2"} {
		if _, err := sweep.ParseShard(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

const network4 = "input: 32x32x3\nvars: {w: 8, N: 2}\nlayers: INPUT -> [CONV3-w -> RELU -> POOL2]*N -> FC-10\n"

// query returns one over widths, depths, of which N=6 does not fit, and sizes.
func query(t testing.TB) *sweep.Query {
	f := network.Read("net.yaml", []byte(network4))
	axis := func(name, text string) sweep.Axis {
		a, err := sweep.ParseVariable(name, text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	q := &sweep.Query{
		Space: sweep.Space{
			Variables: []sweep.Axis{axis("w", "8:40:8"), axis("N", "1:6")},
			Options: []memory.Options{
				{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"},
				{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.AMP, Optimizer: "adam"},
			},
			Batches: axis("", "1:4"),
		},
		Use: figure.Use{Account: memory.PyTorchAccount, Threads: 1},
		Network: func(o graph.Options) (*shape.Network, error) {
			n, problems := f.Network(o)
			if len(problems) > 0 {
				return nil, &problems[0]
			}
			return n, nil
		},
	}
	for _, name := range []string{"parameters", "macs", "peak"} {
		f, err := figure.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		q.Figures = append(q.Figures, f)
	}
	return q
}

// lines runs a query and returns its rows as text.
func lines(t testing.TB, q *sweep.Query, first, end int64, workers int) []string {
	var all []string
	err := q.Run(context.Background(), first, end, workers, func(rows []sweep.Row) error {
		for _, r := range rows {
			all = append(all, fmt.Sprint(q.Space.Describe(&r.Point), r.Input, r.Output, r.Values, r.Problem, r.LeftOut))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The rows and their order depend neither on the number of workers nor on the shards.
func TestRowsAreInOrder(t *testing.T) {
	q := query(t)
	total, err := q.Space.Len()
	if err != nil || total != 5*6*2*4 {
		t.Fatal(total, err)
	}
	want := lines(t, q, 0, total, 1)
	if int64(len(want)) != total {
		t.Fatalf("%d rows of %d", len(want), total)
	}
	for _, workers := range []int{2, 7} {
		var got []string
		for i := range int64(workers) {
			first, end := sweep.Shard{Index: i + 1, Count: int64(workers)}.Range(total)
			got = append(got, lines(t, q, first, end, workers)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("other rows with %d workers", workers)
		}
	}
}

// Every row has the figures of its network alone.
func TestFiguresOfRows(t *testing.T) {
	q := query(t)
	problems := 0
	err := q.Run(context.Background(), 0, 5*6*2*4, 3, func(rows []sweep.Row) error {
		for _, r := range rows {
			w, n := r.Variables[0].Number, r.Variables[1].Number
			if n == 6 { // 32 is halved five times
				if problems++; r.Problem == nil || !strings.Contains(r.Problem.Error(), "POOL2") {
					t.Errorf("N=6: %v", r.Problem)
				}
				continue
			}
			side := int64(32) >> n
			if want := 27*w + w + (n-1)*(9*w*w+w) + side*side*w*10 + 10; r.Values[0] != want {
				t.Errorf("w=%d, N=%d: %d parameters, want %d", w, n, r.Values[0], want)
			}
			net, err := q.Network(graph.Options{Vars: map[string][]int64{"w": {w}, "N": {n}}})
			if err != nil {
				t.Fatal(err)
			}
			m, err := memory.NewPyTorch(net, q.Space.Options[r.Option])
			if err != nil {
				t.Fatal(err)
			}
			if peak, err := m.Peak(r.Batch); err != nil || peak != r.Values[2] || r.Values[1] != net.Total.MACs {
				t.Errorf("w=%d, N=%d: %v, want %d MACs and a peak of %d (%v)", w, n, r.Values, net.Total.MACs, peak, err)
			}
		}
		return nil
	})
	if err != nil || problems != 5*2*4 {
		t.Errorf("%d problems, %v", problems, err)
	}
}

func TestWhere(t *testing.T) {
	q := query(t)
	var err error
	if q.Where, err = figure.ParseCondition("parameters<100K && peak<100MiB"); err != nil {
		t.Fatal(err)
	}
	kept := 0
	err = q.Run(context.Background(), 0, 5*6*2*4, 2, func(rows []sweep.Row) error {
		for _, r := range rows {
			if r.Values != nil {
				kept++
			}
			if r.Values != nil && (r.LeftOut || r.Values[0] >= 100_000) || r.LeftOut == (r.Values != nil) && r.Problem == nil {
				t.Errorf("%+v", r)
			}
		}
		return nil
	})
	if err != nil || kept == 0 {
		t.Errorf("%d rows, %v", kept, err)
	}
}

// An error of emit, or of the context, ends a run of any length.
func TestRunsEnd(t *testing.T) {
	q := query(t)
	q.Space.Variables[0] = numbers(t, "w", "1:1000000000000")
	total, _ := q.Space.Len()
	failed := errors.New("failed")
	if err := q.Run(context.Background(), 0, total, 2, func([]sweep.Row) error { return failed }); err != failed {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var emitted atomic.Int64
	err := q.Run(ctx, 0, total, 2, func(rows []sweep.Row) error {
		if emitted.Add(int64(len(rows))) > 100 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The front of random rows is what comparing each with each gives.
func TestFrontAgainstAll(t *testing.T) {
	goals, err := sweep.ParseGoals([]string{"macs", "+parameters", "largest_batch"})
	if err != nil {
		t.Fatal(err)
	}
	var figures []figure.Figure
	for _, g := range goals {
		figures = append(figures, g.Figure)
	}
	signs := []int64{-1, 1, 1}
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]int64
		front := sweep.NewFront(goals, figures)
		for range rapid.IntRange(0, 30).Draw(t, "rows") {
			row := rapid.SliceOfN(rapid.Int64Range(0, 6), 3, 3).Draw(t, "row")
			rows = append(rows, row)
			front.Add(sweep.Row{Values: row})
		}
		var want [][]int64
		for i, row := range rows {
			isBest := true
			for k, other := range rows {
				asGood := true
				for g, sign := range signs {
					asGood = asGood && sign*other[g] >= sign*row[g]
				}
				if asGood && (k < i || !slices.Equal(other, row)) {
					isBest = false
				}
			}
			if isBest {
				want = append(want, row)
			}
		}
		var got [][]int64
		for _, row := range front.Rows() {
			got = append(got, row.Values)
		}
		if !slices.EqualFunc(got, want, func(a, b []int64) bool { return slices.Equal(a, b) }) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func TestGoals(t *testing.T) {
	for text, want := range map[string]string{
		"macs,parameters":                                    "[false false]",
		"+macs,-receptive_field, +peak":                      "[true false true]",
		"largest_batch,inference_batch,training_batch,-time": "[true true true false]",
	} {
		goals, err := sweep.ParseGoals(strings.Split(text, ","))
		var more []bool
		for _, g := range goals {
			more = append(more, g.More)
		}
		if err != nil || fmt.Sprint(more) != want {
			t.Errorf("%s: %v, %v", text, more, err)
		}
	}
	for text, want := range map[string]string{
		"macs":        "of two figures or more",
		"macs,macs":   "macs is given twice",
		"macs,+macs":  "macs is given twice",
		"macs,mac":    "did you mean macs?",
		"macs,+-peak": "has two signs",
	} {
		if _, err := sweep.ParseGoals(strings.Split(text, ",")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// BenchmarkSmallNetworks reports the networks that one worker makes and counts in a second, with their peaks in
// training.
func BenchmarkSmallNetworks(b *testing.B) {
	q := query(b)
	var err error
	if q.Space.Variables[0], err = sweep.ParseVariable("w", "1:1000000000"); err != nil {
		b.Fatal(err)
	}
	q.Space.Variables[1], _ = sweep.ParseVariable("N", "2")
	q.Space.Options = q.Space.Options[:1]
	q.Space.Batches, _ = sweep.ParseNumbers("1")
	b.ReportAllocs()
	b.ResetTimer()
	if err := q.Run(context.Background(), 0, int64(b.N), 1, func([]sweep.Row) error { return nil }); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "networks/s")
}
