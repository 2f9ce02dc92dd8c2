package report

import (
	"fmt"
	"strings"

	"cnncalc/internal/count"
	"cnncalc/internal/plain"
)

// Count is the view of a network as another program counts it.
type Count struct {
	Title  string // the network's
	Result *count.Result
	Batch  int64 // that was asked for: some programs count one picture
	All    bool  // a row for each layer, also where nothing is counted
	More   bool  // with the columns that --columns chooses from in addition
}

// countDocument is a network counted by a convention, in JSON.
type countDocument struct {
	Schema     string             `json:"schema"`
	Network    string             `json:"network"`
	Convention conventionDocument `json:"convention"`
	Batch      int64              `json:"batch" jsonschema:"that the figures are of"`
	Rows       []countRow         `json:"rows"`
	Totals     map[string]int64   `json:"totals" jsonschema:"of what the program counts; bytes also by part"`
	Printed    []printedDocument  `json:"printed"`
	Unchecked  []string           `json:"unchecked,omitempty" jsonschema:"kinds counted by the program's source only"`
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
	Amounts map[string]int64 `json:"amounts" jsonschema:"of bytes those of the outputs"`
	Origin  string           `json:"origin,omitempty"`
}

type printedDocument struct {
	Label string `json:"label"`
	Text  string `json:"text"`
	Value int64  `json:"value" jsonschema:"before it was rounded"`
}

// Document returns the counts for programs, with all layers.
func (v *Count) Document() any {
	r, c := v.Result, v.Result.Convention
	d := countDocument{Schema: Schema, Network: v.Title, Convention: newConventionDocument(c), Batch: r.Batch,
		Totals: map[string]int64{}, Unchecked: r.Unchecked}
	for _, row := range r.Rows {
		amounts := map[string]int64{}
		for _, q := range c.Counts {
			amounts[q.String()] = row.Amounts[q]
		}
		d.Rows = append(d.Rows, countRow{row.Name, row.Layer, row.Out.String(), amounts, modelName(row.Node)})
	}
	for _, q := range c.Counts {
		d.Totals[q.String()] = r.Totals[q]
	}
	if c.HasQuantity(count.Bytes) {
		d.Totals["input_bytes"], d.Totals["output_bytes"], d.Totals["parameter_bytes"] =
			r.Parts[count.Input], r.Parts[count.Outputs], r.Parts[count.Stored]
	}
	for _, line := range r.Lines() {
		d.Printed = append(d.Printed, printedDocument{strings.TrimSpace(line.Label), line.Text, line.Value})
	}
	return d
}

func newConventionDocument(c *count.Convention) conventionDocument {
	return conventionDocument{c.Name, c.Program, c.Version}
}

// Table returns a row for each layer of which something is counted; the totals are under it as the program prints them.
// Its sizes are in the program's own units.
func (v *Count) Table(Units) Table {
	r, c := v.Result, v.Result.Convention
	t := Table{
		Title:   fmt.Sprintf("%s as %s counts it, batch %s", v.Title, c.Title(), plain.Count(r.Batch)),
		Columns: []Column{left("name", "name"), left("layer", "layer"), left("output", "output")},
		Notes:   v.notes(), Minor: []string{"output", "layer"},
	}
	for _, q := range c.Counts {
		t.Columns = append(t.Columns, right(q.String(), quantityHeader(c, q)))
	}
	if v.More {
		t.Columns = append(t.Columns, left("origin", "origin"))
	}
	for _, row := range r.Rows {
		if !v.All && !row.Counts() {
			continue
		}
		cells := []Cell{Str(row.Name), Str(row.Layer), Str("[" + row.Out.String() + "]")}
		for _, q := range c.Counts {
			cells = append(cells, Int(row.Amounts[q]))
		}
		if v.More {
			cells = append(cells, Str(originOf(row.Node)))
		}
		t.Rows = append(t.Rows, cells)
	}
	t.Footer = [][]Cell{v.totals()}
	return t
}

func (v *Count) totals() []Cell {
	r := v.Result
	cells := []Cell{Str("total"), {}, {}}
	for _, q := range r.Convention.Counts {
		amount := r.Totals[q]
		if q == count.Bytes {
			amount = r.Parts[count.Outputs]
		}
		cells = append(cells, Int(amount))
	}
	if v.More {
		cells = append(cells, Cell{})
	}
	return cells
}

// quantityHeader returns the header of a quantity's column: the program's own word for operations.
func quantityHeader(c *count.Convention, q count.Quantity) string {
	switch q {
	case count.Operations:
		return c.Unit
	case count.Bytes:
		return "bytes of outputs"
	}
	return q.String()
}

// notes returns the totals as the program prints them, and what to know of them.
func (v *Count) notes() []string {
	r := v.Result
	var notes []string
	for _, line := range r.Lines() {
		notes = append(notes, line.Label+": "+line.Text)
	}
	if len(r.Unchecked) > 0 {
		verb := "is"
		if len(r.Unchecked) > 1 {
			verb = "are"
		}
		notes = append(notes, "",
			fmt.Sprintf("An estimate: %s %s counted as the program's source says, and not checked against its output.",
				strings.Join(r.Unchecked, ", "), verb))
	}
	if r.Batch != v.Batch {
		notes = append(notes, "", fmt.Sprintf("%s counts one picture, whatever the batch.", r.Convention.Program))
	}
	return notes
}
