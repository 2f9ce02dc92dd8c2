package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// Deepest nesting of brackets and parentheses in arrow text, as of YAML itself.
const maxNesting = 64

// Most operations in one expression, which is evaluated again in every turn.
const maxOperations = 1000

// parser reads the arrow language, by the grammar in the package comment. It reports
// every problem and goes on behind it: an item that cannot be read becomes a *broken one.
type parser struct {
	lexer      *lexer
	ahead      [2]token // the next two tokens
	last       token    // taken
	open       []opened // brackets not closed yet
	kinds      *kindTable
	file       *File
	text       string // name of the block being read, "" for the layers
	depth      int
	operations int
	abandoned  bool // the rest of the text is not read, and nothing more reported
}

// opened is what a bracket that is not closed yet holds: arrows stand in chains only.
type opened uint8

const (
	openedChain   opened = iota // [ ] and the paths of a merge
	openedNumbers               // an expression or a call's arguments
	openedList                  // { }
)

// bail is thrown by fail and caught where reading can go on.
type bail struct{}

func newParser(l *lexer, kinds *kindTable, file *File, text string) *parser {
	p := &parser{lexer: l, kinds: kinds, file: file, text: text}
	p.ahead = [2]token{l.next(), l.next()}
	return p
}

func (p *parser) peek() token { return p.ahead[0] }

// after is the token behind the next one.
func (p *parser) after() token { return p.ahead[1] }

