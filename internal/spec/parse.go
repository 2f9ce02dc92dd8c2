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

// How deep brackets and parentheses may nest in arrow text: as deep as YAML itself.
const maxNesting = 64

// parser reads the arrow language by the grammar in the package comment. After a problem it goes on with the next item;
// the item that it could not read becomes a *broken one.
type parser struct {
	lexer      *lexer
	ahead      [2]token // the next two tokens
	last       token    // taken
	open       []opened // brackets that are still open
	kinds      *kindTable
	file       *File
	text       string // name of the block being read, "" for the layers
	depth      int
	operations int
	inArgument bool // a comma ends the value of an option, unless a number follows
	abandoned  bool // the rest of the text is not read and no more problems are reported
}

// opened is what an open bracket holds. Only chains can contain arrows.
type opened uint8

const (
	openedChain   opened = iota // [ ] and the paths of a merge
	openedNumbers               // an expression or a call's arguments
	openedList                  // { }
)

// bail is the panic of fail, recovered where reading can go on.
type bail struct{}

func newParser(l *lexer, kinds *kindTable, file *File, text string) *parser {
	p := &parser{lexer: l, kinds: kinds, file: file, text: text}
	p.ahead = [2]token{l.next(), l.next()}
	return p
}

func (p *parser) peek() token { return p.ahead[0] }

// after returns the token after the next one.
func (p *parser) after() token { return p.ahead[1] }

func (p *parser) take() token {
	t := p.ahead[0]
	if t.kind == tokEnd {
		return t
	}
	p.trackBrackets(t)
	p.last = t
	p.ahead = [2]token{p.ahead[1], p.lexer.next()}
	return t
}

// trackBrackets keeps the stack of open brackets up to date with a token that is taken.
func (p *parser) trackBrackets(t token) {
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
}

// accept takes the next token if it is the mark.
func (p *parser) accept(mark string) bool {
	if !p.peek().is(mark) {
		return false
	}
	p.take()
	return true
}

// report adds a problem, unless the text is abandoned.
func (p *parser) report(problem *diag.Problem) {
	if p.abandoned {
		return
	}
	report(p.lexer.problems, problem)
}

// fail reports a problem and gives up the current item.
func (p *parser) fail(problem *diag.Problem) {
	p.report(problem)
	panic(bail{})
}

func (p *parser) failAt(pos diag.Pos, code diag.Code, format string, args ...any) {
	p.fail(diag.ErrorfAt(pos, code, format, args...))
}

// expect takes the mark, or fails with the message "expected MARK WHERE, not ...".
func (p *parser) expect(mark, where string) {
	if !p.accept(mark) {
		t := p.peek()
		p.failAt(t.pos, "arrow/syntax", "expected %s %s, not %s", mark, where, t)
	}
}

