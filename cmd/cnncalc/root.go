package main

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/architectures"
	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

const rootLong = `cnncalc checks, calculates and runs convolutional networks that are written in the notation of the
CS231n notes: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> FC.

SPEC is a network: a file, - for standard input, the name of a built-in network (cnncalc list), a file of a git
revision (git:main:mynet.yaml), or the layers themselves ('INPUT -> CONV3-16 -> RELU -> FC-10', with --input-size
32x32x3). Without a SPEC, cnncalc reads cnncalc.yaml in the current folder; if there is none, it takes vgg16.

Sizes are width x height x depth. A MAC is one multiply-accumulate. Dilation counts as in frameworks: 1 is dense,
which the notes' example calls 0. "cnncalc help language" explains how to write a file.`

const rootExample = `  cnncalc check mynet.yaml                      each mistake, with what would fit
  cnncalc memory vgg16 --batch 64               every layer, and the memory of a batch
  cnncalc fit torchvision/resnet50 --device t4  the largest batch on a GPU`

// subcommand is a command with its line in the list of commands.
type subcommand struct {
	name, short string
	new         func(*app) *cobra.Command // without Short
}

// subcommands returns all commands.
func subcommands() []subcommand {
	return []subcommand{
		{"check", "check the shapes of a network, and show each mistake with what would fit", newCheck},
		{"memory", "print the activations, parameters and MACs of every layer, and the memory that a batch needs", newMemory},
		{"fit", "find the largest batch that fits a device, and what would make a larger one fit", newFit},
		{"checkpoint", "find layers to run twice, so that training takes less memory", newCheckpoint},
		{"compare", "print the figures of networks side by side, and the layers that differ", newCompare},
		{"diff", "print what a change to a network costs, and fail if a figure has become worse", newDiff},
		{"sweep", "print figures for every combination of several settings", newSweep},
		{"solve", "find the largest width, depth, input size or batch within a budget", newSolve},
		{"reconcile", "list why two programs count a network differently", newReconcile},
		{"explain", "show the arithmetic of a layer, step by step", newExplain},
		{"traffic", "print the bytes that each layer moves, and whether arithmetic or memory limits it", newTraffic},
		{"draw", "draw a network: its graph, its volumes or what a value sees", newDraw},
		{"report", "write all that is known of networks as one HTML file", newReport},
		{"edit", "design a network in the browser", newEdit},
		{"convert", "convert a network to an ONNX model, PyTorch code or YAML, or its FC layers to CONV layers", newConvert},
		{"run", "compute a network's output for pictures", newRun},
		{"list", "list the built-in networks", newList},
		{"show", "print the file of a network", newShow},
		{"schema", "print the JSON Schema of architecture files, or of what a command prints as JSON", newSchema},
	}
}

// whole returns the command.
func (s subcommand) whole(a *app) *cobra.Command {
	cmd := s.new(a)
	cmd.Short = s.short
	return cmd
}

// line returns what a list of commands shows of the command, which cannot run.
func (s subcommand) line() *cobra.Command {
	return &cobra.Command{Use: s.name, Short: s.short, Run: func(*cobra.Command, []string) {}}
}

// newRoot returns the program's command line for arguments that contain words, or for any if words is nil. A command
// that is not among the words has no flags: those of all commands would take a fifth of the time of a short command.
func newRoot(a *app, words []string) *cobra.Command {
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
	a.readColor(words)
	root.SetIn(a.in)
	root.SetOut(&a.help) // before the completion command is made, which keeps it
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	for _, s := range subcommands() {
		if words == nil || slices.Contains(words, s.name) {
			root.AddCommand(s.whole(a))
		} else {
			root.AddCommand(s.line())
		}
	}
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
	hint := diag.DidYouMean(name, known)
	switch _, isFile := os.Stat(name); {
	case hint != "":
		return usageError("unknown command %s; %s", name, hint)
	case cmd.HasParent():
	case cmd.Flags().Lookup(name) != nil:
		return usageError("unknown command %s; did you mean --%[1]s?", name)
	case isFile == nil || isArrowText(name) || slices.Contains(architectures.Names(), name):
		return usageError("unknown command %s; a network follows a command: cnncalc check %s", plain.CutPath(name),
			plain.Shell(plain.CutPath(name)))
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
