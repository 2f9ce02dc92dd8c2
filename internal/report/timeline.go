package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Timeline is the view of the memory that is in use over the steps of a run.
type Timeline struct {
	Title   string // with what it is of
	Network string // its title alone
	Account memory.AccountName
	Batch   int64
	Options *memory.Options // of PyTorch's account; nil for another
	Steps   []memory.Moment // at least one
	Notes   []string
	Layers  *shape.Network // the steps' layers, for the column origin; nil for a table without it
}

// timelineDocument is a timeline in JSON.
type timelineDocument struct {
	Schema    string             `json:"schema"`
	Network   string             `json:"network"`
	Account   memory.AccountName `json:"account"`
	Batch     int64              `json:"batch"`
	Torch     memory.Torch       `json:"torch,omitempty" jsonschema:"of PyTorch's account, and the three below"`
	Mode      memory.Mode        `json:"mode,omitempty"`
	DType     memory.DType       `json:"dtype,omitempty"`
	Optimizer memory.Optimizer   `json:"optimizer,omitempty" jsonschema:"in training"`
	Peak      memory.Moment      `json:"peak"`
	Steps     []memory.Moment    `json:"steps"`
	Notes     []string           `json:"notes"`
}

// NewPyTorchTimeline returns the view of a timeline by PyTorch's account.
func NewPyTorchTimeline(network string, batch int64, o memory.Options, steps []memory.Moment) *Timeline {
	return &Timeline{
		Title:   fmt.Sprintf("%s, batch of %s: %s", network, plain.Count(batch), describeOptions(o)),
		Network: network, Account: memory.PyTorchAccount, Batch: batch, Options: &o, Steps: steps,
		Notes: o.Basis(),
	}
}

// NewRunTimeline returns the view of a timeline of the arena of cnncalc run, which has so many bytes.
func NewRunTimeline(network string, batch, arena int64, steps []memory.Moment) *Timeline {
	return &Timeline{
		Title:   fmt.Sprintf("%s, batch of %s: the arena of cnncalc run", network, plain.Count(batch)),
		Network: network, Account: memory.RunAccount, Batch: batch, Steps: steps,
		Notes: []string{fmt.Sprintf("Exact for this processor and this number of threads. The arena is %s bytes; weights "+
			"and input are not in it.",
			plain.Count(arena))},
	}
}

// Document returns the timeline for programs.
func (t *Timeline) Document() any {
	d := timelineDocument{Schema: Schema, Network: t.Network, Account: t.Account, Batch: t.Batch,
		Peak: t.Steps[t.peak()], Steps: t.Steps, Notes: t.Notes}
	if o := t.Options; o != nil {
		d.Torch, d.Mode, d.DType = o.Torch, o.Mode, o.DType
		if o.Mode == memory.Training {
			d.Optimizer = o.Optimizer
		}
	}
	return d
}

// peak returns the index of the step in which the most is alive.
func (t *Timeline) peak() int {
	at := 0
	for i, s := range t.Steps {
		if s.Most > t.Steps[at].Most {
			at = i
		}
	}
	return at
}

// peakText says how much the peak is and where it is.
func (t *Timeline) peakText(units Units) string {
	s := t.Steps[t.peak()]
	return fmt.Sprintf("peak %s, %s", Bytes(s.Most, units), describeStep(s))
}

// describeStep says what runs.
func describeStep(s memory.Moment) string {
	switch s.Phase {
	case memory.LossStep:
		return "loss"
	case memory.Reduce:
		return s.Name
	case memory.Update:
		return "update by " + s.Name
	}
	return s.Name + " " + string(s.Phase)
}

// Table returns a row for each step.
func (t *Timeline) Table(units Units) Table {
	table := Table{Title: t.Title, Notes: t.Notes, Columns: []Column{
		right("step", "step"), left("phase", "phase"), left("name", "name"),
		right("live", "alive after it"), right("most", "at most"),
	}}
	for i, s := range t.Steps {
		table.Rows = append(table.Rows,
			[]Cell{Int(int64(i)), Str(string(s.Phase)), Str(s.Name), units.size(s.Live), units.size(s.Most)})
	}
	if t.Layers != nil {
		table.Columns = append(table.Columns, left("origin", "origin"))
		for i, s := range t.Steps {
			table.Rows[i] = append(table.Rows[i], t.origin(s.Node))
		}
	}
	return table
}