// chainToEnd reads a whole text as a chain. It reports and skips what belongs to no open bracket.
func (p *parser) chainToEnd() *chain {
	c := p.chain()
	for p.peek().kind != tokEnd {
		t := p.take()
		p.report(diag.ErrorfAt(t.pos, "arrow/syntax", "unexpected %s", t).
			WithHint("no bracket or parenthesis is open here"))
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

// item reads one item. On a problem it skips to the arrow, bar or bracket that ends the item.
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
	if _, ok := it.body.(*goOn); !ok { // an earlier result has a name and cannot be repeated
		p.itemSuffix(&it)
	}
	if t := p.peek(); !p.endsItem(t) {
		p.fail(p.misplaced(it.body, t))
	}
	return it
}

// misplaced returns the problem of a token that follows an item but neither belongs to it nor ends it.
func (p *parser) misplaced(b body, t token) *diag.Problem {
	problem := diag.ErrorfAt(t.pos, "arrow/syntax", "unexpected %s: items are joined by ->", t)
	l, isLayer := b.(*layer)
	param, isParam := b.(*paramLayer)
	switch {
	case isParam && (t.is("-") || t.kind == tokWord || t.kind == tokNumber):
		problem.Hint = settingsOfArgument(param.name)
	case strings.ContainsAny(t.text, "\u2010\u2011\u2012\u2013\u2014\u2212"):
		problem.Hint = "type the plain hyphen of the keyboard: CONV3-64"
	case t.is("-") && p.after().text == ">":
		problem.Hint = "write the arrow without a space: ->"
	case isLayer && t.is("-") && t.spaced && p.lacksDash(l):
		problem.Hint = "leave no space before the dash: CONV3-64"
	case isLayer && (t.kind == tokNumber || t.kind == tokDecimal):
		problem.Hint = p.numberHint(l, t)
	case t.is("?") || t.is("*") || t.kind == tokLabel:
		problem.Hint = "the order is layer, then ?, then *count, then @label, each at most once"
	}
	return problem
}

// lacksDash reports whether a layer has none of the field that its kind takes after a dash.
func (p *parser) lacksDash(l *layer) bool {
	dash, ok := p.fieldAt(l.kind, op.Dash)
	return ok && !slices.ContainsFunc(l.args, func(a argument) bool { return a.key == dash.Key })
}

// numberHint returns the hint for a number that a space separates from its layer: where it belongs.
func (p *parser) numberHint(l *layer, t token) string {
	size, hasSize := p.fieldAt(l.kind, op.Head)
	dash, hasDash := p.fieldAt(l.kind, op.Dash)
	written := func(f op.Field) *value {
		for _, a := range l.args {
			if a.key == f.Key {
				return a.value
			}
		}
		return nil
	}
	switch {
	case hasSize && written(size) == nil:
		return fmt.Sprintf("write the %s directly after the kind: %s%s", size.Key, l.kind.Name, plain.Cut(t.text))
	case hasDash && written(dash) == nil && !hasSize:
		return fmt.Sprintf("write the %s after a dash: %s-%s", dash.Key, l.kind.Name, plain.Cut(t.text))
	case hasDash && written(dash) == nil:
		return fmt.Sprintf("write the %s after a dash: %s%s-%s", dash.Key, l.kind.Name, sizeText(written(size)),
			plain.Cut(t.text))
	}
	return ""
}

// fieldAt returns the field of a kind that has a place in its notation.
func (p *parser) fieldAt(kind op.Kind, place op.Place) (op.Field, bool) {
	r := fieldReader{fields: p.kinds.fields(kind)}
	return r.at(place)
}

// sizeText returns a size as it is written after the kind: 3, 3x1, or (w+1)x3.
func sizeText(v *value) string {
	if v.numbers == nil {
		return v.String()
	}
	parts := make([]string, len(v.numbers))
	for i, n := range v.numbers {
		parts[i] = n.String()
		if _, isVariable := n.expr.(*reference); isVariable {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, "x")
}

// settingsOfArgument returns the hint for a parameter with a size or options.
func settingsOfArgument(param string) string {
	return fmt.Sprintf("a parameter is a whole layer: give it its settings in the call, as in %s=LEAKYRELU0.1", param)
}

// itemSuffix reads what may follow any item: ?, *count and @label.
func (p *parser) itemSuffix(it *item) {
	if t := p.peek(); t.is("?") {
		l, ok := it.body.(*layer)
		if !ok {
			p.fail(diag.ErrorfAt(t.pos, "arrow/syntax", "? may follow only a layer").
				WithHint("repeat by a variable that is 0 or 1: [...]*name"))
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
		p.failAt(it.count.pos, "network/input", "INPUT cannot be repeated: a network has one input")
	}
}

func (p *parser) endsItem(t token) bool {
	return t.kind == tokEnd || t.is("->") || t.is("|") || t.is(")") || t.is("]")
}

// skipItem skips the rest of an item. open is the number of brackets that were open before it. An arrow ends the item
// even inside parentheses that cannot contain one, since the closing parenthesis is missing then.
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

// nest enters a bracket at pos, and returns the function that leaves it. It abandons text that nests too deep.
func (p *parser) nest(pos diag.Pos) func() {
	p.depth++
	if p.depth > maxNesting {
		p.report(diag.ErrorfAt(pos, "arrow/too-deep", "brackets are nested deeper than %d", maxNesting))
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
			p.fail(p.unclosed(t, "]"))
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

// unclosed returns the problem of an open bracket that the next token should have closed. closing says with what.
func (p *parser) unclosed(open token, closing string) *diag.Problem {
	next := p.peek()
	return diag.ErrorfAt(open.pos, "arrow/bracket", "this %s is not closed", open).
		WithHint("expected %s before %s at %s", closing, next, next.pos)
}

// missingLayer returns the problem of an arrow or bracket t without a layer before it. If an arrow comes before t, the
// problem is at that arrow.
func (p *parser) missingLayer(t token) *diag.Problem {
	const code = "arrow/missing-layer"
	afterArrow := p.last.is("->")
	switch {
	case afterArrow && t.kind == tokEnd:
		problem := diag.ErrorfAt(p.last.pos, code, "no layer follows this ->")
		if p.lexer.cut {
			problem.Hint = "a # ends a plain YAML value; " + underLiteral
		}
		return problem
	case afterArrow && !t.is("->"):
		return diag.ErrorfAt(p.last.pos, code, "expected a layer after this ->, not %s", t)
	case p.last.text != "" && !t.is("->"):
		return diag.ErrorfAt(t.pos, code, "a layer is missing between %s and %s", p.last, t)
	}
	return diag.ErrorfAt(t.pos, code, "a layer is missing before %s", t)
}

// named reads an item that starts with a word: INPUT, a parameter, a block's call, a merge, or a layer.
func (p *parser) named() body {
	t := p.peek()
	after := p.after()
	if p.isParam(t.text) && !p.kinds.isReserved(t.text) && !after.is("(") {
		p.take()
		return &paramLayer{t.text, t.pos}
	}
	if b, ok := p.file.blocks[t.text]; ok {
		return p.call(b)
	}
	kind, head, ok := p.kinds.split(t.text)
	if strings.Trim(head, "0123456789x.") != "" && p.kinds.isUsualName(t.text) {
		ok = false // CONV2D3 is not a CONV of size 2D3
	}
	switch {
	case strings.EqualFold(t.text, "INPUT"):
		p.take()
		return &inputMark{}
	case !ok && strings.EqualFold(t.text, "IDENTITY"):
		p.fail(diag.ErrorfAt(t.pos, "arrow/syntax", "IDENTITY must be a path of its own").
			WithHint("for example ADD(CONV3-64 | IDENTITY)"))
	case !ok:
		p.fail(p.unknown(t, after))
	case p.kinds.joins[kind.Name]:
		return p.merge(kind)
	}
	return p.layer(kind, head)
}

// The hint where no known kind is near.
const allKinds = "cnncalc help language lists all kinds"

// meant returns the hint for a name of another program's layer.
func meant(layer string) string {
	if layer == "" {
		return "cnncalc has no such layer; " + allKinds
	}
	return "did you mean " + layer + "?"
}

// unknown returns the problem of a word that names neither a kind nor a block. It bails out of a call if blocks could
// not be read, since that is reported already.
func (p *parser) unknown(t, after token) *diag.Problem {
	if b, ok := p.file.blocks[p.text]; ok && b.paramsUnread {
		panic(bail{}) // it may be a parameter
	}
	name, what := strings.TrimRight(t.text, "0123456789."), "kind of layer"
	if after.is("(") && !after.spaced {
		if p.file.blocksUnread {
			panic(bail{})
		}
		name, what = t.text, "block or kind of layer"
	}
	problem := diag.ErrorfAt(t.pos, "layer/unknown-kind", "unknown %s %s", what, plain.Cut(name))
	switch kind, rest := p.kinds.prefix(name); {
	case kind == "" && p.isParam(rest):
		return problem.WithHint("%s", settingsOfArgument(rest))
	case kind != "" && p.isVariable(rest):
		return problem.WithHint("put a variable in parentheses here: %s(%s)", kind, rest)
	}
	if usual, ok := p.kinds.usualName(t.text); ok {
		return problem.WithHint("%s", meant(usual))
	}
	names := append(p.kinds.names(), "IDENTITY")
	if len(p.file.blocks) <= diag.MaxCandidates {
		names = slices.AppendSeq(names, maps.Keys(p.file.blocks))
	}
	problem.Hint = cmp.Or(diag.DidYouMean(name, names), allKinds)
	return problem
}

// isVariable reports whether name is a variable of the file or a parameter of the block being read.
func (p *parser) isVariable(name string) bool {
	_, ok := p.file.vars[name]
	return ok || p.isParam(name)
}

// isParam reports whether name is a parameter of the block being read.
func (p *parser) isParam(name string) bool {
	b, ok := p.file.blocks[p.text]
	return ok && slices.ContainsFunc(b.params, func(q param) bool { return q.name == name })
}

func (p *parser) call(b *block) *call {
	t := p.take()
	c := &call{block: b, pos: t.pos}
	if !p.peek().is("(") {
		p.fail(diag.ErrorfAt(t.pos, "block/call", "the block %s is called without parentheses", t).
			WithHint("write %s", b.signature()))
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
	arg.value = p.passed()
	return arg
}

// passed reads an argument of a call.
func (p *parser) passed() *passed {
	t := p.peek()
	value := &passed{pos: t.pos}
	switch {
	case t.kind == tokLabel:
		p.take()
		if t.text == "" {
			panic(bail{}) // the lexer has reported it
		}
		value.label = t.text
	case p.startsLayer(t):
		p.passedLayer(value)
	default:
		value.number = p.sum("an argument")
	}
	return value
}

// startsLayer reports whether a layer starts with the token, not an expression. A variable hides a kind of its name.
func (p *parser) startsLayer(t token) bool {
	return t.kind == tokWord && !p.isVariable(t.text) && (p.kinds.isReserved(t.text) || p.looksLikeKind(t.text))
}

// looksLikeKind reports whether a word that names nothing was meant as a kind of layer.
func (p *parser) looksLikeKind(word string) bool {
	if word != strings.ToUpper(word) || p.file.varsUnread {
		return false
	}
	_, usual := p.kinds.usualName(word)
	_, isNear := diag.Nearest(strings.TrimRight(word, "0123456789."), p.kinds.names())
	return usual || isNear
}

// passedLayer reads a layer as an argument.
func (p *parser) passedLayer(to *passed) {
	t := p.peek()
	kind, head, ok := p.kinds.split(t.text)
	switch {
	case strings.EqualFold(t.text, "IDENTITY"):
		p.take()
		to.identity = true
	case strings.EqualFold(t.text, "INPUT"):
		p.failAt(t.pos, "block/call", "INPUT cannot be an argument")
	case !ok:
		p.fail(p.unknown(t, p.after()))
	case p.kinds.joins[kind.Name]:
		p.fail(diag.ErrorfAt(t.pos, "block/call", "%s cannot be an argument: an argument is one layer without paths",
			kind.Name).
			WithHint("write the paths in the block, and pass what differs in them"))
	default:
		inside := p.inArgument
		p.inArgument = true
		to.layer = p.layer(kind, head)
		p.inArgument = inside
	}
	if t := p.peek(); t.is("->") {
		for open := len(p.open); p.peek().kind != tokEnd && len(p.open) >= open; {
			p.take()
		}
		p.fail(diag.ErrorfAt(t.pos, "block/call", "an argument is one layer, but an arrow follows it").
			WithHint("write the layers that follow in the block"))
	}
}

// signature returns a block's name and parameters as its definition writes them, cut for a message.
func (b *block) signature() string {
	params := make([]string, len(b.params))
	for i, q := range b.params {
		params[i] = q.name
		if q.def != nil {
			params[i] += "=" + q.def.String()
		}
	}
	return plain.CutNames(b.name + "(" + strings.Join(params, ", ") + ")")
}

func (p *parser) merge(kind op.Kind) *merge {
	t := p.take()
	m := &merge{layer: layer{kind: kind, pos: t.pos}}
	if !p.peek().is("(") {
		p.fail(diag.ErrorfAt(t.pos, "arrow/syntax", "%s needs its paths in parentheses", kind.Name).
			WithHint("for example %s(CONV3-64 | IDENTITY)", kind.Name))
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
		p.fail(p.unclosed(open, ") or |"))
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

// layer reads the size, dash and options of a layer. head is what followed the kind in the same word.
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
