package main

import (
	"github.com/spf13/cobra"

	"cnncalc/architectures"
	"cnncalc/internal/count"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// completeNames makes the shell complete the names that commands and their flags take. Files are completed too where a
// network may be one.
func completeNames(root *cobra.Command) {
	words := map[string][]string{
		"account": memory.AccountNames(), "mode": {string(memory.Inference), string(memory.Training)},
		"dtype": memory.DTypes(), "optimizer": memory.Optimizers(), "torch": memory.Torches(), "units": report.UnitNames(),
		"as": count.Names(), "format": report.Formats(),
	}
	for _, cmd := range root.Commands() {
		if cmd.Flags().Lookup("input-size") != nil {
			cmd.ValidArgsFunction = completeNetwork
		}
		for flag, choices := range words {
			if cmd.Flags().Lookup(flag) != nil {
				// The error is for a flag that does not exist.
				_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
			}
		}
		if cmd.Flags().Lookup("device") != nil {
			_ = cmd.RegisterFlagCompletionFunc("device", completeDevice)
		}
	}
}

// completeNetwork completes the names of built-in networks and of files.
func completeNetwork(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return architectures.Names(), cobra.ShellCompDirectiveDefault
}

func completeDevice(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	devices, err := fit.Devices()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(devices))
	for i, d := range devices {
		names[i] = d.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
