package main

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/count"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// memoryAs prints what another program counts in place of the notes' table.
func (a *app) memoryAs(args []string, f *memoryFlags, format report.Format) error {
	c, err := count.Find(f.as)
	if err != nil {
		return usageError("--as: %w", err)
	}
	switch {
	case f.account != notesAccount || f.mode != "" || f.optimizer != "" || f.dtype != "" || f.torch != "":
		return usageError("--as counts by the rules of %s: leave out --account, --mode, --optimizer, --dtype and --torch", f.as)
	case f.units != string(report.IEC):
		return usageError("--units: with --as sizes are in the program's own units")
	}
	if err := checkColumns(f.columns, format); err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	counted, err := c.Count(l.network, f.batch)
	if err != nil {
		return problemError("%s: as %s: %w", l.title(), c.Title(), err)
	}
	if format == report.JSON {
		document := newCountDocument(l.title(), counted)
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, document) })
	}
	return a.writeSelected(countTable(l.title(), counted, f), f.columns, f.output, format)
}

// quantityHeader is the head of a quantity's column: the program's own word for operations.
func quantityHeader(c *count.Convention, q count.Quantity) string {
	switch q {
	case count.Operations:
		return c.Unit
	case count.Bytes:
		return "bytes of outputs"
	}
	return q.String()
}

// countTable has a row for each layer of which something is counted, or for all; the totals stand under it as the program
// prints them.
func countTable(title string, r *count.Result, f *memoryFlags) report.Table {
	c := r.Convention
	t := report.Table{
		Title: fmt.Sprintf("%s as %s counts it, batch %s", title, c.Title(), plain.Count(r.Batch)),
		Columns: []report.Column{
			{Key: "name", Header: "name"},
			{Key: "layer", Header: "layer"},
			{Key: "output", Header: "output"},
		},
		Notes: countNotes(r, f.batch),
	}
	for _, q := range c.Counts {
		t.Columns = append(t.Columns, report.Column{Key: q.String(), Header: quantityHeader(c, q), Align: report.Right})
	}
	for _, row := range r.Rows {
		if !f.all && !row.Counts() {
			continue
		}
		cells := []report.Cell{report.Str(row.Name), report.Str(row.Layer), report.Str("[" + row.Out.String() + "]")}
		for _, q := range c.Counts {
			cells = append(cells, report.Int(row.Amounts[q]))
		}
		t.Rows = append(t.Rows, cells)
	}
	total := []report.Cell{report.Str("total"), {}, {}}
	for _, q := range c.Counts {
		amount := r.Totals[q]
		if q == count.Bytes {
			amount = r.Parts[count.Outputs]
		}
		total = append(total, report.Int(amount))
	}
	t.Footer = [][]report.Cell{total}
	return t
}

// countNotes are the totals as the program prints them, and what to know of them.
func countNotes(r *count.Result, batch int64) []string {
	var notes []string
	for _, line := range r.Lines() {
		notes = append(notes, line.Label+": "+line.Text)
	}
	if len(r.Unchecked) > 0 {
		notes = append(notes, "", fmt.Sprintf("An estimate: %s is counted by the program's source, and checked against no output of it.", strings.Join(r.Unchecked, ", ")))
	}
	if r.Batch != batch {
		notes = append(notes, "", fmt.Sprintf("%s counts one picture, whatever the batch.", r.Convention.Program))
	}
	return notes
}

// countDocument is a network counted by a convention, in JSON.
type countDocument struct {
	Schema     string             `json:"schema"`
	Network    string             `json:"network"`
	Convention conventionDocument `json:"convention"`
	Batch      int64              `json:"batch"` // that the figures are of
	Rows       []countRow         `json:"rows"`
	Totals     map[string]int64   `json:"totals"` // of what the program counts; bytes also by part
	Printed    []printedDocument  `json:"printed"`
	Unchecked  []string           `json:"unchecked,omitempty"` // kinds that are counted by the program's source only
}

type conventionDocument struct {
	Name    string `json:"name"`
	Program string `json:"program"`
	Version string `json:"version"`
}

// countRow is a layer, or a block or the network where that is counted as a module.
type countRow struct {
	Name    string           `json:"name"`
	Layer   string           `json:"layer"`
	Output  string           `json:"output"`
	Amounts map[string]int64 `json:"amounts"` // of bytes those of the outputs
}

type printedDocument struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	Value int64  `json:"value"` // before it was rounded
}

func newCountDocument(title string, r *count.Result) countDocument {
	c := r.Convention
	d := countDocument{
		Schema: report.Schema, Network: title, Convention: conventionDocument{c.Name, c.Program, c.Version}, Batch: r.Batch,
		Totals: map[string]int64{}, Unchecked: r.Unchecked,
	}
	for _, row := range r.Rows {
		amounts := map[string]int64{}
		for _, q := range c.Counts {
			amounts[q.String()] = row.Amounts[q]
		}
		d.Rows = append(d.Rows, countRow{row.Name, row.Layer, row.Out.String(), amounts})
	}
	for _, q := range c.Counts {
		d.Totals[q.String()] = r.Totals[q]
		if q == count.Bytes {
			d.Totals["input_bytes"], d.Totals["output_bytes"], d.Totals["parameter_bytes"] = r.Parts[count.Input], r.Parts[count.Outputs], r.Parts[count.Stored]
		}
	}
	for _, line := range r.Lines() {
		d.Printed = append(d.Printed, printedDocument{strings.TrimSpace(line.Label), line.Text, line.Value})
	}
	return d
}
