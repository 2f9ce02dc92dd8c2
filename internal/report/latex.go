package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/plain"
)

// WriteLaTeX writes the table as a tabular with the rules of package booktabs, to be put into a table or resizebox of a
// document. The title and the notes are comments: captions are the document's.
func (t Table) WriteLaTeX(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	var out bytes.Buffer
	if t.Title != "" {
		fmt.Fprintf(&out, "%% %s\n", plain.Escape(t.Title))
	}
	out.WriteString("% \\usepackage{booktabs}\n\\begin{tabular}{")
	for _, c := range t.Columns {
		out.WriteByte("lr"[c.Align])
	}
	out.WriteString("}\n\\toprule\n")
	writeLaTeXRows(&out, [][]string{t.headers(plain.EscapeLaTeX)})
	out.WriteString("\\midrule\n")
	writeLaTeXRows(&out, texts(t.Rows, plain.EscapeLaTeX))
	if len(t.Footer) > 0 {
		out.WriteString("\\midrule\n")
		writeLaTeXRows(&out, texts(t.Footer, plain.EscapeLaTeX))
	}
	out.WriteString("\\bottomrule\n\\end{tabular}\n")
	for _, note := range filledNotes(t.Notes) {
		fmt.Fprintf(&out, "%% %s\n", plain.Escape(note))
	}
	return writeAll(w, out.Bytes())
}

func writeLaTeXRows(out *bytes.Buffer, rows [][]string) {
	for _, row := range rows {
		fmt.Fprintf(out, "%s \\\\\n", strings.Join(row, " & "))
	}
}
