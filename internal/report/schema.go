package report

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"cnncalc/internal/choice"
)

// documents lists the commands that print JSON, with the types of their documents. A command has several if flags choose
// what it prints.
func documents() []documentsOf {
	return []documentsOf{
		{"check", []any{checkDocument{}}},
		{"compare", []any{comparisonDocument{}}},
		{"diff", []any{diffDocument{}}},
		{"fit", []any{fitDocument{}, devicesDocument{}}},
		{"list", []any{networksDocument{}}},
		{"memory", []any{networkDocument{}, countDocument{}, timelineDocument{}}},
		{"reconcile", []any{reconciliationDocument{}}},
		{"run", []any{runDocument{}}},
		{"solve", []any{solutionDocument{}, sizesDocument{}}},
		{"sweep", []any{sweepRow{}}}, // a line
		{"traffic", []any{trafficDocument{}}},
	}
}

// documentsOf is what a command prints as JSON, as zero values.
type documentsOf struct {
	command   string
	documents []any
}

// DocumentCommands returns the commands that print JSON.
func DocumentCommands() []string {
	var names []string
	for _, d := range documents() {
		names = append(names, d.command)
	}
	return names
}

// DocumentSchema returns the JSON Schema (draft 2020-12) of what a command prints as JSON, or of each line of it. It
// allows fields that it does not name: later versions may add some to a document without another [Schema]. The error for
// any other name lists the commands.
func DocumentSchema(command string) (*jsonschema.Schema, error) {
	if _, err := choice.Parse[string](command, "a command that prints JSON", DocumentCommands()); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(documents(), func(d documentsOf) bool { return d.command == command })
	var all []*jsonschema.Schema
	for _, document := range documents()[at].documents {
		s, err := jsonschema.ForType(reflect.TypeOf(document), nil)
		if err != nil {
			return nil, fmt.Errorf("the document of %s: %w", command, err) // not reached: TestDocumentSchemas makes them all
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
	return s, nil
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
