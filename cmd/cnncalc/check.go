package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/diag"
	"cnncalc/internal/lint"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/spec"
)

const checkLong = `check computes every layer's shape by W2 = (W1 - F + 2P)/S + 1 and shows each mistake where
it stands, with what would fit. Of a network with problems the table of the layers before the
first one follows.

Exit code: 0 where all networks are sound, 1 where one has a problem.`

type checkFlags struct {
	specFlags
	lint, table bool
	format      string
}

func newCheck(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:     "check [SPEC...]",
		Short:   "check every shape of networks, and show each mistake with what would fit",
		Long:    checkLong,
		Example: "  cnncalc check mynet.yaml\n  cnncalc check --lint alexnet resnet50",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.check(args, &f) },
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.lint, "lint", false, "add the notes' advice on sizes, as notes")
	cmd.Flags().BoolVar(&f.table, "table", false, "print the table of a sound network too")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	return cmd
}

func (a *app) check(args []string, f *checkFlags) error {
	format, err := textOrJSON("check", f.format)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{a.specOf(nil)}
	}
	var documents []checkedFile
	result := error(nil)
	gap := "" // a blank line behind a table
	for _, name := range args {
		l, err := a.load(name, &f.specFlags)
		if err != nil {
			if !isProblem(err) {
				return err
			}
			a.note("%s", err)
			documents = append(documents, unreadable(name, err))
			result = errReported
			continue
		}
		if len(l.problems) > 0 {
			result = errReported
		}
		if format == report.JSON {
			documents = append(documents, l.document(f.lint))
			continue
		}
		err = a.write("", func(w io.Writer) error {
			if _, err := io.WriteString(w, gap); err != nil {
				return err
			}
			return l.writeCheck(w, f)
		})
		if err != nil {
			return err
		}
		gap = ""
		if f.table || len(l.problems) > 0 {
			gap = "\n"
		}
	}
	if format == report.JSON {
		document := struct {
			Schema string        `json:"schema"`
			Files  []checkedFile `json:"files"`
		}{report.Schema, documents}
		if err := a.write("", func(w io.Writer) error { return report.WriteJSON(w, document) }); err != nil {
			return err
		}
	}
	return result
}

// writeCheck prints what check found in one file.
func (l *loaded) writeCheck(w io.Writer, f *checkFlags) error {
	if err := l.file.Source.Print(w, l.problems); err != nil {
		return err
	}
	if len(l.problems) > 0 {
		return l.writeTableUpToProblem(w)
	}
	n := l.network
	_, err := fmt.Fprintf(w, "%s: ok\n  %s\n  %s, %s -> %s, %s parameters, %s MACs\n",
		plain.Escape(l.file.Source.Name), plain.Escape(spec.Pattern(n.Graph)), layerCount(len(n.Nodes)-1), n.InputShape(), n.Total.Out,
		plain.Count(n.Total.Parameters()), plain.Count(n.Total.MACs))
	if err != nil {
		return err
	}
	if f.lint {
		if err := l.writeAdvice(w); err != nil {
			return err
		}
	}
	if f.table {
		return l.writeTable(w, "")
	}
	return nil
}

func layerCount(n int) string {
	if n == 1 {
		return "1 layer"
	}
	return fmt.Sprintf("%d layers", n)
}

func (l *loaded) writeTableUpToProblem(w io.Writer) error {
	if l.network.Sound < 1 {
		return nil
	}
	title := "up to the first problem"
	if l.network.Sound == len(l.network.Nodes) {
		title = ""
	}
	return l.writeTable(w, title)
}

// writeTable prints the network's table behind a blank line.
func (l *loaded) writeTable(w io.Writer, title string) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	t := report.NetworkTable(l.network, false)
	t.Title = title
	return t.Write(w, report.Text)
}

// writeAdvice prints the lint's findings, as notes.
func (l *loaded) writeAdvice(w io.Writer) error {
	var b strings.Builder
	shown, others := lint.Advice(l.network).Shown()
	for _, p := range shown {
		fmt.Fprintf(&b, "%s:%s: note: %s\n", plain.Escape(l.file.Source.Name), p.Pos, plain.Escape(p.Msg))
		if p.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", plain.Escape(p.Hint))
		}
	}
	if others > 0 {
		fmt.Fprintf(&b, "%s: notes not shown: %s\n", plain.Escape(l.file.Source.Name), plain.Count(int64(others)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// checkedFile is one file in JSON.
type checkedFile struct {
	File     string           `json:"file"`
	Network  string           `json:"network"`
	OK       bool             `json:"ok"`
	Problems []checkedProblem `json:"problems"`
	// ProblemsNotShown counts those after the first hundred. From 900 on there may be more than were looked for.
	ProblemsNotShown int              `json:"problems_not_shown,omitempty"`
	Notes            []checkedProblem `json:"notes,omitempty"`
	NotesNotShown    int              `json:"notes_not_shown,omitempty"`
}

type checkedProblem struct {
	Line    int    `json:"line"` // 0 for the file as a whole
	Column  int    `json:"column"`
	Message string `json:"message"`
	Context string `json:"context,omitempty"`
	Fits    string `json:"fits,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// unreadable is the document of a SPEC that could not be read.
func unreadable(name string, err error) checkedFile {
	return checkedFile{File: sourceName(name), Problems: []checkedProblem{{Message: err.Error()}}}
}

func (l *loaded) document(withAdvice bool) checkedFile {
	c := checkedFile{File: l.file.Source.Name, Network: l.title(), OK: len(l.problems) == 0}
	c.Problems, c.ProblemsNotShown = checkedProblems(l.problems)
	if withAdvice && c.OK {
		c.Notes, c.NotesNotShown = checkedProblems(lint.Advice(l.network))
	}
	return c
}

// checkedProblems returns the problems to show and the number of the others.
func checkedProblems(list diag.List) (problems []checkedProblem, others int) {
	shown, others := list.Shown()
	problems = make([]checkedProblem, len(shown))
	for i, p := range shown {
		problems[i] = checkedProblem{p.Pos.Line, p.Pos.Col, p.Msg, p.Context, p.Fits, p.Hint}
	}
	return problems, others
}
