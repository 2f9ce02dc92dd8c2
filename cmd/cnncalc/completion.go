package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/architectures"
	"cnncalc/internal/count"
	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/sweep"
)

// completer completes the values of flags and the arguments of commands in a shell.
type completer struct{ *app }

// completeAll makes the shell complete all that commands take. Nothing is printed on the way.
func (a *app) completeAll(root *cobra.Command) {
	quiet := *a
	quiet.in, quiet.err = strings.NewReader(""), io.Discard // a shell that completes has no file for -
	c := completer{&quiet}
	c.completeFlags(root, root.PersistentFlags())
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		switch {
		case cmd.Name() == "reconcile":
			cmd.ValidArgsFunction = c.completeReconciled
		case cmd.Name() == "help":
			cmd.ValidArgsFunction = completeTopic
		case cmd.Name() == "edit" || cmd.Flags().Lookup("input-size") != nil:
			cmd.ValidArgsFunction = c.completeSpecs
		}
		c.completeFlags(cmd, cmd.Flags())
	}
}

// completeFlags registers what completes each flag: its words, or what a function returns. Flags that take files have
// neither. For others, the shell offers nothing.
func (c completer) completeFlags(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		isRead := slices.Contains(readFlags, f.Name) && f.Value.Type() == "string" || f.Name == "input"
		if f.Value.Type() == "bool" || slices.Contains(writtenFlags, f.Name) {
			return
		}
		complete := c.completionOf(cmd, f)
		switch {
		case complete == nil && isRead:
			return // files
		case complete == nil:
			complete = cobra.NoFileCompletions
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails for a flag that does not exist, or has one
	})
}

// completionOf returns the completion of a flag, nil if there is none.
func (c completer) completionOf(cmd *cobra.Command, f *pflag.Flag) cobra.CompletionFunc {
	words := f.Annotations[wordsAnnotation]
	switch {
	case f.Name == "columns" && cmd.Name() == "memory":
		return c.completeMemoryColumns
	case f.Name == "columns" && cmd.Name() == "fit":
		return completeFitColumns
	case f.Name == "budget" && f.Value.Type() == "string":
		return nil // a file
	case words != nil:
		return fixed(words, f.Value.Type() == "stringSlice")
	}
	switch f.Name {
	case "device":
		return c.completeDevice
	case "layer":
		return c.completeLayer
	case "freeze":
		return c.completeFreeze
	case "checkpoint":
		return c.completeSegment
	case "until":
		return c.completeUntil
	case "set":
		return c.completeVariable
	case "for":
		return c.completeSetting
	case "where", "budget":
		return completeCondition
	case "pareto":
		return completePareto
	case "allow":
		return completeAllowed
	case "baseline":
		return c.completeSpecs
	}
	return nil
}

// fixed completes one of some words, or the last of several with commas between them, which are not offered again.
func fixed(words []string, isList bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if !isList {
			return startingWith(words, typed), cobra.ShellCompDirectiveNoFileComp
		}
		given := strings.Split(typed, ",")
		before := strings.TrimSuffix(typed, given[len(given)-1])
		var offered []string
		for _, word := range words {
			if !slices.Contains(given[:len(given)-1], word) {
				offered = append(offered, before+word)
			}
		}
		return startingWith(offered, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// startingWith returns the words that continue what is typed.
func startingWith(words []string, typed string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !strings.HasPrefix(word, typed) })
}

// completePareto completes the last of several figures, which have a sign if neither more nor less of them is better.
func completePareto(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	given := strings.Split(typed, ",")
	var words []string
	for _, f := range figure.All() {
		signed := []string{"+" + f.Name, "-" + f.Name}
		if f.Better != figure.Neither {
			signed = append(signed, f.Name)
		}
		if !slices.ContainsFunc(given[:len(given)-1], func(word string) bool { return slices.Contains(signed, word) }) {
			words = append(words, signed...)
		}
	}
	return fixed(words, true)(cmd, args, typed)
}

// completeSpecs completes built-in networks and, as far as the command takes several or has none yet, files.
func (c completer) completeSpecs(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if takesOne := cmd.Args != nil; takesOne && len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return startingWith(architectures.Names(), typed), cobra.ShellCompDirectiveDefault
}

