package report

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

var update = flag.Bool("update", false, "rewrite the schemas of the documents")

// documents are the types of the documents that each command prints as JSON: several if flags choose what it prints.
var documents = map[string][]any{
	"check":      {checkDocument{}},
	"checkpoint": {checkpointsDocument{}},
	"compare":    {comparisonDocument{}},
	"diff":       {diffDocument{}},
	"fit":        {fitDocument{}, devicesDocument{}},
	"list":       {networksDocument{}},
	"memory": {networkDocument{}, countDocument{}, timelineDocument{}, againstDocument{}, arenaOrderDocument{},
		strategiesDocument{}},
	"reconcile": {reconciliationDocument{}},
	"run":       {runDocument{}},
	"solve":     {solutionDocument{}, sizesDocument{}},
	"sweep":     {sweepRow{}}, // a line
	"traffic":   {trafficDocument{}, stepDocument{}},
}

// The schemas that the program prints are those of the types that it marshals. -update writes them again.
func TestSchemas(t *testing.T) {
	for command, types := range documents {
		var want bytes.Buffer
		if err := WriteJSON(&want, schemaOf(t, command, types)); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile("schemas/"+command+".json", want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue // the new file is embedded when the test is built again
		}
		got, err := DocumentSchema(command)
		if err != nil {
			t.Errorf("%v (go test ./internal/report -update writes it)", err)
			continue
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s: the schema is not that of the documents (go test ./internal/report -update):\n%s", command, diff)
		}
	}
	for _, command := range DocumentCommands() {
		if documents[command] == nil {
			t.Errorf("schemas/%s.json belongs to no document", command)
		}
	}
}

func schemaOf(t *testing.T, command string, types []any) *jsonschema.Schema {
	t.Helper()
	var all []*jsonschema.Schema
	for _, document := range types {
		s, err := jsonschema.ForType(reflect.TypeOf(document), nil)
		if err != nil {
			t.Fatalf("the document of %s: %v", command, err)
		}
		open(s)
		if s.Properties["schema"] != nil {
			s.Properties["schema"] = &jsonschema.Schema{Const: jsonschema.Ptr[any](Schema)}
		}
		all = append(all, s)
	}
	s := all[0]
	if len(all) > 1 {
		s = &jsonschema.Schema{AnyOf: all}
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "what cnncalc " + command + " prints as JSON"
	return s
}

// open allows further fields in all objects of a schema.
func open(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Properties != nil {
		s.AdditionalProperties = nil
	}
	for _, property := range s.Properties {
		open(property)
	}
	open(s.Items)
	open(s.AdditionalProperties)
}
