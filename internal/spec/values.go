package spec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// sizes reads input:, inputs: and classes:.
func (w *walker) sizes(entries map[string]entry) {
	if e, ok := entries["input"]; ok {
		w.file.input = w.inputSize(e.value, "input")
	}
	w.inputs(entries)
	if e, ok := entries["classes"]; ok {
		w.file.classes = w.value(e.value, "classes")
	}
}

// inputSize reads width x height x depth.
func (w *walker) inputSize(n *yaml.Node, what string) *value {
	n, ok := w.scalar(n, what)
	if !ok {
		return &value{pos: diag.Pos{Line: 1, Col: 1}}
	}
	problems := len(w.problems)
	v := w.value(n, what)
	if len(w.problems) == problems && len(v.numbers) == 3 && v.sep == 'x' {
		return v
	}
	// One problem about the whole replaces those about the parts.
	w.problems = w.problems[:problems]
	w.add(w.posOf(n), "network/input", "%s must be width x height x depth, not %s", what, plain.Cut(n.Value)).
		WithHint("for example 224x224x3, without spaces")
	return &value{pos: w.posOf(n)}
}

// value reads a whole number, or what stands for one, as valueOf does.
func (w *walker) value(n *yaml.Node, what string) *value { return w.valueOf(n, what, false) }

// valueOf reads a field of the mapping form: a scalar, which may be negative for some fields, or a list with one value
// for each turn of a repeat. On a problem it returns an unread value.
func (w *walker) valueOf(n *yaml.Node, what string, negative bool) *value {
	n = w.resolve(n)
	if n.Kind == yaml.SequenceNode {
		return w.listValue(n, what)
	}
	v := &value{pos: w.posOf(n)}
	if _, ok := w.scalar(n, what); !ok || !w.isNumeric(n, what) {
		return v
	}
	try(func() { v = w.newParser(n, "").wholeValue(negative) })
	return v
}

// isNumeric reports a number in quotes, since "3" is a text and its author may have meant something else, and YAML's
// infinities and NaN. It returns false for these.
func (w *walker) isNumeric(n *yaml.Node, what string) bool {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if _, err := numeral.Float(n.Value); err == nil && quoted {
		w.quotedNumber(n, what)
		return false
	}
	switch strings.ToLower(strings.TrimLeft(n.Value, "+-")) {
	case ".nan", ".inf":
		w.add(w.posOf(n), "yaml/value", "%s must be a finite number, not %s", what, n.Value)
		return false
	}
	return true
}

// quotedNumber reports a number that is written as a text.
func (w *walker) quotedNumber(n *yaml.Node, what string) {
	w.add(w.posOf(n), "yaml/value", "%s must be a number, not the text \"%s\"", what, plain.Cut(n.Value)).
		WithHint("write %s without quotes", plain.Cut(n.Value))
}

// listValue reads a list of expressions, one for each turn of a repeat.
func (w *walker) listValue(n *yaml.Node, what string) *value {
	unreadValue := &value{pos: w.posOf(n)}
	if len(n.Content) > maxList {
		w.report(longList(w.posOf(n)))
		return unreadValue
	}
	list := &number{pos: w.posOf(n)}
	for _, c := range n.Content {
		v := w.value(c, what)
		if v.isUnread() {
			return unreadValue
		}
		e, ok := v.single()
		if !ok {
			w.add(v.pos, "yaml/value", "a list for %s must hold whole numbers, one for each turn of a repeat", what)
			return unreadValue
		}
		list.list = append(list.list, e)
	}
	if len(list.list) == 0 {
		w.add(list.pos, "yaml/value", "the list for %s is empty", what)
		return unreadValue
	}
	return &value{pos: list.pos, numbers: []*number{list}}
}

// single returns the expression of a value that has just one.
func (v *value) single() (expr, bool) {
	switch {
	case v.word != "":
		return &reference{v.word, v.pos}, true
	case v.decimal != "" || v.label != "" || len(v.numbers) != 1 || v.numbers[0].list != nil:
		return nil, false
	}
	return v.numbers[0].expr, true
}

func (w *walker) vars(entries map[string]entry) {
	e, ok := entries["vars"]
	if !ok {
		return
	}
	all, ok := w.mapping(e.value, "vars")
	w.file.varsUnread = !ok
	for _, v := range all {
		if !isName(v.key) {
			w.badVariableName(v)
			continue
		}
		w.file.vars[v.key] = w.literals(v.value, "the variable "+v.key)
	}
}

// badVariableName reports a key of vars: that cannot be a variable.
func (w *walker) badVariableName(v entry) {
	p := w.add(v.pos, "variable/name", "%s is not a valid variable name", plain.Quote(v.key))
	if v.key != "" && strings.Trim(v.key, "0123456789") == "" {
		p.WithHint("write a list as N: [2,3]; YAML cuts {N: 2,3} at the comma")
		return
	}
	p.WithHint("use at most %d letters, digits and _, starting with a letter", maxWord)
}

// literals reads a whole number or a list of them.
func (w *walker) literals(n *yaml.Node, what string) variable {
	v := w.value(n, what)
	if v.isUnread() {
		return variable{}
	}
	if len(v.numbers) != 1 {
		w.add(v.pos, "yaml/value", "%s must be a whole number or a list of them such as [2,2,3], not %s",
			what, describe(w.resolve(n)))
		return variable{}
	}
	exprs := v.numbers[0].list
	if exprs == nil {
		exprs = []expr{v.numbers[0].expr}
	}
	constants := &scope{}
	values := make([]int64, len(exprs))
	for i, e := range exprs {
		x, _, err := constants.eval(e)
		if err != nil {
			w.add(v.pos, "yaml/value", "%s must be a whole number or a list of them: %s", what, err.Msg)
			return variable{}
		}
		values[i] = x
	}
	return variable{values: values, list: v.numbers[0].list != nil}
}

// isName reports whether s can name a variable, a block or a parameter, or be a part of a label.
func isName(s string) bool {
	if s == "" || len(s) > maxWord || isDigit(rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isLetter(r) && !isDigit(r) }) < 0
}