func (p *parser) take() token {
	t := p.ahead[0]
	if t.kind == tokEnd {
		return t
	}
	switch {
	case t.is("["), t.is("(") && p.kinds.isMerge(p.last.text):
		p.open = append(p.open, openedChain)
	case t.is("("):
		p.open = append(p.open, openedNumbers)
	case t.is("{"):
		p.open = append(p.open, openedList)
	case t.is("]"), t.is(")"):
		p.open = p.open[:max(len(p.open)-1, 0)]
	case t.is("}") && len(p.open) > 0 && p.open[len(p.open)-1] == openedList:
		p.open = p.open[:len(p.open)-1]
	}
	p.last = t
	p.ahead = [2]token{p.ahead[1], p.lexer.next()}
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

// report adds a problem.
func (p *parser) report(problem diag.Problem) {
	if p.abandoned {
		return
	}
	report(p.lexer.problems, problem)
}

// fail reports a problem and gives up the present item.
func (p *parser) fail(problem diag.Problem) {
	p.report(problem)
	panic(bail{})
}

func (p *parser) failAt(pos diag.Pos, code diag.Code, format string, args ...any) {
	p.fail(diag.Problem{Pos: pos, Code: code, Msg: fmt.Sprintf(format, args...)})
}

func (p *parser) expect(mark, after string) {
	if !p.accept(mark) {
		t := p.peek()
		p.failAt(t.pos, "arrow/syntax", "expected %s %s, not %s", mark, after, t)
	}
}

// chainToEnd reads a whole text as a chain. What closes nothing is reported and passed over.
func (p *parser) chainToEnd() *chain {
	c := p.chain()
	for p.peek().kind != tokEnd {
		t := p.take()
		p.report(diag.Problem{Pos: t.pos, Code: "arrow/syntax", Msg: fmt.Sprintf("unexpected %s", t), Hint: "nothing is open here that it could belong to"})
		c.items = append(c.items, item{pos: t.pos, body: &broken{}})
		p.skipItem(0)
		if p.peek().kind == tokEnd || p.accept("->") && p.peek().kind == tokEnd {
			break
		}
		c.items = append(c.items, p.chain().items...)
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
	it = item{pos: p.peek().pos}
	depth, open := p.depth, len(p.open)
	defer func() {
		if caught := recover(); caught != nil {
			if _, ok := caught.(bail); !ok {
				panic(caught)
			}
			it.body = &broken{}
			p.depth = depth
			p.skipItem(open)
		}
	}()
	it.body = p.body()
	if _, ok := it.body.(*goOn); !ok { // an earlier result has its name, and is one however often it is named
		p.itemSuffix(&it)
	}
	if t := p.peek(); !p.endsItem(t) {
		p.fail(p.misplaced(it.body, t))
	}
	return it
}

// misplaced is the problem of a token behind an item that is neither part of it nor ends it.
func (p *parser) misplaced(b body, t token) diag.Problem {
	problem := diag.Problem{Pos: t.pos, Code: "arrow/syntax", Msg: fmt.Sprintf("unexpected %s: items are joined by ->", t)}
	l, isLayer := b.(*layer)
	switch {
	case strings.ContainsAny(t.text, "\u2010\u2011\u2012\u2013\u2014\u2212"):
		problem.Hint = "the dash is the plain one of the keyboard: CONV3-64"
	case p.after().text == ">":
		problem.Hint = "an arrow is written ->, without a blank"
	case isLayer && t.is("-") && t.spaced && p.kinds.hasDash(l.kind):
		problem.Hint = "the dash stands without a blank before it: CONV3-64"
	case isLayer && t.kind == tokNumber:
		problem.Hint = "a size follows the kind without a blank: " + l.kind.Name + t.text
	case t.is("?") || t.is("*") || t.kind == tokLabel:
		problem.Hint = "the order is layer, then ?, then *count, then @label, each at most once"
	}
	return problem
}

// itemSuffix reads what may follow any item: ?, *count and @label.
func (p *parser) itemSuffix(it *item) {
	if t := p.peek(); t.is("?") {
		l, ok := it.body.(*layer)
		if !ok {
			p.fail(diag.Problem{Pos: t.pos, Code: "arrow/syntax", Msg: "? may follow a layer only", Hint: "use *name with a variable of 0 or 1: [...]*name"})
		}
		p.take()
		it.optional = strings.ToLower(l.kind.Name)
		p.file.optional[it.optional] = true
	}
	if p.accept("*") {
		it.count = p.number("the count")
	}
	if t := p.peek(); t.kind == tokLabel {
		p.take()
		it.label, it.labelPos = t.text, t.pos
		if plus := p.peek(); plus.is("+") && !plus.spaced {
			p.take()
			it.listed = true
		}
		p.file.labelSites.add(t.text, p.text, t.pos)
	}
	if _, ok := it.body.(*inputMark); ok && it.count != nil {
		p.fail(diag.Problem{Pos: it.count.pos, Code: "network/input", Msg: "INPUT is not repeated: a network has one input"})
	}
}

func (p *parser) endsItem(t token) bool {
	return t.kind == tokEnd || t.is("->") || t.is("|") || t.is(")") || t.is("]")
}

// skipItem passes over the rest of an item that began with so many brackets open. An arrow ends it even inside
// parentheses where no arrow can stand: the closing one is missing there.
func (p *parser) skipItem(open int) {
	for {
		t := p.peek()
		inside := len(p.open) - open
		if t.kind == tokEnd || inside <= 0 && p.endsItem(t) {
			break
		}
		if t.is("->") && !slices.Contains(p.open[open:], openedChain) {
			break
		}
		p.take()
	}
	p.open = p.open[:min(open, len(p.open))]
}

// abandon gives up the whole text.
func (p *parser) abandon() {
	p.abandoned = true
	p.lexer.text = nil
	p.ahead = [2]token{p.lexer.next(), p.lexer.next()}
	panic(bail{})
}

// nest guards the depth of recursion.
func (p *parser) nest(pos diag.Pos) func() {
	p.depth++
	if p.depth > maxNesting {
		p.report(diag.Problem{Pos: pos, Code: "arrow/too-deep", Msg: fmt.Sprintf("brackets are nested deeper than %d", maxNesting)})
		p.abandon()
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
			p.fail(diag.Problem{Pos: t.pos, Code: "arrow/bracket", Msg: "this [ is not closed", Hint: fmt.Sprintf("expected ] before %s at %s", p.peek(), p.peek().pos)})
		}
		return &group{c}
	case t.kind == tokWord:
		return p.named()
	case t.kind == tokLabel:
		p.take()
		return &goOn{label: t.text, pos: t.pos}
	case p.endsItem(t):
		p.fail(p.missingLayer(t))
	}
	p.failAt(t.pos, "arrow/missing-layer", "expected a layer, not %s", t)
	return nil
}

// missingLayer is the problem of an arrow or bracket that has nothing on one side. It stands at the arrow.
func (p *parser) missingLayer(t token) diag.Problem {
	problem := diag.Problem{Pos: t.pos, Code: "arrow/missing-layer", Msg: fmt.Sprintf("a layer is missing before %s", t)}
	switch {
	case p.last.is("->") && t.kind == tokEnd:
		problem = diag.Problem{Pos: p.last.pos, Code: "arrow/missing-layer", Msg: "no layer follows this ->"}
		if p.lexer.cut {
			problem.Hint = "a # ends a plain YAML value; " + underLiteral
		}
	case p.last.is("->") && !t.is("->"):
		problem = diag.Problem{Pos: p.last.pos, Code: "arrow/missing-layer", Msg: fmt.Sprintf("no layer follows this ->, but %s", t)}
	case p.last.text != "" && !t.is("->"):
		problem.Msg = fmt.Sprintf("a layer is missing between %s and %s", p.last, t)
	}
	return problem
}

// named reads what starts with a word: a block's call, a merge, or a layer.
func (p *parser) named() body {
	t := p.peek()
	after := p.after()
	if b, ok := p.file.blocks[t.text]; ok {
		return p.call(b)
	}
	kind, head, ok := p.kinds.split(t.text)
	if _, other := usualName(t.text); other && strings.Trim(head, "0123456789x.") != "" {
		ok = false // CONV2D3 is no CONV with a size of 2D3
	}
	switch {
	case strings.EqualFold(t.text, "INPUT"):
		p.take()
		return &inputMark{}
	case !ok && strings.EqualFold(t.text, "IDENTITY"):
		p.fail(diag.Problem{Pos: t.pos, Code: "arrow/syntax", Msg: "IDENTITY is a whole path: it stands alone between ( | and )", Hint: "for example ADD(CONV3-64 | IDENTITY)"})
	case !ok:
		p.fail(p.unknown(t, after))
	case kind.JoinsPaths():
		return p.merge(kind)
	}
	return p.layer(kind, head)
}

// The remedy where no kind is near.
const allKinds = "cnncalc help language lists all kinds"

// unknown is the problem of a word that names neither kind nor block.
func (p *parser) unknown(t, after token) diag.Problem {
	isCall := after.is("(") && !after.spaced
	if isCall && p.file.blocksUnread {
		panic(bail{}) // what is wrong with the blocks is already reported
	}
	name := strings.TrimRight(t.text, "0123456789.")
	problem := diag.Problem{Pos: t.pos, Code: "layer/unknown-kind", Msg: "unknown kind of layer " + plain.Cut(name)}
	if isCall {
		name = t.text
		problem.Msg = "unknown block or kind of layer " + plain.Cut(name)
	}
	if kind, rest := p.kinds.prefix(name); p.isVariable(rest) {
		problem.Hint = fmt.Sprintf("a variable here stands in parentheses: %s(%s)", kind, rest)
		return problem
	}
	if usual, ok := usualName(t.text); ok {
		problem.Hint = fmt.Sprintf("did you mean %s?", usual)
		return problem
	}
	names := append(p.kinds.names(), "IDENTITY")
	if len(p.file.blocks) <= diag.MaxCandidates {
		names = slices.AppendSeq(names, maps.Keys(p.file.blocks))
	}
	problem.Hint = cmp.Or(diag.DidYouMean(name, names), allKinds)
	return problem
}

// isVariable tells a variable of the file, or a parameter of the block being read.
func (p *parser) isVariable(name string) bool {
	if _, ok := p.file.vars[name]; ok {
		return true
	}
	b, ok := p.file.blocks[p.text]
	return ok && slices.ContainsFunc(b.params, func(q param) bool { return q.name == name })
}

func (p *parser) call(b *block) *call {
	t := p.take()
	c := &call{block: b, pos: t.pos}
	if !p.peek().is("(") {
		p.fail(diag.Problem{Pos: t.pos, Code: "block/call", Msg: fmt.Sprintf("the block %s is called without parentheses", t),
			Hint: "write " + b.signature()})
	}
	defer p.nest(t.pos)()
	p.take()
	for !p.accept(")") {
		if len(c.args) > 0 {
			p.expect(",", fmt.Sprintf("or ) in the call of %s", t))
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
func (b *block) signature() string {
	params := make([]string, len(b.params))
	for i, q := range b.params {
		params[i] = q.name
		if q.def != nil {
			params[i] += fmt.Sprintf("=%d", q.def.n)
		}
	}
	return b.name + "(" + strings.Join(params, ", ") + ")"
}

func (p *parser) merge(kind op.Kind) *merge {
	t := p.take()
	m := &merge{layer: layer{kind: kind, pos: t.pos}}
	if !p.peek().is("(") {
		p.fail(diag.Problem{Pos: t.pos, Code: "arrow/syntax", Msg: kind.Name + " needs its paths in parentheses", Hint: "for example " + kind.Name + "(CONV3-64 | IDENTITY)"})
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
		p.fail(diag.Problem{Pos: open.pos, Code: "arrow/bracket", Msg: "this ( is not closed", Hint: fmt.Sprintf("expected ) or | before %s at %s", p.peek(), p.peek().pos)})
	}
	r := fieldReader{parser: p, layer: &m.layer, fields: p.kinds.fields(kind)}
	r.options()
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
	r := fieldReader{parser: p, layer: &layer{kind: kind, pos: t.pos}, fields: p.kinds.fields(kind)}
	r.head(t, head)
	if dash := p.peek(); dash.is("-") && !dash.spaced {
		p.take()
		r.dash(dash)
	}
	r.options()
	return r.layer
}

// number reads digits, a variable, an expression in parentheses or a list in braces.
func (p *parser) number(what string) *number {
	p.operations = 0
	t := p.peek()
	switch {
	case t.is("{"):
		return p.list()
	case t.kind == tokDecimal:
		p.failAt(t.pos, "arrow/number", "%s is a whole number, not %s", what, t)
	case t.is("-") && p.after().kind == tokNumber:
		p.failAt(t.pos, "arrow/number", "%s is 0 or more, not -%s", what, p.after())
	case t.kind != tokNumber && t.kind != tokWord && !t.is("("):
		p.failAt(t.pos, "arrow/number", "%s is missing before %s", what, t)
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
		p.failAt(t.pos, "arrow/number", "%s is a whole number, not %s", what, t)
	}
	return &number{pos: t.pos, expr: p.expression()}
}

func (p *parser) list() *number {
	open := p.take()
	n := &number{pos: open.pos}
	if p.peek().is("}") {
		p.failAt(open.pos, "arrow/number", "the list is empty")
	}
	for {
		if t := p.peek(); t.is("{") {
			p.failAt(t.pos, "arrow/number", "a list cannot stand in a list")
		}
		n.list = append(n.list, p.expression())
		if p.accept("}") {
			return n
		}
		p.expect(",", "or } in the list")
	}
}

// expression reads an expression of bounded length.
func (p *parser) expression() expr {
	p.operations = 0
	return p.expr()
}

// expr reads + and -, term * and /, primary numbers, variables and parentheses.
func (p *parser) expr() expr {
	return p.binary("+", "-", p.term)
}

func (p *parser) term() expr {
	return p.binary("*", "/", p.primary)
}

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

func (p *parser) primary() expr {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		n, err := wholeNumber(t.text)
		if err != nil {
			p.fail(diag.At(t.pos, err))
		}
		p.take()
		return &literal{n}
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
		p.failAt(t.pos, "arrow/number", "%s is not a whole number", t)
	case t.is("-") && p.after().kind == tokNumber:
		p.failAt(t.pos, "arrow/number", "a number here is 0 or more, not -%s", p.after())
	}
	p.failAt(t.pos, "arrow/number", "a number or variable is missing before %s", t)
	return nil
}
