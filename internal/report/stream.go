package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/plain"
)

// Stream writes the rows of a table as they are made, in one of StreamFormats. It keeps what Flush has not written yet,
// and no more.
type Stream struct {
	w       io.Writer
	format  Format
	columns []Column
	widths  []int // of text, in terminal columns
	out     bytes.Buffer
	csv     *csv.Writer // to out
}

// StreamFormats returns the formats of a Stream. JSONLines has a document for each row, the others have its cells.
func StreamFormats() []Format { return []Format{Text, Markdown, CSV, JSONLines} }

// NewStream returns a stream that begins with the headers. In text, the columns have these widths, or those of their
// headers, and longer cells shift the rest of their line.
func NewStream(w io.Writer, format Format, columns []Column, widths []int) *Stream {
	s := &Stream{w: w, format: format, columns: columns, widths: widths}
	s.csv = csv.NewWriter(&s.out)
	headers := make([]Cell, len(columns))
	for i, c := range columns {
		headers[i] = Cell{Text: c.Header, Value: c.Key}
		s.widths[i] = max(s.widths[i], runewidth.StringWidth(plain.Escape(c.Header)))
	}
	if format != JSONLines {
		s.Row(headers)
	}
	switch format {
	case Text:
		total := 2 * (len(columns) - 1)
		for _, width := range s.widths {
			total += width
		}
		fmt.Fprintln(&s.out, strings.Repeat("-", total))
	case Markdown:
		s.markdownRule()
	}
	return s
}

// Row adds a row, with one cell for each column.
func (s *Stream) Row(cells []Cell) {
	switch s.format {
	case CSV:
		record := make([]string, len(cells))
		for i, c := range cells {
			record[i] = c.csv()
		}
		_ = s.csv.Write(record) // into memory
		s.csv.Flush()
	case Markdown:
		for _, c := range cells {
			fmt.Fprintf(&s.out, "| %s ", escapeMarkdown(c.Text))
		}
		s.out.WriteString("|\n")
	default:
		s.textRow(cells)
	}
}

func (s *Stream) textRow(cells []Cell) {
	var line strings.Builder
	for i, c := range cells {
		text := plain.Escape(c.Text)
		gap := strings.Repeat(" ", max(0, s.widths[i]-runewidth.StringWidth(text)))
		if s.columns[i].Align == Right {
			line.WriteString(gap + text + "  ")
		} else {
			line.WriteString(text + gap + "  ")
		}
	}
	fmt.Fprintln(&s.out, strings.TrimRight(line.String(), " "))
}

func (s *Stream) markdownRule() {
	for _, c := range s.columns {
		if c.Align == Right {
			s.out.WriteString("|--:")
		} else {
			s.out.WriteString("|:--")
		}
	}
	s.out.WriteString("|\n")
}

// Document adds a document as one line.
func (s *Stream) Document(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("can't write the report as JSON: %w", err)
	}
	s.out.Write(escapeJSON(line.Bytes()))
	return nil
}

// Flush writes what was added.
func (s *Stream) Flush() error {
	err := writeAll(s.w, s.out.Bytes())
	s.out.Reset()
	return err
}
