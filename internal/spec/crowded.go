package spec

import "cnncalc/internal/diag"

// crowded is the panic of report when the list already holds more problems than anyone reads. It ends the reading, so
// that a hostile file cannot buy time and memory with mistakes.
type crowded struct{}

// report appends a problem and returns the appended one, or panics with crowded.
func report(problems *diag.List, p *diag.Problem) *diag.Problem {
	if problems.Crowded() {
		panic(crowded{})
	}
	*problems = append(*problems, *p)
	return &(*problems)[len(*problems)-1]
}

// untilCrowded calls read and recovers a panic with crowded.
func untilCrowded(read func()) {
	defer func() {
		if caught := recover(); caught != nil && caught != (crowded{}) {
			panic(caught)
		}
	}()
	read()
}

func (w *walker) report(p *diag.Problem) { report(&w.problems, p) }

// add reports a problem with a formatted message and returns it, so that the caller can add a hint.
func (w *walker) add(pos diag.Pos, code diag.Code, format string, args ...any) *diag.Problem {
	return report(&w.problems, diag.ErrorfAt(pos, code, format, args...))
}
