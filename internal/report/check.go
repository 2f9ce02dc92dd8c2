package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cnncalc/internal/ansi"
	"cnncalc/internal/budget"
	"cnncalc/internal/diag"
	"cnncalc/internal/explain"
	"cnncalc/internal/figure"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// CheckedFile is the report of check about one file.
type CheckedFile struct {
	Name       string // the file's
	Unreadable error  // why it could not be read; the fields below are empty then
	Title      string // the network's
	Source     *diag.Source
	Problems   diag.List // those of budgets included
	Network    *shape.Network
	IsSound    bool             // the network has no problems but with its budget
	Budget     []budget.Finding // of a sound network
	Pattern    []string         // the network in short, where it has no problems
	Advice     diag.List        // of the lint, where it was asked for
	WithTable  bool             // print the network's table also where there are no problems
	Columns    []string         // of the table; nil for the notes'
	IsShort    bool             // print a sound network in one line
	Screen     Screen
}

// checkDocument is the report of check in JSON.
type checkDocument struct {
	Schema string                `json:"schema"`
	Files  []checkedFileDocument `json:"files"`
}

type checkedFileDocument struct {
	File    string `json:"file"`
	Network string `json:"network"`
	OK      bool   `json:"ok"`
	// What the network has, if it is sound.
	Input    *volumeDocument   `json:"input,omitempty"`
	Output   *volumeDocument   `json:"output,omitempty"`
	Layers   int               `json:"layers,omitempty"`
	Totals   *countsDocument   `json:"totals,omitempty"`
	Budget   []budgetDocument  `json:"budget,omitempty"`
	Problems []problemDocument `json:"problems"`
	// ProblemsNotShown counts those after the first hundred. From 900 on there may be more than were looked for.
	ProblemsNotShown int               `json:"problems_not_shown,omitempty"`
	Notes            []problemDocument `json:"notes,omitempty"`
	NotesNotShown    int               `json:"notes_not_shown,omitempty"`
}

