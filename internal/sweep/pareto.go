package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/figure"
)

// Goal is a figure of which less or more is better.
type Goal struct {
	Figure figure.Figure
	More   bool
}

// ParseGoals reads figures, each with + before it where more is better, or - where less is. A figure of which either is
// better needs no sign.
func ParseGoals(words []string) ([]Goal, error) {
	if len(words) < 2 {
		return nil, errors.New("a Pareto front is of two figures or more, such as macs,+parameters")
	}
	var goals []Goal
	for _, word := range words {
		name, isMore := strings.CutPrefix(strings.TrimSpace(word), "+")
		name, isLess := strings.CutPrefix(name, "-")
		f, err := figure.Find(name)
		switch {
		case err == nil && isMore && isLess:
			err = fmt.Errorf("%s has two signs", quote(word))
		case err == nil && f.Better == figure.Neither && !isMore && !isLess:
			err = fmt.Errorf("%s is neither better if it is less nor if it is more: write +%[1]s or -%[1]s", name)
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(goals, func(g Goal) bool { return g.Figure.Name == f.Name }) {
			return nil, fmt.Errorf("%s is given twice", f.Name)
		}
		goals = append(goals, Goal{f, isMore || f.Better == figure.More && !isLess})
	}
	return goals, nil
}

// Front is a Pareto front: the rows that no other row equals or betters in all goals. Of rows that are equal in all
// goals, it holds the first. It takes no memory for other rows.
type Front struct {
	more []bool // by goal
	at   []int  // the goal's figure in Row.Values
	rows []Row
}

// NewFront returns an empty front of rows with some figures, which those of the goals are among.
func NewFront(goals []Goal, figures []figure.Figure) *Front {
	f := &Front{}
	for _, g := range goals {
		f.more = append(f.more, g.More)
		f.at = append(f.at, slices.IndexFunc(figures, func(of figure.Figure) bool { return of.Name == g.Figure.Name }))
	}
	return f
}

// Add adds a row unless another is as good, and removes those that it betters.
func (f *Front) Add(row Row) {
	for i := range f.rows {
		if f.isAsGood(&f.rows[i], &row) {
			return
		}
	}
	f.rows = slices.DeleteFunc(f.rows, func(other Row) bool { return f.isAsGood(&row, &other) })
	f.rows = append(f.rows, row)
}

// Rows returns the front, in the order in which its rows were added.
func (f *Front) Rows() []Row { return f.rows }

// isAsGood reports whether a row is as good as another in every goal, or better.
func (f *Front) isAsGood(row, other *Row) bool {
	for i, at := range f.at {
		a, b := row.Values[at], other.Values[at]
		if a != b && a > b != f.more[i] {
			return false
		}
	}
	return true
}
