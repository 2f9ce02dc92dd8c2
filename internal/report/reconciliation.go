package report

import (
	"fmt"

	"cnncalc/internal/count"
	"cnncalc/internal/plain"
)

// Reconciliation is the view of what is between two programs' figures of a network.
type Reconciliation struct {
	Title string // the network's
	*count.Reconciliation
	Asked int64 // the batch that was asked for: some programs count one picture
}

// reconciliationDocument is a reconciliation in JSON.
type reconciliationDocument struct {
	Schema      string               `json:"schema"`
	Network     string               `json:"network"`
	Batch       int64                `json:"batch"`
	From        conventionDocument   `json:"from"`
	To          conventionDocument   `json:"to"`
	Differences []differenceDocument `json:"differences"`
}

type differenceDocument struct {
	Quantity string         `json:"quantity"`
	From     int64          `json:"from"`
	To       int64          `json:"to"`
	Items    []itemDocument `json:"items"`
}

type itemDocument struct {
	Of     string `json:"of"`
	What   string `json:"what"`
	Places int    `json:"places" jsonschema:"layers and blocks"`
	Amount int64  `json:"amount"`
}

// Document returns the differences for programs.
func (v *Reconciliation) Document() any {
	d := reconciliationDocument{Schema: Schema, Network: v.Title, Batch: v.Batch, From: newConventionDocument(v.From),
		To: newConventionDocument(v.To)}
	for _, difference := range v.Differences {
		items := make([]itemDocument, 0, len(difference.Items))
		for _, item := range difference.Items {
			items = append(items, itemDocument{item.Of, item.What, item.Places, item.Amount})
		}
		d.Differences = append(d.Differences,
			differenceDocument{difference.Quantity.String(), difference.From, difference.To, items})
	}
	return d
}

// Table has, for each quantity, the first figure, the items, and the second figure. It has no sizes.
func (v *Reconciliation) Table(Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s, batch %s: from %s to %s", v.Title, plain.Count(v.Batch), v.From.Title(), v.To.Title()),
		Columns: []Column{
			left("quantity", "quantity"), left("of", "of"), left("what", "what"),
			right("places", "places"), right("amount", "amount"),
		},
		Notes: v.notes(), Minor: []string{"places"}, Wrap: "what",
	}
	for _, d := range v.Differences {
		t.Rows = append(t.Rows, figureRow(v.From, d.Quantity, d.From))
		for _, item := range d.Items {
			amount := Int(item.Amount)
			if item.Amount > 0 {
				amount.Text = "+" + amount.Text
			}
			t.Rows = append(t.Rows,
				[]Cell{Str(d.Quantity.String()), Str(item.Of), Str(item.What), Int(int64(item.Places)), amount})
		}
		t.Rows = append(t.Rows, figureRow(v.To, d.Quantity, d.To))
	}
	return t
}

// figureRow returns the figure of one program.
func figureRow(c *count.Convention, q count.Quantity, amount int64) []Cell {
	what := quantityHeader(c, q)
	if q == count.Bytes {
		what = "input, outputs and parameters"
	}
	return []Cell{Str(q.String()), Str(c.Name), Str(what), {}, Int(amount)}
}

// notes returns what else makes the printed figures differ.
func (v *Reconciliation) notes() []string {
	var notes []string
	if v.From.MB != v.To.MB && v.From.MB != "" && v.To.MB != "" {
		notes = append(notes,
			fmt.Sprintf("An MB of %s is %s bytes, and one of %s is %s.", v.From.Name, v.From.MB, v.To.Name, v.To.MB))
	}
	if v.Batch != v.Asked {
		single := v.From
		if v.To.PerPicture {
			single = v.To
		}
		notes = append(notes,
			fmt.Sprintf("%s counts one picture, whatever the batch, so both figures are for one.", single.Name))
	}
	return notes
}
