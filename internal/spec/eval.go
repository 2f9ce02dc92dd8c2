package spec

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// scope is what an expression can see: variables, and the repeats around it in the same text. A block's body starts a
// new scope, so it does not see the repeats of its caller.
type scope struct {
	vars, params map[string]variable // of the file, and of the block, which hide the file's
	inBlock      bool
	repeats      *turn  // the innermost
	varsUnread   bool   // some of the file's variables could not be read
	operations   *int64 // counts the operations; nil if nobody asks
}

// turn is one turn of a repeat.
type turn struct {
	outer    *turn
	count    int64
	index    int64 // from 0
	bindable bool  // lists can bind to the repeat, as its count is a single number
}

// unread is the problem of a value that depends on text that could not be read. That problem is reported already.
var unread = &diag.Problem{Msg: "what could not be read"}

// evalNumber returns the value of a number in the current turn. isList is true if it came from a list.
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
		if s.operations != nil {
			*s.operations++
		}
		value, err = apply(e, left, right)
		return value, leftList || rightList, err
	case *rounding:
		return s.evalRounding(e)
	}
	return 0, false, diag.Errorf("arrow/syntax", "no expression")
}

func (s *scope) lookup(r *reference) (int64, bool, *diag.Problem) {
	v, ok := s.params[r.name]
	if !ok {
		v, ok = s.vars[r.name]
	}
	switch {
	case v.given != nil && v.values == nil:
		return 0, false, v.given.misused("a number")
	case !ok && s.varsUnread, ok && v.values == nil:
		return 0, false, unread
	case !ok:
		return 0, false, s.unknown(r)
	case !v.list:
		return v.values[0], false, nil
	}
	chosen, err := s.choose(r.pos, int64(len(v.values)))
	if err != nil {
		err.Msg = "variable " + r.name + ": " + err.Msg
		return 0, true, err
	}
	return v.values[chosen], true, nil
}

func (s *scope) unknown(r *reference) *diag.Problem {
	p := diag.ErrorfAt(r.pos, "variable/unknown", "unknown variable %s", r.name)
	if len(s.vars)+len(s.params) <= diag.MaxCandidates {
		names := slices.AppendSeq(slices.Collect(maps.Keys(s.vars)), maps.Keys(s.params))
		p.Hint = diag.DidYouMean(r.name, names)
	}
	if p.Hint == "" {
		p.WithHint("define it under vars:, for example vars: {%s: 3}", r.name)
	}
	return p
}

// choose returns the current turn of the one enclosing repeat that a list of this length belongs to.
func (s *scope) choose(pos diag.Pos, length int64) (int64, *diag.Problem) {
	if length == 1 {
		return 0, nil
	}
	var found *turn
	for t := s.repeats; t != nil; t = t.outer {
		if !t.bindable || t.count != length {
			continue
		}
		if found != nil {
			return 0, diag.ErrorfAt(pos, "variable/list",
				"a list of %d values could belong to either of two repeats of %[1]d", length).
				WithHint("make the inner repeat a block with a parameter and pass the list to its call, " +
					"or write one number for all turns of both")
		}
		found = t
	}
	if found == nil {
		return 0, s.unbound(pos, length)
	}
	return found.index, nil
}

// unbound returns the problem of a list that belongs to no repeat.
func (s *scope) unbound(pos diag.Pos, length int64) *diag.Problem {
	var counts []string
	for t := s.repeats; t != nil; t = t.outer {
		if t.bindable {
			counts = append(counts, fmt.Sprint(t.count))
		}
	}
	p := diag.ErrorfAt(pos, "variable/list", "a list of %d values needs a repeat of %[1]d turns around it", length)
	switch {
	case len(counts) == 1:
		return p.WithHint("the repeat around it has %s turns: give one value for each, or one number for all", counts[0])
	case counts != nil:
		return p.WithHint("the repeats around it have %s turns, from the inside out: "+
			"give one value for each turn of one of them, or one number for all", plain.CutNames(strings.Join(counts, ", ")))
	case s.inBlock:
		return p.WithHint("a block does not see the repeats around its call: " +
			"give the block a parameter and pass the list to its call")
	}
	return p.WithHint("a list has one value for each turn of a repeat around it; a size is written 3x1, a pad 1,1,0,0")
}

// apply computes one operation, exactly or not at all.
func apply(b *binary, x, y int64) (int64, *diag.Problem) {
	const code = "variable/arithmetic"
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
			return 0, diag.ErrorfAt(b.pos, code, "%d/0 has no value", x)
		}
		if x == math.MinInt64 && y == -1 {
			break
		}
		if x%y != 0 {
			return 0, diag.ErrorfAt(b.pos, code, "%d/%d leaves a remainder of %d", x, y, x%y).
				WithHint("sizes are whole numbers: choose values that divide evenly")
		}
		return x / y, nil
	}
	return 0, diag.ErrorfAt(b.pos, code, "%d%c%d is too large a number", x, b.operator, y)
}

func abs(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}

// isVariable reports whether name is a variable, or may be one that could not be read.
func (s *scope) isVariable(name string) bool {
	_, isParam := s.params[name]
	_, isVar := s.vars[name]
	return isParam || isVar || s.varsUnread
}

// evalValue returns the value that a field is set to.
func (s *scope) evalValue(f op.Field, v *value) (op.Value, *diag.Problem) {
	if v.decimal != "" {
		return op.Value{Decimal: v.decimal}, nil
	}
	if v.label != "" {
		return op.Value{Label: v.label}, nil
	}
	numbers := v.numbers
	if v.word != "" {
		if isWordOf(f, v.word) {
			return op.Value{Word: v.word}, nil
		}
		if f.TakesLabel() || len(f.Words) > 0 && !s.isVariable(v.word) {
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
