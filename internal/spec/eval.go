package spec

import (
	"fmt"
	"math/bits"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
)

// scope is what an expression can see: variables, and the repeats that stand round it in the same text. A
// block's body starts a new scope, so it does not see its caller's repeats.
type scope struct {
	vars    map[string]variable
	repeats *turn
}

// turn is one turn of a repeat.
type turn struct {
	outer *turn
	count int64
	index int64
	// bindable: lists bind to repeats whose count is a single number, not to one whose count is a list or
	// that a `?` makes.
	bindable bool
}

// evalNumber gives the number's value in this turn. isList tells that it came from a list.
func (s *scope) evalNumber(n *number) (value int64, isList bool, err *diag.Problem) {
	if n.list != nil {
		chosen, err := s.choose(n.pos, int64(len(n.list)))
		if err != nil {
			return 0, true, err
		}
		value, _, err = s.eval(n.list[chosen])
		return value, true, err
	}
	return s.eval(n.expr)
}

func (s *scope) eval(e expr) (value int64, isList bool, err *diag.Problem) {
	switch e := e.(type) {
	case *literal:
		return e.n, false, nil
	case *reference:
		return s.lookup(e)
	case *binary:
		left, leftList, err := s.eval(e.left)
		if err != nil {
			return 0, false, err
		}
		right, rightList, err := s.eval(e.right)
		if err != nil {
			return 0, false, err
		}
		value, err = apply(e, left, right)
		return value, leftList || rightList, err
	}
	return 0, false, diag.Errorf("no expression")
}

func (s *scope) lookup(r *reference) (int64, bool, *diag.Problem) {
	v, ok := s.vars[r.name]
	if !ok {
		p := &diag.Problem{Pos: r.pos, Msg: "unknown variable " + r.name}
		names := make([]string, 0, len(s.vars))
		for name := range s.vars {
			names = append(names, name)
		}
		p.Hint = diag.DidYouMean(r.name, names)
		if p.Hint == "" {
			p.Hint = fmt.Sprintf("set it under vars:, as vars: {%s: 3}", r.name)
		}
		return 0, false, p
	}
	if !v.list {
		return v.values[0], false, nil
	}
	chosen, err := s.choose(r.pos, int64(len(v.values)))
	if err != nil {
		err.Msg = "variable " + r.name + ": " + err.Msg
		return 0, true, err
	}
	return v.values[chosen], true, nil
}

// choose finds the one enclosing repeat that a list of this length belongs to, and gives its present turn.
func (s *scope) choose(pos diag.Pos, length int64) (int64, *diag.Problem) {
	if length == 1 {
		return 0, nil
	}
	var found *turn
	var counts []string
	for t := s.repeats; t != nil; t = t.outer {
		if !t.bindable {
			continue
		}
		counts = append(counts, fmt.Sprint(t.count))
		if t.count != length {
			continue
		}
		if found != nil {
			p := &diag.Problem{Pos: pos, Msg: fmt.Sprintf("a list of %d values could belong to either of two repeats of %d", length, length)}
			return 0, p.WithHint("make the inner repeat a block with a parameter, and give the list to its call")
		}
		found = t
	}
	if found != nil {
		return found.index, nil
	}
	p := &diag.Problem{Pos: pos, Msg: fmt.Sprintf("a list of %d values stands in no repeat of %d", length, length)}
	if counts != nil {
		p.WithHint("the repeats round it have the counts %s, from the inside out", strings.Join(counts, ", "))
	}
	return 0, p
}

// apply computes one operation, exactly or not at all.
func apply(b *binary, x, y int64) (int64, *diag.Problem) {
	switch b.operator {
	case '+':
		if sum := x + y; (sum > x) == (y > 0) {
			return sum, nil
		}
	case '-':
		if difference := x - y; (difference < x) == (y > 0) {
			return difference, nil
		}
	case '*':
		high, low := bits.Mul64(uint64(abs(x)), uint64(abs(y)))
		if product := x * y; high == 0 && low < 1<<63 {
			return product, nil
		}
	case '/':
		if y == 0 {
			return 0, &diag.Problem{Pos: b.pos, Msg: fmt.Sprintf("%d/0 has no value", x)}
		}
		if x%y != 0 {
			return 0, &diag.Problem{Pos: b.pos, Msg: fmt.Sprintf("%d/%d leaves a rest of %d", x, y, x%y),
				Hint: "sizes are whole numbers; choose values that divide"}
		}
		return x / y, nil
	}
	return 0, &diag.Problem{Pos: b.pos, Msg: fmt.Sprintf("%d%c%d is too large a number", x, b.operator, y)}
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}

// evalValue gives what a field is set to.
func (s *scope) evalValue(f op.Field, v *value) (op.Value, *diag.Problem) {
	if v.decimal != "" {
		return op.Value{Decimal: v.decimal}, nil
	}
	numbers := v.numbers
	if v.word != "" {
		if isWordOf(f, v.word) {
			return op.Value{Word: v.word}, nil
		}
		if _, ok := s.vars[v.word]; !ok && len(f.Words) > 0 {
			return op.Value{Word: v.word}, nil
		}
		numbers = []*number{{pos: v.pos, expr: &reference{v.word, v.pos}}}
	}
	result := op.Value{Sep: v.sep, Ints: make([]int64, len(numbers))}
	for i, n := range numbers {
		var err *diag.Problem
		if result.Ints[i], _, err = s.evalNumber(n); err != nil {
			return op.Value{}, err
		}
	}
	return result, nil
}