// completeReconciled completes two conventions, and then a network.
func (c completer) completeReconciled(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0, 1:
		return startingWith(count.Names(), typed), cobra.ShellCompDirectiveNoFileComp
	case 2:
		return c.completeSpecs(cmd, nil, typed)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeTopic completes what help has a page for: commands, topics and kinds of layers.
func completeTopic(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, topic := range cmd.Root().Commands() {
		if len(args) == 0 && topic != cmd && !strings.HasPrefix(topic.Name(), "__") {
			names = append(append(names, topic.Name()), topic.Aliases...)
		}
	}
	return startingWith(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func (c completer) completeDevice(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	names, err := fit.DeviceNames()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return startingWith(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// network reads the network on the command line, the first of several, with its settings if they suit it. It returns
// nil if it cannot be read.
func (c completer) network(cmd *cobra.Command, args []string) *loaded {
	return c.networkNamed(cmd, c.specOf(specArgs(cmd, args)))
}

// specArgs returns those arguments of a command that are SPECs.
func specArgs(cmd *cobra.Command, args []string) []string {
	if cmd.Name() == "reconcile" {
		return args[min(len(args), reconciled):]
	}
	return args
}

func (c completer) networkNamed(cmd *cobra.Command, spec string) *loaded {
	var given specFlags
	given.set, _ = cmd.Flags().GetStringArray("set")
	given.inputSize, _ = cmd.Flags().GetStringArray("input-size")
	for _, flags := range []*specFlags{&given, {}} {
		if l, err := c.load(spec, flags); err == nil {
			return l
		}
	}
	return nil
}

// completeLayer completes the names of layers.
func (c completer) completeLayer(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return c.completeNodes(cmd, args, typed, func(n *graph.Node) string { return n.Name })
}

// completeFreeze completes the names of layers with parameters, those that all networks on the command line have.
func (c completer) completeFreeze(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	specs := specArgs(cmd, args)
	if len(specs) == 0 {
		specs = []string{c.specOf(nil)}
	}
	var common []string
	for k, spec := range specs {
		names := freezable(c.networkNamed(cmd, spec))
		if k == 0 {
			common = names
		}
		common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(names, name) })
	}
	return startingWith(common, typed), cobra.ShellCompDirectiveNoFileComp
}

// freezable returns the names of the layers of a network, nil for none, that have parameters.
func freezable(l *loaded) []string {
	if l == nil {
		return nil
	}
	return l.names(func(i int) string {
		if l.network.Layers[i].Parameters() == 0 {
			return ""
		}
		return l.network.Nodes[i].Name
	})
}

// completeUntil completes what a model calls the nodes that became layers. An input is no node.
func (c completer) completeUntil(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return c.completeNodes(cmd, args, typed, func(n *graph.Node) string {
		if len(n.Inputs) == 0 {
			return ""
		}
		return n.Origin
	})
}

func (c completer) completeNodes(cmd *cobra.Command, args []string, typed string,
	nameOf func(*graph.Node) string) ([]string, cobra.ShellCompDirective) {
	l := c.network(cmd, args)
	if l == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := l.names(func(i int) string { return nameOf(&l.network.Nodes[i]) })
	return startingWith(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// names returns what a function calls the nodes of the network, without those that it calls "" and those that a shell
// could not show.
func (l *loaded) names(nameOf func(node int) string) []string {
	var names []string
	for i := range l.network.Nodes {
		if name := nameOf(i); name != "" && name == plain.Escape(name) {
			names = append(names, name)
		}
	}
	return names
}

// completeMemoryColumns completes the columns of the table that memory prints with the other flags.
func (c completer) completeMemoryColumns(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	l := c.network(cmd, args)
	if l == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	f := memoryFlags{batch: 1}
	f.columns = []string{} // not nil: with the columns that are only printed where they are asked for
	f.account, _ = cmd.Flags().GetString("account")
	f.as, _ = cmd.Flags().GetString("as")
	f.timeline, _ = cmd.Flags().GetBool("timeline")
	view, err := f.viewOf(l)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return fixed(view.Table(report.IEC).Keys(), true)(cmd, args, typed)
}

// completeFitColumns completes the columns of the table that fit prints with the other flags.
func completeFitColumns(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	columns := slices.Clone(cmd.Flags().Lookup("columns").Annotations[wordsAnnotation])
	given := cmd.Flags().Changed
	if given("inputs") {
		columns = append(columns, "input")
	}
	if given("gpus") || given("accumulate") {
		columns = append(columns, "gpus", "strategy", "global_batch")
	}
	switch {
	case given("inputs") || given("batches"):
		columns = append(columns, "batch", "fits")
	case given("batch"):
		columns = append(columns, "batch_memory", "batch_fits")
	}
	if given("batches") {
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == "largest_batch" || c == "global_batch" })
	}
	return fixed(columns, true)(cmd, args, typed)
}

// completeSegment completes a segment of --checkpoint, the last of several with commas between them: its first layer,
// and after a colon its last one. Only segments that can run twice are offered.
func (c completer) completeSegment(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	isLast := strings.LastIndexByte(typed, ':') > strings.LastIndexByte(typed, ',')
	var words []string
	if l := c.network(cmd, args); l != nil {
		words = startingWith(l.segmentsAfter(typed[:strings.LastIndexAny(typed, ",:")+1], isLast), typed)
	}
	if isLast {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	return withEnd(words, ":"), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// segmentsAfter returns the words for --checkpoint that go on from those that end in a comma or a colon with the name
// of one layer more: the last of a segment, or else the first.
func (l *loaded) segmentsAfter(typed string, isLast bool) []string {
	model, err := memory.NewPyTorch(l.network, codeOptions())
	if err != nil {
		return nil
	}
	comma := strings.LastIndexByte(typed, ',') + 1
	earlier, err := l.segments(strings.FieldsFunc(typed[:comma], func(r rune) bool { return r == ',' }))
	if err != nil {
		return nil
	}
	cuts, first := model.CutNodes(), 0
	if isLast {
		first = l.nodeOf(strings.TrimSuffix(typed[comma:], ":"))
	}
	return l.names(func(i int) string {
		s := graph.Segment{From: first - 1, To: i}
		if !isLast {
			next, _ := slices.BinarySearch(cuts, i) // the shortest segment that begins here
			if next == len(cuts) {
				return ""
			}
			s = graph.Segment{From: i - 1, To: cuts[next]}
		}
		if model.CheckSegments(append(earlier, s), cuts) != nil {
			return ""
		}
		return typed + l.network.Nodes[i].Name
	})
}

// viewOf returns the report that the flags choose: an account, its timeline, or the count of another program.
func (f *memoryFlags) viewOf(l *loaded) (report.View, error) {
	if f.as != "" {
		convention, err := count.Find(f.as)
		if err != nil {
			return nil, err
		}
		return l.countView(convention, f)
	}
	if f.timeline && f.account == string(memory.NotesAccount) {
		f.account = string(memory.PyTorchAccount)
	}
	account, options, err := f.accountOptions()
	switch {
	case err != nil:
		return nil, err
	case f.timeline:
		return l.timelineView(account, f, options)
	}
	return l.memoryView(account, f, options)
}

// variables returns the names of the network's variables.
func (c completer) variables(cmd *cobra.Command, args []string) []string {
	l := c.network(cmd, args)
	if l == nil {
		return nil
	}
	return l.file.Variables()
}

// completeVariable completes the name before = of --set.
func (c completer) completeVariable(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	return startingWith(withEnd(c.variables(cmd, args), "="), typed),
		cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeSetting completes what solve can look for.
func (c completer) completeSetting(cmd *cobra.Command, args []string,
	typed string) ([]string, cobra.ShellCompDirective) {
	settings := append(c.variables(cmd, args), sweep.ForInputSize, sweep.ForBatch)
	return startingWith(settings, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeAllowed completes the figure before = of --allow.
func completeAllowed(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	isFree := func(name string) bool {
		f, err := figure.Find(name)
		return err != nil || f.Better == figure.Neither
	}
	return startingWith(withEnd(slices.DeleteFunc(diffFigures(), isFree), "="), typed),
		cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeCondition completes the figure that a condition ends in.
func completeCondition(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	at := strings.LastIndexAny(typed, " &|!(") + 1
	names := figure.Names()
	for i := range names {
		names[i] = typed[:at] + names[i]
	}
	return startingWith(names, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func withEnd(words []string, end string) []string {
	ended := make([]string, len(words))
	for i, word := range words {
		ended[i] = word + end
	}
	return ended
}
