package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/internal/diag"
)

const rootLong = `cnncalc checks, calculates and runs convolutional networks that are written down in
the notation of the CS231n notes: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> FC.

SPEC is a file, - for standard input, or the name of a built-in network (cnncalc list).
Without one, cnncalc.yaml in the current folder is read, or else vgg16.`

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "cnncalc",
		Short:         "check, calculate and run convolutional networks",
		Long:          rootLong,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(flagError)
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(newCheck(a), newMemory(a), newExplain(a), newList(a), newShow(a), newSchema(a))
	root.AddCommand(helpTopics()...)
	return root
}

// flagError adds the nearest flag to the message for an unknown one.
func flagError(cmd *cobra.Command, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if unknown {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		if hint := diag.DidYouMean("--"+name, known); hint != "" {
			return usageError("%w; %s", err, hint)
		}
	}
	return usageError("%w (see %s --help)", err, cmd.CommandPath())
}

// atMostOneSpec refuses a second SPEC with a message that names the first.
func atMostOneSpec(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one SPEC, not %d (%s)", cmd.Name(), len(args), strings.Join(args, ", "))
	}
	return nil
}
