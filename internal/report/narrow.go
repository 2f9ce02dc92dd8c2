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
// columns are left out as that takes, the least important ones first, and a note names them. If it still is, headers
// are broken into lines, a note takes the place of columns that are the same in every row, the text column is wrapped,
// and blocks are put one below the other.
func (t Table) Narrow(width int) Table {
	if width <= 0 || t.check() != nil {
		return t
	}
	return t.withoutMinor(width).withLowHeaders(width).withoutConstant(width).wrapped(width).inParts(width)
}

// withoutMinor returns the table without as many of its minor columns as it takes to fit, and with a note on them.
func (t Table) withoutMinor(width int) Table {
	keys := t.Keys()
	total := t.leastWidth()
	var dropped []string
	for _, key := range t.Minor {
		if total <= width {
			break
		}
		if k := slices.Index(keys, key); k >= 0 && len(keys) > 1 {
			keys = slices.Delete(keys, k, k+1)
			total -= t.leastColumn(slices.Index(t.Keys(), key)) + gapWidth
			dropped = append(dropped, key)
		}
	}
	if dropped == nil {
		return t
	}
	t.Notes = slices.Clone(t.Notes)
	if len(t.Notes) > 0 {
		t.Notes = append(t.Notes, "")
	}
	t.Notes = append(t.Notes, "Columns left out: "+strings.Join(dropped, ", ")+"; --width 0 shows them.")
	return t.withOnly(keys)
}

// withOnly returns the table with some of its columns.
func (t Table) withOnly(keys []string) Table {
	narrow, err := t.Select(keys)
	if err != nil {
		return t // not reached: they are its own keys
	}
	return narrow
}

// minText is the least width of a wrapped column, unless its texts are shorter.
const minText = 20

// leastColumn returns the width of column k once its text is wrapped, if it may be.
func (t Table) leastColumn(k int) int {
	if t.Columns[k].Key == t.Wrap {
		return min(columnWidth(t, k), minText)
	}
	return columnWidth(t, k)
}

// leastWidth returns the width of the table once its text is wrapped.
func (t Table) leastWidth() int {
	total := -gapWidth
	for k := range t.Columns {
		total += t.leastColumn(k) + gapWidth
	}
	return total
}

// withLowHeaders returns the table with as many headers broken into lines as it takes to fit, those first that save
// most.
func (t Table) withLowHeaders(width int) Table {
	t.Columns = slices.Clone(t.Columns)
	for t.leastWidth() > width {
		best, saved := 0, 0
		for k := range t.Columns {
			if less := t.leastColumn(k) - leastHeader(t, k); less > saved {
				best, saved = k, less
			}
		}
		if saved == 0 {
			break
		}
		t.Columns[best].HeaderWidth = leastHeader(t, best)
	}
	return t
}

// leastHeader returns the width of column k with its header broken into lines that are as short as its cells, if the
// words are.
func leastHeader(t Table, k int) int {
	return max(cellsWidth(t, k), widest(headerWords(t.Columns[k].Header)))
}

// withoutConstant returns the table without as many of the columns that are the same in every row as it takes to fit,
// and with a note of what they are. The first column and those with totals stay.
func (t Table) withoutConstant(width int) Table {
	if len(t.Rows) < 2 || t.Blocks != nil {
		return t
	}
	var keys, constant []string
	total := t.leastWidth()
	for k, c := range t.Columns {
		if k > 0 && total > width && t.isConstant(k) {
			total -= t.leastColumn(k) + gapWidth
			constant = append(constant, c.Header+" "+t.Rows[0][k].Text)
			continue
		}
		keys = append(keys, c.Key)
	}
	if constant == nil {
		return t
	}
	notes := []string{"In every row: " + strings.Join(constant, ", ") + "."}
	if len(t.Notes) > 0 {
		notes = append(notes, "")
	}
	t.Notes = append(notes, t.Notes...)
	return t.withOnly(keys)
}

// isConstant reports whether a column has the same text in every row, and no total.
func (t Table) isConstant(k int) bool {
	isOther := func(row []Cell) bool { return row[k].Text != t.Rows[0][k].Text }
	hasTotal := func(row []Cell) bool { return row[k].Text != "" }
	return t.Rows[0][k].Text != "" && !slices.ContainsFunc(t.Rows, isOther) && !slices.ContainsFunc(t.Footer, hasTotal)
}

// wrapped returns the table with the texts of the column that may be wrapped broken at spaces into further rows, if the
// table is wider than width.
func (t Table) wrapped(width int) Table {
	at := slices.Index(t.Keys(), t.Wrap)
	if at < 0 {
		return t
	}
	text := columnWidth(t, at)
	room := t.leastColumn(at) + max(width-t.leastWidth(), 0)
	if text <= room {
		return t
	}
	rows := t.Rows
	t.Rows = nil
	for _, row := range rows {
		for i, line := range textLines(row[at].Text, room) {
			next := make([]Cell, len(row))
			if i == 0 {
				copy(next, row)
			}
			next[at] = Cell{Text: line, Value: line, Style: row[at].Style}
			t.Rows = append(t.Rows, next)
		}
	}
	return t
}

// textLines breaks a text at spaces into lines of at most so many columns, and longer words after the dots of names.
func textLines(text string, width int) []string {
	var words []string
	for _, word := range strings.SplitAfter(text, " ") {
		if textWidth(word) > width {
			words = append(words, strings.SplitAfter(word, ".")...)
		} else {
			words = append(words, word)
		}
	}
	return fill(words, width)
}

// fill puts words, each with the spaces after it, into lines of at most so many columns, longer ones where a word is.
func fill(words []string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words {
		if line != "" && textWidth(line+word) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += word
	}
	return append(lines, line)
}

// headerWords returns the words of a header. If it has one, which may be the name of a network, it may be broken after
// a slash.
func headerWords(header string) []string {
	if !strings.Contains(header, " ") {
		return strings.SplitAfter(header, "/")
	}
	return strings.SplitAfter(header, " ")
}

// headerLines returns the lines of a column's header.
func headerLines(c Column) []string {
	if c.HeaderWidth == 0 {
		return []string{c.Header}
	}
	return fill(headerWords(c.Header), c.HeaderWidth)
}

// widest returns the width of the widest of some texts.
func widest(texts []string) int {
	width := 0
	for _, text := range texts {
		width = max(width, textWidth(text))
	}
	return width
}

// textWidth returns the width of a text as people read it, without the spaces that end it.
func textWidth(text string) int {
	return runewidth.StringWidth(plain.Escape(strings.TrimRight(text, " ")))
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
func columnWidth(t Table, k int) int { return max(widest(headerLines(t.Columns[k])), cellsWidth(t, k)) }

// cellsWidth returns the width of the cells of column k.
func cellsWidth(t Table, k int) int {
	width := 0
	for _, rows := range [][][]Cell{t.Rows, t.Footer} {
		for _, row := range rows {
			width = max(width, runewidth.StringWidth(plain.Escape(row[k].Text)))
		}
	}
	return width
}
