package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/memory"
)

// Timeline is the memory that is in use over the steps of a run.
type Timeline struct {
	Title string
	Steps []memory.Moment // at least one
	Units Units
	Notes []string
}

// Peak is the index of the step in which the most is alive.
func (t Timeline) Peak() int {
	at := 0
	for i, s := range t.Steps {
		if s.Most > t.Steps[at].Most {
			at = i
		}
	}
	return at
}

// PeakText says how much the peak is and where it stands.
func (t Timeline) PeakText() string {
	s := t.Steps[t.Peak()]
	return fmt.Sprintf("peak %s, %s", Bytes(s.Most, t.Units), describeStep(s))
}

// describeStep says what runs.
func describeStep(s memory.Moment) string {
	switch s.Phase {
	case memory.LossStep:
		return "loss"
	case memory.Update:
		return "update by " + s.Name
	}
	return s.Name + " " + string(s.Phase)
}

// Table has a row for each step, for machines.
func (t Timeline) Table() Table {
	table := Table{Title: t.Title, Notes: t.Notes, Columns: []Column{
		{Key: "step", Header: "step", Align: Right},
		{Key: "phase", Header: "phase"},
		{Key: "name", Header: "name"},
		{Key: "live", Header: "alive after it", Align: Right},
		{Key: "most", Header: "at most", Align: Right},
	}}
	for i, s := range t.Steps {
		table.Rows = append(table.Rows, []Cell{Int(int64(i)), Str(string(s.Phase)), Str(s.Name), t.size(s.Live), t.size(s.Most)})
	}
	return table
}

func (t Timeline) size(bytes int64) Cell { return Cell{Text: Bytes(bytes, t.Units), Value: bytes} }

// maxChartRows is about how many rows a chart has, unless all steps are asked for.
const maxChartRows = 60

// gapWidth is what stands between two columns of text.
const gapWidth = 2

// minBar is the least width of the longest bar.
const minBar = 20

// peakMark stands behind the bar of the peak.
const peakMark = " <- peak"

// Chart is a bar chart in so many columns of a terminal, for people. Unless all steps are asked for, those of long runs
// are folded: a row stands for several steps of a phase, with the name of the one in which the most is alive and the
// number of the others, the most of them all, and what is alive after the last. The peak has a row of its own.
func (t Timeline) Chart(width int, all bool) Table {
	table := Table{Title: t.Title, Notes: t.Notes, Columns: []Column{
		{Key: "phase", Header: "phase"},
		{Key: "name", Header: "name"},
		{Key: "live", Header: "alive after", Align: Right},
		{Key: "most", Header: "at most", Align: Right},
		{Key: "chart", Header: "= before, # after, + at most"},
	}}
	rows := t.fold(all)
	texts := make([][]string, len(rows))
	widths := make([]int, 4)
	for i, r := range rows {
		texts[i] = []string{string(r.phase), r.name, Bytes(r.live, t.Units), Bytes(r.most, t.Units)}
		for k, text := range texts[i] {
			widths[k] = max(widths[k], runewidth.StringWidth(text), runewidth.StringWidth(table.Columns[k].Header))
		}
	}
	used := gapWidth * len(widths)
	for _, w := range widths {
		used += w
	}
	bar := max(minBar, width-used-len(peakMark))
	most := t.Steps[t.Peak()].Most
	for i, r := range rows {
		chart := bars(t.Steps[0].Live, r.live, r.most, most, bar)
		if r.isPeak {
			chart += peakMark
		}
		table.Rows = append(table.Rows, []Cell{Str(texts[i][0]), Str(texts[i][1]), t.size(r.live), t.size(r.most), Str(chart)})
	}
	return table
}

// bars draws what was there before the first step, what is alive behind one, and the most while it ran, which is as much
// or more.
func bars(before, live, most, whole int64, width int) string {
	length := func(bytes int64) int {
		if whole == 0 {
			return 0
		}
		return int(float64(bytes)/float64(whole)*float64(width) + 0.5)
	}
	old := length(min(before, live))
	return strings.Repeat("=", old) + strings.Repeat("#", length(live)-old) + strings.Repeat("+", length(most)-length(live))
}

// chartRow is one or several steps.
type chartRow struct {
	phase      memory.Phase
	name       string
	live, most int64
	isPeak     bool
}

// fold makes rows of the steps.
func (t Timeline) fold(all bool) []chartRow {
	each := (len(t.Steps) + maxChartRows - 1) / maxChartRows
	if all {
		each = 1
	}
	peak := t.Peak()
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
	top := slices.MaxFunc(steps, func(a, b memory.Moment) int { return int(min(max(a.Most-b.Most, -1), 1)) })
	row := chartRow{phase: top.Phase, name: top.Name, live: steps[len(steps)-1].Live, most: top.Most, isPeak: isPeak}
	if others := len(steps) - 1; others > 0 {
		row.name += fmt.Sprintf(" +%d", others)
	}
	return row
}

// TimelineDocument is a timeline in JSON.
type TimelineDocument struct {
	Schema    string           `json:"schema"`
	Network   string           `json:"network"`
	Account   string           `json:"account"`
	Batch     int64            `json:"batch"`
	Torch     memory.Torch     `json:"torch,omitempty"` // of PyTorch's account, and the three below
	Mode      memory.Mode      `json:"mode,omitempty"`
	DType     memory.DType     `json:"dtype,omitempty"`
	Optimizer memory.Optimizer `json:"optimizer,omitempty"` // in training
	Peak      memory.Moment    `json:"peak"`
	Steps     []memory.Moment  `json:"steps"`
	Notes     []string         `json:"notes"`
}
