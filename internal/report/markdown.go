package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/renderer"

	"cnncalc/internal/pattern"
	"cnncalc/internal/plain"
)

// WriteMarkdown writes the table in GitHub's Markdown: the title as a third-level heading, footers as rows in bold at
// the end, notes as a list.
func (t Table) WriteMarkdown(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	var out bytes.Buffer
	if t.Title != "" {
		fmt.Fprintf(&out, "### %s\n\n", escapeMarkdown(t.Title))
	}
	tab := newTablewriter(&out, t.Columns, renderer.NewMarkdown())
	tab.Header(t.headers(escapeMarkdown))
	rows := append(texts(t.Rows, escapeMarkdown), texts(t.Footer, boldMarkdown)...)
	if err := tab.Bulk(rows); err != nil {
		return fmt.Errorf("table %q: %w", t.Title, err)
	}
	if err := tab.Render(); err != nil {
		return fmt.Errorf("table %q: %w", t.Title, err)
	}
	writeNotes(&out, t.Notes)
	return writeAll(w, out.Bytes())
}

// writeNotes writes the notes as one list. It leaves out empty ones, which separate groups in text, and leading spaces,
// which would make a list in the list.
func writeNotes(out *bytes.Buffer, notes []string) {
	for i, note := range filledNotes(notes) {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "- %s\n", escapeLineStart(escapeMarkdown(note)))
	}
}

// markdownEscaper puts a backslash before each character that Markdown would take for markup inside a line, as
// CommonMark 0.31 section 2.4 has it. GitHub's tables unescape `\|` before anything else, so `\|` in the text becomes
// `\\\|`. GitHub and GitLab take what is between dollars for mathematics.
var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, `|`, `\|`, `<`, `\<`, `&`, `\&`, `*`, `\*`, `_`, `\_`, "`", "\\`", `[`, `\[`, `]`, `\]`, `~`, `\~`,
	`$`, `\$`,
)

func escapeMarkdown(s string) string {
	return markdownEscaper.Replace(plain.Escape(s))
}

func boldMarkdown(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	return "**" + escapeMarkdown(s) + "**"
}

// blockStart matches what begins a heading, quotation, list or rule at the start of a line.
var blockStart = pattern.Lazy(`^( *[0-9]*)([#>+=.)-])`)

func escapeLineStart(s string) string {
	return blockStart().ReplaceAllString(s, `$1\$2`)
}
