package spec

import (
	"cmp"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// fieldReader reads the fields of one layer in the arrow language, as its kind declares them.
type fieldReader struct {
	*parser
	layer  *layer
	fields []op.Field
}

// add records an argument. It fails if the field is set already.
func (r *fieldReader) add(f op.Field, pos diag.Pos, v *value) {
	for _, a := range r.layer.args {
		if a.key == f.Key {
			r.failAt(pos, "layer/duplicate-field", "%s: %s is set twice", r.layer.kind.Name, f.Key)
		}
	}
	r.layer.args = append(r.layer.args, argument{f.Key, pos, v})
}

func (r *fieldReader) at(place op.Place) (op.Field, bool) {
	i := slices.IndexFunc(r.fields, func(f op.Field) bool { return f.Place == place })
	if i < 0 {
		return op.Field{}, false
	}
	return r.fields[i], true
}

// head reads the size that follows the kind directly: text in the same word, or an expression in parentheses.
func (r *fieldReader) head(t token, text string) {
	next := r.peek()
	if text == "" && (!next.is("(") || next.spaced) {
		return
	}
	pos := diag.Pos{Line: t.pos.Line, Col: t.pos.Col + len(t.text) - len(text)}
	f, ok := r.at(op.Head)
	if !ok {
		r.fail(r.noSize(pos, text))
	}
	r.add(f, pos, r.sizeValue(text, pos))
}

func (r *fieldReader) noSize(pos diag.Pos, text string) *diag.Problem {
	name := r.layer.kind.Name
	problem := diag.ErrorfAt(pos, "layer/value", "%s takes no size", name)
	if f, ok := r.at(op.Dash); ok {
		problem.WithHint("write the %s after a dash: %s-%s", f.Key, name, plain.Cut(cmp.Or(text, "10")))
	}
	return problem
}

// dash reads the number after "-".
func (r *fieldReader) dash(dash token) {
	f, ok := r.at(op.Dash)
	if !ok {
		r.fail(r.noDash(dash.pos))
	}
	switch t := r.peek(); {
	case t.is("-") && r.after().kind == tokNumber:
		r.failAt(t.pos, "layer/value", "%s: %s must be 1 or more, not -%s", r.layer.kind.Name, f.Key, r.after())
	case !t.is("{") && !t.is("(") && t.kind != tokNumber && t.kind != tokWord && t.kind != tokDecimal:
		r.failAt(dash.pos, "layer/value", "%s: the number of %s is missing after the dash", r.layer.kind.Name, f.Key)
	}
	n := r.number(r.layer.kind.Name + ": " + f.Key)
	r.add(f, n.pos, &value{pos: n.pos, numbers: []*number{n}})
}

func (r *fieldReader) noDash(pos diag.Pos) *diag.Problem {
	name := r.layer.kind.Name
	problem := diag.ErrorfAt(pos, "layer/value", "%s takes no number after a dash", name)
	if f, ok := r.at(op.Head); ok {
		problem.WithHint("write its %s without a dash; see cnncalc help %s", f.Key, strings.ToLower(name))
	}
	return problem
}

func (r *fieldReader) options() {
	for r.peek().kind == tokWord {
		r.option()
	}
}

// option reads an option such as s2, s2x1, s(n), same, nobias or key=value.
func (r *fieldReader) option() {
	t := r.take()
	next := r.peek()
	if next.is("=") {
		r.take()
		f := r.named(t)
		if v := r.peek(); f.TakesLabel() && (v.kind == tokEnd || v.kind == tokMark || v.kind == tokArrow) {
			r.fail(r.noValue(f, t))
		}
		r.add(f, t.pos, r.optionValue(f.TakesNegative()))
		return
	}
	word := strings.ToLower(t.text)
	for _, f := range r.fields {
		if slices.Contains(f.Words, word) || slices.Contains(f.Refused, word) {
			r.add(f, t.pos, &value{pos: t.pos, word: word})
			return
		}
	}
	letter, rest := word[:1], t.text[1:]
	for _, f := range r.fields {
		if f.Letter != letter || rest != "" && !isDigit(rune(rest[0])) {
			continue
		}
		if rest == "" && (!next.is("(") || next.spaced) {
			r.fail(r.bareLetter(f, t))
		}
		pos := diag.Pos{Line: t.pos.Line, Col: t.pos.Col + 1}
		r.add(f, t.pos, r.sizeValue(rest, pos))
		return
	}
	r.fail(r.unknownOption(t))
}

// bareLetter returns the problem of an option's letter without a number.
func (r *fieldReader) bareLetter(f op.Field, t token) *diag.Problem {
	if next := r.peek(); next.is("-") && !next.spaced {
		return diag.ErrorfAt(t.pos, "layer/value", "%s: %s cannot be negative", r.layer.kind.Name, f.Key)
	}
	return diag.ErrorfAt(t.pos, "layer/value", "%s: %s has no number", r.layer.kind.Name, f.Key).
		WithHint("write it directly after the letter, as in %[1]s2 or %[1]s(n)", f.Letter)
}

// named finds the field of an option key=value by its key or letter.
func (r *fieldReader) named(t token) op.Field {
	for _, f := range r.fields {
		if strings.EqualFold(f.Key, t.text) || f.Letter != "" && strings.EqualFold(f.Letter, t.text) {
			return f
		}
	}
	r.fail(r.unknownOption(t))
	return op.Field{}
}

func (r *fieldReader) unknownOption(t token) *diag.Problem {
	name := r.layer.kind.Name
	p := diag.ErrorfAt(t.pos, "layer/unknown-option", "%s has no option %s", name, t)
	if _, _, isKind := r.kinds.split(t.text); isKind {
		return p.WithHint("write an arrow before a layer: -> %s", t)
	}
	for _, f := range r.fields {
		if f.Place == op.Option && strings.EqualFold(f.Key, t.text) {
			return r.noValue(f, t)
		}
	}
	letter, rest := t.text[:1], t.text[1:]
	isLetter := slices.ContainsFunc(r.fields, func(f op.Field) bool { return f.Letter == letter })
	if isLetter && r.isVariable(rest) {
		return p.WithHint("put a variable in parentheses here: %s(%s)", letter, rest)
	}
	shown, names := r.optionNames()
	if len(shown) == 0 {
		return p.WithHint("%s takes no options", name)
	}
	didYouMean := diag.DidYouMean(strings.TrimRight(t.text, "0123456789"), names)
	p.Hint = cmp.Or(didYouMean, "it takes "+strings.Join(shown, ", "))
	return p
}

// noValue returns the problem of an option's key without a value.
func (r *fieldReader) noValue(f op.Field, t token) *diag.Problem {
	return diag.ErrorfAt(t.pos, "layer/value", "%s: %s has no value", r.layer.kind.Name, f.Key).
		WithHint("write %s", keyForm(f))
}

// keyForm shows an option in the form key=value.
func keyForm(f op.Field) string {
	if f.TakesLabel() {
		return f.Key + "=@label"
	}
	return f.Key + "=..."
}

// optionNames returns the options of the kind as a message shows them, and the keys and words that they may be meant
// by.
func (r *fieldReader) optionNames() (shown, names []string) {
	for _, f := range r.fields {
		if f.Place != op.Option {
			continue
		}
		switch {
		case f.Letter != "":
			shown = append(shown, f.Letter+"... ("+f.Key+")")
		case len(f.Words) == 0:
			shown = append(shown, keyForm(f))
		}
		shown = append(shown, f.Words...)
		names = append(append(names, f.Key), f.Words...)
	}
	return shown, names
}

// sizeValue reads a size. text is what the word has of it: "7", "7x1", "0.5", "7x" or "". Where a number is missing, an
// expression in parentheses follows the word.
func (p *parser) sizeValue(text string, pos diag.Pos) *value {
	v := &value{pos: pos}
	if strings.Contains(text, ".") {
		v.decimal = text
		return v
	}
	if strings.Count(text, "x") > 1 {
		p.fail(diag.ErrorfAt(pos, "layer/value", "%s has more than two numbers", text).
			WithHint("a size is one number, or width x height"))
	}
	first, second, hasX := strings.Cut(text, "x")
	v.numbers = []*number{p.part(first, pos)}
	pos.Col += len(first) + 1
	switch next := p.peek(); {
	case hasX:
		v.numbers = append(v.numbers, p.part(second, pos))
		v.sep = 'x'
	case first == "" && next.kind == tokWord && !next.spaced && next.text[0] == 'x':
		p.take()
		pos = diag.Pos{Line: next.pos.Line, Col: next.pos.Col + 1}
		v.numbers = append(v.numbers, p.part(next.text[1:], pos))
		v.sep = 'x'
	}
	return v
}

// part reads one number of a size: its digits or, if there are none, an expression in parentheses.
func (p *parser) part(digits string, pos diag.Pos) *number {
	if digits == "" {
		if t := p.peek(); !t.is("(") || t.spaced {
			p.failAt(pos, "arrow/number", "a number is missing")
		}
		p.operations = 0
		return &number{pos: pos, expr: p.primary()}
	}
	if strings.Trim(digits, "0123456789") != "" {
		p.fail(diag.ErrorfAt(pos, "arrow/number", "%s is not a number", digits).WithHint(
			"a size is a number, or two as in 7x1; put a variable in parentheses, as in CONV(f)-w s(s)"))
	}
	n, err := wholeNumber(digits)
	if err != nil {
		problem := diag.At(pos, err)
		p.fail(&problem)
	}
	return &number{pos: pos, expr: &literal{n}}
}

// optionValue reads the value after "key=" in the arrow language. A minus may precede it if it may be negative.
func (p *parser) optionValue(negative bool) *value {
	if negative && p.isNegative() {
		return p.negative()
	}
	alone := p.inArgument || !p.after().is(",")
	return p.value(alone, p.number)
}

// isNegative reports whether a minus and a number follow.
func (p *parser) isNegative() bool {
	digits := p.after()
	return p.peek().is("-") && !digits.spaced && (digits.kind == tokNumber || digits.kind == tokDecimal)
}

// negative reads a minus and a number.
func (p *parser) negative() *value {
	minus := p.take()
	return &value{pos: minus.pos, decimal: "-" + p.take().text}
}

// wholeValue reads a whole text as one value, as the mapping form has it. Expressions need no parentheses there. A
// minus may precede it if it may be negative.
func (p *parser) wholeValue(negative bool) *value {
	var v *value
	if negative && p.isNegative() {
		v = p.negative()
	} else {
		v = p.value(p.after().kind == tokEnd, p.sum)
	}
	if t := p.peek(); t.kind != tokEnd {
		p.failAt(t.pos, "arrow/syntax", "unexpected %s after the value", t)
	}
	return v
}

// value reads a decimal number, a word, a label, or numbers joined by x or by commas, each with read. A word counts as
// such only if it is alone; otherwise it is a variable.
func (p *parser) value(alone bool, read func(what string) *number) *value {
	t := p.peek()
	v := &value{pos: t.pos}
	switch {
	case t.kind == tokDecimal:
		p.take()
		v.decimal = t.text
		return v
	case t.kind == tokWord && alone:
		p.take()
		v.word = t.text
		return v
	case t.kind == tokLabel:
		p.take()
		if t.text == "" {
			panic(bail{}) // the lexer has reported it
		}
		v.label = t.text
		return v
	}
	v.numbers = []*number{read("a number")}
	for {
		next := p.peek()
		switch {
		case next.is(",") && v.sep != 'x' && !(p.inArgument && p.after().kind != tokNumber):
			if len(v.numbers) == maxList {
				p.fail(longList(v.pos))
			}
			p.take()
			v.sep = ','
			v.numbers = append(v.numbers, read("a number"))
		case next.kind == tokWord && !next.spaced && next.text[0] == 'x' && v.sep != ',':
			p.take()
			v.sep = 'x'
			p.times(v, next)
		default:
			return v
		}
	}
}

// times reads the numbers after an x from a word such as "x3" or "x3x4", or "x" and an expression in parentheses.
func (p *parser) times(v *value, word token) {
	pos := diag.Pos{Line: word.pos.Line, Col: word.pos.Col + 1}
	for _, digits := range strings.Split(word.text[1:], "x") {
		v.numbers = append(v.numbers, p.part(digits, pos))
		pos.Col += len(digits) + 1
	}
}
