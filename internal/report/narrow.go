package report

import (
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/plain"
)

// gapWidth is the space between two columns of text.
const gapWidth = 2

// Narrow returns the table for a terminal of so many columns, 0 for any number: where it is wider, without as many of
// its minor columns as that takes, the least important ones first, and with a note that names them.
func (t Table) Narrow(width int) Table {
	if width <= 0 || t.check() != nil {
		return t
	}
	keys := t.Keys()
	widths := make(map[string]int, len(keys))
	total := -gapWidth
	for k, key := range keys {
		widths[key] = columnWidth(t, k)
		total += widths[key] + gapWidth
	}
	var dropped []string
	for _, key := range t.Minor {
		if total <= width {
			break
		}
		if k := slices.Index(keys, key); k >= 0 && len(keys) > 1 {
			keys = slices.Delete(keys, k, k+1)
			total -= widths[key] + gapWidth
			dropped = append(dropped, key)
		}
	}
	if dropped == nil {
		return t
	}
	narrow, err := t.Select(keys)
	if err != nil {
		return t // not reached: they are its own keys
	}
	note := "Columns left out: " + strings.Join(dropped, ", ") + "; --width 0 shows them."
	narrow.Notes = slices.Clone(t.Notes)
	if len(narrow.Notes) > 0 {
		narrow.Notes = append(narrow.Notes, "")
	}
	narrow.Notes = append(narrow.Notes, note)
	return narrow
}

// columnWidth returns the width of column k of a table as text.
func columnWidth(t Table, k int) int {
	width := runewidth.StringWidth(plain.Escape(t.Columns[k].Header))
	for _, rows := range [][][]Cell{t.Rows, t.Footer} {
		for _, row := range rows {
			width = max(width, runewidth.StringWidth(plain.Escape(row[k].Text)))
		}
	}
	return width
}
