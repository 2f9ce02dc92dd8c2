package figure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/plain"
)

// Condition is what must hold for the figures of a network: limits joined by && (and), || (or) and ! (not), with
// parentheses. && binds more strongly than ||.
type Condition struct{ root term }

// term is a part of a condition.
type term interface {
	holds(value func(Figure) (int64, error)) (bool, error)
	figures(yield func(Figure))
}

type (
	conjunction []term // all of them hold
	disjunction []term // one of them holds
	negation    struct{ of term }
)

// Bounds of a condition, far above what anybody writes.
const (
	maxCondition = 4096 // bytes
	maxNesting   = 64
)

// ParseCondition reads a condition, "parameters<5M && (peak<2GiB || macs<=300M)".
func ParseCondition(text string) (*Condition, error) {
	if len(text) > maxCondition {
		return nil, fmt.Errorf("the condition has more than %d bytes", maxCondition)
	}
	p := parser{rest: text}
	root, err := p.disjunction()
	if err == nil && p.rest != "" {
		err = p.unexpected()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plain.Quote(plain.Cut(text)), err)
	}
	return &Condition{root}, nil
}

// Conjunction returns the condition that some limits hold, at least one. The figures that are computed in the least
// time are asked for first.
func Conjunction(limits []Limit) *Condition {
	names := Names()
	sorted := slices.SortedStableFunc(slices.Values(limits), func(a, b Limit) int {
		return cmp.Compare(slices.Index(names, a.Figure.Name), slices.Index(names, b.Figure.Name))
	})
	var all conjunction
	for _, l := range sorted {
		all = append(all, l)
	}
	return &Condition{all}
}

// Holds reports whether the condition holds. value is asked for the figures that decide this, from left to right.
func (c *Condition) Holds(value func(Figure) (int64, error)) (bool, error) {
	return c.root.holds(value)
}

// Figures returns the figures in the condition, in order, each once.
func (c *Condition) Figures() []Figure {
	var all []Figure
	seen := map[string]bool{}
	c.root.figures(func(f Figure) {
		if !seen[f.Name] {
			seen[f.Name] = true
			all = append(all, f)
		}
	})
	return all
}

func (l Limit) holds(value func(Figure) (int64, error)) (bool, error) {
	v, err := value(l.Figure)
	return err == nil && l.Holds(v), err
}

func (l Limit) figures(yield func(Figure)) { yield(l.Figure) }

func (c conjunction) holds(value func(Figure) (int64, error)) (bool, error) {
	for _, t := range c {
		if ok, err := t.holds(value); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (c conjunction) figures(yield func(Figure)) { figuresOf(c, yield) }

func (d disjunction) holds(value func(Figure) (int64, error)) (bool, error) {
	for _, t := range d {
		if ok, err := t.holds(value); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (d disjunction) figures(yield func(Figure)) { figuresOf(d, yield) }

func (n negation) holds(value func(Figure) (int64, error)) (bool, error) {
	ok, err := n.of.holds(value)
	return err == nil && !ok, err
}

func (n negation) figures(yield func(Figure)) { n.of.figures(yield) }

func figuresOf(terms []term, yield func(Figure)) {
	for _, t := range terms {
		t.figures(yield)
	}
}

// parser reads a condition by recursive descent.
type parser struct {
	rest    string // what is not read yet
	nesting int
}

func (p *parser) disjunction() (term, error) {
	terms, err := p.joined("||", p.conjunction)
	return only[disjunction](terms), err
}

func (p *parser) conjunction() (term, error) {
	terms, err := p.joined("&&", p.factor)
	return only[conjunction](terms), err
}

// only returns the terms as one.
func only[T interface {
	~[]term
	term
}](terms []term) term {
	if len(terms) == 1 {
		return terms[0]
	}
	return T(terms)
}

// joined reads terms with an operator between them.
func (p *parser) joined(operator string, one func() (term, error)) ([]term, error) {
	var terms []term
	for {
		t, err := one()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if !p.take(operator) {
			return terms, nil
		}
	}
}

// factor reads a limit, a condition in parentheses, or a factor after !.
func (p *parser) factor() (term, error) {
	if p.nesting == maxNesting {
		return nil, fmt.Errorf("it is nested more than %d deep", maxNesting)
	}
	p.nesting++
	defer func() { p.nesting-- }()
	switch {
	case p.take("!"):
		t, err := p.factor()
		return negation{t}, err
	case p.take("("):
		t, err := p.disjunction()
		if err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return t, err
	}
	return p.limit()
}

func (p *parser) limit() (term, error) {
	end := strings.IndexAny(p.rest, "&|()")
	if end < 0 {
		end = len(p.rest)
	}
	text := strings.TrimSpace(p.rest[:end])
	if text == "" {
		return nil, p.unexpected()
	}
	p.rest = p.rest[end:]
	return ParseLimit(text)
}

// take reads a token if it comes next.
func (p *parser) take(token string) bool {
	p.rest = strings.TrimSpace(p.rest)
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = strings.TrimSpace(rest)
	}
	return ok
}

// unexpected returns the error for what comes next.
func (p *parser) unexpected() error {
	if p.rest == "" {
		return errors.New("it ends where a limit or ) should follow, such as parameters<=5M")
	}
	return fmt.Errorf("%s is not expected there: join limits with && or ||", plain.Quote(plain.Cut(p.rest)))
}
