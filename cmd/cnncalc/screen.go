package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/ansi"
	"cnncalc/internal/choice"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// screenFlags say how text is shown on a terminal.
type screenFlags struct {
	width int
	color string
}

func (f *screenFlags) register(flags *pflag.FlagSet) {
	f.width, f.color = ownWidth, colorAuto
	flags.Var(widthFlag{&f.width}, "width", "width of a table in characters, 0 for any; auto is the terminal's")
	flags.Var(colorFlag{&f.color}, "color", "colours of text: "+choice.List(colors()))
	annotateWords(flags, "color", colors())
}

// readColor reads --color before flags are parsed: the error for a flag before it would end that, and has colours.
func (f *screenFlags) readColor(words []string) {
	for i, word := range words {
		value, ok := strings.CutPrefix(word, "--color=")
		if word == "--color" && i+1 < len(words) {
			value, ok = words[i+1], true
		}
		if ok && slices.Contains(colors(), value) {
			f.color = value
		}
	}
}

// screen returns how text is shown in the file at path, or on standard output where path is "" or "-". A file has any
// width and no colours.
func (a *app) screen(path string) report.Screen {
	if path != "" && path != "-" {
		return report.Screen{Width: max(a.screenFlags.width, 0)}
	}
	s := report.Screen{Width: a.screenFlags.width, Colours: a.colours(a.out)}
	if s.Width == ownWidth {
		s.Width = report.TerminalWidth(a.out)
	}
	return s
}

// colours reports whether text has colours on standard output or standard error.
func (a *app) colours(w io.Writer) ansi.Colours {
	isTerminal := report.IsTerminal(w) && report.EnableColours(w)
	switch a.color {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	return ansi.Colours(isTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// The values of --color.
const (
	colorAuto   = "auto" // on a terminal, unless NO_COLOR is set (no-color.org) or TERM is dumb
	colorAlways = "always"
	colorNever  = "never"
)

func colors() []string { return []string{colorAuto, colorAlways, colorNever} }

// colorFlag is the flag --color.
type colorFlag struct{ to *string }

func (f colorFlag) String() string {
	if f.to == nil {
		return ""
	}
	return *f.to
}

func (f colorFlag) Set(s string) (err error) {
	*f.to, err = choice.Parse[string](s, "a value that it takes", colors())
	return err
}

func (f colorFlag) Type() string { return colorType }

// ownWidth is a --width that means the terminal's own.
const ownWidth = -1

// widthFlag is a flag for a width in characters, or auto.
type widthFlag struct{ to *int }

func (f widthFlag) String() string {
	if f.to == nil || *f.to == ownWidth {
		return "auto"
	}
	return strconv.Itoa(*f.to)
}

func (f widthFlag) Set(s string) error {
	if s == "auto" {
		*f.to = ownWidth
		return nil
	}
	n, err := wholeNumber(s)
	if err == nil && (n < 0 || n > maxWidth) {
		err = fmt.Errorf("%s is not from 0 to %d", plain.Quote(s), maxWidth)
	}
	if err != nil {
		return err
	}
	*f.to = int(n)
	return nil
}

func (f widthFlag) Type() string { return widthType }

// maxWidth bounds --width, far above what any terminal has.
const maxWidth = 1 << 20
