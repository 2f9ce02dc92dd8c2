package main

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The scratch of each layer is what the arena's account says, and far less than the columns of im2col.
func TestTrafficScratchIsTheArenas(t *testing.T) {
	rows := func(text string) [][]string {
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all[1:]
	}
	arena := map[string]string{}
	for _, row := range rows(callFine(t, "memory", "vgg16", "--batch", "2", "--account", "cnncalc", "--format", "csv",
		"--columns", "name,holds,bytes")) {
		if row[1] == "scratch" {
			arena[row[0]] = row[2]
		}
	}
	scratch := map[string]string{}
	for _, row := range rows(callFine(t, "traffic", "vgg16", "--batch", "2", "--format", "csv", "--columns",
		"name,scratch,columns")) {
		if row[1] == "" {
			continue
		}
		scratch[row[0]] = row[1]
		if bytes, _ := strconv.Atoi(row[1]); row[0] == "conv2" {
			columns, err := strconv.Atoi(row[2])
			if err != nil || columns != 9*224*224*64*4 || bytes < 1 || bytes > columns/4 {
				t.Errorf("conv2: scratch of %s for columns of %s bytes", row[1], row[2])
			}
		}
	}
	if diff := cmp.Diff(arena, scratch); diff != "" || len(arena) < 13 {
		t.Errorf("%d layers have scratch (-memory --account cnncalc +traffic):\n%s", len(arena), diff)
	}
}

// The document has what is promised, and nothing else.
func TestTrafficJSON(t *testing.T) {
	type counts struct {
		Read, Weights, Written, MACs, Bytes int64
		Intensity                           float64
		LeastSeconds                        float64 `json:"least_seconds"`
	}
	var d struct {
		Schema, Network string
		Batch           int64
		Machine         struct {
			Peak, Bandwidth, Ridge float64
			Assumed                []string
			Threads                int
		}
		Layers []json.RawMessage
		Totals counts
	}
	decodeStrictly(t,
		callFine(t, "traffic", "cifar10", "--batch", "3", "--bandwidth", "10GB/s", "--threads", "2", "--format", "json"), &d)
	if d.Schema != "cnncalc/1" || d.Network != "cifar10" || d.Batch != 3 || d.Machine.Threads != 2 {
		t.Errorf("%+v", d)
	}
	if d.Machine.Peak != 100e9 || d.Machine.Bandwidth != 10e9 || d.Machine.Ridge != 5 || len(d.Machine.Assumed) != 1 ||
		d.Machine.Assumed[0] != "peak" {
		t.Errorf("machine %+v", d.Machine)
	}
	if len(d.Layers) != 5 {
		t.Fatalf("%d layers, want 5", len(d.Layers))
	}
	var fc struct {
		counts
		Name, Kind, Bound string
		Columns, Scratch  int64
		Inflation         float64
	}
	decodeStrictly(t, string(d.Layers[4]), &fc)
	// 3*3072 values in, 30,730 parameters, 3*10 values out, of 4 bytes; 3*30,720 MACs.
	if fc.Read != 36_864 || fc.Weights != 122_920 || fc.Written != 120 || fc.Bytes != 159_904 || fc.MACs != 92_160 ||
		fc.Name != "fc1" || fc.Kind != "FC" || fc.Bound != "memory" || fc.Columns != 0 {
		t.Errorf("fc1 %+v", fc)
	}
	if want := 159_904 / 10e9; fc.LeastSeconds < 0.999*want || fc.LeastSeconds > 1.001*want {
		t.Errorf("fc1 takes at least %v s, want %v", fc.LeastSeconds, want)
	}
	if d.Totals.MACs != 3*952_320 {
		t.Errorf("totals %+v", d.Totals)
	}
}
