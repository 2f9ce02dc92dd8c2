package main

import (
	"encoding/json"
	"testing"
)

// comparison is what these tests read of the JSON of compare.
type comparison struct {
	Networks []struct{ Name, Input, Output string }
	Figures  []struct {
		Name   string
		Values []struct {
			Value      *int64
			Difference *int64
			Ratio      *float64
			Unknown    string
		}
	}
	Layers []struct {
		Same, Added, Removed, Changed int
		Layers                        []struct{ Mark string }
	}
}

func compareJSON(t *testing.T, args ...string) comparison {
	t.Helper()
	var c comparison
	out := callFine(t, append([]string{"compare", "--layers", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// compareFlagsForAll make every figure that there is.
var compareFlagsForAll = []string{"--device", "t4", "--peak", "8TFLOP/s", "--bandwidth", "300GB/s", "--batch", "2"}

// A network is the same as itself.
func TestComparedWithItself(t *testing.T) {
	for _, name := range []string{"lenet5", "googlenet", "unet", "torchvision/densenet121", "torchvision/googlenet",
		"yolov3-tiny"} {
		c := compareJSON(t, append(compareFlagsForAll, name, name)...)
		if len(c.Figures) < 13 {
			t.Errorf("%s: %d figures", name, len(c.Figures))
		}
		for _, f := range c.Figures {
			first, second := f.Values[0], f.Values[1]
			if first.Unknown != "" && first.Unknown == second.Unknown {
				continue
			}
			if *first.Value != *second.Value || *second.Difference != 0 || *second.Ratio != 1 {
				t.Errorf("%s: %s: %d and %d, difference %d, ratio %g", name, f.Name, *first.Value, *second.Value,
					*second.Difference, *second.Ratio)
			}
		}
		if l := c.Layers[0]; l.Added+l.Removed+l.Changed != 0 || l.Same != int(*c.Figures[0].Values[0].Value) {
			t.Errorf("%s: %d layers are added, %d removed, %d changed, %d the same", name, l.Added, l.Removed, l.Changed, l.Same)
		}
	}
}

// The other way around, differences are negated, ratios inverted, and what was added is removed.
func TestComparedTheOtherWayAround(t *testing.T) {
	for _, pair := range [][2]string{
		{"torchvision/resnet18", "torchvision/resnet34"}, {"vgg16", "torchvision/vgg16_bn"}, {"lenet5", "alexnet"},
	} {
		there := compareJSON(t, append(compareFlagsForAll, pair[0], pair[1])...)
		back := compareJSON(t, append(compareFlagsForAll, pair[1], pair[0])...)
		for i, f := range there.Figures {
			a, b := f.Values[1], back.Figures[i].Values[1]
			if *a.Difference != -*b.Difference || *a.Ratio**b.Ratio < 0.999999 || *a.Ratio**b.Ratio > 1.000001 {
				t.Errorf("%v: %s: %d and %d, %g and %g", pair, f.Name, *a.Difference, *b.Difference, *a.Ratio, *b.Ratio)
			}
		}
		if a, b := there.Layers[0], back.Layers[0]; a.Added != b.Removed || a.Removed != b.Added || a.Same != b.Same ||
			a.Changed != b.Changed {
			t.Errorf("%v: %+v and back %+v", pair, a, b)
		}
	}
}

// What is found in each network is what the other commands print.
func TestComparedFiguresAreThoseOfMemory(t *testing.T) {
	c := compareJSON(t, "torchvision/resnet18", "alexnet", "--batch", "4")
	for k, n := range c.Networks {
		var notes struct {
			Totals struct{ Activations, Parameters, MACs int64 }
		}
		if err := json.Unmarshal([]byte(callFine(t, "memory", n.Name, "--format", "json")), &notes); err != nil {
			t.Fatal(err)
		}
		peaks := map[string]int64{}
		for _, mode := range []string{"training", "inference"} {
			var account struct {
				Memory struct {
					PyTorch struct{ Peak struct{ Bytes int64 } }
				}
			}
			out := callFine(t, "memory", n.Name, "--account", "pytorch", "--mode", mode, "--batch", "4", "--format", "json")
			if err := json.Unmarshal([]byte(out), &account); err != nil {
				t.Fatal(err)
			}
			peaks[mode] = account.Memory.PyTorch.Peak.Bytes
		}
		want := map[string]int64{"parameters": notes.Totals.Parameters, "macs": notes.Totals.MACs,
			"activations": notes.Totals.Activations, "training_peak": peaks["training"], "inference_peak": peaks["inference"]}
		for _, f := range c.Figures {
			if w, ok := want[f.Name]; ok && (w == 0 || *f.Values[k].Value != w) {
				t.Errorf("%s: %s is %d, and memory has %d", n.Name, f.Name, *f.Values[k].Value, w)
			}
		}
	}
}
