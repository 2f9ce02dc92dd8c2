package report

import (
	"cmp"
	"io"
	"slices"

	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/sweep"
)

// Sweep is the view of the rows of a sweep, which a stream writes one after the other.
type Sweep struct {
	Query *sweep.Query
	Units Units
	// Batches, DTypes and Optimizers report whether the user gave values of these. Tables have no column for others.
	Batches, DTypes, Optimizers bool
}

// sweepRow is a row in JSON.
type sweepRow struct {
	Set       map[string]any   `json:"set" jsonschema:"numbers and lists of numbers, by variable"`
	Input     volumeDocument   `json:"input"`
	Batch     int64            `json:"batch"`
	DType     memory.DType     `json:"dtype"`
	Optimizer memory.Optimizer `json:"optimizer,omitempty" jsonschema:"in training"`
	Figures   map[string]int64 `json:"figures" jsonschema:"in their units, see package figure"`
}

// NewStream returns a stream for rows of the sweep.
func (v *Sweep) NewStream(w io.Writer, format Format) *Stream {
	var columns []Column
	var widths []int
	add := func(c Column, width int) {
		columns, widths = append(columns, c), append(widths, width)
	}
	space := &v.Query.Space
	for i := range space.Variables {
		a := &space.Variables[i]
		add(right(v.keyOf(a.Name), a.Name), longest(a))
	}
	for i := range space.Inputs {
		a := &space.Inputs[i]
		name := cmp.Or(a.Name, "input")
		add(right(v.keyOf(name), name), longest(a))
	}
	if v.Batches {
		add(right("batch", "batch"), longest(&space.Batches))
	}
	for _, column := range []struct {
		key     string
		isGiven bool
		word    func(memory.Options) string
	}{{"dtype", v.DTypes, dtypeOf}, {"optimizer", v.Optimizers, optimizerOf}} {
		width := 0
		for _, o := range space.Options {
			width = max(width, len(column.word(o)))
		}
		if column.isGiven {
			add(left(column.key, column.key), width)
		}
	}
	for _, f := range v.Query.Figures {
		add(right(f.Name, f.Name), figureWidth(f))
	}
	return NewStream(w, format, columns, widths)
}

// keyOf returns the key of a variable's or an input's column: its name, or "set.batch" for one that is called as
// another column is.
func (v *Sweep) keyOf(name string) string {
	isTaken := slices.ContainsFunc(v.Query.Figures, func(f figure.Figure) bool { return f.Name == name })
	if isTaken || slices.Contains([]string{"batch", "dtype", "optimizer"}, name) {
		return "set." + name
	}
	return name
}

// longest returns the width of the longest value of an axis.
func longest(a *sweep.Axis) int {
	width := 0
	for value := range a.Ends {
		width = max(width, len(value.String()))
	}
	return width
}

// figureWidth returns the width of a usual value of a figure.
func figureWidth(f figure.Figure) int {
	switch f.Unit {
	case figure.Bytes:
		return len("999.9 GiB")
	case figure.Nanoseconds:
		return len("0.123 ms")
	case figure.Pixels:
		return len("1,234")
	}
	return len("999,999,999,999")
}

func dtypeOf(o memory.Options) string { return string(o.DType) }

func optimizerOf(o memory.Options) string { return string(o.Optimizer) }

// Add adds a row to a stream that NewStream returned.
func (v *Sweep) Add(s *Stream, row *sweep.Row) error {
	if s.format == JSONLines {
		return s.Document(v.document(row))
	}
	s.Row(v.cells(row))
	return nil
}

func (v *Sweep) cells(row *sweep.Row) []Cell {
	var cells []Cell
	for _, values := range [][]sweep.Value{row.Variables, row.Inputs} {
		for _, value := range values {
			cells = append(cells, valueCell(value))
		}
	}
	options := v.Query.Space.Options[row.Option]
	if v.Batches {
		cells = append(cells, Int(row.Batch))
	}
	if v.DTypes {
		cells = append(cells, Str(dtypeOf(options)))
	}
	if v.Optimizers {
		cells = append(cells, Str(optimizerOf(options)))
	}
	for i, f := range v.Query.Figures {
		cells = append(cells, v.Units.figureCell(f, row.Values[i]))
	}
	return cells
}

// valueCell returns the cell of a variable's value or an input's size. Numbers have no commas, as in --set.
func valueCell(value sweep.Value) Cell {
	text := value.String()
	if value.List == nil && value.Size.W == 0 {
		return Cell{Text: text, Value: value.Number}
	}
	return Str(text)
}

func (v *Sweep) document(row *sweep.Row) sweepRow {
	options := v.Query.Space.Options[row.Option]
	d := sweepRow{Set: map[string]any{}, Batch: row.Batch, DType: options.DType, Optimizer: options.Optimizer,
		Input:   volumeDocument{row.Input.W, row.Input.H, row.Input.D},
		Figures: make(map[string]int64, len(row.Values))}
	for i, value := range row.Variables {
		name := v.Query.Space.Variables[i].Name
		if d.Set[name] = value.Number; value.List != nil {
			d.Set[name] = value.List
		}
	}
	for i, f := range v.Query.Figures {
		d.Figures[f.Name] = row.Values[i]
	}
	return d
}
