package spec

import (
	"fmt"

	"cnncalc/internal/diag"
)

// crowded is thrown in place of a problem when there are more than anyone reads. Reading ends there: a hostile file
// must not buy time and memory with mistakes.
type crowded struct{}

// report appends a problem, or throws crowded.
func report(problems *diag.List, p diag.Problem) *diag.Problem {
	if problems.Crowded() {
		panic(crowded{})
	}
	*problems = append(*problems, p)
	return &(*problems)[len(*problems)-1]
}

// untilCrowded calls read, which may throw crowded.
func untilCrowded(read func()) {
	defer func() {
		if caught := recover(); caught != nil && caught != (crowded{}) {
			panic(caught)
		}
	}()
	read()
}

func (w *walker) report(p diag.Problem) { report(&w.problems, p) }

// add reports a problem with a formatted message and returns it, so that a hint can be set on it.
func (w *walker) add(pos diag.Pos, code diag.Code, format string, args ...any) *diag.Problem {
	return report(&w.problems, diag.Problem{Pos: pos, Code: code, Msg: fmt.Sprintf(format, args...)})
}
