package figure

import (
	"fmt"
	"strings"

	"cnncalc/internal/plain"
)

// Relation is how a figure is compared with a value.
type Relation string

// The relations.
const (
	AtMost   Relation = "<="
	Below    Relation = "<"
	AtLeast  Relation = ">="
	Above    Relation = ">"
	Equal    Relation = "=="
	NotEqual Relation = "!="
)

// relations returns them all, each before those that are its beginning.
func relations() []Relation { return []Relation{AtMost, Below, AtLeast, Above, Equal, NotEqual} }

// Holds reports whether a value has the relation to a bound.
func (r Relation) Holds(value, bound int64) bool {
	switch r {
	case AtMost:
		return value <= bound
	case Below:
		return value < bound
	case AtLeast:
		return value >= bound
	case Above:
		return value > bound
	case Equal:
		return value == bound
	}
	return value != bound
}

// Limit is a bound of a figure, "parameters<=5M".
type Limit struct {
	Figure   Figure
	Relation Relation
	Bound    int64 // in the figure's unit
	// Written is the bound as the user wrote it.
	Written string
}

// ParseLimit reads one limit: a figure, a relation, and a quantity in the figure's unit.
func ParseLimit(text string) (Limit, error) {
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return Limit{}, fmt.Errorf("%s is not a limit: write a figure, a relation and a number, such as parameters<=5M",
			plain.Quote(plain.Cut(text)))
	}
	l := Limit{}
	for _, r := range relations() {
		if written, ok := strings.CutPrefix(text[at:], string(r)); ok {
			l.Relation, l.Written = r, strings.TrimSpace(written)
			break
		}
	}
	if l.Relation == "" {
		return Limit{}, fmt.Errorf("%s has no relation that is known: choose from <=, <, >=, >, == and !=",
			plain.Quote(plain.Cut(text)))
	}
	var err error
	if l.Figure, err = Find(strings.TrimSpace(text[:at])); err != nil {
		return Limit{}, err
	}
	if l.Bound, err = l.Figure.Unit.Parse(l.Written); err != nil {
		return Limit{}, fmt.Errorf("%s: %w", l.Figure.Name, err)
	}
	return l, nil
}

// String returns the limit as it was written, without spaces.
func (l Limit) String() string { return l.Figure.Name + string(l.Relation) + l.Written }

// Holds reports whether a value of the figure keeps the limit.
func (l Limit) Holds(value int64) bool { return l.Relation.Holds(value, l.Bound) }
