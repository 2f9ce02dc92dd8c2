package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/internal/diag"
)

const rootLong = `cnncalc checks, calculates and runs convolutional networks that are written in the notation of the
CS231n notes: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> FC.

SPEC is a network: a file, - for standard input, the name of a built-in network (cnncalc list), a file of a git
revision (git:main:mynet.yaml), or the layers themselves ('INPUT -> CONV3-16 -> RELU -> FC-10', with --input-size
32x32x3). Without SPEC, cnncalc reads cnncalc.yaml in the current folder; if there is none, it takes vgg16.

Sizes are width x height x depth. A MAC is one multiply-accumulate. Dilation counts as in frameworks: 1 is dense,
which the notes' example calls 0. "cnncalc help language" explains how to write a file.`

const rootExample = `  cnncalc check mynet.yaml                      each mistake, with what would fit
  cnncalc memory vgg16 --batch 64               every layer, and the memory of a batch
  cnncalc fit torchvision/resnet50 --device t4  the largest batch on a GPU`

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:                   "cnncalc",
		Short:                 "check, calculate and run convolutional networks",
		Long:                  rootLong,
		Example:               rootExample,
		Version:               versionText(),
		Args:                  noUnknownCommand,
		PersistentPreRunE:     checkPaths,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:          true,
		SilenceErrors:         true,
		DisableFlagsInUseLine: true,
	}
	root.Flags().Bool("version", false, "print the version and the commit that it was built from")
	root.SetVersionTemplate("{{.Version}}\n")
	a.screenFlags.register(root.PersistentFlags())
	root.SetIn(a.in)
	root.SetOut(&a.help) // before the completion command is made, which keeps it
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newCheck(a), newMemory(a), newFit(a), newCheckpoint(a), newCompare(a), newDiff(a), newSweep(a), newSolve(a),
		newReconcile(a), newExplain(a), newTraffic(a), newDraw(a), newReport(a), newEdit(a), newConvert(a), newRun(a), newList(a), newShow(a),
		newSchema(a))
	addMan(a, root)
	for _, topic := range helpTopics() {
		root.AddCommand(topic.command())
	}
	root.InitDefaultCompletionCmd()
	completion, _, _ := root.Find([]string{"completion"})
	completion.Short = "print the completion script of a shell"
	completion.Args, completion.RunE = noUnknownCommand, root.RunE
	return root
}

// noUnknownCommand refuses arguments after a command that only has subcommands.
func noUnknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return nil
}

// unknownCommand returns the error for a word that is not a subcommand of cmd, with the nearest one.
func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	if hint := diag.DidYouMean(name, known); hint != "" {
		return usageError("unknown command %s; %s", name, hint)
	}
	return usageError("unknown command %s (see %s --help)", name, cmd.CommandPath())
}

// flagError adds the nearest flag to the error for an unknown one, and leaves out what pflag puts before an error that
// says in plain words what the flag takes.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		if hint := diag.DidYouMean("--"+unknown.GetSpecifiedName(), known); hint != "" {
			return usageError("%w; %s", err, hint)
		}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && explainsItself(invalid.GetFlag()) {
		return usageError("--%s: %w", invalid.GetFlag().Name, invalid.Unwrap())
	}
	return usageError("%w (see %s --help)", err, cmd.CommandPath())
}

// noArguments refuses arguments to a command that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("%s takes no argument, not %s", cmd.Name(), strings.Join(args, ", "))
	}
	return nil
}

// atMostOneSpec refuses a second SPEC with a message that names the first.
func atMostOneSpec(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError("%s takes one SPEC, not %d (%s)", cmd.Name(), len(args), strings.Join(args, ", "))
	}
	return nil
}
