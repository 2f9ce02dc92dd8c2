package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
	err = l.lower(q.Options(0))
	isOfBudget := func(p diag.Problem) bool { return strings.HasPrefix(string(p.Code), "budget/") }
	if err != nil || len(l.file.Problems()) == 0 && !slices.ContainsFunc(l.problems, isOfBudget) {
		return l, err // what else is wrong may depend on the settings
	}
	if err := a.printProblems(l.file.Source, l.problems); err != nil {
		return nil, err
	}
	return nil, errReported
}

// networkWith returns the network with some options. The error is the first of its problems.
func (l *loaded) networkWith(o graph.Options) (*shape.Network, error) {
	n, problems := l.file.Network(o)
	if len(problems) == 0 {
		return n, nil
	}
	return nil, placed(l.file, problems)
}

// placedError is a problem of a file, which it names.
type placedError struct{ error }

func (e placedError) Unwrap() error { return e.error }

// placed returns the first problem of a file as an error that names the file.
func placed(file *network.File, problems diag.List) error {
	p := &problems.Sorted()[0]
	if p.Pos.IsZero() {
		return p
	}
	return placedError{fmt.Errorf("%s:%w", plain.Escape(file.Source.Name), p)}
}

// titled returns an error about a network that names it, or its file.
func (l *loaded) titled(err error) error {
	if errors.As(err, new(placedError)) {
		return problemError("%w", err)
	}
	return problemError("%s: %w", l.title(), err)
}
