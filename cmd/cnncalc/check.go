package main

import (
	"bytes"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cnncalc/internal/budget"
	"cnncalc/internal/diag"
	"cnncalc/internal/lint"
	"cnncalc/internal/report"
	"cnncalc/internal/spec"
)

const checkLong = `check computes every layer's shape by W2 = (W1 - F + 2P)/S + 1. It shows each mistake at its place
in the file, with the values that would fit, and then the table of the layers before the first mistake.

A file may have a budget, such as budget: {parameters: 5M, macs: 600M}. check reports each limit that the network
breaks, by how much, and the layers that use the most. cnncalc.budget.yaml holds budgets of several networks.

A SPEC may also be a folder or a pattern, such as nets/ or 'nets/*.yaml': check takes all networks in it. With several
networks, each sound one is one line, and the last line counts them.

The exit code is 0 if all networks are sound and within their budgets, and 1 if one has a problem or cannot be read.`

type checkFlags struct {
	specFlags
	outputFlags
	lint, table bool
	silence     []string
	budget      string
}

func newCheck(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:  "check [SPEC...]",
		Long: checkLong,
		Example: "  cnncalc check mynet.yaml\n  cnncalc check --lint alexnet resnet50\n" +
			"  cnncalc check nets/ --format github",
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFormat(flags, report.Text, report.JSON, report.GitHub, report.SARIF)
	f.registerPath(flags)
	flags.BoolVar(&f.lint, "lint", false, "add the notes' advice on sizes")
	flags.StringArrayVar(&f.silence, "silence", nil,
		"leave out the advice with this code, such as lint/halvings (repeatable; needs --lint)")
	annotateWords(flags, "silence", lintCodes())
	flags.StringVar(&f.budget, "budget", "",
		"file of budgets for several networks (default "+budget.FileName+", if there is one)")
	flags.BoolVar(&f.table, "table", false, "print the tables of sound networks too")
	f.registerColumns(flags, report.NetworkColumns()...)
	flags.Lookup("columns").Usage += " (implies --table)"
	return cmd
}

// checkColumns refuses columns that no table has, and those for a format without tables.
func checkColumns(o output) error {
	switch {
	case o.columns == nil:
		return nil
	case o.format != report.Text:
		return usageError("--columns is for tables, which only --format text prints")
	}
	if err := report.CheckNetworkColumns(o.columns); err != nil {
		return usageError("--columns: %w", err)
	}
	return nil
}

// checkSilence refuses codes that are none of the lint's.
func (f *checkFlags) checkSilence() error {
	if len(f.silence) > 0 && !f.lint {
		return usageError("--silence needs --lint, whose advice it leaves out")
	}
	for _, code := range f.silence {
		if err := checkWord("silence", code, "a code of advice", lintCodes()); err != nil {
			return err
		}
	}
	return nil
}

func lintCodes() []string {
	codes := make([]string, len(lint.Codes()))
	for i, code := range lint.Codes() {
		codes[i] = string(code)
	}
	return codes
}

func (a *app) check(args []string, f *checkFlags) error {
	if err := f.checkSilence(); err != nil {
		return err
	}
	out, err := f.parse("check")
	if err != nil {
		return err
	}
	if err := checkColumns(out); err != nil {
		return err
	}
	if err := checkStandardInput(args); err != nil {
		return err
	}
	if out.path == "" || out.path == "-" {
		return a.checkTo(out, args, f)
	}
	var text bytes.Buffer
	inFile := *a
	inFile.out, inFile.color = &text, colorNever
	err = inFile.checkTo(out, args, f)
	if err != nil && err != errReported {
		return err
	}
	write := func(w io.Writer) error { _, err := w.Write(text.Bytes()); return err }
	if failed := a.write(out.path, write); failed != nil || err == nil {
		return failed
	}
	return errAnsweredNo // and not errReported: the file is the report
}

// checkTo checks, and prints to standard output.
func (a *app) checkTo(out output, args []string, f *checkFlags) error {
	c := &checking{app: a, flags: f, format: out.format, columns: out.columns}
	if err := c.readBudgets(); err != nil {
		return err
	}
	if len(args) == 0 {
		args = c.specs()
	}
	specs, err := c.expand(args)
	if err != nil {
		return err
	}
	for _, name := range specs {
		if err := c.check(name); err != nil {
			return err
		}
	}
	return c.end()
}

