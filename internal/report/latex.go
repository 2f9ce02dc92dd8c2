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
	writeLaTeXRows(&out, [][]string{t.headers(escapeLaTeX)})
	out.WriteString("\\midrule\n")
	writeLaTeXRows(&out, texts(t.Rows, escapeLaTeX))
	if len(t.Footer) > 0 {
		out.WriteString("\\midrule\n")
		writeLaTeXRows(&out, texts(t.Footer, escapeLaTeX))
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

// latexEscaper escapes the characters that TeX takes for commands, and those that its default font prints as others. Two
// dashes would become one long one. A bracket or star at the start of a row would belong to the \\ before it.
var latexEscaper = strings.NewReplacer(
	`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`"`, `\char34{}`, "`", `\textasciigrave{}`, `--`, `-{}-{}`, `[`, `{[}`, `*`, `{*}`,
)

func escapeLaTeX(s string) string { return latexEscaper.Replace(plain.Escape(s)) }
