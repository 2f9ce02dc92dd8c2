package sweep_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/figure"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
	"cnncalc/internal/sweep"
)

// search returns one for a setting of a network.
func search(text, setting string, values sweep.Axis, limits []figure.Limit, use figure.Use) *sweep.Search {
	f := network.Read("net.yaml", []byte(text))
	q := &sweep.Query{
		Space: sweep.Space{Options: []memory.Options{use.Options}, Batches: sweep.Range(1, 1, 1)},
		Use:   use,
		Network: func(o graph.Options) (*shape.Network, error) {
			n, problems := f.Network(o)
			if len(problems) > 0 {
				return nil, &problems[0]
			}
			return n, nil
		},
	}
	for _, l := range limits {
		q.Figures = append(q.Figures, l.Figure)
	}
	return &sweep.Search{For: setting, Values: values, Limits: limits, Query: q, Workers: 2}
}

func limit(t interface{ Fatal(...any) }, text string) figure.Limit {
	l, err := figure.ParseLimit(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var use = figure.Use{Account: memory.PyTorchAccount, Threads: 1,
	Options: memory.Options{Torch: memory.Torch113CPU, Mode: memory.Training, DType: memory.FP32, Optimizer: "sgd"}}

// The layers of random networks. Their figures grow with w, shrink with it, or do both, and some values have problems.
var pieces = []string{"CONV3-w", "CONV3-(40-w)", "CONV3-(w*(40-w)+1)", "CONV3-(64/w)", "CONV3-8 -> CONV3-8 g(w)", "BN", "RELU", "POOL2",
	"POOL2 s(w) floor", "[CONV1-4 -> RELU]*w", "CONV(w)-4 p0", "ADD(CONV3-4 | CONV1-4)", "CONCAT(CONV3-w | IDENTITY)"}

// A search finds the value that trying all values one by one finds, and the next one that has figures.
func TestSearchesFindWhatTryingAllFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "input: 16x16x3\nvars: {w: 2}\nlayers: |\n  INPUT -> " +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 4).Draw(t, "layers"), " -> ") + " -> FC-2\n"
		setting := rapid.SampledFrom([]string{"w", sweep.ForInputSize, sweep.ForBatch}).Draw(t, "for")
		last := rapid.Int64Range(1, 24).Draw(t, "last")
		values := sweep.Range(1, last, rapid.Int64Range(1, 3).Draw(t, "step"))
		figures := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"parameters", "macs", "peak", "inference_peak",
			"largest"}),
			1, 2, rapid.ID[string]).Draw(t, "figures")
		rows := tryAll(t, text, setting, values, figures)
		limits := drawLimits(t, rows, figures)
		s := search(text, setting, values, limits, use)
		found, err := s.All(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		best, next := -1, -1
		for i, r := range rows {
			if r.Problem != nil {
				continue
			}
			keeps := true
			for k, l := range limits {
				keeps = keeps && l.Holds(r.Values[k])
			}
			if keeps {
				best, next = i, -1
			} else if next < 0 {
				next = i
			}
		}
		same := func(row *sweep.Row, i int) bool {
			return i < 0 || row != nil && s.Value(row) == values.At(int64(i)).Number &&
				fmt.Sprint(row.Values) == fmt.Sprint(rows[i].Values)
		}
		if (found.Best == nil) != (best < 0) || !same(found.Best, best) || !same(found.Next, next) {
			t.Fatalf("%s: %+v, want values %d and %d of %v", text, found, best, next, rows)
		}
		if next < 0 && found.Next != nil && s.Value(found.Next) <= values.At(values.Len()-1).Number {
			t.Fatalf("%s: the next value is %d of %v", text, s.Value(found.Next), rows)
		}
	})
}

