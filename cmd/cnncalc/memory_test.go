package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goldenFolder = "../../testdata/golden"

// The tables as a whole. Their figures are held to the papers and to PyTorch by package architectures.
func TestMemoryGolden(t *testing.T) {
	for _, name := range []string{"vgg16", "alexnet", "googlenet", "resnet18"} {
		got := callFine(t, "memory", name, "--batch", "64")
		path := filepath.Join(goldenFolder, "memory-"+name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-%s +printed):\n%s", name, path, diff)
		}
	}
}

// notesVGG16 is the table of VGGNet in the CS231n notes (Convolutional Networks, "Case studies"), typed off. Its last
// two lines are "TOTAL memory: 24M * 4 bytes ~= 93MB / image", which its own rows contradict, and "TOTAL params: 138M".
const notesVGG16 = `
INPUT: [224x224x3]        memory:  224*224*3=150K   weights: 0
CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*3)*64 = 1,728
CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*64)*64 = 36,864
POOL2: [112x112x64]  memory:  112*112*64=800K   weights: 0
CONV3-128: [112x112x128]  memory:  112*112*128=1.6M   weights: (3*3*64)*128 = 73,728
CONV3-128: [112x112x128]  memory:  112*112*128=1.6M   weights: (3*3*128)*128 = 147,456
POOL2: [56x56x128]  memory:  56*56*128=400K   weights: 0
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*128)*256 = 294,912
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*256)*256 = 589,824
CONV3-256: [56x56x256]  memory:  56*56*256=800K   weights: (3*3*256)*256 = 589,824
POOL2: [28x28x256]  memory:  28*28*256=200K   weights: 0
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*256)*512 = 1,179,648
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [28x28x512]  memory:  28*28*512=400K   weights: (3*3*512)*512 = 2,359,296
POOL2: [14x14x512]  memory:  14*14*512=100K   weights: 0
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512]  memory:  14*14*512=100K   weights: (3*3*512)*512 = 2,359,296
POOL2: [7x7x512]  memory:  7*7*512=25K  weights: 0
FC: [1x1x4096]  memory:  4096  weights: 7*7*512*4096 = 102,760,448
FC: [1x1x4096]  memory:  4096  weights: 4096*4096 = 16,777,216
FC: [1x1x1000]  memory:  1000 weights: 4096*1000 = 4,096,000
`

func TestVGG16IsTheNotesTable(t *testing.T) {
	notesRow := regexp.MustCompile(`^(\S+): (\S+) +memory: +(\S+) +weights: (.+)$`)
	var want [][]string
	for line := range strings.Lines(strings.TrimSpace(notesVGG16)) {
		want = append(want, notesRow.FindStringSubmatch(strings.TrimSpace(line))[1:])
	}

	out := callFine(t, "memory", "vgg16", "--columns", "layer,output,memory,weights")
	gap := regexp.MustCompile(` {2,}`)
	rules := 0
	var got [][]string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "---") {
			rules++
		} else if rules == 1 {
			cells := gap.Split(line, -1)
			if strings.HasPrefix(cells[0], "FC-") { // the notes leave the units out
				cells[0] = "FC"
			}
			got = append(got, cells)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-notes +printed):\n%s", diff)
	}

	// The sums of the notes' own rows, and the notes' 138M parameters.
	for _, line := range []string{
		"TOTAL memory: 15,237,608 values * 4 bytes = 58.1 MiB / image",
		"TOTAL params: 138,357,544 (138,344,128 weights + 13,416 biases)",
		"The CS231n notes print 24M values, 93MB, under these same rows: an error there",
	} {
		if !strings.Contains(out, "\n"+line) {
			t.Errorf("%q is missing in\n%s", line, out)
		}
	}
}

// The document has the fields that are promised, and its figures are whole numbers.
func TestMemoryJSON(t *testing.T) {
	type volume struct{ Width, Height, Depth int64 }
	type counts struct{ Activations, Weights, Biases, Parameters, MACs int64 }
	type layer struct {
		Name, Kind, Notation string
		Output               volume
		counts
	}
	var document struct {
		Schema, Network string
		Input           volume
		Batch           int64
		Layers          []json.RawMessage
		Totals          counts
		Memory          struct{ Notes map[string]int64 }
	}
	out := callFine(t, "memory", "alexnet", "--batch", "2", "--format", "json")
	decodeStrictly(t, out, &document)
	if document.Schema != "cnncalc/1" || document.Network != "alexnet" || document.Batch != 2 {
		t.Errorf("schema %q, network %q, batch %d", document.Schema, document.Network, document.Batch)
	}
	if want := (volume{227, 227, 3}); document.Input != want {
		t.Errorf("input %v, want %v", document.Input, want)
	}
	if len(document.Layers) != 23 { // 22 layers and the input
		t.Fatalf("%d layers, want 23", len(document.Layers))
	}
	// The notes: 55x55x96, 290,400 neurons; 34,944 parameters. MACs: 55*55*34,848.
	want := layer{"conv1", "CONV", "CONV11-96", volume{55, 55, 96}, counts{290_400, 34_848, 96, 34_944, 105_415_200}}
	var conv1 struct {
		Name, Kind, Notation                           string
		Inputs                                         []string
		Line, Column                                   int
		Output                                         volume
		Activations, Weights, Biases, Parameters, MACs int64
		ReceptiveField                                 struct {
			Field, Jump, Start struct{ Width, Height float64 }
		} `json:"receptive_field"`
	}
	decodeStrictly(t, string(document.Layers[1]), &conv1)
	got := layer{conv1.Name, conv1.Kind, conv1.Notation, conv1.Output,
		counts{conv1.Activations, conv1.Weights, conv1.Biases, conv1.Parameters, conv1.MACs}}
	if got != want {
		t.Errorf("layer %+v, want %+v", got, want)
	}
	if !slices.Equal(conv1.Inputs, []string{"input"}) || conv1.Line != 10 || conv1.Column != 6 {
		t.Errorf("conv1 reads %s, at %d:%d", conv1.Inputs, conv1.Line, conv1.Column)
	}
	if f := conv1.ReceptiveField; f.Field.Width != 11 || f.Field.Height != 11 || f.Jump.Width != 4 || f.Start.Width != 0 {
		t.Errorf("receptive field %+v, want 11x11, 4 apart, from pixel 0 on", f)
	}
	if document.Totals.Parameters != 60_965_224 || document.Totals.MACs != 724_406_816 {
		t.Errorf("totals %+v", document.Totals)
	}
	// 2*227*227*3*4 bytes; 4 bytes for each of 1,413,347 values and 60,965,224 parameters.
	notes := map[string]int64{
		"batch": 2, "bytes_per_value": 4, "image_batch": 1_236_696,
		"volumes_forward": 11_306_776, "volumes_backward": 11_306_776,
		"parameters": 243_860_896, "gradients": 243_860_896, "optimizer_cache": 243_860_896,
		"training": 755_432_936, "inference": 256_404_368,
	}
	if diff := cmp.Diff(notes, document.Memory.Notes); diff != "" {
		t.Errorf("the notes' account (-by hand +printed):\n%s", diff)
	}
}

func decodeStrictly(t *testing.T, text string, to any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// The whole of "cnncalc memory vgg16" but the start of the process, which the bench target of the Makefile measures.
func BenchmarkMemoryVGG16(b *testing.B) {
	for b.Loop() {
		callFine(b, "memory", "vgg16")
	}
}
