package study_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/network"
	"cnncalc/internal/study"
)

// makeDocument makes a document of a text.
func makeDocument(t *testing.T, text string, s study.Settings) *study.Document {
	t.Helper()
	d, err := study.Make(network.Read("net.yaml", []byte(text)), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The document of every built-in network is whole, and its parts agree.
func TestBuiltIns(t *testing.T) {
	for _, name := range architectures.Names() {
		if testing.Short() && strings.Contains(name, "/") {
			continue
		}
		data, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		d := makeDocument(t, string(data), study.Settings{Batch: 2})
		failures := slices.DeleteFunc(d.Failures, func(f string) bool { return strings.HasPrefix(f, "receptive_field: ") })
		if !d.Sound || len(failures) > 0 {
			t.Errorf("%s: %v %v", name, d.Problems, d.Failures)
			continue
		}
		if peak := total(t, d, "training_peak"); peak != d.Memory.Peak {
			t.Errorf("%s: the peak is %d in memory and %d in the totals", name, d.Memory.Peak, peak)
		}
		parameters, macs := int64(0), int64(0)
		for _, l := range d.Layers {
			parameters += l.Parameters
			if !l.Training {
				macs += l.MACs
			}
			if !strings.Contains(d.Graph, "data-layer=") || l.Explained >= len(d.Explanations) {
				t.Errorf("%s: %s is in no picture or has no explanation", name, l.Name)
			}
		}
		if parameters != total(t, d, "parameters") || macs != total(t, d, "macs") {
			t.Errorf("%s: the layers have %d parameters and %d MACs", name, parameters, macs)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkXML(t, d.Graph)
		checkXML(t, d.Volumes)
	}
}

// total returns a figure of the whole network.
func total(t *testing.T, d *study.Document, name string) int64 {
	t.Helper()
	at := slices.IndexFunc(d.Totals, func(f study.Total) bool { return f.Name == name })
	if at < 0 {
		t.Fatalf("%s has no %s", d.Name, name)
	}
	return d.Totals[at].Value
}

func checkXML(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A broken file has its problems at their place, and the layers before them.
func TestProblems(t *testing.T) {
	d := makeDocument(t, "input: 32x32x3\nlayers: |\n  INPUT -> CONV3-8 -> POOL7x7 -> FC-10\n", study.Settings{})
	if d.Sound || len(d.Layers) != 2 || len(d.Totals) > 0 || d.Memory != nil {
		t.Errorf("%+v", d)
	}
	want := study.Span{Line: 3, Column: 23, EndLine: 3, EndColumn: 30}
	if p := d.Problems[0]; p.Span != want || p.Severity != "problem" || p.Layer != "pool1" {
		t.Errorf("%+v", p)
	}
}

// Settings change the figures; those that the file does not have are left out, and the others must mean something.
func TestSettings(t *testing.T) {
	text := "input: 32x32x3\nvars: {w: 8}\nlayers: |\n  INPUT -> CONV3-(w) -> RELU -> FC-10\n"
	d := makeDocument(t, text, study.Settings{Set: map[string]string{"w": "16", "gone": "1"}, InputSize: "16",
		Device: "t4", DType: "amp", Optimizer: "adam"})
	if d.Layers[1].Output != "16x16x16" || d.Vars[0].Values[0] != 16 || d.Vars[0].File[0] != 8 {
		t.Errorf("%+v", d)
	}
	if _, has := d.Settings.Set["gone"]; has {
		t.Error("a variable that the file does not have is a setting")
	}
	if total(t, d, "training_batch") < 1000 {
		t.Errorf("%+v", d.Totals)
	}
	for _, s := range []study.Settings{
		{DType: "fp7"}, {Optimizer: "evolution"}, {Device: "abacus"}, {Batch: -1}, {InputSize: "0"}, {Mode: "sleep"},
		{Set: map[string]string{"w": "many"}}, {Peak: "fast"}, {DType: "int8"}, {Freeze: []string{"["}}, {Device: "1KiB"},
	} {
		if _, err := study.Make(network.Read("net.yaml", []byte(text)), s); err == nil {
			t.Errorf("%+v: no error", s)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	for _, name := range []string{"vgg16", "torchvision/resnet152", "torchvision/densenet201"} {
		data, err := architectures.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := study.Make(network.Read(name, data), study.Settings{Batch: 32}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A document of some parts has those as the whole document has them, and the same totals.
func TestOnly(t *testing.T) {
	text := "input: 32x32x3\nlayers: |\n  INPUT -> CONV3-8 -> RELU -> POOL2 -> FC-10\n"
	whole := makeDocument(t, text, study.Settings{Batch: 4})
	for _, part := range []study.Part{study.Explanations, study.Graph, study.Volumes, study.Saved, study.Timeline, study.ByBatch,
		study.Traffic} {
		t.Run(string(part), func(t *testing.T) {
			d, err := study.MakeOnly(network.Read("net.yaml", []byte(text)), study.Settings{Batch: 4},
				&study.Only{Parts: []study.Part{part}, Layer: "conv1"})
			if err != nil {
				t.Fatal(err)
			}
			got, want := *d, *whole
			got.Layers, want.Layers = slices.Clone(d.Layers), slices.Clone(whole.Layers)
			if part != study.Explanations {
				if lines := d.Explanations[d.Layers[1].Explained].Lines; !cmp.Equal(lines,
					whole.Explanations[whole.Layers[1].Explained].Lines) {
					t.Errorf("conv1 is explained as %v", lines)
				}
				want.Explanations, got.Explanations = nil, nil
				want.Backward, got.Backward = nil, nil
			}
			leave := func(p study.Part, out func(*study.Document)) {
				if p != part {
					out(&want)
				}
			}
			leave(study.Graph, func(d *study.Document) { d.Graph = "" })
			leave(study.Volumes, func(d *study.Document) { d.Volumes = "" })
			leave(study.Timeline, func(d *study.Document) { d.Memory = nil })
			leave(study.ByBatch, func(d *study.Document) { d.Batches = nil })
			leave(study.Traffic, func(d *study.Document) { d.Roofline = nil })
			for i := range want.Layers {
				if part != study.Explanations {
					want.Layers[i].Explained, got.Layers[i].Explained = 0, 0
				}
				if part != study.Saved && part != study.Timeline {
					want.Layers[i].Saved = 0
				}
				if part != study.Traffic {
					want.Layers[i].Moved = 0
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-whole +part):\n%s", diff)
			}
		})
	}
	_, err := study.MakeOnly(network.Read("net.yaml", []byte(text)), study.Settings{}, &study.Only{Parts: []study.Part{"grph"}})
	if err == nil || err.Error() != `only: a document has no part "grph"` {
		t.Errorf("a part that there is not: %v", err)
	}
}
