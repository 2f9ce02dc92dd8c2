package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// The most operations in one expression, which every turn evaluates again.
const maxOperations = 1000

// number reads digits, a variable, an expression in parentheses or a list in braces. what names the number in messages.
func (p *parser) number(what string) *number {
	p.operations = 0
	t := p.peek()
	switch {
	case t.is("{"):
		return p.list()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "arrow/number", "%s must be a whole number, not %s", what, t)
	case t.is("-") && p.after().kind == tokNumber:
		p.failAt(t.pos, "arrow/number", "%s must be 0 or more, not -%s", what, p.after())
	case t.kind != tokNumber && t.kind != tokWord && !t.is("("):
		p.failAt(t.pos, "arrow/number", "%s is missing before %s", what, t)
	}
	return &number{pos: t.pos, expr: p.primary()}
}

// sum reads a list or an expression, which needs no parentheses around it.
func (p *parser) sum(what string) *number {
	t := p.peek()
	switch {
	case t.is("{"):
		return p.list()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "arrow/number", "%s must be a whole number, not %s", what, t)
	}
	return &number{pos: t.pos, expr: p.expression()}
}

// list reads a list in braces.
func (p *parser) list() *number {
	open := p.take()
	n := &number{pos: open.pos}
	if p.peek().is("}") {
		p.failAt(open.pos, "arrow/number", "the list is empty")
	}
	for {
		if t := p.peek(); t.is("{") {
			p.failAt(t.pos, "arrow/number", "a list cannot contain a list")
		}
		if len(n.list) == maxList {
			p.fail(longList(open.pos))
		}
		n.list = append(n.list, p.expression())
		if p.accept("}") {
			return n
		}
		p.expect(",", "or } in the list")
	}
}

// longList returns the problem of a list with more values than a repeat may have turns.
func longList(pos diag.Pos) *diag.Problem {
	return diag.ErrorfAt(pos, "arrow/too-long", "a list has at most %s values", plain.Count(maxList))
}

// expression reads an expression of at most maxOperations operations.
func (p *parser) expression() expr {
	p.operations = 0
	return p.expr()
}

// expr reads terms joined by + and -.
func (p *parser) expr() expr { return p.binary("+", "-", p.term) }

// term reads primaries joined by * and /.
func (p *parser) term() expr { return p.binary("*", "/", p.primary) }

// binary reads operands joined by either of two operators, which bind to the left.
func (p *parser) binary(operator, other string, operand func() expr) expr {
	left := operand()
	for {
		t := p.peek()
		if !t.is(operator) && !t.is(other) {
			return left
		}
		if p.operations++; p.operations > maxOperations {
			p.failAt(t.pos, "arrow/too-long", "the expression has more than %d operations", maxOperations)
		}
		p.take()
		left = &binary{rune(t.text[0]), t.pos, left, operand()}
	}
}

// inParentheses reads an expression in parentheses.
func (p *parser) inParentheses() expr {
	open := p.take()
	defer p.nest(open.pos)()
	e := p.expr()
	p.expect(")", "to close the expression")
	return e
}

// primary reads digits, a variable, a rounding, or an expression in parentheses.
func (p *parser) primary() expr {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		n, err := wholeNumber(t.text)
		if err != nil {
			problem := diag.At(t.pos, err)
			p.fail(&problem)
		}
		p.take()
		return &literal{n}
	case t.kind == tokWord && t.text == roundingName && p.after().is("("):
		p.take()
		return &rounding{t.pos, p.inParentheses()}
	case t.kind == tokWord:
		p.take()
		return &reference{t.text, t.pos}
	case t.is("("):
		return p.inParentheses()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "arrow/number", "%s is not a whole number", t)
	case t.is("-") && p.after().kind == tokNumber:
		p.failAt(t.pos, "arrow/number", "a number must be 0 or more here, not -%s", p.after())
	}
	p.failAt(t.pos, "arrow/number", "a number or variable is missing before %s", t)
	return nil
}
