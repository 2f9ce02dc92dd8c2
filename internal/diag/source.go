package diag

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/plain"
)

// maxExcerpt bounds the source excerpt under a message, in characters. Otherwise a file of one long line would be
// printed in full for each problem.
const maxExcerpt = 100

// Source is a file's name and its lines, to print problems with.
type Source struct {
	Name  string
	Lines []string
}

// name returns the name of a file, "" for none.
func (s *Source) name() string {
	if s == nil {
		return ""
	}
	return s.Name
}

// Print writes the first hundred problems in order: "file:line:col: message", the source line with a caret under the
// column, and the "fits:" and "hint:" lines. Text from the user is escaped.
func (s *Source) Print(w io.Writer, problems List) error {
	var b strings.Builder
	shown, others := problems.Shown()
	var line runeLine
	for _, p := range shown {
		s.write(&b, p, &line)
	}
	if others > 0 {
		fmt.Fprintf(&b, "%s: problems not shown: %s", plain.Escape(s.Name), plain.Count(int64(others)))
		if problems.Crowded() {
			b.WriteString(" or more")
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Source) write(b *strings.Builder, p Problem, line *runeLine) {
	if p.In != nil {
		s, line = p.In, &runeLine{}
	}
	switch {
	case !p.Pos.IsZero():
		fmt.Fprintf(b, "%s:%s: %s\n", plain.Escape(s.Name), p.Pos, plain.Escape(p.Msg))
		s.excerpt(b, p.Pos, line)
	case p.Flag != "":
		fmt.Fprintf(b, "%s: %s: %s\n", plain.Escape(s.Name), p.Flag, plain.Escape(p.Msg))
	default:
		fmt.Fprintf(b, "%s: %s\n", plain.Escape(s.Name), plain.Escape(p.Msg))
	}
	if p.Node != "" {
		fmt.Fprintf(b, "  in:   node %s\n", plain.Escape(p.Node))
	}
	if p.Context != "" {
		fmt.Fprintf(b, "  in:   %s\n", plain.Escape(p.Context))
	}
	if p.Most != "" {
		fmt.Fprintf(b, "  most: %s\n", plain.Escape(p.Most))
	}
	if p.Fits != "" {
		fmt.Fprintf(b, "  fits: %s\n", plain.Escape(p.Fits))
	}
	if p.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", plain.Escape(p.Hint))
	}
}

// runeLine caches one line of a source as characters for all its problems, since the line may be a megabyte long.
type runeLine struct {
	number int
	text   []rune
}

func (l *runeLine) of(s *Source, number int) []rune {
	if l.number != number {
		l.number, l.text = number, []rune(strings.TrimRight(s.Lines[number-1], " \t\r"))
	}
	return l.text
}

// excerpt writes the source line and a caret under pos. Leading spaces are cut, and a long line is cut around the
// caret, with "..." where something is missing.
func (s *Source) excerpt(b *strings.Builder, pos Pos, source *runeLine) {
	if pos.Line < 1 || pos.Line > len(s.Lines) {
		return
	}
	line := source.of(s, pos.Line)
	at := min(max(pos.Col-1, 0), len(line))
	start, end := 0, len(line)
	for start < at && (line[start] == ' ' || line[start] == '\t') {
		start++
	}
	before, after := "", ""
	if end-start > maxExcerpt {
		if at-start > maxExcerpt/2 {
			start, before = at-maxExcerpt/2, "..."
		}
		if end-start > maxExcerpt {
			end, after = start+maxExcerpt, "..."
		}
	}
	gutter := fmt.Sprintf("  %d | ", pos.Line)
	lead := before + plain.Escape(string(line[start:at]))
	fmt.Fprintf(b, "%s%s%s%s\n", gutter, lead, plain.Escape(string(line[at:end])), after)
	margin := strings.Repeat(" ", len(gutter)-2) + "| "
	fmt.Fprintf(b, "%s%s^\n", margin, strings.Repeat(" ", runewidth.StringWidth(lead)))
}
