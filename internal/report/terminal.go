package report

import (
	"io"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"cnncalc/internal/ansi"
)

// IsTerminal reports whether w is a file, such as os.Stdout, that is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// EnableColours makes a terminal understand colours, and reports whether it does.
func EnableColours(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && enableColours(f.Fd())
}

// Screen is where text is shown. The zero value has any width and no colours, as files and pipes have.
type Screen struct {
	Width   int // in columns, 0 for any
	Colours ansi.Colours
}

// On returns the table as it is shown on a screen.
func (t Table) On(s Screen) Table {
	t.Colours = s.Colours
	return t.Narrow(s.Width)
}

// DefaultWidth is that of a terminal, in columns, where none is known.
const DefaultWidth = 80

// TerminalWidth returns the width of w in columns if it is a terminal, [DefaultWidth] for one that does not report it,
// and 0 for anything else.
func TerminalWidth(w io.Writer) int {
	if !IsTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(interface{ Fd() uintptr }).Fd()))
	if err != nil || width <= 0 {
		return DefaultWidth
	}
	return width
}

// CutToWidth returns a line for so many columns: whole, or its beginning and "...". A line that is wider than its
// terminal cannot be written over.
func CutToWidth(line string, columns int) string {
	const tail = "..."
	columns = max(columns, 0)
	return runewidth.Truncate(line, columns, tail[:min(columns, len(tail))])
}
