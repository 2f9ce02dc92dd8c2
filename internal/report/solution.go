package report

import (
	"fmt"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/plain"
	"cnncalc/internal/sweep"
)

// Solution is the view of the largest value of a setting that keeps limits.
type Solution struct {
	Title    string // the network's
	Search   *sweep.Search
	Solution *sweep.Solution
	Reserve  []string // lines about the device, if there is one
	Bisected bool     // all batches were searched, and not those of a range
}

type solutionDocument struct {
	Schema  string           `json:"schema"`
	Network string           `json:"network"`
	For     string           `json:"for"`
	Range   *rangeDocument   `json:"range" jsonschema:"null if there are no bounds"`
	Limits  []limitDocument  `json:"limits"`
	Value   *int64           `json:"value" jsonschema:"null if no value keeps the limits"`
	Figures map[string]int64 `json:"figures,omitempty" jsonschema:"with the value"`
	// Next is the nearest larger value that has figures, or the smallest of all where no value keeps the limits.
	Next     *nextDocument `json:"next"`
	Tried    int64         `json:"tried"`
	Problems int64         `json:"problems" jsonschema:"values between the two that have no figures"`
}

type rangeDocument struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	Count int64 `json:"count"`
}

type limitDocument struct {
	Figure   string          `json:"figure"`
	Relation figure.Relation `json:"relation"`
	Bound    int64           `json:"bound"`
}

type nextDocument struct {
	Value   int64            `json:"value"`
	Figures map[string]int64 `json:"figures"`
	Breaks  []string         `json:"breaks" jsonschema:"figures whose limits it breaks"`
}

// Document returns the solution for programs.
func (v *Solution) Document() any {
	found := v.Solution
	d := solutionDocument{Schema: Schema, Network: v.Title, For: v.Search.For, Tried: found.Tried,
		Problems: found.Skipped, Limits: []limitDocument{}}
	if !v.Bisected {
		values := &v.Search.Values
		d.Range = &rangeDocument{values.At(0).Number, values.At(values.Len() - 1).Number, values.Len()}
	}
	for _, l := range v.Search.Limits {
		d.Limits = append(d.Limits, limitDocument{l.Figure.Name, l.Relation, l.Bound})
	}
	if found.Best != nil {
		value := v.Search.Value(found.Best)
		d.Value, d.Figures = &value, v.figures(found.Best)
	}
	if found.Next != nil {
		d.Next = &nextDocument{Value: v.Search.Value(found.Next), Figures: v.figures(found.Next), Breaks: []string{}}
		for _, l := range v.Search.Limits {
			if v.isBroken(l) {
				d.Next.Breaks = append(d.Next.Breaks, l.Figure.Name)
			}
		}
	}
	return d
}

// figures returns those of a row, which has none if they cannot be counted.
func (v *Solution) figures(row *sweep.Row) map[string]int64 {
	all := map[string]int64{}
	for i := range row.Values {
		all[v.Search.Query.Figures[i].Name] = row.Values[i]
	}
	return all
}

// isBroken reports whether the next value breaks a limit.
func (v *Solution) isBroken(l figure.Limit) bool {
	value, ok := v.figures(v.Solution.Next)[l.Figure.Name]
	return !ok || !l.Holds(value)
}

// Table returns a row for each limit, and one for each further figure.
func (v *Solution) Table(units Units) Table {
	t := Table{Title: v.heading(), Columns: v.columns(), Notes: v.notes(units), Minor: []string{"room", "over"}}
	hasLimit := map[string]bool{}
	for _, l := range v.Search.Limits {
		hasLimit[l.Figure.Name] = true
		t.Rows = append(t.Rows, v.row(l.Figure, &l, units))
	}
	for _, f := range v.Search.Query.Figures {
		if !hasLimit[f.Name] {
			t.Rows = append(t.Rows, v.row(f, nil, units))
		}
	}
	return t
}

