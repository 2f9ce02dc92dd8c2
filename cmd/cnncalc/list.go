package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cnncalc/architectures"
	"cnncalc/internal/report"
)

func newList(a *app) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the built-in networks",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return a.list(format) },
	}
	cmd.Flags().StringVar(&format, "format", format, "text, markdown, csv or json")
	return cmd
}

// listedNetwork is one network in JSON.
type listedNetwork struct {
	Name        string `json:"name"`
	Input       string `json:"input"`
	Layers      int    `json:"layers"`
	Parameters  int64  `json:"parameters"`
	MACs        int64  `json:"macs"`
	Description string `json:"description"`
}

func (a *app) list(formatName string) error {
	format, err := report.ParseFormat(formatName)
	if err != nil {
		return usageError("--format: %w", err)
	}
	var networks []listedNetwork
	for _, name := range architectures.Names() {
		l, err := a.load(name, &specFlags{})
		if err != nil {
			return err
		}
		if len(l.problems) > 0 {
			return codedError{exitIO, fmt.Errorf("the built-in network %s has problems: %w", name, &l.problems[0])}
		}
		n := l.network
		networks = append(networks, listedNetwork{name, n.InputShape().String(), len(n.Nodes) - 1, n.Total.Parameters(), n.Total.MACs, n.Description})
	}
	return a.write("", func(w io.Writer) error {
		if format == report.JSON {
			return report.WriteJSON(w, struct {
				Schema   string          `json:"schema"`
				Networks []listedNetwork `json:"networks"`
			}{report.Schema, networks})
		}
		return listTable(networks).Write(w, format)
	})
}

func listTable(networks []listedNetwork) report.Table {
	t := report.Table{Columns: []report.Column{
		{Key: "name", Header: "name"},
		{Key: "input", Header: "input"},
		{Key: "layers", Header: "layers", Align: report.Right},
		{Key: "parameters", Header: "parameters", Align: report.Right},
		{Key: "macs", Header: "MACs", Align: report.Right},
	}}
	for _, n := range networks {
		t.Rows = append(t.Rows, []report.Cell{report.Str(n.Name), report.Str(n.Input), report.Int(int64(n.Layers)), report.Int(n.Parameters), report.Int(n.MACs)})
	}
	return t
}
