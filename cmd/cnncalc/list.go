package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cnncalc/architectures"
	"cnncalc/internal/report"
)

func newList(a *app) *cobra.Command {
	var f outputFlags
	cmd := &cobra.Command{
		Use: "list",
		Long: `list prints the built-in networks. Those whose names start with torchvision/ have torchvision's layers,
and torchvision's weights fit them. "cnncalc show NAME" prints the file of one.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.list(&f) },
	}
	f.registerTable(cmd.Flags())
	f.registerPath(cmd.Flags())
	f.registerColumns(cmd.Flags(), "name", "input", "layers", "parameters", "macs")
	return cmd
}

func (a *app) list(f *outputFlags) error {
	out, err := f.parse("list")
	if err != nil {
		return err
	}
	var networks report.Networks
	for _, name := range architectures.Names() {
		l, err := a.load(name, &specFlags{})
		if err != nil {
			return err
		}
		if len(l.problems) > 0 {
			return codedError{exitIO, fmt.Errorf("the built-in network %s has problems: %w", name, &l.problems[0])}
		}
		networks = append(networks, report.NewListedNetwork(name, l.network))
	}
	return a.print(out, networks)
}
