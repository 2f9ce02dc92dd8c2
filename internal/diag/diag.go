// Package diag defines the parts of a message about a file: positions, problems, the source line with its caret, and
// suggestions. It knows no file language and no layer.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"cnncalc/internal/plain"
)

// Pos is a place in a source file: line and column from 1, columns counted in characters. The zero Pos means the file
// as a whole.
type Pos struct {
	Line, Col int
}

// String returns "line:col", the form that editors accept.
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// IsZero reports whether p means the whole file.
func (p Pos) IsZero() bool { return p == Pos{} }

// After reports whether p comes after q.
func (p Pos) After(q Pos) bool {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col)) > 0
}

// Code names a kind of problem for programs, such as "shape/window": the part that finds it, and what it is. Codes
// are stable across versions; messages may be reworded.
type Code string

// Problem is one mistake: where it is, what is wrong, and what would be right. Whoever knows the position of a
// Problem that has none adds it with At.
type Problem struct {
	Pos  Pos     // in a text file
	In   *Source // the file of Pos where it is another than that of the other problems
	Node string  // in a file without lines: its number and name, 412, "conv5"
	Flag string  // the flag that causes the problem, "--set", which then has no place in a file
	Code Code
	Msg  string
	// Context names the repeats and blocks around the place; "" if there are none. The same problem in another turn
	// or call counts as the same.
	Context string
	Most    string // the layers that hold most of a figure that exceeds its limit; "" if there are none
	Fits    string // what would fit, with numbers; "" if unknown
	Inputs  string // sizes of the layer's own input that would fit; printed only as part of Fits
	Hint    string // advice in words; "" if there is none
}

// Error returns the message with its place, without the source line.
func (p *Problem) Error() string {
	switch {
	case !p.Pos.IsZero():
		return fmt.Sprintf("%s: %s", p.Pos, p.Msg)
	case p.Node != "":
		return fmt.Sprintf("node %s: %s", plain.Escape(p.Node), p.Msg)
	case p.Flag != "":
		return fmt.Sprintf("%s: %s", p.Flag, p.Msg)
	}
	return p.Msg
}

// Errorf returns a Problem that has no place yet.
func Errorf(code Code, format string, args ...any) *Problem {
	return ErrorfAt(Pos{}, code, format, args...)
}

// ErrorfAt returns a Problem at pos.
func ErrorfAt(pos Pos, code Code, format string, args ...any) *Problem {
	return &Problem{Pos: pos, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// WithHint sets the advice and returns the problem.
func (p *Problem) WithHint(format string, args ...any) *Problem {
	p.Hint = fmt.Sprintf(format, args...)
	return p
}

// WithFits sets what would fit and returns the problem.
func (p *Problem) WithFits(fits string) *Problem {
	p.Fits = fits
	return p
}

// WithInputs sets the sizes of the layer's input that would fit and returns the problem.
func (p *Problem) WithInputs(sizes string) *Problem {
	p.Inputs = sizes
	return p
}

// At returns err as a Problem at pos, or at its own position if it has one. An error of another type becomes the
// message.
func At(pos Pos, err error) Problem {
	p, ok := err.(*Problem)
	if !ok {
		return Problem{Pos: pos, Msg: err.Error()}
	}
	placed := *p
	if placed.Pos.IsZero() {
		placed.Pos = pos
	}
	return placed
}

// Bounds of a list. It shows the first maxShown problems, and passes stop looking for more at about maxSought, so
// that a hostile file cannot use up time and memory with mistakes.
const (
	maxShown  = 100
	maxSought = 1000
)

// List is all the problems of one file.
type List []Problem

// Crowded reports whether the list is so long that no pass needs to look for more problems.
func (l List) Crowded() bool { return len(l) >= maxSought }

// Shown returns the first hundred problems of Sorted, their texts cut by [plain.CutMessage], and the number of the
// others. If the list is crowded, there may be more.
func (l List) Shown() (shown List, others int) {
	sorted := l.Sorted()
	shown = sorted[:min(maxShown, len(sorted))]
	for i := range shown {
		p := &shown[i]
		for _, text := range []*string{&p.Msg, &p.Context, &p.Most, &p.Fits, &p.Hint} {
			*text = plain.CutMessage(*text)
		}
	}
	return shown, len(sorted) - len(shown)
}

// Add appends a problem with a formatted message and returns it, so that a hint can be set on it.
func (l *List) Add(pos Pos, code Code, format string, args ...any) *Problem {
	*l = append(*l, *ErrorfAt(pos, code, format, args...))
	return &(*l)[len(*l)-1]
}

// Sorted returns the list in file order, with the problems of other files last and without repeats: a mistake inside a
// block appears once, however often the block is called.
func (l List) Sorted() List {
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.In.name(), b.In.name()), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	seen := make(map[string]bool, len(sorted))
	return slices.DeleteFunc(sorted, func(p Problem) bool {
		key := p.In.name() + p.Error()
		repeat := seen[key]
		seen[key] = true
		return repeat
	})
}
