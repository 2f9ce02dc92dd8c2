package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"cnncalc/internal/report"
)

// What every command prints as JSON is valid by its schema, with no field that this does not name.
func TestDocumentSchemas(t *testing.T) {
	digit, err := filepath.Abs("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write(t, "net.yaml", []byte("name: net\ninput: 8x8x1\nvars: {N: 2}\nlayers: INPUT -> CONV3-(N) @a -> BN -> RELU -> GAP -> FC-3\n"+
		"heads: {more: \"@a -> GAP -> FC-2\"}\nfrozen: [a]\n"))
	write(t, "wide.yaml", []byte("name: net\ninput: 8x8x1\nlayers: INPUT -> CONV5-8 @a -> RELU -> GAP -> FC-3\nbudget: {macs: 1K, training_peak: 1GiB}\n"))
	write(t, "broken.yaml", []byte("input: 8x8x1\nlayers: INPUT -> CONV3 -> REUL\n"))
	calls := map[string][]string{
		"check":   {"check net.yaml wide.yaml vgg16 --lint", "check broken.yaml nosuch"},
		"compare": {"compare net.yaml lenet5 --layers --device t4 --peak 1TFLOP/s --bandwidth 1GB/s", "compare lenet5 unet --dtype int8"},
		"fit": {"fit net.yaml --device t4", "fit vgg16 --device-memory 2GiB --batch 64 --mode training", "fit lenet5 --device t4 --batches 1,2",
			"fit net.yaml --device t4 --inputs 8,16", "fit --list-devices"},
		"diff": {"diff lenet5 net.yaml", "diff net.yaml net.yaml", "diff net.yaml wide.yaml"},
		"list": {"list"},
		"memory": {"memory net.yaml", "memory net.yaml --account pytorch", "memory net.yaml --account pytorch --mode inference",
			"memory net.yaml --account cnncalc", "memory lenet5 --as torchinfo", "memory lenet5 --as thop", "memory lenet5 --timeline"},
		"reconcile": {"reconcile fvcore thop lenet5"},
		"run":       {"run lenet5 --input DIGIT --top 2", "run net.yaml --weights random --input DIGIT"},
		"solve":     {"solve net.yaml --for N --range 1:8 --budget macs<=1000", "solve net.yaml --for batch --device t4", "solve unet --sizes 572:580"},
		"sweep":     {"sweep net.yaml --set N=2"},
		"traffic":   {"traffic net.yaml"},
	}
	checkAllHaveSchemas(t, calls)
	for command, lines := range calls {
		schema := strictSchema(t, command)
		for _, line := range lines {
			format := "--format=json"
			if command == "sweep" {
				format = "--format=jsonl"
			}
			r := call(t, append(strings.Fields(strings.ReplaceAll(line, "DIGIT", digit)), format)...)
			var document any
			if err := json.Unmarshal([]byte(r.out), &document); err != nil {
				t.Errorf("%s: %v: %s", line, err, r.errors)
				continue
			}
			if err := schema.Validate(document); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			document.(map[string]any)["unnamed"] = 1
			if schema.Validate(document) == nil {
				t.Errorf("%s: the schema takes any field", line)
			}
		}
	}
}

// checkAllHaveSchemas holds that every command that writes JSON has a schema, and that there are calls of it.
func checkAllHaveSchemas(t *testing.T, calls map[string][]string) {
	t.Helper()
	for _, cmd := range newRoot(&app{}).Commands() {
		format := cmd.Flags().Lookup("format")
		writesJSON := format != nil && strings.Contains(format.Usage, "json")
		if writesJSON != slices.Contains(report.DocumentCommands(), cmd.Name()) || writesJSON != (calls[cmd.Name()] != nil) {
			t.Errorf("%s: writes JSON: %t; a schema or a call of it is missing, or is too much", cmd.Name(), writesJSON)
		}
	}
}

// strictSchema returns the schema that a command prints, without room for fields that it does not name.
func strictSchema(t *testing.T, command string) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal([]byte(callFine(t, "schema", command)), &s); err != nil {
		t.Fatal(err)
	}
	closeObjects(&s)
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return resolved
}

func closeObjects(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Properties != nil {
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	} else {
		closeObjects(s.AdditionalProperties)
	}
	for _, p := range s.Properties {
		closeObjects(p)
	}
	for _, p := range s.AnyOf {
		closeObjects(p)
	}
	closeObjects(s.Items)
}