// checking is one run of check.
type checking struct {
	*app
	flags   *checkFlags
	format  report.Format
	columns []string     // of the tables; nil for the notes'
	budgets *budget.File // nil if there is none
	named   []string     // the networks that it names
	isSound bool         // it has no problems
	files   []report.CheckedFile
	isShort bool // print a sound network in one line, and a total

	afterTable bool // what was printed last is a table
}

// expand returns the networks of SPECs. A folder or a pattern that has none is in the report.
func (c *checking) expand(specs []string) ([]string, error) {
	var all []string
	for _, spec := range specs {
		names, err := c.networksOf(spec, len(specs) == 1)
		if err == nil {
			all = append(all, names...)
			continue
		}
		if err := c.addUnreadable(spec, err); err != nil {
			return nil, err
		}
	}
	c.isShort = len(specs) > 1 || len(all) > 1
	return all, nil
}

// addUnreadable adds a file that cannot be read to the report. The error is for wrong usage.
func (c *checking) addUnreadable(name string, err error) error {
	if !isProblem(err) {
		return err
	}
	c.printError(err.Error())
	return c.add(report.CheckedFile{Name: name, Unreadable: err})
}

// add adds a file to the report, and prints what was found in it unless all is printed at the end.
func (c *checking) add(file report.CheckedFile) error {
	if c.format == report.Text && file.Unreadable == nil {
		if err := c.printChecked(&file); err != nil {
			return err
		}
		c.afterTable = file.EndsInTable()
	}
	if c.format != report.JSON {
		file.Network = nil // not needed any more, and there may be thousands
	}
	c.files = append(c.files, file)
	return nil
}

// end prints a report that is printed as a whole, and returns an error if a file has a problem.
func (c *checking) end() error {
	if err := c.write("", c.writeEnd); err != nil {
		return err
	}
	if slices.ContainsFunc(c.files, func(f report.CheckedFile) bool { return !f.IsFine() }) {
		return errReported
	}
	return nil
}

// writeEnd writes a report in a format that is written as a whole, or what ends the text.
func (c *checking) writeEnd(w io.Writer) error {
	switch c.format {
	case report.Text:
		return c.writeTotal(w)
	case report.JSON:
		return report.WriteJSON(w, report.NewCheckDocument(c.files))
	case report.GitHub:
		return report.WriteGitHub(w, report.CheckAnnotations(c.files))
	case report.SARIF:
		return report.WriteSARIF(w, report.CheckAnnotations(c.files))
	}
	return nil
}

// writeTotal counts the files where there are several.
func (c *checking) writeTotal(w io.Writer) error {
	if !c.isShort {
		return nil
	}
	if c.afterTable {
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, report.CheckTotal(c.files, c.screen("").Colours))
	return err
}

// check checks one network and adds it to the report.
func (c *checking) check(name string) error {
	l, err := c.load(name, &c.flags.specFlags)
	if err != nil {
		return c.addUnreadable(sourceName(name), err)
	}
	defer c.closeModels() // a folder may have more models than files can be open
	return c.add(c.checked(l))
}

// checked checks a network that was read.
func (c *checking) checked(l *loaded) report.CheckedFile {
	file := report.CheckedFile{
		Name: l.file.Source.Name, Title: l.title(), Source: l.file.Source, Problems: l.problems,
		Network: l.network, WithTable: c.flags.table || c.columns != nil, Columns: c.columns,
		Screen: c.screen(""), IsSound: len(l.problems) == 0, IsShort: c.isShort,
	}
	if !file.IsSound {
		return file
	}
	file.Pattern = spec.Pattern(l.network.Graph)
	file.Budget = budget.Check(l.network, c.limits(l))
	file.Problems = budget.Problems(file.Name, file.Budget)
	if c.flags.lint {
		file.Advice = slices.DeleteFunc(lint.Advice(l.network), func(p diag.Problem) bool {
			return slices.Contains(c.flags.silence, string(p.Code))
		})
	}
	return file
}

// printChecked prints what was found in a file, after an empty line where a table is before it.
func (c *checking) printChecked(file *report.CheckedFile) error {
	return c.write("", func(w io.Writer) error {
		if c.afterTable {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		return file.WriteText(w)
	})
}
