package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/diag"
	"cnncalc/internal/lint"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/spec"
)

const checkLong = `check computes every layer's shape by W2 = (W1 - F + 2P)/S + 1 and shows each mistake at its place in
the file, with the values that would fit. For a network with problems, it also prints the table of the layers
before the first one.

The exit code is 0 if all networks are sound, and 1 if one has a problem.`

type checkFlags struct {
	specFlags
	outputFlags
	lint, table bool
	silence     []string
}

func newCheck(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:     "check [SPEC...]",
		Short:   "check the shapes of a network, and show each mistake with what would fit",
		Long:    checkLong,
		Example: "  cnncalc check mynet.yaml\n  cnncalc check --lint alexnet resnet50",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.check(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFormat(flags, report.Text, report.JSON)
	flags.BoolVar(&f.lint, "lint", false, "add the notes' advice on sizes")
	flags.StringArrayVar(&f.silence, "silence", nil,
		"leave out the advice with this code, such as lint/halvings (repeatable; needs --lint)")
	flags.BoolVar(&f.table, "table", false, "print the tables of sound networks too")
	return cmd
}

// checkSilence refuses codes that are none of the lint's.
func (f *checkFlags) checkSilence() error {
	if len(f.silence) > 0 && !f.lint {
		return usageError("--silence needs --lint, whose advice it leaves out")
	}
	var known []string
	for _, code := range lint.Codes() {
		known = append(known, string(code))
	}
	for _, code := range f.silence {
		if !slices.Contains(known, code) {
			return usageError("--silence: there is no advice with the code %s: choose from %s", plain.Quote(code),
				strings.Join(known, ", "))
		}
	}
	return nil
}

func (a *app) check(args []string, f *checkFlags) error {
	if err := f.checkSilence(); err != nil {
		return err
	}
	out, err := f.parse("check")
	if err != nil {
		return err
	}
	if i := slices.Index(args, "-"); i >= 0 && slices.Contains(args[i+1:], "-") {
		return usageError("- is given twice, but standard input can be read only once")
	}
	if len(args) == 0 {
		args = []string{a.specOf(nil)}
	}
	var files []report.CheckedFile
	result := error(nil)
	afterTable := false
	for _, name := range args {
		file, err := a.checkFile(name, f)
		if err != nil {
			return err
		}
		if !file.IsFine() {
			result = errReported
		}
		files = append(files, file)
		if out.format == report.JSON || file.Unreadable != nil {
			continue
		}
		if err := a.printChecked(&file, afterTable); err != nil {
			return err
		}
		afterTable = file.EndsInTable()
	}
	if out.format == report.JSON {
		document := report.NewCheckDocument(files)
		if err := a.write("", func(w io.Writer) error { return report.WriteJSON(w, document) }); err != nil {
			return err
		}
	}
	return result
}

// checkFile checks one file. One that cannot be read is reported at once.
func (a *app) checkFile(name string, f *checkFlags) (report.CheckedFile, error) {
	l, err := a.load(name, &f.specFlags)
	switch {
	case isProblem(err):
		a.note("%s", err)
		return report.CheckedFile{Name: sourceName(name), Unreadable: err}, nil
	case err != nil:
		return report.CheckedFile{}, err
	}
	file := report.CheckedFile{
		Name: l.file.Source.Name, Title: l.title(), Source: l.file.Source, Problems: l.problems,
		Network: l.network, WithTable: f.table, Width: a.tableWidth(""),
	}
	if file.IsFine() {
		file.Pattern = spec.Pattern(l.network.Graph)
		if f.lint {
			file.Advice = slices.DeleteFunc(lint.Advice(l.network), func(p diag.Problem) bool {
				return slices.Contains(f.silence, string(p.Code))
			})
		}
	}
	return file, nil
}

// printChecked prints what was found in a file, after an empty line where a table is before it.
func (a *app) printChecked(file *report.CheckedFile, afterTable bool) error {
	return a.write("", func(w io.Writer) error {
		if afterTable {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		return file.WriteText(w)
	})
}