func (v *Solution) heading() string {
	if v.Solution.Best == nil {
		return fmt.Sprintf("%s: no %s%s keeps the budget", v.Title, v.what(), v.span())
	}
	best := v.Search.Setting(v.Solution.Best)
	return fmt.Sprintf("%s: %s is the largest%s that keeps the budget", v.Title, best, v.span())
}

func (v *Solution) what() string {
	if v.Search.For == sweep.ForInputSize {
		return "input size"
	}
	return v.Search.For
}

// span returns the values that were searched, " from 16 to 512".
func (v *Solution) span() string {
	if v.Bisected {
		return ""
	}
	values := &v.Search.Values
	return fmt.Sprintf(" from %s to %s", values.At(0), values.At(values.Len()-1))
}

func (v *Solution) columns() []Column {
	best, next := "value", "next"
	if v.Solution.Best != nil {
		best = v.Search.Setting(v.Solution.Best)
	}
	if v.Solution.Next != nil {
		next = v.Search.Setting(v.Solution.Next)
	}
	return []Column{left("figure", "figure"), right("limit", "limit"), right("value", best), right("room", "room"),
		right("next", next), right("over", "over")}
}

// row returns the cells of a figure. l is its limit, nil if it has none.
func (v *Solution) row(f figure.Figure, l *figure.Limit, units Units) []Cell {
	cells := []Cell{Str(f.Name), dash(), dash(), dash(), dash(), dash()}
	if l != nil {
		bound := units.figureCell(f, l.Bound)
		cells[1] = Cell{Text: string(l.Relation) + " " + bound.Text, Value: string(l.Relation) + fmt.Sprint(l.Bound)}
	}
	if v.Solution.Best != nil {
		value := v.figures(v.Solution.Best)[f.Name]
		cells[2] = units.figureCell(f, value)
		if l != nil {
			cells[3] = units.figureCell(f, distance(l.Bound, value))
		}
	}
	if v.Solution.Next == nil {
		return cells
	}
	value, ok := v.figures(v.Solution.Next)[f.Name]
	if !ok {
		cells[4] = Str("uncountable")
		return cells
	}
	cells[4] = units.figureCell(f, value)
	if l != nil && !l.Holds(value) {
		cells[5] = units.figureCell(f, distance(value, l.Bound))
		if share := 100 * float64(distance(value, l.Bound)) / float64(l.Bound); share < 1000 {
			cells[5].Text += fmt.Sprintf(" (%.2g%%)", share)
		}
	}
	return cells
}

// distance returns the absolute difference of two figures.
func distance(a, b int64) int64 { return max(a-b, b-a) }

func (v *Solution) notes(units Units) []string {
	var notes []string
	found := v.Solution
	if found.Skipped > 0 {
		word, verb := "values", "have problems"
		if found.Skipped == 1 {
			word, verb = "value", "has a problem"
		}
		where := "Between the two"
		if found.Best == nil || found.Next == nil {
			where = "Below"
		}
		first := found.Problems[0]
		notes = append(notes, fmt.Sprintf("%s, %s %s %s, such as %s: %s", where, plain.Count(found.Skipped), word, verb,
			v.Search.Setting(&first), first.Problem))
	}
	switch {
	case found.Best == nil && found.Next != nil:
		notes = append(notes, fmt.Sprintf("%s is the smallest that has figures.", v.Search.Setting(found.Next)))
	case found.Best != nil && found.Next == nil:
		notes = append(notes, "No larger value nearby has figures.")
	case found.Best != nil && !v.breaksAny():
		notes = append(notes, fmt.Sprintf("%s keeps the budget too: --range looks further.", v.Search.Setting(found.Next)))
	}
	if estimates := v.estimates(); estimates != "" {
		o := v.Search.Query.Space.Options[0]
		how := strings.TrimSpace(fmt.Sprint(o.DType, " ", o.Optimizer))
		notes = append(notes, fmt.Sprintf("By PyTorch's account (PyTorch %s, %s): %s.", o.Torch, how, estimates))
	}
	return append(notes, v.Reserve...)
}

