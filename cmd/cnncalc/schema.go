package main

import (
	"io"

	"github.com/spf13/cobra"

	"cnncalc/internal/budget"
	"cnncalc/internal/report"
	"cnncalc/internal/spec"
)

func newSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of architecture files, for editors",
		Long: `schema prints the JSON Schema of architecture files. An editor with a YAML language server uses it for
a file that starts with

  # yaml-language-server: $schema=cnncalc.schema.json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			return a.write("", func(w io.Writer) error { return report.WriteJSON(w, spec.JSONSchema(budget.JSONSchema())) })
		},
	}
}
