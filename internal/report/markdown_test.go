package report

import (
	"bytes"
	"strings"
	"testing"

	"cnncalc/internal/plain"
)

// readCells reads one row as GitHub Flavored Markdown does (spec 0.29, section 4.10): cells end at pipes that no
// backslash escapes, `\|` becomes a pipe before inline parsing, which then drops the backslash before ASCII
// punctuation. It fails where the text left would be markup.
func readCells(t *testing.T, line string) []string {
	t.Helper()
	line = strings.TrimPrefix(strings.TrimSuffix(line, "|"), "|")
	var cells []string
	var cell strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			if line[i+1] != '|' {
				cell.WriteByte('\\')
			}
			i++
			cell.WriteByte(line[i])
		case line[i] == '|':
			cells = append(cells, readInline(t, cell.String()))
			cell.Reset()
		default:
			cell.WriteByte(line[i])
		}
	}
	return append(cells, readInline(t, cell.String()))
}

func readInline(t *testing.T, s string) string {
	t.Helper()
	s = strings.TrimSpace(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0 {
			i++
		} else if strings.IndexByte("*_`<[&~", s[i]) >= 0 {
			t.Fatalf("%q is markup at byte %d", s, i)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func FuzzMarkdownCells(f *testing.F) {
	f.Add("a|b", `c\`)
	f.Add(`\|`, `\\|`)
	f.Add("x\ny", "**b** `c` <i> [l](u) &amp; ~~s~~")
	f.Add("|", "")
	f.Fuzz(func(t *testing.T, first, second string) {
		tab := Table{
			Columns: []Column{{Key: "a", Header: first}, {Key: "b", Header: second, Align: Right}},
			Rows:    [][]Cell{{Str(second), Str(first)}},
		}
		var buf bytes.Buffer
		if err := tab.WriteMarkdown(&buf); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(buf.String(), "\n")
		if len(lines) != 4 || lines[3] != "" {
			t.Fatalf("header, rule and row take %d lines:\n%s", len(lines)-1, buf.String())
		}
		a, b := strings.TrimSpace(plain.Escape(first)), strings.TrimSpace(plain.Escape(second))
		for i, want := range map[int][]string{0: {a, b}, 2: {b, a}} {
			got := readCells(t, lines[i])
			if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
				t.Fatalf("line %d reads as %q, want %q:\n%s", i+1, got, want, lines[i])
			}
		}
	})
}
