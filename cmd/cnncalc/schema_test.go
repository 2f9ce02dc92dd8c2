package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"gopkg.in/yaml.v3"

	"cnncalc/architectures"
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
		"check":      {"check net.yaml wide.yaml vgg16 --lint", "check broken.yaml nosuch"},
		"checkpoint": {"checkpoint vgg16 --batch 4 --memory 2GiB", "checkpoint net.yaml --overhead 10%", "checkpoint lenet5 --memory 1KiB"},
		"compare":    {"compare net.yaml lenet5 --layers --device t4 --peak 1TFLOP/s --bandwidth 1GB/s", "compare lenet5 unet --dtype int8"},
		"fit": {"fit net.yaml --device t4", "fit vgg16 --device-memory 2GiB --batch 64 --mode training", "fit lenet5 --device t4 --batches 1,2",
			"fit net.yaml --device t4 --inputs 8,16", "fit --list-devices", "fit lenet5 --device t4 --gpus 4 --accumulate 2"},
		"diff": {"diff lenet5 net.yaml", "diff net.yaml net.yaml", "diff net.yaml wide.yaml"},
		"list": {"list"},
		"memory": {"memory net.yaml", "memory net.yaml --account pytorch", "memory net.yaml --account pytorch --mode inference",
			"memory net.yaml --account cnncalc", "memory lenet5 --as torchinfo", "memory lenet5 --as thop", "memory lenet5 --timeline", "memory lenet5 --account pytorch --gpus 2",
			"memory lenet5 --account pytorch --gpus 2 --strategy all --unit-size 1K --offload optimizer"},
		"reconcile": {"reconcile fvcore thop lenet5"},
		"run":       {"run lenet5 --input DIGIT --top 2", "run net.yaml --weights random --input DIGIT"},
		"solve":     {"solve net.yaml --for N --range 1:8 --budget macs<=1000", "solve net.yaml --for batch --device t4", "solve unet --sizes 572:580"},
		"sweep":     {"sweep net.yaml --set N=2"},
		"traffic":   {"traffic net.yaml", "traffic net.yaml --device t4 --mode training --gpus 2", "traffic lenet5 --device v100-16gb --dtype fp16"},
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
	for _, cmd := range newRoot(&app{}, nil).Commands() {
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
	s := printedSchema(t, command)
	closeObjects(s)
	return resolve(t, s)
}

// printedSchema returns the schema that "cnncalc schema" prints.
func printedSchema(t *testing.T, args ...string) *jsonschema.Schema {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal([]byte(callFine(t, append([]string{"schema"}, args...)...)), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func resolve(t *testing.T, s *jsonschema.Schema) *jsonschema.Resolved {
	t.Helper()
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
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

// The schema of architecture files takes the built-in networks and budgets, and refuses budgets that check refuses.
func TestSchemasOfFiles(t *testing.T) {
	ofNetwork, ofBudgets := resolve(t, printedSchema(t)), resolve(t, printedSchema(t, budgetsSchema))
	validate := func(schema *jsonschema.Resolved, text string) error {
		t.Helper()
		var tree, document any
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(asJSON, &document); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(document)
	}
	for _, name := range architectures.Names() {
		text, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(ofNetwork, string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, test := range []struct {
		budget string
		want   bool
	}{
		{"{parameters: 5M, macs: 1000, peak: [{mode: inference, max: 1GB}, {mode: training, batch: 2, max: 2GB}]}", true},
		{"{largest_batch: {device: t4, mode: training, min: 8}, time: {flops: 1T, bandwidth: 1GB/s, max: 1ms}}", true},
		{"{paramters: 5M}", false},
		{"{parameters: {maximum: 5M}}", false},
		{"{parameters: [[5M]]}", false},
		{"{}", false},
	} {
		err := validate(ofNetwork, "input: 8x8x1\nlayers: INPUT -> FC-2\nbudget: "+test.budget)
		if (err == nil) != test.want {
			t.Errorf("%s in a network: %v", test.budget, err)
		}
		if err := validate(ofBudgets, "networks: {a.yaml: "+test.budget+"}"); (err == nil) != test.want {
			t.Errorf("%s in a file of budgets: %v", test.budget, err)
		}
	}
}