func (v *Solution) breaksAny() bool {
	for _, l := range v.Search.Limits {
		if v.isBroken(l) {
			return true
		}
	}
	return false
}

// estimates names the figures that are estimates.
func (v *Solution) estimates() string {
	var names []string
	for _, f := range v.Search.Query.Figures {
		if f.Unit == figure.Bytes && f.IsEstimate(&v.Search.Query.Use) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// Sizes is the view of the input sizes that a network accepts.
type Sizes struct {
	Title   string
	Query   *sweep.Query
	Rows    []sweep.Row // with figures
	Tried   int64
	Problem *sweep.Row // one of the sizes that have none; nil if all have
	LeftOut int64      // sizes that break the budget
}

type sizesDocument struct {
	Schema  string         `json:"schema"`
	Network string         `json:"network"`
	Tried   int64          `json:"tried"`
	Sizes   []sizeDocument `json:"sizes"`
}

type sizeDocument struct {
	Input   volumeDocument   `json:"input"`
	Output  volumeDocument   `json:"output"`
	Figures map[string]int64 `json:"figures"`
}

// Document returns the sizes for programs.
func (v *Sizes) Document() any {
	d := sizesDocument{Schema: Schema, Network: v.Title, Tried: v.Tried, Sizes: []sizeDocument{}}
	for _, row := range v.Rows {
		size := sizeDocument{Input: volumeDocument{row.Input.W, row.Input.H, row.Input.D},
			Output: volumeDocument{row.Output.W, row.Output.H, row.Output.D}, Figures: map[string]int64{}}
		for i, f := range v.Query.Figures {
			size.Figures[f.Name] = row.Values[i]
		}
		d.Sizes = append(d.Sizes, size)
	}
	return d
}

// notes say why sizes are not in the table.
func (v *Sizes) notes() []string {
	var notes []string
	switch v.LeftOut {
	case 0:
	case 1:
		notes = append(notes, "1 of them breaks the budget.")
	default:
		notes = append(notes, plain.Count(v.LeftOut)+" of them break the budget.")
	}
	switch {
	case v.Problem == nil:
	case v.Tried-int64(len(v.Rows))-v.LeftOut == 1:
		notes = append(notes, fmt.Sprintf("%s has a problem: %s", v.Problem.Inputs[0], v.Problem.Problem))
	default:
		notes = append(notes, fmt.Sprintf("The others have problems, such as %s: %s", v.Problem.Inputs[0], v.Problem.Problem))
	}
	return notes
}

// title says how many of the sizes the network accepts.
func (v *Sizes) title(accepted int64, first, last string) string {
	switch {
	case v.Tried == 1 && accepted == 1:
		return v.Title + " accepts " + first
	case v.Tried == 1:
		return v.Title + " does not accept " + first
	case accepted == 0:
		return fmt.Sprintf("%s accepts none of the %s sizes from %s to %s", v.Title, plain.Count(v.Tried), first, last)
	}
	return fmt.Sprintf("%s accepts %s of the %s sizes from %s to %s", v.Title, plain.Count(accepted), plain.Count(v.Tried),
		first, last)
}

// Table returns a row for each size.
func (v *Sizes) Table(units Units) Table {
	sizes := &v.Query.Space.Inputs[0]
	t := Table{
		Title:   v.title(int64(len(v.Rows))+v.LeftOut, sizes.At(0).String(), sizes.At(sizes.Len()-1).String()),
		Columns: []Column{right("input", "input"), right("output", "output")},
	}
	for _, f := range v.Query.Figures {
		t.Columns = append(t.Columns, right(f.Name, f.Name))
	}
	for _, row := range v.Rows {
		cells := []Cell{Str(row.Input.String()), Str(row.Output.String())}
		for i, f := range v.Query.Figures {
			cells = append(cells, units.figureCell(f, row.Values[i]))
		}
		t.Rows = append(t.Rows, cells)
	}
	t.Notes = v.notes()
	return t
}