// origin returns the cell of a step's layer, which is empty for the loss and the optimizer.
func (t *Timeline) origin(node int) Cell {
	if node < 0 {
		return Cell{}
	}
	return Str(originOf(&t.Layers.Nodes[node]))
}

// maxChartRows is about how many rows a chart has, unless all steps are asked for.
const maxChartRows = 60

// minBar is the least width of the longest bar.
const minBar = 12

// peakMark follows the bar of the peak.
const peakMark = " <- peak"

// Chart returns a bar chart in so many columns of a terminal, for people. Unless all steps are asked for, those of long
// runs are folded: a row stands for several steps of a phase, with the name of the one in which the most is alive and
// the number of the others, the most of them all, and what is alive after the last. The peak has a row of its own.
func (t *Timeline) Chart(units Units, width int, all bool) Table {
	peak := t.peakText(units)
	table := Table{Title: t.Title, Columns: []Column{
		left("phase", "phase"), left("name", "name"), right("live", "alive after"), right("most", "at most"),
		left("chart", "= before, # after, + at most"),
	}, Minor: []string{"live", "phase"}}
	table.Notes = append([]string{strings.ToUpper(peak[:1]) + peak[1:] + "."}, t.Notes...)
	rows := t.fold(all)
	for _, r := range rows {
		table.Rows = append(table.Rows, []Cell{Str(string(r.phase)), Str(r.name), units.size(r.live), units.size(r.most), {}})
	}
	t.draw(table, rows, width)
	if t.Layers != nil {
		table.Columns = append(table.Columns, left("origin", "origin"))
		for i, r := range rows {
			table.Rows[i] = append(table.Rows[i], t.origin(r.node))
		}
	}
	return table
}

// draw fills in the last cell of every row with its bar: as wide as the other columns leave room for.
func (t *Timeline) draw(table Table, rows []chartRow, width int) {
	chart := len(table.Columns) - 1
	used := len(peakMark)
	for k := range chart {
		used += gapWidth + columnWidth(table, k)
	}
	longest := max(minBar, width-used)
	most := t.Steps[t.peak()].Most
	for i, r := range rows {
		bar := bars(t.Steps[0].Live, r.live, r.most, most, longest)
		if r.isPeak {
			bar += peakMark
		}
		table.Rows[i][chart] = Str(bar)
	}
}

// bars draws what was there before the first step, what is alive after one, and the most while it ran, which is as much
// or more.
func bars(before, live, most, whole int64, width int) string {
	length := func(bytes int64) int {
		if whole == 0 {
			return 0
		}
		return int(float64(bytes)/float64(whole)*float64(width) + 0.5)
	}
	old := length(min(before, live))
	return strings.Repeat("=", old) + strings.Repeat("#", length(live)-old) +
		strings.Repeat("+", length(most)-length(live))
}

// chartRow is one or several steps.
type chartRow struct {
	phase      memory.Phase
	node       int // of the step in which the most is alive, as the name
	name       string
	live, most int64
	isPeak     bool
}

// fold makes rows of the steps.
func (t *Timeline) fold(all bool) []chartRow {
	each := (len(t.Steps) + maxChartRows - 1) / maxChartRows
	if all {
		each = 1
	}
	peak := t.peak()
	var rows []chartRow
	for from := 0; from < len(t.Steps); {
		to := from + 1
		for to < len(t.Steps) && to-from < each && t.Steps[to].Phase == t.Steps[from].Phase && to != peak && from != peak {
			to++
		}
		rows = append(rows, foldSteps(t.Steps[from:to], from == peak))
		from = to
	}
	return rows
}

func foldSteps(steps []memory.Moment, isPeak bool) chartRow {
	top := slices.MaxFunc(steps, func(a, b memory.Moment) int { return cmp.Compare(a.Most, b.Most) })
	row := chartRow{phase: top.Phase, node: top.Node, name: top.Name, live: steps[len(steps)-1].Live, most: top.Most,
		isPeak: isPeak}
	if others := len(steps) - 1; others > 0 {
		row.name += fmt.Sprintf(" +%d", others)
	}
	return row
}
