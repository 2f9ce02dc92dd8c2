package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/plain"
)

// WriteText writes the table for a terminal: the title, the columns aligned by spaces, rules of ASCII dashes under the
// headers and above the footer, the notes. There are no borders, so that grep and awk read it as well. A row is one line
// however wide it is, and no line ends in spaces.
func (t Table) WriteText(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	var out bytes.Buffer
	if t.Title != "" {
		fmt.Fprintf(&out, "%s\n\n", plain.Escape(t.Title))
	}
	header := [][]string{t.headers(plain.Escape)}
	rows, footer := texts(t.Rows, plain.Escape), texts(t.Footer, plain.Escape)
	grid := newGrid(t.Columns, header, rows, footer)
	grid.write(&out, "", gap, "", header)
	if len(rows) > 0 {
		grid.rule(&out)
	}
	grid.write(&out, "", gap, "", rows)
	if len(footer) > 0 {
		grid.rule(&out)
		grid.write(&out, "", gap, "", footer)
	}
	for i, note := range t.Notes {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintln(&out, plain.Escape(note))
	}
	return writeAll(w, out.Bytes())
}

// gap is what stands between two columns of text.
const gap = "  "

// grid is the columns of a table with their widths, in the columns of a terminal.
type grid struct {
	columns []Column
	widths  []int
}

func newGrid(columns []Column, parts ...[][]string) grid {
	g := grid{columns, make([]int, len(columns))}
	for _, rows := range parts {
		for _, row := range rows {
			for i, text := range row {
				g.widths[i] = max(g.widths[i], runewidth.StringWidth(text))
			}
		}
	}
	return g
}

// write writes rows, each between two marks and its cells with one between them. No line ends in spaces.
func (g grid) write(out *bytes.Buffer, before, between, behind string, rows [][]string) {
	for _, row := range rows {
		start := out.Len()
		out.WriteString(before)
		for i, text := range row {
			if i > 0 {
				out.WriteString(between)
			}
			blanks := strings.Repeat(" ", g.widths[i]-runewidth.StringWidth(text))
			if g.columns[i].Align == Right {
				out.WriteString(blanks + text)
			} else {
				out.WriteString(text + blanks)
			}
		}
		out.WriteString(behind)
		out.Truncate(start + len(bytes.TrimRight(out.Bytes()[start:], " ")))
		out.WriteByte('\n')
	}
}

func (g grid) rule(out *bytes.Buffer) {
	width := len(gap) * (len(g.widths) - 1)
	for _, w := range g.widths {
		width += w
	}
	out.WriteString(strings.Repeat("-", width) + "\n")
}
