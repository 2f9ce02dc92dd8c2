package main

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/sweep"
)

// loadUnread reads a SPEC whose network depends on the settings of a query. Problems of the file itself, which are
// those of every combination, are printed to standard error. The error is for these, and for flags that do not suit the
// network.
func (a *app) loadUnread(args []string, q *sweep.Query) (*loaded, error) {
	l, err := a.open(a.specOf(args))
	if err != nil {
		return nil, err
	}
	if problems := l.file.Problems(); len(problems) > 0 {
		if err := a.printProblems(l.file.Source, problems); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	return l, l.lower(q.Options(0))
}

// networkWith returns the network with some options. The error is the first of its problems.
func (l *loaded) networkWith(o graph.Options) (*shape.Network, error) {
	n, problems := l.file.Network(o)
	if len(problems) == 0 {
		return n, nil
	}
	return nil, placed(l.file, &problems[0])
}

// placed returns a problem of a file as an error that names the file.
func placed(file *network.File, p *diag.Problem) error {
	if p.Pos.IsZero() {
		return p
	}
	return fmt.Errorf("%s:%w", plain.Escape(file.Source.Name), p)
}
