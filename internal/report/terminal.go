package report

import (
	"io"

	"golang.org/x/term"
)

// IsTerminal reports whether w is a file, such as os.Stdout, that is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
