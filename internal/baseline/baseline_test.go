package baseline

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"cnncalc/internal/align"
	"cnncalc/internal/figure"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

func read(t *testing.T, layers string) *shape.Network {
	t.Helper()
	n, err := network.Sound("net.yaml", []byte("name: net\ninput: 8x8x2\nlayers: INPUT -> "+layers+"\n"), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func find(t *testing.T, name string) figure.Figure {
	t.Helper()
	f, err := figure.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A value may be worse by as much as the tolerance, and not by one more.
func TestTolerances(t *testing.T) {
	less, more, neither := find(t, "parameters"), find(t, "largest_batch"), find(t, "receptive_field")
	for _, test := range []struct {
		of        figure.Figure
		tolerance string
		old       int64
		least     int64 // that is allowed
		most      int64
	}{
		{less, "0%", 1000, 0, 1000},
		{less, "2%", 1000, 0, 1020},
		{less, "+2%", 1000, 0, 1020},
		{less, "0.5%", 1000, 0, 1005},
		{less, "1%", 199, 0, 200}, // 1.99 more are allowed, which is one
		{less, "1%", 200, 0, 202},
		{less, "100%", 0, 0, 0},
		{less, "+10", 1000, 0, 1010},
		{less, "1K", 1000, 0, 2000},
		{less, "1%", math.MaxInt64 / 2, 0, math.MaxInt64/2 + math.MaxInt64/200},
		{more, "0%", 1000, 1000, math.MaxInt64},
		{more, "10%", 1000, 900, math.MaxInt64},
		{more, "-5", 1000, 0, 0}, // not a tolerance
		{neither, "0%", 1000, 0, math.MaxInt64},
	} {
		tolerance, err := ParseTolerance(test.tolerance, test.of.Unit)
		if strings.HasPrefix(test.tolerance, "-") {
			if err == nil {
				t.Errorf("%s is a tolerance", test.tolerance)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for value, want := range map[int64]bool{test.least: false, test.most: false, test.least - 1: test.least > 0,
			test.most + 1: test.most < math.MaxInt64} {
			if value < 0 {
				continue
			}
			g := Growth{Figure: Figure{Figure: test.of, Value: test.old}, New: value, Tolerance: tolerance}
			if got := g.IsBroken(); got != want {
				t.Errorf("%s from %d to %d with %s: broken is %v", test.of.Name, test.old, value, test.tolerance, got)
			}
		}
	}
	for text, want := range map[string]string{
		"":                            `"" is not a count`,
		"%":                           "is not a share",
		"x%":                          `"x%" is not a share: write 2% or 0.5%`,
		"-1%":                         "is not a share",
		"+-1%":                        "is not a share",
		"1e3%":                        "is not a share",
		"5MiB":                        `"5MiB" is not a count`,
		"++1":                         "is not a count",
		"NaN%":                        "is not a share",
		"+Inf%":                       "is not a share",
		strings.Repeat("9", 50) + "%": "is not a share",
	} {
		if _, err := ParseTolerance(text, figure.Count); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestChangeText(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new int64
		want     string
	}{
		{"parameters", 1000, 1027, "+27 (+2.7%)"},
		{"parameters", 1000, 500, "-500 (-50.0%)"},
		{"parameters", 0, 5, "+5"},
		{"parameters", 1_000_000, 1_000_001, "+1 (less than +0.1%)"},
		{"arena", 1, 2, "+1 byte (+100.0%)"},
		{"receptive_field", 3, 3, "+0 pixels"},
	} {
		g := Growth{Figure: Figure{Figure: find(t, test.name), Value: test.old}, New: test.new}
		if got := g.Change(); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

// A figure that is no longer known fails. One that was not known does not.
func TestUnknownFigures(t *testing.T) {
	why := fmt.Errorf("why")
	for _, test := range []struct {
		old, new error
		want     bool
	}{{nil, why, true}, {why, nil, false}, {why, why, false}} {
		g := Growth{Figure: Figure{Figure: find(t, "parameters"), Err: test.old}, NewErr: test.new}
		if g.IsBroken() != test.want {
			t.Errorf("%v, %v: broken is %v", test.old, test.new, g.IsBroken())
		}
	}
}

func record(t *testing.T, n *shape.Network, names ...string) *Record {
	t.Helper()
	u := &figure.Use{Account: memory.PyTorchAccount, Threads: 1, Options: memory.Options{Torch: memory.Torch2CUDA,
		Mode: memory.Training, DType: memory.FP32, Optimizer: memory.DefaultOptimizer}}
	var figures []figure.Figure
	for _, name := range names {
		figures = append(figures, find(t, name))
	}
	return Of("old.yaml", "net", n, u, 1, figures)
}

// By hand: CONV3-4 has 76 parameters, and CONV3-5 has 95. The FC has 4*4*4*3 + 3 = 195 and 4*4*5*3 + 3 = 243.
func TestGrowthOfNetworks(t *testing.T) {
	r := record(t, read(t, "CONV3-4 -> RELU -> POOL2 -> FC-3"), "parameters", "receptive_field", "macs")
	n := read(t, "CONV3-5 -> RELU -> POOL2 -> FC-3")
	amount, err := ParseTolerance("+1200", figure.Count)
	if err != nil {
		t.Fatal(err)
	}
	growth := r.Growth(n, Tolerances{ByName: map[string]Tolerance{"macs": amount}})
	var got []string
	for _, g := range growth {
		got = append(got, fmt.Sprint(g.Name, " ", g.Value, " ", g.New, " ", g.IsBroken()))
	}
	const want = "parameters 271 338 true, receptive_field 8 8 false, macs 4800 6000 false"
	if text := strings.Join(got, ", "); text != want {
		t.Error(text)
	}
	var changes []string
	for _, c := range r.LayerChanges(n) {
		changes = append(changes, fmt.Sprint(c.Mark, " ", c.Name(), " ", c.New.Parameters-c.Old.Parameters))
	}
	if text := strings.Join(changes, ", "); text != "changed conv1 19, changed relu1 0, changed pool1 0, changed fc1 48" {
		t.Error(text)
	}
	if changes := r.LayerChanges(read(t, "CONV3-4 -> RELU -> POOL2 -> FC-3")); changes == nil || len(changes) > 0 {
		t.Errorf("the same network differs: %v", changes)
	}
}

func TestChosenFigures(t *testing.T) {
	r := record(t, read(t, "CONV3-4 -> FC-3"), "parameters", "macs")
	if err := r.Select([]string{"macs"}); err != nil || len(r.Figures) != 1 || r.Figures[0].Name != "macs" {
		t.Errorf("%v, %v", r.Figures, err)
	}
	want := "old.yaml does not have the figure training_peak; a report of " +
		"cnncalc memory SPEC --account pytorch --mode training --format json has it"
	if err := r.Select([]string{"training_peak"}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

const report1 = `{"schema": "cnncalc/1", "network": "net", "batch": 2, "layers": [
{"name": "input", "kind": "INPUT", "notation": "INPUT", "output": {"width": 8, "height": 8, "depth": 2}, "activations": 128},
{"name": "conv1", "kind": "CONV", "notation": "CONV3-4", "output": {"width": 8, "height": 8, "depth": 4}, "activations": 256,
 "parameters": 76, "macs": 4608},
{"name": "old", "kind": "RELU", "notation": "RELU", "output": {"width": 8, "height": 8, "depth": 4}}],
"totals": {"activations": 384, "parameters": 76, "frozen": 6, "macs": 4608}, "memory": MEMORY}`

func reportWithMemory(memory string) []byte {
	return []byte(strings.Replace(report1, "MEMORY", memory, 1))
}

const notesMemory = `{"notes": {"batch": 2, "bytes_per_value": 4, "gradients": 280, "optimizer_cache": 560, "training": 9000, "inference": 5000}}`

func TestReports(t *testing.T) {
	for _, test := range []struct{ memory, want string }{
		// Adadelta keeps two copies of the parameters, as Adam does.
		{notesMemory, "layers 2, parameters 76, trainable 70, macs 4608, activations 384, largest 256, " +
			"notes_inference 5000 fp32 adadelta 2, notes_training 9000 fp32 adadelta 2"},
		{`{"pytorch": {"torch": "1.13-cpu", "mode": "inference", "dtype": "fp32", "peak": {"bytes": 77}}}`,
			"layers 2, parameters 76, trainable 70, macs 4608, activations 384, largest 256, inference_peak 77 fp32 momentum 2"},
		{`{"pytorch": {"torch": "2-cuda", "mode": "training", "dtype": "amp", "optimizer": "sgd", "peak": {"bytes": 77}}}`,
			"layers 2, parameters 76, trainable 70, macs 4608, activations 384, largest 256, training_peak 77 amp sgd 2"},
		{`{"cnncalc": {"threads": 3, "footprint": {"arena": 88}}}`,
			"layers 2, parameters 76, trainable 70, macs 4608, activations 384, largest 256, arena 88 fp32 momentum 2"},
	} {
		r, err := Read("base.json", reportWithMemory(test.memory), "net")
		if err != nil {
			t.Errorf("%s: %v", test.memory, err)
			continue
		}
		var got []string
		for _, f := range r.Figures {
			text := fmt.Sprint(f.Name, " ", f.Value)
			if f.Takes != nil {
				text += fmt.Sprint(" ", f.Use.Options.DType, " ", f.Use.Options.Optimizer, " ", f.Batch)
			}
			got = append(got, text)
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s, want %s", text, test.want)
		}
	}
}

// The layers of a report are paired by name.
func TestLayersOfAReport(t *testing.T) {
	r, err := Read("base.json", reportWithMemory(notesMemory), "net")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.LayerChanges(read(t, "CONV3-5 -> GELU")) {
		got = append(got, string(c.Mark)+c.Name())
	}
	want := []string{string(align.Changed) + "conv1", string(align.Added) + "gelu1", string(align.Removed) + "old"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, want %v", got, want)
	}
	r, err = Read("check.json", []byte(checked), "net")
	if err != nil || r.LayerChanges(read(t, "CONV3-5")) != nil {
		t.Errorf("a report of check has layers: %v", err)
	}
}

const checked = `{"schema": "cnncalc/1", "files": [{"file": "a.yaml", "network": "a", "problems": [{}]},
{"file": "b.yaml", "network": "net", "layers": 3, "totals": {"activations": 1, "parameters": 2, "macs": 3}}]}`

func TestReportsOfCheck(t *testing.T) {
	for _, names := range [][]string{{"net"}, {"other", "b.yaml"}} {
		r, err := Read("check.json", []byte(checked), names[0], names[1:]...)
		if err != nil {
			t.Errorf("%s: %v", names, err)
			continue
		}
		if len(r.Figures) != 5 || r.Figures[0].Value != 3 || r.Figures[4].Value != 1 {
			t.Errorf("%v", r.Figures)
		}
	}
	for name, want := range map[string]string{
		"c": "check.json is of other networks, not of c: a.yaml, b.yaml",
		"a": "check.json has no totals of a.yaml, which had a problem then: write the report of a network without problems",
	} {
		if _, err := Read("check.json", []byte(checked), name); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// What is not a whole report of the network is an error.
func TestReportsThatAreWrong(t *testing.T) {
	whole := string(reportWithMemory(notesMemory))
	replaced := func(old, new string) string {
		t.Helper()
		if !strings.Contains(whole, old) {
			t.Fatalf("the report has no %s", old)
		}
		return strings.Replace(whole, old, new, 1)
	}
	for _, test := range []struct{ text, want string }{
		{"", "base.json is empty: cnncalc memory SPEC --format json writes one"},
		{" \n\t", "base.json is empty"},
		{"{", "base.json is not a report: its JSON ends too soon"},
		{whole[:200], "base.json is not a report: its JSON ends too soon"},
		{"{\n\n]", "base.json is not a report: its JSON is wrong in line 3"},
		{"[]", `is not what a report has there`},
		{"5", `is not what a report has there`},
		{whole + "{}", "base.json is not a report: more follows the JSON document"},
		{"{}", "base.json is not a report of cnncalc: it has no schema"},
		{"null", "base.json is not a report of cnncalc: it has no schema"},
		{replaced("cnncalc/1", "cnncalc/2"), `has the schema "cnncalc/2", and this program reads cnncalc/1: write the report again`},
		{replaced(`"net"`, `"resnet"`), "base.json is of another network: resnet, not net"},
		{replaced(`"network"`, `"title"`), "base.json is not a report of cnncalc memory or check"},
		{replaced(`"totals"`, `"sums"`), "base.json is not a report of cnncalc memory or check"},
		{replaced(`"memory"`, `"bytes"`), "base.json is not a report of cnncalc memory or check"},
		{replaced(`"parameters": 76, "frozen"`, `"frozen"`), "base.json lacks totals"},
		{replaced(`"frozen": 6`, `"frozen": 77`), "base.json has more frozen parameters than parameters"},
		{replaced(`"frozen": 6, "macs": 4608`, `"frozen": 6, "macs": -1`), "base.json has values below zero"},
		{replaced(`"macs": 4608}, "memory"`, `"macs": 99999999999999999999}, "memory"`), `"totals.macs" is not what a report has there`},
		{replaced(`"batch": 2, "layers"`, `"batch": 0, "layers"`), "base.json has a batch of 0"},
		{replaced(notesMemory, "{}"), "base.json has no account of memory"},
		{replaced(`"bytes_per_value": 4`, `"bytes_per_value": 3`), "base.json has values of 3 bytes"},
		{replaced(`"optimizer_cache": 560`, `"optimizer_cache": 561`), "base.json has a cache of an unknown optimizer"},
		{string(reportWithMemory(`{"pytorch": {"torch": "3"}}`)), "base.json has no peak"},
		{string(reportWithMemory(`{"pytorch": {"torch": "3", "peak": {"bytes": 1}}}`)), `"3" is not a release`},
		{string(reportWithMemory(`{"cnncalc": {}}`)), "base.json has 0 threads"},
		{`{"schema": "cnncalc/1", "files": []}`, "base.json is of other networks, not of net: "},
	} {
		_, err := Read("base.json", []byte(test.text), "net")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60s: %v, want %s", test.text, err, test.want)
		}
	}
	if _, err := Read("base.json", make([]byte, MaxSize+1), "net"); err == nil ||
		!strings.Contains(err.Error(), "too many for a report") {
		t.Error(err)
	}
}

// Any bytes are a record with figures, or an error in one line.
func FuzzRead(f *testing.F) {
	for _, text := range []string{string(reportWithMemory(notesMemory)), checked, "", "{", "null",
		string(reportWithMemory(`{"pytorch": {"torch": "2-cuda", "mode": "training", "dtype": "amp", "optimizer": "sgd", "peak": {"bytes": 77}}}`)),
		string(reportWithMemory(`{"cnncalc": {"threads": 3, "footprint": {"arena": 88}}}`))} {
		f.Add([]byte(text))
	}
	n, err := network.Sound("net.yaml", []byte("name: net\ninput: 8x8x2\nlayers: INPUT -> CONV3-4 -> RELU\n"),
		graph.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read("base.json", data, "net", "net.yaml")
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\x1b") || len(text) > 10_000 {
				t.Errorf("%q", text)
			}
			return
		}
		if len(r.Figures) == 0 {
			t.Error("a record without figures")
		}
		for _, f := range r.Figures {
			if f.Batch > 1<<20 {
				return // the figures of the account take long
			}
		}
		for _, g := range r.Growth(n, Tolerances{}) {
			g.IsBroken()
			_ = g.Change()
		}
		r.LayerChanges(n)
	})
}
