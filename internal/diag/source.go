package diag

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"cnncalc/internal/ansi"
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
func (s *Source) Print(w io.Writer, problems List, colours ansi.Colours) error {
	p := printer{colours: colours}
	shown, others := problems.Shown()
	for _, problem := range shown {
		p.problem(s, problem)
	}
	if others > 0 {
		fmt.Fprintf(&p, "%s: problems not shown: %s", plain.Escape(s.Name), plain.Count(int64(others)))
		if problems.Crowded() {
			p.WriteString(" or more")
		}
		p.WriteString("\n")
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// printer collects what Print writes.
type printer struct {
	strings.Builder
	colours ansi.Colours
	line    runeLine
}

func (p *printer) problem(s *Source, problem Problem) {
	if problem.In != nil {
		s = problem.In
	}
	place, message := plain.Escape(s.Name)+":", p.colours.Paint(ansi.Red, plain.Escape(problem.Msg))
	switch {
	case !problem.Pos.IsZero():
		place += problem.Pos.String() + ":"
	case problem.Flag != "":
		place += " " + problem.Flag + ":"
	}
	fmt.Fprintf(p, "%s %s\n", p.colours.Paint(ansi.Bold, place), message)
	if !problem.Pos.IsZero() {
		p.excerpt(s, problem.Pos)
	}
	if problem.Node != "" {
		p.detail("in:   ", "node "+problem.Node)
	}
	p.detail("in:   ", problem.Context)
	p.detail("most: ", problem.Most)
	p.detail("fits: ", problem.Fits)
	p.detail("hint: ", problem.Hint)
}

// detail writes a line of its own about a problem, unless its text is empty.
func (p *printer) detail(label, text string) {
	if text != "" {
		fmt.Fprintf(p, "  %s%s\n", p.colours.Paint(ansi.Cyan, label), plain.Escape(text))
	}
}

// runeLine caches one line of a source as characters for all its problems, since the line may be a megabyte long.
type runeLine struct {
	source *Source
	number int
	text   []rune
}

func (l *runeLine) of(s *Source, number int) []rune {
	if l.source != s || l.number != number {
		*l = runeLine{s, number, []rune(strings.TrimRight(s.Lines[number-1], " \t\r"))}
	}
	return l.text
}

// excerpt writes the source line and a caret under pos. Leading spaces are cut, and a long line is cut around the
// caret, with "..." where something is missing.
func (p *printer) excerpt(s *Source, pos Pos) {
	if pos.Line < 1 || pos.Line > len(s.Lines) {
		return
	}
	line := p.line.of(s, pos.Line)
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
	fmt.Fprintf(p, "%s%s%s%s\n", gutter, lead, plain.Escape(string(line[at:end])), after)
	margin := strings.Repeat(" ", len(gutter)-2) + "| "
	indent := strings.Repeat(" ", runewidth.StringWidth(lead))
	fmt.Fprintf(p, "%s%s%s\n", margin, indent, p.colours.Paint(ansi.BoldRed, "^"))
}
