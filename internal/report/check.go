package report

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// CheckedFile is the report of check about one file.
type CheckedFile struct {
	Name       string // the file's
	Unreadable error  // why it could not be read; the fields below are empty then
	Title      string // the network's
	Source     *diag.Source
	Problems   diag.List
	Network    *shape.Network
	Pattern    []string  // the network in short, where it has no problems
	Advice     diag.List // of the lint, where it was asked for
	WithTable  bool      // print the network's table also where there are no problems
	Width      int       // of the terminal, 0 for any
}

// checkDocument is the report of check in JSON.
type checkDocument struct {
	Schema string                `json:"schema"`
	Files  []checkedFileDocument `json:"files"`
}

type checkedFileDocument struct {
	File     string            `json:"file"`
	Network  string            `json:"network"`
	OK       bool              `json:"ok"`
	Problems []problemDocument `json:"problems"`
	// ProblemsNotShown counts those after the first hundred. From 900 on there may be more than were looked for.
	ProblemsNotShown int               `json:"problems_not_shown,omitempty"`
	Notes            []problemDocument `json:"notes,omitempty"`
	NotesNotShown    int               `json:"notes_not_shown,omitempty"`
}

type problemDocument struct {
	Line    int    `json:"line"` // 0 for the file as a whole
	Column  int    `json:"column"`
	Node    string `json:"node,omitempty"` // of a file that has no lines
	Code    string `json:"code"`           // names the kind of problem, from version to version
	Message string `json:"message"`
	Context string `json:"context,omitempty"`
	Fits    string `json:"fits,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// NewCheckDocument returns the report about some files for programs.
func NewCheckDocument(files []CheckedFile) any {
	d := checkDocument{Schema: Schema}
	for i := range files {
		d.Files = append(d.Files, files[i].document())
	}
	return d
}

func (f *CheckedFile) document() checkedFileDocument {
	if f.Unreadable != nil {
		return checkedFileDocument{File: f.Name, Problems: []problemDocument{{Code: "file/unreadable",
			Message: f.Unreadable.Error()}}}
	}
	d := checkedFileDocument{File: f.Name, Network: f.Title, OK: f.IsFine()}
	d.Problems, d.ProblemsNotShown = problemDocuments(f.Problems)
	d.Notes, d.NotesNotShown = problemDocuments(f.Advice)
	return d
}

// problemDocuments returns the problems that are shown, and how many others there are.
func problemDocuments(list diag.List) ([]problemDocument, int) {
	shown, others := list.Shown()
	problems := make([]problemDocument, 0, len(shown))
	for _, p := range shown {
		problems = append(problems, problemDocument{p.Pos.Line, p.Pos.Col, p.Node, string(p.Code), p.Msg, p.Context, p.Fits,
			p.Hint})
	}
	return problems, others
}

// IsFine reports whether the file could be read and has no problems.
func (f *CheckedFile) IsFine() bool { return f.Unreadable == nil && len(f.Problems) == 0 }

// EndsInTable reports whether the text ends in a table, or may: what follows is set apart from it.
func (f *CheckedFile) EndsInTable() bool { return f.WithTable || !f.IsFine() }

// WriteText writes what was found: the problems and the table up to the first, or a summary.
func (f *CheckedFile) WriteText(w io.Writer) error {
	if !f.IsFine() {
		if err := f.Source.Print(w, f.Problems); err != nil {
			return err
		}
		return f.writeTableUpToProblem(w)
	}
	if _, err := io.WriteString(w, f.summary()+f.advice()); err != nil || !f.WithTable {
		return err
	}
	return f.writeTable(w, "")
}

func (f *CheckedFile) summary() string {
	n := f.Network
	layers := "1 layer"
	if count := len(n.Nodes) - len(n.Inputs); count != 1 {
		layers = fmt.Sprintf("%d layers", count)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ok\n", plain.Escape(f.Name))
	for _, line := range f.Pattern {
		fmt.Fprintf(&b, "  %s\n", plain.Escape(plain.CutMessage(line)))
	}
	fmt.Fprintf(&b, "  %s, %s -> %s, %s parameters%s, %s MACs\n", layers, n.InputShapes(), n.OutputShapes(),
		plain.Count(n.Total.Parameters()), inBrackets(frozenText(n.Total)), plain.Count(n.Total.MACs))
	return b.String()
}

// inBrackets returns " (a)" for ", a", and "" for "".
func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + strings.TrimPrefix(text, ", ") + ")"
}

// advice returns the lint's findings, as notes.
func (f *CheckedFile) advice() string {
	var b strings.Builder
	shown, others := f.Advice.Shown()
	for _, p := range shown {
		fmt.Fprintf(&b, "%s:%s: note: %s\n", plain.Escape(f.Name), p.Pos, plain.Escape(p.Msg))
		if p.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", plain.Escape(p.Hint))
		}
	}
	if others > 0 {
		fmt.Fprintf(&b, "%s: notes not shown: %s\n", plain.Escape(f.Name), plain.Count(int64(others)))
	}
	return b.String()
}

func (f *CheckedFile) writeTableUpToProblem(w io.Writer) error {
	switch f.Network.Sound {
	case 0:
		return nil
	case len(f.Network.Nodes):
		return f.writeTable(w, "")
	}
	return f.writeTable(w, "up to the first problem")
}

// writeTable writes the network's table after an empty line.
func (f *CheckedFile) writeTable(w io.Writer, title string) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	t := NetworkTable(f.Network, false)
	t.Title = title
	return t.Narrow(f.Width).WriteText(w)
}
