package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/budget"
	"cnncalc/internal/report"
	"cnncalc/internal/spec"
)

const schemaLong = `schema prints the JSON Schema of architecture files. An editor with a YAML language server uses it
for a file that starts with

  # yaml-language-server: $schema=cnncalc.schema.json

With the name of a command, it prints the JSON Schema of the command's --format json. schema budgets prints that of a
file of budgets, ` + budget.FileName + `.`

// budgetsSchema is in place of a command's name.
const budgetsSchema = "budgets"

func newSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:       "schema [COMMAND]",
		Long:      schemaLong,
		Example:   "  cnncalc schema > cnncalc.schema.json\n  cnncalc schema memory",
		ValidArgs: append(report.DocumentCommands(), budgetsSchema),
		RunE:      func(_ *cobra.Command, args []string) error { return a.schema(args) },
	}
}

func (a *app) schema(args []string) error {
	switch {
	case len(args) == 0:
		return a.write("", func(w io.Writer) error { return report.WriteJSON(w, spec.JSONSchema(budget.JSONSchema())) })
	case len(args) > 1:
		return usageError("schema takes one command, not %d (%s)", len(args), strings.Join(args, ", "))
	case args[0] == budgetsSchema:
		return a.write("", func(w io.Writer) error { return report.WriteJSON(w, budget.FileJSONSchema()) })
	}
	schema, err := report.DocumentSchema(args[0])
	if err != nil {
		return usageError("schema: %w", err)
	}
	return a.write("", func(w io.Writer) error {
		_, err := w.Write(schema)
		return err
	})
}