// budgetDocument is a figure that a budget limits.
type budgetDocument struct {
	Figure   string          `json:"figure"`
	For      string          `json:"for,omitempty" jsonschema:"what the network is used for, as the file has it"`
	Batch    int64           `json:"batch,omitempty"`
	Unit     string          `json:"unit"`
	Value    *int64          `json:"value" jsonschema:"null where it is not known"`
	Estimate bool            `json:"estimate,omitempty"`
	Max      *int64          `json:"max,omitempty"`
	Min      *int64          `json:"min,omitempty"`
	OK       bool            `json:"ok"`
	Largest  []shareDocument `json:"largest,omitempty" jsonschema:"layers, or tensors of a peak"`
	File     string          `json:"file,omitempty" jsonschema:"that has the budget, if it is another"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
}

// shareDocument is what a layer has of a figure.
type shareDocument struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

type problemDocument struct {
	File    string `json:"file,omitempty" jsonschema:"if it is another than the one that is checked"`
	Line    int    `json:"line" jsonschema:"0 for the file as a whole"`
	Column  int    `json:"column"`
	Node    string `json:"node,omitempty" jsonschema:"of a file that has no lines"`
	Code    string `json:"code" jsonschema:"names the kind of problem, from version to version"`
	Message string `json:"message"`
	Context string `json:"context,omitempty"`
	Most    string `json:"most,omitempty" jsonschema:"the layers that hold most of a figure"`
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
		return checkedFileDocument{File: f.Name, Problems: []problemDocument{{Code: unreadableCode,
			Message: f.Unreadable.Error()}}}
	}
	d := checkedFileDocument{File: f.Name, Network: f.Title, OK: f.IsFine()}
	if f.IsSound {
		n := f.Network
		in, out, totals := newVolumeDocument(n.InputShape()), newVolumeDocument(n.Total.Out), newCountsDocument(n.Total)
		d.Input, d.Output, d.Totals, d.Layers = &in, &out, &totals, len(n.Nodes)-len(n.Inputs)
		d.Budget = budgetDocuments(f.Budget)
	}
	d.Problems, d.ProblemsNotShown = problemDocuments(f.Problems)
	d.Notes, d.NotesNotShown = problemDocuments(f.Advice)
	return d
}

// problemDocuments returns the problems that are shown, and how many others there are.
func problemDocuments(list diag.List) ([]problemDocument, int) {
	shown, others := list.Shown()
	problems := make([]problemDocument, 0, len(shown))
	for _, p := range shown {
		problems = append(problems, problemDocument{sourceName(p.In), p.Pos.Line, p.Pos.Col, p.Node, string(p.Code), p.Msg,
			p.Context, p.Most, p.Fits, p.Hint})
	}
	return problems, others
}

// sourceName returns the name of a file, "" for none.
func sourceName(s *diag.Source) string {
	if s == nil {
		return ""
	}
	return s.Name
}

func budgetDocuments(findings []budget.Finding) []budgetDocument {
	var all []budgetDocument
	for i := range findings {
		f := &findings[i]
		l := &f.Limit
		d := budgetDocument{Figure: l.Figure.Name, For: l.For, Unit: l.Figure.Unit.String(), Estimate: f.IsEstimate,
			OK: !f.IsBroken(), File: sourceName(l.In), Line: l.Pos.Line, Column: l.Pos.Col}
		if slices.Contains(l.Figure.Takes, figure.Batch) {
			d.Batch = l.Batch
		}
		if f.Err == nil {
			d.Value = &f.Value
		}
		d.Max, d.Min = &l.Bound, nil
		if l.Relation == figure.AtLeast {
			d.Max, d.Min = nil, &l.Bound
		}
		for _, s := range f.Largest {
			d.Largest = append(d.Largest, shareDocument{s.Name, s.Value})
		}
		all = append(all, d)
	}
	return all
}

// IsFine reports whether the file could be read and has no problems.
func (f *CheckedFile) IsFine() bool { return f.Unreadable == nil && len(f.Problems) == 0 }

// EndsInTable reports whether the text ends in a table: what follows is set apart from it.
func (f *CheckedFile) EndsInTable() bool {
	return f.Unreadable == nil && (f.WithTable || !f.IsSound && f.soundLayers() > 0)
}

// soundLayers returns how many layers are in the table of a network with problems: those before the first one. If the
// problems are elsewhere in the file, the layers are none of its matter, unless their table was asked for.
func (f *CheckedFile) soundLayers() int {
	n := f.Network
	if n.Sound == 0 || n.Sound == len(n.Nodes) && !f.WithTable {
		return 0
	}
	return n.Sound
}

// WriteText writes what was found: the problems and the table up to the first, or a summary.
func (f *CheckedFile) WriteText(w io.Writer) error {
	if !f.IsFine() {
		if err := f.Source.Print(w, f.Problems, f.Screen.Colours); err != nil {
			return err
		}
		switch {
		case !f.IsSound:
			return f.writeTableUpToProblem(w)
		case f.WithTable:
			return f.writeTable(w, "")
		}
		return nil
	}
	if _, err := io.WriteString(w, f.summary()+f.advice()); err != nil || !f.WithTable {
		return err
	}
	return f.writeTable(w, "")
}

func (f *CheckedFile) summary() string {
	n := f.Network
	layers := int64(len(n.Nodes) - len(n.Inputs))
	figures := fmt.Sprintf("%s, %s -> %s, %s%s, %s\n", plain.Counted(layers, "layer"), n.InputShapes(), n.OutputShapes(),
		plain.Counted(n.Total.Parameters(), "parameter"), inBrackets(explain.Frozen(n.Total)),
		plain.Counted(n.Total.MACs, "MAC"))
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", plain.Escape(f.Name), f.Screen.Colours.Paint(ansi.Green, "ok"))
	if f.IsShort {
		b.WriteString(", " + figures)
	} else {
		b.WriteString("\n")
		for _, line := range f.Pattern {
			fmt.Fprintf(&b, "  %s\n", plain.Escape(plain.CutMessage(line)))
		}
		b.WriteString("  " + figures)
	}
	for i := range f.Budget {
		fmt.Fprintf(&b, "  budget: %s\n", plain.Escape(plain.CutMessage(f.Budget[i].String())))
	}
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
		fmt.Fprintf(&b, "%s:%s: %s %s\n", plain.Escape(f.Name), p.Pos, f.Screen.Colours.Paint(ansi.Yellow, "note:"),
			plain.Escape(p.Msg))
		if p.Hint != "" {
			fmt.Fprintf(&b, "  %s %s\n", f.Screen.Colours.Paint(ansi.Cyan, "hint:"), plain.Escape(p.Hint))
		}
	}
	if others > 0 {
		fmt.Fprintf(&b, "%s: notes not shown: %s\n", plain.Escape(f.Name), plain.Count(int64(others)))
	}
	return b.String()
}

func (f *CheckedFile) writeTableUpToProblem(w io.Writer) error {
	switch f.soundLayers() {
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
	t := NetworkTable(f.Network, LayerRows{})
	if f.Columns != nil {
		var err error
		if t, err = networkTable(f.Network, LayerRows{}, moreColumns(f.Network)).Select(f.Columns); err != nil {
			return err
		}
		t.Colours = f.Screen.Colours
	} else {
		t = t.On(f.Screen)
	}
	t.Title = title
	return t.WriteText(w)
}

// CheckTotal returns how many files are sound, have problems, and cannot be read.
func CheckTotal(files []CheckedFile, colours ansi.Colours) string {
	var fine, unreadable int
	for i := range files {
		switch {
		case files[i].IsFine():
			fine++
		case files[i].Unreadable != nil:
			unreadable++
		}
	}
	text := fmt.Sprintf("total: %d %s", fine, colours.Paint(ansi.Green, "ok"))
	if problems := len(files) - fine - unreadable; problems > 0 {
		text += fmt.Sprintf(", %d %s", problems, colours.Paint(ansi.Red, "with problems"))
	}
	if unreadable > 0 {
		text += fmt.Sprintf(", %d %s", unreadable, colours.Paint(ansi.Red, "unreadable"))
	}
	return text + "\n"
}
