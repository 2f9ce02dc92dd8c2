package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/op"
	"cnncalc/internal/report"
)

const languageHelp = `An architecture file:

  name: mynet
  input: 32x32x3              # width x height x depth, always in this order
  classes: 10                 # the size of the last FC if it has none of its own
  vars: {N: 3, widths: [64, 128]}
  defaults: {conv: {size: 3}} # fields of a kind, for layers that do not set them
  blocks:
    unit(w, s=1): |
      ADD(CONV3-w s(s) p1 -> BN -> RELU -> CONV3-w -> BN | IDENTITY) -> RELU
  layers: |
    INPUT -> [[CONV3-widths -> RELU]*N -> POOL2]*2   # one value of a list for each turn
    -> unit(128)*2 @features
    -> GAP -> FC
  budget: {parameters: 5M, macs: 600M}   # limits, which check enforces
  heads:                      # further outputs, each from a label; with training: true only in training
    aux: {layers: "@features -> GAP -> FC", training: true, loss: 0.3}

  A -> B               B follows A
  [A -> B]*3           three times; the count is a number, a variable, (an expression) or a {list}
  POOL?                as often as the variable pool says, once unless it is set
  CONCAT(A | B -> C)   paths from one result, joined; also ADD, MUL and MAX; IDENTITY is an empty path
  @name                after an item names its result; a path may start from it: CONCAT(IDENTITY | @name)
  @name+               adds a result to a list; CONCAT(@name) joins all that are in it so far
  unit(64, s=2)        calls a block
  up(@skip, act=TANH)  passes a label and a layer, which are written @skip and act in the block

A layer is KIND, size, -filters, options: CONV3-64 s2 p1, CONV7x1-192 (7 wide, 1 high). Variables are written bare
after - and *, otherwise in parentheses: CONV(f)-w s(s). / must divide evenly; CONV3-round8(32*w/100) rounds a quotient
to a multiple of 8, as MobileNets do. A list {64,128} has one value for each turn of the enclosing repeat with that
many turns. # after a space starts a comment. In a YAML list, a layer may also be written
- conv: {filters: 64, size: 3, name: conv1}.

Under "layers: |" YAML leaves text unchanged. Elsewhere [ @ * { , and " #" mean something to YAML.

inputs: {left: 64x64x3, right: 64x64x3} instead of input: names several inputs; layers then start from one of
them: "@left -> CONV3-8 -> ADD(IDENTITY | @right -> CONV3-8)".

Shapes are strict: W2 = (W1 - F + 2P)/S + 1 must be a whole number, unless the layer says floor or ceil. With dilation
d, the window covers d(F-1)+1. Dilation counts as in frameworks: 1 is dense, which the notes' example calls 0.

Kinds (cnncalc help KIND says more):
`

// newHelp replaces cobra's help command, which exits with 0 for an unknown topic.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "help about a command, a kind of layer, or the language",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(topic, rest[0])
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	}
}

// helpTopic is a page of help that belongs to no command. Its text is made when it is asked for.
type helpTopic struct {
	name, short string
	aliases     []string
	hidden      bool
	text        func() string
}

func helpTopics() []helpTopic {
	topics := []helpTopic{
		{name: "language", short: "how architecture files are written",
			text: func() string { return languageHelp + kindList() }},
		{name: "counting", short: "how other programs count, for memory --as and reconcile", text: countingHelp},
	}
	for _, k := range op.Kinds() {
		topics = append(topics, helpTopic{
			name: strings.ToLower(k.Name), aliases: []string{k.Name}, hidden: true, text: func() string { return kindHelp(k) },
		})
	}
	return topics
}

// command returns the topic as a command without an action: cobra lists those as further help.
func (t helpTopic) command() *cobra.Command {
	cmd := &cobra.Command{Use: t.name, Aliases: t.aliases, Short: t.short, Hidden: t.hidden}
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = t.text()
		cmd.Root().HelpFunc()(cmd, args)
	})
	return cmd
}

func kindList() string {
	width := 0
	for _, k := range op.Kinds() {
		width = max(width, len(k.Name))
	}
	var b strings.Builder
	for _, k := range op.Kinds() {
		writeItem(&b, fmt.Sprintf("  %-*s  ", width, k.Name), k.Summary)
	}
	return b.String()
}

// kindHelp writes the help of a kind from the fields that it declares.
func kindHelp(k op.Kind) string {
	var b strings.Builder
	writeItem(&b, k.Name+": ", k.Summary)
	fields := k.New().Fields()
	if len(fields) > 0 {
		b.WriteString("\nFields (key of the mapping form, arrow form, meaning):\n")
	}
	width := 0
	for _, f := range fields {
		width = max(width, len(arrowForm(k.Name, f)))
	}
	for _, f := range fields {
		writeItem(&b, fmt.Sprintf("  %-11s %-*s  ", f.Key, width, arrowForm(k.Name, f)), f.Doc)
	}
	b.WriteString("\n")
	writeItem(&b, "Backward: ", k.Backward)
	return b.String()
}

// helpWidth is that of lines of help that are filled, in characters.
const helpWidth = 116

// writeItem writes an item of a list, whose further lines begin where the text of the first does.
func writeItem(b *strings.Builder, name, text string) {
	for i, line := range report.Fill(text, helpWidth-len(name)) {
		if i == 1 {
			name = strings.Repeat(" ", len(name))
		}
		fmt.Fprintf(b, "%s%s\n", name, line)
	}
}

// arrowForm shows how a field is written in the arrow language.
func arrowForm(kind string, f op.Field) string {
	forms := f.Words
	switch {
	case f.Place == op.Head:
		forms = []string{kind + "n"}
	case f.Place == op.Dash:
		forms = []string{"-n"}
	case f.Letter != "":
		forms = append([]string{f.Letter + "n"}, f.Words...)
	case f.TakesLabel():
		forms = []string{f.Key + "=@label"}
	case len(f.Words) == 0:
		forms = []string{f.Key + "=n"}
	}
	return strings.Join(forms, ", ")
}
