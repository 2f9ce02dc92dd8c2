// Package report presents figures: a network's table and the explanation of its layers, and any [Table] that a caller
// fills, as an aligned table in a terminal, as Markdown, CSV, HTML or LaTeX; documents built as structs as JSON. It
// also owns how numbers, sizes and times are written, how a report file is replaced, and what is a terminal.
//
// It computes no figure of a network: callers fill the structs. Text in a table may come from anywhere: each format
// escapes it, so callers pass it on unchanged.
package report

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/ansi"
	"cnncalc/internal/choice"
	"cnncalc/internal/plain"
)

// Table is what one report shows.
type Table struct {
	Title   string // may be ""
	Columns []Column
	Rows    [][]Cell     // one Cell per Column
	Footer  [][]Cell     // totals, one Cell per Column; not in CSV
	Notes   []string     // one line each, under the table; not in CSV
	Minor   []string     // keys of columns that a narrow terminal can do without, the least important first
	Wrap    string       // key of a column of text, which a narrow terminal wraps; "" for none
	Blocks  []string     // keys of columns from which on a narrow terminal may show the rest below, with the first column
	Parts   [][]int      // of the columns, which text shows one below the other; nil for all at once
	Colours ansi.Colours // of the text
}

// Column describes one column.
type Column struct {
	Key    string // for machines and for Select: lower case, unique in its table, such as "macs"
	Header string // for people, such as "MACs"
	Align  Align

	HeaderWidth int // in text, the header is broken at spaces into lines of at most this width; 0 for one line
}

// Align is the side that a column's cells are aligned to: text left, numbers right.
type Align int

// The sides. Left is the zero value.
const (
	Left Align = iota
	Right
)

// Cell is one figure or text: Text for people, Value for machines.
type Cell struct {
	Text  string
	Value any // int64, float64 or string; nil only where Text is "". A dash for people is {Text: "-", Value: ""}.
	Style ansi.Style
}

// Str returns a cell of text, the same for people and machines.
func Str(s string) Cell { return Cell{Text: s, Value: s} }

// Int returns a cell of a whole number, written by [plain.Count] for people.
func Int(n int64) Cell { return Cell{Text: plain.Count(n), Value: n} }

// Keys returns the keys of the table's columns, in order.
func (t Table) Keys() []string {
	keys := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		keys[i] = c.Key
	}
	return keys
}

// Select returns a table of the given columns only, in the given order, with the same title and notes. It shares no
// slice of rows with t. An unknown key, a key given twice, or no key at all is an error.
func (t Table) Select(keys []string) (Table, error) {
	if err := t.check(); err != nil {
		return Table{}, err
	}
	if len(keys) == 0 {
		return Table{}, fmt.Errorf("no column is chosen: choose from %s", strings.Join(t.Keys(), ", "))
	}
	at := make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		at[c.Key] = i
	}
	chosen := make([]int, 0, len(keys))
	used := make(map[string]bool, len(keys))
	for _, key := range keys {
		if _, err := choice.Parse[string](key, "a column", t.Keys()); err != nil {
			return Table{}, err
		}
		i := at[key]
		if used[key] {
			return Table{}, fmt.Errorf("column %s is chosen twice: name each column once", key)
		}
		used[key] = true
		chosen = append(chosen, i)
	}
	return Table{Title: t.Title, Columns: pick(t.Columns, chosen), Rows: pickAll(t.Rows, chosen),
		Footer: pickAll(t.Footer, chosen), Notes: t.Notes, Minor: t.Minor,
		Wrap: t.Wrap, Blocks: t.Blocks, Colours: t.Colours}, nil
}

func pickAll(rows [][]Cell, chosen []int) [][]Cell {
	picked := make([][]Cell, len(rows))
	for i, row := range rows {
		picked[i] = pick(row, chosen)
	}
	return picked
}

func pick[T any](all []T, chosen []int) []T {
	picked := make([]T, len(chosen))
	for i, c := range chosen {
		picked[i] = all[c]
	}
	return picked
}

// Write writes the table in a format of [TableFormats]. JSON is an error: its documents are written by [WriteJSON].
// The table is rendered before the first byte is written, and goes out in one Write.
func (t Table) Write(w io.Writer, format Format) error {
	switch format {
	case Text:
		return t.WriteText(w)
	case Markdown:
		return t.WriteMarkdown(w)
	case CSV:
		return t.WriteCSV(w)
	case HTML:
		return t.WriteHTML(w)
	case LaTeX:
		return t.WriteLaTeX(w)
	default:
		return fmt.Errorf("a table can't be written as %q", string(format))
	}
}

// check holds the caller to the contracts of Table, Column and Cell, the same for every format.
func (t Table) check() error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("table %q has no columns", t.Title)
	}
	seen := make(map[string]bool, len(t.Columns))
	for _, c := range t.Columns {
		if c.Key == "" || seen[c.Key] {
			return fmt.Errorf("table %q: column key %q is empty or used twice", t.Title, c.Key)
		}
		seen[c.Key] = true
	}
	if err := t.checkRows("row", t.Rows); err != nil {
		return err
	}
	return t.checkRows("footer", t.Footer)
}

func (t Table) checkRows(kind string, rows [][]Cell) error {
	for i, row := range rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("table %q: %s %d has %d cells for %d columns", t.Title, kind, i+1, len(row), len(t.Columns))
		}
		for j, c := range row {
			if !c.valid() {
				return fmt.Errorf("table %q: %s %d, column %s: the value is a %T; want int64, float64 or string",
					t.Title, kind, i+1, t.Columns[j].Key, c.Value)
			}
		}
	}
	return nil
}

func (c Cell) valid() bool {
	switch c.Value.(type) {
	case int64, float64, string:
		return true
	case nil:
		return c.Text == ""
	default:
		return false
	}
}

// headers returns the column headers, each escaped.
func (t Table) headers(escape func(string) string) []string {
	headers := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		headers[i] = escape(c.Header)
	}
	return headers
}

// texts returns what people read in rows, each cell passed through escape.
func texts(rows [][]Cell, escape func(string) string) [][]string {
	lines := make([][]string, len(rows))
	for i, row := range rows {
		lines[i] = make([]string, len(row))
		for j, c := range row {
			lines[i][j] = escape(c.Text)
		}
	}
	return lines
}

// writeAll writes b in one call and reports a writer that takes less without saying why.
func writeAll(w io.Writer, b []byte) error {
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		return io.ErrShortWrite
	}
	return err
}
