package report

import (
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/plain"
)

// gapWidth is the space between two columns of text.
const gapWidth = 2

// Narrow returns the table for a terminal of so many columns, 0 for any number. Where it is wider, as many of its minor
// columns are left out as that takes, the least important ones first, and a note names them. If it still is, its text
// column is wrapped, and its blocks are put one below the other.
func (t Table) Narrow(width int) Table {
	if width <= 0 || t.check() != nil {
		return t
	}
	return t.withoutMinor(width).wrapped(width).inParts(width)
}

// withoutMinor returns the table without as many of its minor columns as it takes to fit, and with a note on them.
func (t Table) withoutMinor(width int) Table {
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

// minText is the least width of a wrapped column, unless its texts are shorter.
const minText = 24

// wrapped returns the table with the texts of its last column broken at spaces into further rows, if it is the column
// that may be and the table is wider than width.
func (t Table) wrapped(width int) Table {
	last := len(t.Columns) - 1
	if t.Wrap != t.Columns[last].Key {
		return t
	}
	text := columnWidth(t, last)
	used := -text
	for k := range t.Columns {
		used += columnWidth(t, k) + gapWidth
	}
	used -= gapWidth
	room := max(width-used, min(minText, text))
	if text <= room {
		return t
	}
	rows := t.Rows
	t.Rows = nil
	for _, row := range rows {
		for i, line := range textLines(row[last].Text, room) {
			next := make([]Cell, len(row))
			if i == 0 {
				copy(next, row)
			}
			next[last] = Cell{Text: line, Value: line, Style: row[last].Style}
			t.Rows = append(t.Rows, next)
		}
	}
	return t
}

// textLines breaks a text at spaces into lines of at most so many columns, longer ones where a word is.
func textLines(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(text, " ") {
		switch longer := line + " " + word; {
		case line == "":
			line = word
		case runewidth.StringWidth(plain.Escape(longer)) <= width:
			line = longer
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// inParts returns the table with its columns in parts that fit, each with the first column; as it is if it fits, or if
// it has no blocks.
func (t Table) inParts(width int) Table {
	if len(t.Blocks) == 0 {
		return t
	}
	first := columnWidth(t, 0)
	used := first
	part := []int{0}
	for from := 1; from < len(t.Columns); {
		to, block := from+1, columnWidth(t, from)+gapWidth
		for ; to < len(t.Columns) && !slices.Contains(t.Blocks, t.Columns[to].Key); to++ {
			block += columnWidth(t, to) + gapWidth
		}
		if used+block > width && len(part) > 1 {
			t.Parts = append(t.Parts, part)
			part, used = []int{0}, first
		}
		for ; from < to; from++ {
			part = append(part, from)
		}
		used += block
	}
	if t.Parts != nil {
		t.Parts = append(t.Parts, part)
	}
	return t
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
