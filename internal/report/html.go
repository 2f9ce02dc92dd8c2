package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"cnncalc/internal/plain"
)

// WriteHTML writes the table as a fragment of HTML, to be put into a page: a table with the title as its caption, and
// the notes as a list.
func (t Table) WriteHTML(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("<table>\n")
	if t.Title != "" {
		fmt.Fprintf(&out, "  <caption>%s</caption>\n", escapeHTML(t.Title))
	}
	t.writeHTMLRows(&out, "thead", "th", [][]string{t.headers(escapeHTML)})
	t.writeHTMLRows(&out, "tbody", "td", texts(t.Rows, escapeHTML))
	if len(t.Footer) > 0 {
		t.writeHTMLRows(&out, "tfoot", "td", texts(t.Footer, escapeHTML))
	}
	out.WriteString("</table>\n")
	writeHTMLNotes(&out, t.Notes)
	return writeAll(w, out.Bytes())
}

// writeHTMLRows writes a group of rows, a line each.
func (t Table) writeHTMLRows(out *bytes.Buffer, group, cell string, rows [][]string) {
	fmt.Fprintf(out, "  <%s>\n", group)
	for _, row := range rows {
		out.WriteString("    <tr>")
		for i, text := range row {
			style := ""
			if t.Columns[i].Align == Right {
				style = ` style="text-align: right"`
			}
			fmt.Fprintf(out, "<%s%s>%s</%s>", cell, style, text, cell)
		}
		out.WriteString("</tr>\n")
	}
	fmt.Fprintf(out, "  </%s>\n", group)
}

// writeHTMLNotes writes the notes as one list, without the empty ones, which separate groups in text.
func writeHTMLNotes(out *bytes.Buffer, notes []string) {
	items := filledNotes(notes)
	if len(items) == 0 {
		return
	}
	out.WriteString("<ul>\n")
	for _, item := range items {
		fmt.Fprintf(out, "  <li>%s</li>\n", escapeHTML(item))
	}
	out.WriteString("</ul>\n")
}

// filledNotes returns the notes that have text, without the spaces around it.
func filledNotes(notes []string) []string {
	var filled []string
	for _, note := range notes {
		if note = strings.TrimSpace(note); note != "" {
			filled = append(filled, note)
		}
	}
	return filled
}

func escapeHTML(s string) string { return html.EscapeString(plain.Escape(s)) }
