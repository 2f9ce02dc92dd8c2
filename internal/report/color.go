package report

import (
	"io"

	"golang.org/x/term"
)

// When to colour output: the values of a --color flag.
const (
	ColorAuto   = "auto"
	ColorAlways = "always"
	ColorNever  = "never"
)

// CheckColor is the error for a --color flag that is none of auto, always and never.
func CheckColor(flag string) error {
	switch flag {
	case ColorAuto, ColorAlways, ColorNever:
		return nil
	default:
		return unknown(flag, "a choice for --color", []string{ColorAuto, ColorAlways, ColorNever})
	}
}

// Colors reports whether what is written to w is coloured. The flag always or never decides; any other is auto: colour
// on a terminal only, unless NO_COLOR is set to something (no-color.org) or TERM is dumb. getenv is os.Getenv.
func Colors(w io.Writer, flag string, getenv func(string) string) bool {
	switch flag {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	return IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// IsTerminal reports whether w is a file, such as os.Stdout, that is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
