package spec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// sizes reads input: and classes:.
func (w *walker) sizes(entries map[string]entry) {
	if e, ok := entries["input"]; ok {
		w.file.input = w.inputSize(e.value)
	}
	if e, ok := entries["classes"]; ok {
		w.file.classes = w.value(e.value, "classes")
	}
}

// inputSize reads width x height x depth.
func (w *walker) inputSize(n *yaml.Node) *value {
	n, ok := w.scalar(n, "input")
	if !ok {
		return &value{pos: diag.Pos{Line: 1, Col: 1}}
	}
	problems := len(w.problems)
	v := w.value(n, "input")
	if len(w.problems) == problems && len(v.numbers) == 3 && v.sep == 'x' {
		return v
	}
	// Whatever was wrong with the parts, the message is about the whole.
	w.problems = w.problems[:problems]
	w.add(w.posOf(n), "network/input", "input is width x height x depth, not %s", plain.Cut(n.Value)).WithHint("for example 224x224x3, without blanks")
	return &value{pos: w.posOf(n)}
}

// value reads a field of the mapping form: a scalar, or a list with one value for each turn of a repeat. Where
// there was a problem, the value is an unread one.
func (w *walker) value(n *yaml.Node, what string) *value {
	n = w.resolve(n)
	if n.Kind == yaml.SequenceNode {
		return w.listValue(n, what)
	}
	v := &value{pos: w.posOf(n)}
	if _, ok := w.scalar(n, what); !ok || !w.isNumeric(n, what) {
		return v
	}
	try(func() { v = w.newParser(n, "").wholeValue() })
	return v
}

// isNumeric refuses a number in quotes, since "3" is a text and whoever wrote it may have meant something else,
// and what YAML calls numbers but are none.
func (w *walker) isNumeric(n *yaml.Node, what string) bool {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if _, err := numeral.Float(n.Value); err == nil && quoted {
		w.add(w.posOf(n), "yaml/value", "%s is a number, not the text \"%s\"", what, plain.Cut(n.Value)).WithHint("write %s without quotes", plain.Cut(n.Value))
		return false
	}
	switch strings.ToLower(strings.TrimLeft(n.Value, "+-")) {
	case ".nan", ".inf":
		w.add(w.posOf(n), "yaml/value", "%s is a finite number, not %s", what, n.Value)
		return false
	}
	return true
}

func (w *walker) listValue(n *yaml.Node, what string) *value {
	unreadValue := &value{pos: w.posOf(n)}
	list := &number{pos: w.posOf(n)}
	for _, c := range n.Content {
		v := w.value(c, what)
		if v.isUnread() {
			return unreadValue
		}
		e, ok := v.single()
		if !ok {
			w.add(v.pos, "yaml/value", "a list for %s holds whole numbers, one for each turn of a repeat", what)
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

// single is the one expression of a value.
func (v *value) single() (expr, bool) {
	switch {
	case v.word != "":
		return &reference{v.word, v.pos}, true
	case v.decimal != "" || len(v.numbers) != 1 || v.numbers[0].list != nil:
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
			p := w.add(v.pos, "variable/name", "a variable's name is letters, digits and _, starts with a letter and has at most %d characters, unlike %q",
				maxWord, plain.Cut(v.key))
			if v.key != "" && strings.Trim(v.key, "0123456789") == "" {
				p.Hint = "YAML cuts {N: 2,3} at its comma: a list is written N: [2,3]"
			}
			continue
		}
		w.file.vars[v.key] = w.literals(v.value, "the variable "+v.key)
	}
}

// literals reads a whole number or a list of them.
func (w *walker) literals(n *yaml.Node, what string) variable {
	v := w.value(n, what)
	if v.isUnread() {
		return variable{}
	}
	if len(v.numbers) != 1 {
		w.add(v.pos, "yaml/value", "%s is a whole number or a list of them such as [2,2,3], not %s", what, describe(w.resolve(n)))
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
			w.add(v.pos, "yaml/value", "%s is a whole number or a list of them: %s", what, err.Msg)
			return variable{}
		}
		values[i] = x
	}
	return variable{values, v.numbers[0].list != nil}
}

// isName tells a name for a variable, block, parameter or part of a label.
func isName(s string) bool {
	if s == "" || len(s) > maxWord || isDigit(rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !isLetter(r) && !isDigit(r) }) < 0
}
