package spec

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
)

// fieldReader reads the fields of one layer in the arrow language, by the table that the kind declares.
type fieldReader struct {
	*parser
	layer  *layer
	fields []op.Field
}

// add records an argument; a field written twice is a problem.
func (r *fieldReader) add(f op.Field, pos diag.Pos, v *value) {
	for _, a := range r.layer.args {
		if a.key == f.Key {
			r.fail(diag.Problem{Pos: pos, Msg: fmt.Sprintf("%s: %s is written twice", r.layer.kind.Name, f.Key)})
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

// head reads what follows the kind's name directly: text in the same word, or an expression in parentheses.
func (r *fieldReader) head(t token, text string) {
	next := r.peek()
	if text == "" && (!next.is("(") || next.spaced) {
		return
	}
	pos := diag.Pos{Line: t.pos.Line, Col: t.pos.Col + len(t.text) - len(text)}
	f, ok := r.at(op.Head)
	if !ok {
		r.fail(diag.Problem{Pos: pos, Msg: r.layer.kind.Name + " takes no size"})
	}
	r.add(f, pos, r.sizeValue(text, pos))
}

// dash reads the number behind "-".
func (r *fieldReader) dash(dash token) {
	f, ok := r.at(op.Dash)
	if !ok {
		r.fail(diag.Problem{Pos: dash.pos, Msg: r.layer.kind.Name + " takes no number after a dash"})
	}
	n := r.number(f.Key)
	r.add(f, n.pos, &value{pos: n.pos, numbers: []*number{n}})
}

// option reads s2, s2x1, s(n), same, nobias or key=value.
func (r *fieldReader) option() {
	t := r.take()
	next := r.peek()
	if next.is("=") {
		r.take()
		f := r.named(t)
		r.add(f, t.pos, r.optionValue())
		return
	}
	for _, f := range r.fields {
		if slices.Contains(f.Words, strings.ToLower(t.text)) {
			r.add(f, t.pos, &value{pos: t.pos, word: strings.ToLower(t.text)})
			return
		}
	}
	rest := t.text[1:]
	for _, f := range r.fields {
		if !strings.EqualFold(f.Letter, t.text[:1]) || rest == "" && (!next.is("(") || next.spaced) || rest != "" && !isDigit(rune(rest[0])) {
			continue
		}
		pos := diag.Pos{Line: t.pos.Line, Col: t.pos.Col + 1}
		r.add(f, t.pos, r.sizeValue(rest, pos))
		return
	}
	r.fail(r.unknownOption(t))
}

// named finds the field of key=value, by its key or letter.
func (r *fieldReader) named(t token) op.Field {
	for _, f := range r.fields {
		if strings.EqualFold(f.Key, t.text) || f.Letter != "" && strings.EqualFold(f.Letter, t.text) {
			return f
		}
	}
	r.fail(r.unknownOption(t))
	return op.Field{}
}

func (r *fieldReader) unknownOption(t token) diag.Problem {
	p := diag.Problem{Pos: t.pos, Msg: fmt.Sprintf("%s has no option %s", r.layer.kind.Name, t.text)}
	var shown, names []string
	for _, f := range r.fields {
		if f.Place != op.Option {
			continue
		}
		if f.Letter != "" || len(f.Words) == 0 {
			shown = append(shown, optionName(f))
		}
		shown = append(shown, f.Words...)
		names = append(append(names, f.Key), f.Words...)
	}
	p.Hint = diag.DidYouMean(t.text, names)
	if p.Hint == "" && len(shown) > 0 {
		p.Hint = "it takes " + strings.Join(shown, ", ")
	}
	return p
}

// optionName shows an option as it is written.
func optionName(f op.Field) string {
	if f.Letter != "" {
		return f.Letter + "... (" + f.Key + ")"
	}
	return f.Key + "=..."
}

// sizeValue reads "7", "7x1", "0.5" or "" as they stand in a word, with (expr) on either side of the x read on
// from the tokens.
func (r *fieldReader) sizeValue(text string, pos diag.Pos) *value {
	v := &value{pos: pos}
	if strings.Contains(text, ".") {
		v.decimal = text
		return v
	}
	first, second, hasX := strings.Cut(text, "x")
	v.numbers = []*number{r.part(first, pos)}
	pos.Col += len(first) + 1
	switch next := r.peek(); {
	case hasX:
		v.numbers = append(v.numbers, r.part(second, pos))
		v.sep = 'x'
	case first == "" && next.kind == tokWord && !next.spaced && next.text[0] == 'x':
		r.take()
		pos = diag.Pos{Line: next.pos.Line, Col: next.pos.Col + 1}
		v.numbers = append(v.numbers, r.part(next.text[1:], pos))
		v.sep = 'x'
	}
	return v
}

// part is one number of a size: its digits, or, where there are none, an expression in parentheses.
func (p *parser) part(digits string, pos diag.Pos) *number {
	if digits == "" {
		if t := p.peek(); !t.is("(") || t.spaced {
			p.failAt(pos, "a number is missing")
		}
		return &number{pos: pos, expr: p.primary()}
	}
	if strings.Trim(digits, "0123456789") != "" {
		p.fail(diag.Problem{Pos: pos, Msg: fmt.Sprintf("%s is not a number", digits), Hint: "a variable here stands in parentheses, as in CONV(f)-w s(s)"})
	}
	n, err := wholeNumber(digits)
	if err != nil {
		p.fail(diag.At(pos, err))
	}
	return &number{pos: pos, expr: &literal{n}}
}

// optionValue reads what stands behind "key=" in the arrow language.
func (p *parser) optionValue() *value {
	alone := !p.after().is(",")
	return p.value(alone, p.number)
}

// wholeValue reads a text that is a value from end to end, as in the mapping form, where expressions need no
// parentheses.
func (p *parser) wholeValue() *value {
	alone := p.after().kind == tokEnd
	v := p.value(alone, p.sum)
	if t := p.peek(); t.kind != tokEnd {
		p.failAt(t.pos, "unexpected %s behind the value", t)
	}
	return v
}

// value reads a decimal number, a word where one stands alone, or numbers joined by x or by commas. read reads
// one number.
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
	}
	v.numbers = []*number{read("a number")}
	for {
		next := p.peek()
		switch {
		case next.is(",") && v.sep != 'x':
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

// times reads on behind an x: "x3", "x3x4" or "x" and an expression in parentheses.
func (p *parser) times(v *value, word token) {
	pos := diag.Pos{Line: word.pos.Line, Col: word.pos.Col + 1}
	for _, digits := range strings.Split(word.text[1:], "x") {
		v.numbers = append(v.numbers, p.part(digits, pos))
		pos.Col += len(digits) + 1
	}
}