// tryAll returns the rows of all values.
func tryAll(t *rapid.T, text, setting string, values sweep.Axis, figures []string) []sweep.Row {
	var rows []sweep.Row
	for i := range values.Len() {
		var limits []figure.Limit
		for _, name := range figures {
			f, err := figure.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			limits = append(limits, figure.Limit{Figure: f})
		}
		n := values.At(i).Number
		s := search(text, setting, sweep.Range(n, n, 1), limits, use)
		switch setting {
		case sweep.ForBatch:
			s.Query.Space.Batches = s.Values
		case sweep.ForInputSize:
			s.Query.Space.Inputs = []sweep.Axis{s.Values.Squares()}
		default:
			s.Values.Name = setting
			s.Query.Space.Variables = []sweep.Axis{s.Values}
		}
		err := s.Query.Run(context.Background(), 0, 1, 1, func(r []sweep.Row) error {
			rows = append(rows, r...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// drawLimits draws bounds at, just below and just above the figures of a row.
func drawLimits(t *rapid.T, rows []sweep.Row, figures []string) []figure.Limit {
	var limits []figure.Limit
	row := rapid.SampledFrom(rows).Draw(t, "row")
	for k, name := range figures {
		bound := int64(1000)
		if row.Values != nil {
			bound = max(0, row.Values[k]+rapid.Int64Range(-1, 1).Draw(t, "off"))
		}
		f, err := figure.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		relation := rapid.SampledFrom([]figure.Relation{figure.AtMost, figure.Below, figure.AtMost, figure.AtLeast}).Draw(t,
			"relation")
		limits = append(limits, figure.Limit{Figure: f, Relation: relation, Bound: bound})
	}
	return limits
}

// The search of all batches finds what trying every one finds, also where PyTorch takes less for a larger batch.
func TestBatchesFindWhatTryingAllFinds(t *testing.T) {
	const tried = 40
	rapid.Check(t, func(t *rapid.T) {
		text := "input: 16x16x3\nvars: {w: 2}\nlayers: |\n  INPUT -> " +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 4).Draw(t, "layers"), " -> ") + " -> FC-2\n"
		figures := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"training_peak", "inference_peak", "notes_training",
			"parameters"}),
			1, 2, rapid.ID[string]).Draw(t, "figures")
		if figures[0] == "parameters" {
			figures = append(figures[1:], "peak")
		}
		rows := tryAll(t, text, sweep.ForBatch, sweep.Range(1, tried, 1), figures)
		if rows[0].Problem != nil {
			t.Skip("not a network")
		}
		limits := drawLimits(t, rows, figures)
		for i := range limits {
			if limits[i].Relation == figure.AtLeast {
				limits[i].Relation = figure.Below
			}
		}
		s := search(text, sweep.ForBatch, sweep.Range(1, 1, 1), limits, use)
		if !s.CanBisect() {
			t.Fatal(limits)
		}
		found, err := s.Batches()
		if err != nil {
			t.Fatal(err)
		}
		best := int64(0)
		for _, r := range rows {
			keeps := true
			for k, l := range limits {
				keeps = keeps && l.Holds(r.Values[k])
			}
			if keeps {
				best = r.Batch
			}
		}
		switch {
		case found.Best == nil && best == 0:
		case found.Best == nil, found.Best.Batch != best && found.Best.Batch <= tried, best != 0 && found.Best.Batch < best,
			found.Next.Batch != found.Best.Batch+1:
			t.Fatalf("%s: %+v, want %d", text, found, best)
		}
	})
}

func TestBatchesThatCannotBeBisected(t *testing.T) {
	for text, can := range map[string]bool{
		"peak<=1GiB": true, "peak<1GiB": true, "time<=1s": true, "parameters>=1": true, "notes_training<=1GiB": true,
		"peak>=1GiB": false, "peak==1GiB": false, "arena<=1GiB": false, "inference_peak!=1GiB": false,
	} {
		s := search(network4, sweep.ForBatch, sweep.Range(1, 1, 1), []figure.Limit{limit(t, text)}, use)
		if s.CanBisect() != can {
			t.Errorf("%s: %v", text, !can)
		}
	}
	ofRun := use
	ofRun.Account = memory.RunAccount
	if search(network4, sweep.ForBatch, sweep.Range(1, 1, 1), []figure.Limit{limit(t, "peak<=1GiB")}, ofRun).CanBisect() {
		t.Error("the peak of cnncalc run")
	}
	s := search(network4, sweep.ForBatch, sweep.Range(1, 1, 1), []figure.Limit{limit(t, "parameters<=1T")}, use)
	if _, err := s.Batches(); err != sweep.ErrUnbounded {
		t.Error(err)
	}
}
