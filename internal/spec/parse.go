package spec

import (
	"fmt"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
)

// Deepest nesting of brackets and parentheses in arrow text, as of YAML itself.
const maxNesting = 64

// parser reads the arrow language (design: chain, item, merge, path, call, layer, number, expr). It reports
// every problem and goes on behind it: an item that cannot be read becomes a *broken one.
type parser struct {
	tokens   []token
	kinds    *kindTable
	blocks   map[string]*block // by name; bodies may still be unread
	problems *diag.List
	labelled map[string]diag.Pos
	optional map[string]bool
	depth    int
}

// bail is thrown by fail and caught where reading can go on.
type bail struct{}

func (p *parser) peek() token { return p.tokens[0] }

// after is the token behind the next one.
func (p *parser) after() token { return p.tokens[min(1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != tokEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token where it is the mark.
func (p *parser) accept(mark string) bool {
	if !p.peek().is(mark) {
		return false
	}
	p.take()
	return true
}

// fail reports a problem and gives up the present item.
func (p *parser) fail(problem diag.Problem) {
	*p.problems = append(*p.problems, problem)
	panic(bail{})
}

func (p *parser) failAt(pos diag.Pos, format string, args ...any) {
	p.fail(diag.Problem{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

func (p *parser) expect(mark, after string) {
	if !p.accept(mark) {
		t := p.peek()
		p.failAt(t.pos, "expected %s %s, not %s", mark, after, t)
	}
}

// chainToEnd reads a whole text as a chain.
func (p *parser) chainToEnd() *chain {
	c := p.chain()
	for p.peek().kind != tokEnd {
		t := p.take()
		problem := diag.Problem{Pos: t.pos, Msg: fmt.Sprintf("unexpected %s", t)}
		if t.is("|") || t.is(")") || t.is("]") || t.is("}") {
			problem.Hint = "nothing is open here that it could belong to"
		}
		*p.problems = append(*p.problems, problem)
		more := p.chain()
		c.items = append(c.items, more.items...)
	}
	return c
}

// chain reads items as long as arrows follow.
func (p *parser) chain() *chain {
	c := &chain{}
	for {
		c.items = append(c.items, p.item())
		if !p.accept("->") {
			return c
		}
	}
}

// item reads one item; where it has a problem, it skips to the arrow, bar or bracket that ends the item.
func (p *parser) item() (it item) {
	it = item{pos: p.peek().pos, body: &broken{}}
	depth := p.depth
	defer func() {
		if caught := recover(); caught != nil {
			if _, ok := caught.(bail); !ok {
				panic(caught)
			}
			p.depth = depth
			p.skipItem()
		}
	}()
	it.body = p.body()
	p.itemSuffix(&it)
	if t := p.peek(); !p.endsItem(t) {
		problem := diag.Problem{Pos: t.pos, Msg: fmt.Sprintf("unexpected %s: items are joined by ->", t)}
		if l, ok := it.body.(*layer); ok && t.kind == tokWord {
			problem.Msg = fmt.Sprintf("%s has no option %s here", l.kind.Name, t)
		}
		p.fail(problem)
	}
	return it
}

// itemSuffix reads what may follow any item: ?, *count and @label.
func (p *parser) itemSuffix(it *item) {
	if t := p.peek(); t.is("?") {
		l, ok := it.body.(*layer)
		if !ok {
			p.fail(diag.Problem{Pos: t.pos, Msg: "? may follow a layer only", Hint: "use *name with a variable of 0 or 1: [...]*name"})
		}
		p.take()
		it.optional = strings.ToLower(l.kind.Name)
		p.optional[it.optional] = true
	}
	if p.accept("*") {
		it.count = p.number("the count")
	}
	if t := p.peek(); t.kind == tokLabel {
		p.take()
		it.label, it.labelPos = t.text, t.pos
		if _, seen := p.labelled[t.text]; !seen {
			p.labelled[t.text] = t.pos
		}
	}
}

func (p *parser) endsItem(t token) bool {
	return t.kind == tokEnd || t.is("->") || t.is("|") || t.is(")") || t.is("]")
}

// skipItem passes over the rest of an item, brackets inside it included.
func (p *parser) skipItem() {
	open := 0
	for {
		t := p.peek()
		switch {
		case t.kind == tokEnd, open == 0 && p.endsItem(t):
			return
		case t.is("[") || t.is("("):
			open++
		case t.is("]") || t.is(")"):
			open--
		}
		p.take()
	}
}

// nest guards the depth of recursion.
func (p *parser) nest(pos diag.Pos) func() {
	p.depth++
	if p.depth > maxNesting {
		p.failAt(pos, "brackets are nested deeper than %d", maxNesting)
	}
	return func() { p.depth-- }
}

func (p *parser) body() body {
	t := p.peek()
	switch {
	case t.is("["):
		defer p.nest(t.pos)()
		p.take()
		c := p.chain()
		if !p.accept("]") {
			p.fail(diag.Problem{Pos: t.pos, Msg: "this [ is not closed", Hint: fmt.Sprintf("expected ] before %s at %s", p.peek(), p.peek().pos)})
		}
		return &group{c}
	case t.kind == tokWord:
		return p.named()
	case t.kind == tokLabel:
		p.fail(diag.Problem{Pos: t.pos, Msg: fmt.Sprintf("@%s stands where a layer belongs", t.text),
			Hint: "a label follows what it names (CONV3-64 @" + t.text + "); a path may start from one: CONCAT(IDENTITY | @" + t.text + ")"})
	case t.kind == tokEnd || t.is("->") || t.is("]") || t.is(")") || t.is("|"):
		p.failAt(t.pos, "a layer is missing before %s", t)
	}
	p.failAt(t.pos, "expected a layer, not %s", t)
	return nil
}

// named reads what starts with a word: a block's call, a merge, or a layer.
func (p *parser) named() body {
	t := p.peek()
	after := p.after()
	if _, ok := p.blocks[t.text]; ok {
		return p.call()
	}
	kind, head, ok := p.kinds.split(t.text)
	switch {
	case strings.EqualFold(t.text, "INPUT"):
		p.take()
		return &inputMark{}
	case !ok && strings.EqualFold(t.text, "IDENTITY"):
		p.fail(diag.Problem{Pos: t.pos, Msg: "IDENTITY is a whole path: it stands alone between ( | and )", Hint: "for example ADD(CONV3-64 | IDENTITY)"})
	case !ok:
		p.fail(p.unknown(t, after))
	case kind.Merge:
		return p.merge(kind)
	}
	return p.layer(kind, head)
}

// unknown is the problem of a word that names neither kind nor block.
func (p *parser) unknown(t, after token) diag.Problem {
	letters := strings.TrimRight(t.text, "0123456789.x")
	names := append(p.kinds.names(), "IDENTITY")
	for name := range p.blocks {
		names = append(names, name)
	}
	problem := diag.Problem{Pos: t.pos, Msg: "unknown kind of layer " + letters}
	if after.is("(") && !after.spaced {
		problem.Msg = "unknown block or kind of layer " + t.text
		letters = t.text
	}
	problem.Hint = diag.DidYouMean(letters, names)
	return problem
}

func (p *parser) call() *call {
	t := p.take()
	c := &call{name: t.text, pos: t.pos}
	if !p.peek().is("(") {
		p.fail(diag.Problem{Pos: t.pos, Msg: fmt.Sprintf("the block %s is called without parentheses", t.text),
			Hint: "write " + signature(p.blocks[t.text])})
	}
	defer p.nest(t.pos)()
	p.take()
	for !p.accept(")") {
		if len(c.args) > 0 {
			p.expect(",", "or ) in the call of "+t.text)
		}
		c.args = append(c.args, p.callArg())
	}
	return c
}

func (p *parser) callArg() callArg {
	t := p.peek()
	arg := callArg{pos: t.pos}
	if t.kind == tokWord && p.after().is("=") {
		arg.name = t.text
		p.take()
		p.take()
	}
	arg.value = p.sum("an argument")
	return arg
}

// signature writes a block's head as its definition does.
func signature(b *block) string {
	params := make([]string, len(b.params))
	for i, q := range b.params {
		params[i] = q.name
		if q.def != nil {
			params[i] += "=" + q.def.String()
		}
	}
	return b.name + "(" + strings.Join(params, ", ") + ")"
}

func (p *parser) merge(kind op.Kind) *merge {
	t := p.take()
	m := &merge{kind: kind, pos: t.pos}
	if !p.peek().is("(") {
		p.fail(diag.Problem{Pos: t.pos, Msg: kind.Name + " needs its paths in parentheses", Hint: "for example " + kind.Name + "(CONV3-64 | IDENTITY)"})
	}
	defer p.nest(t.pos)()
	open := p.take()
	for {
		m.paths = append(m.paths, p.path())
		if !p.accept("|") {
			break
		}
	}
	if !p.accept(")") {
		p.fail(diag.Problem{Pos: open.pos, Msg: "this ( is not closed", Hint: fmt.Sprintf("expected ) or | before %s at %s", p.peek(), p.peek().pos)})
	}
	return m
}

func (p *parser) path() path {
	t := p.peek()
	ends := func(t token) bool { return t.is("|") || t.is(")") }
	result := path{pos: t.pos}
	switch {
	case t.kind == tokWord && strings.EqualFold(t.text, "IDENTITY") && ends(p.after()):
		p.take()
		return result
	case t.kind == tokLabel:
		p.take()
		result.from = t.text
		if ends(p.peek()) {
			return result
		}
		p.expect("->", "after @"+t.text)
	}
	result.chain = p.chain()
	return result
}

// layer reads a kind's head, dash and options. head is what followed the kind's name in the same word.
func (p *parser) layer(kind op.Kind, head string) *layer {
	t := p.take()
	r := fieldReader{parser: p, layer: &layer{kind: kind, pos: t.pos}, fields: kind.New().Fields()}
	r.head(t, head)
	if dash := p.peek(); dash.is("-") && !dash.spaced {
		p.take()
		r.dash(dash)
	}
	for p.peek().kind == tokWord {
		r.option()
	}
	return r.layer
}

// number reads digits, a variable, an expression in parentheses or a list in braces.
func (p *parser) number(what string) *number {
	t := p.peek()
	switch {
	case t.is("{"):
		return p.list()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "%s is a whole number, not %s", what, t)
	case t.kind != tokNumber && t.kind != tokWord && !t.is("("):
		p.failAt(t.pos, "%s is missing before %s", what, t)
	}
	return &number{pos: t.pos, expr: p.primary()}
}

// sum reads a list, or an expression that needs no parentheses round it.
func (p *parser) sum(what string) *number {
	t := p.peek()
	switch {
	case t.is("{"):
		return p.list()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "%s is a whole number, not %s", what, t)
	}
	return &number{pos: t.pos, expr: p.expr()}
}

func (p *parser) list() *number {
	open := p.take()
	n := &number{pos: open.pos}
	for {
		if t := p.peek(); t.is("{") {
			p.failAt(t.pos, "a list cannot stand in a list")
		}
		n.list = append(n.list, p.expr())
		if p.accept("}") {
			return n
		}
		p.expect(",", "or } in the list")
	}
}

// expr reads + and -, term * and /, primary numbers, variables and parentheses.
func (p *parser) expr() expr {
	return p.binary([]string{"+", "-"}, p.term)
}

func (p *parser) term() expr {
	return p.binary([]string{"*", "/"}, p.primary)
}

func (p *parser) binary(operators []string, operand func() expr) expr {
	left := operand()
	for {
		t := p.peek()
		if t.kind != tokMark || t.text != operators[0] && t.text != operators[1] {
			return left
		}
		p.take()
		left = &binary{rune(t.text[0]), t.pos, left, operand()}
	}
}

func (p *parser) primary() expr {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		p.take()
		return &literal{t.numeral}
	case t.kind == tokWord:
		p.take()
		return &reference{t.text, t.pos}
	case t.is("("):
		defer p.nest(t.pos)()
		p.take()
		e := p.expr()
		p.expect(")", "to close the expression")
		return e
	case t.kind == tokDecimal:
		p.failAt(t.pos, "%s is not a whole number", t)
	}
	p.failAt(t.pos, "a number or variable is missing before %s", t)
	return nil
}
