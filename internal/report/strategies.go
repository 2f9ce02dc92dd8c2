package report

import (
	"fmt"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// Strategies is the view of what each device of a training holds at its peak, by strategy.
type Strategies struct {
	Title   string // the network's
	Batch   int64  // of a device
	Options memory.Options
	Rows    []StrategyRow
	Basis   []string // what the figures rest on
}

// StrategyRow is one strategy.
type StrategyRow struct {
	memory.Parallel
	Peak  int64                 `json:"peak" jsonschema:"bytes of the device with the most"`
	Parts map[memory.Part]int64 `json:"parts" jsonschema:"at the peak"`
}

type strategiesDocument struct {
	Schema    string           `json:"schema"`
	Network   string           `json:"network"`
	Batch     int64            `json:"batch" jsonschema:"of a device"`
	Torch     memory.Torch     `json:"torch"`
	DType     memory.DType     `json:"dtype"`
	Optimizer memory.Optimizer `json:"optimizer"`
	Rows      []StrategyRow    `json:"strategies"`
	Checked   []string         `json:"checked"`
}

// Document returns the rows for programs.
func (v *Strategies) Document() any {
	o := v.Options
	return strategiesDocument{Schema, v.Title, v.Batch, o.Torch, o.DType, o.Optimizer, v.Rows, v.Basis}
}

// Table returns a row for each strategy.
func (v *Strategies) Table(units Units) Table {
	o := v.Options
	o.Parallel = memory.Parallel{}
	t := Table{
		Title:   fmt.Sprintf("%s: a device at its peak, batch of %s (%s)", v.Title, plain.Count(v.Batch), describeOptions(o)),
		Columns: []Column{right("gpus", "gpus"), left("strategy", "strategy"), right("memory", "memory")},
		Notes:   v.Basis,
		Minor:   []string{"rest", "volume_gradients", "volumes", "optimizer_state", "gradients"},
	}
	for _, g := range partGroups() {
		t.Columns = append(t.Columns, right(g.key, g.header))
	}
	t.Columns = append(t.Columns, right("rest", "rest"))
	for i := range v.Rows {
		row := &v.Rows[i]
		cells := append(spreadCells(&row.Parallel), units.size(row.Peak))
		t.Rows = append(t.Rows, append(cells, groupCells(row.Parts, units)...))
	}
	return t
}
