package pytorchcode

import (
	"fmt"
	"slices"
	"strings"
)

// line is a line of Python. Its text holds settings as marks, which become numbers or a class's parameters.
type line struct {
	text    string
	comment string
	depth   int // of the indentation within its function
	segment int // number of the checkpointed segment that it is in, from 1; 0 for none
}

// A mark is mark, role, between, value, between, default, end. A mark with a default is a keyword argument, which is
// left out where it always has that value. No name holds these characters: package graph accepts printable ones only.
const (
	markStart   = "\x00"
	markBetween = "\x01"
	markEnd     = "\x02"
)

// setting marks a positional argument.
func setting(role, value string) string {
	return markStart + role + markBetween + value + markBetween + markEnd
}

// keyword marks a keyword argument and the comma before it.
func keyword(role, value, usual string) string {
	return markStart + role + markBetween + value + markBetween + usual + markEnd
}

// number marks a whole number.
func number(role string, n int64) string { return setting(role, fmt.Sprint(n)) }

// mark is a setting that was found in a line.
type mark struct {
	role, value, usual string
	isKeyword          bool
}

// split returns the text around the marks of a line, one more than there are marks.
func split(text string) (around []string, marks []mark) {
	for {
		before, after, found := strings.Cut(text, markStart)
		around = append(around, before)
		if !found {
			return around, marks
		}
		inner, rest, _ := strings.Cut(after, markEnd)
		parts := strings.SplitN(inner, markBetween, 3)
		marks = append(marks, mark{parts[0], parts[1], parts[2], parts[2] != ""})
		text = rest
	}
}

// fill returns a line with its marks replaced by a function of their number, which returns "" for a literal.
func fill(text string, first int, name func(k int) string) (filled string, next int) {
	around, marks := split(text)
	var b strings.Builder
	for k, m := range marks {
		b.WriteString(around[k])
		value := name(first + k)
		isLiteral := value == ""
		if isLiteral {
			value = m.value
		}
		switch {
		case m.isKeyword && isLiteral && m.value == m.usual:
		case m.isKeyword:
			if !strings.HasSuffix(b.String(), "(") {
				b.WriteString(", ")
			}
			b.WriteString(strings.TrimSuffix(m.role, "~") + "=" + value)
		default:
			b.WriteString(value)
		}
	}
	b.WriteString(around[len(around)-1])
	return b.String(), first + len(marks)
}

// literal returns a line with all settings as values.
func literal(text string) string {
	filled, _ := fill(text, 0, func(int) string { return "" })
	return filled
}

// body is the code of a module, or of one call of a block.
type body struct {
	init, forward []line
	functions     []function // that forward calls
	args, results []string
	block         string          // of a call
	in, out       int64           // channels of the first argument and the first result of a call
	attributes    map[string]bool // names that the module's layers have
}

// function is a function of a module with one argument.
type function struct {
	name, arg, result string
	lines             []line
}

// shape returns what calls must have in common to be of one class.
func (b *body) shape() string {
	var text strings.Builder
	for _, lines := range [][]line{b.init, b.forward} {
		for _, l := range lines {
			around, marks := split(l.text)
			fmt.Fprint(&text, l.depth, strings.Join(around, markStart), markBetween)
			for _, m := range marks {
				text.WriteString(m.role + markBetween)
			}
			text.WriteByte('\n')
		}
		text.WriteByte('\n')
	}
	fmt.Fprintf(&text, "%q%q", b.args, b.results)
	return text.String()
}

// marks returns the settings of a body, in order.
func (b *body) marks() []mark {
	var all []mark
	for _, lines := range [][]line{b.init, b.forward} {
		for _, l := range lines {
			_, marks := split(l.text)
			all = append(all, marks...)
		}
	}
	return all
}

// class is a block whose calls differ in numbers only, which are its parameters.
type class struct {
	name  string
	calls []*body
	// parameters has for each the position of a mark that holds it; of maps marks to parameters, -1 for a literal.
	parameters []string
	roles      []string
	at         []int
	of         []int
}

// parameterise makes parameters of the settings in which the calls differ. Settings that are equal in every call and
// mean the same are one.
func (c *class) parameterise(taken map[string]bool) {
	all := make([][]mark, len(c.calls))
	for k, b := range c.calls {
		all[k] = b.marks()
	}
	known := map[string]int{}
	for k, m := range all[0] {
		var values strings.Builder
		values.WriteString(meaning(m.role))
		differs := false
		for _, marks := range all {
			values.WriteString(markBetween + marks[k].value)
			differs = differs || marks[k].value != m.value || marks[k].usual != m.usual
		}
		if !differs {
			c.of = append(c.of, -1)
			continue
		}
		p, ok := known[values.String()]
		if !ok {
			p = len(c.roles)
			known[values.String()] = p
			c.roles = append(c.roles, m.role)
			c.at = append(c.at, k)
		}
		if m.role == "channels" && c.roles[p] != "channels" {
			c.roles[p] = "channels" // of what goes in and comes out
		}
		c.of = append(c.of, p)
	}
	for p, role := range c.roles {
		if role == "channels" && c.isOutput(all, c.at[p]) {
			role = "out_channels"
		}
		c.parameters = append(c.parameters, unique(taken, strings.TrimSuffix(role, "~")))
	}
}

// isOutput reports whether mark at is the channels of the result in every call, and not those of the argument.
func (c *class) isOutput(all [][]mark, at int) bool {
	isInput := true
	for k, b := range c.calls {
		value := all[k][at].value
		if value != fmt.Sprint(b.out) {
			return false
		}
		isInput = isInput && value == fmt.Sprint(b.in)
	}
	return !isInput
}

// meaning returns the same for all numbers of channels.
func meaning(role string) string {
	if slices.Contains([]string{"in_channels", "channels", "groups~"}, role) {
		return "channels"
	}
	return role
}

// arguments returns the settings of a call as marks.
func (c *class) arguments(call *body) string {
	marks := call.marks()
	texts := make([]string, len(c.parameters))
	for p, name := range c.parameters {
		texts[p] = setting(c.roles[p], marks[c.at[p]].value)
		if len(c.parameters) > 3 {
			texts[p] = name + "=" + texts[p]
		}
	}
	return strings.Join(texts, ", ")
}

// write writes the class.
func (c *class) write(w *writer, doc string) {
	first := c.calls[0]
	w.line(0, "class %s(nn.Module):", c.name)
	w.line(1, `"""%s"""`, doc)
	w.line(0, "")
	w.line(1, "def __init__(%s):", strings.Join(append([]string{"self"}, c.parameters...), ", "))
	w.line(2, "super().__init__()")
	at := c.section(w, 0, "", func(b *body) []line { return b.init })
	c.keep(w, at)
	w.line(0, "")
	w.line(1, "def forward(%s):", strings.Join(append([]string{"self"}, first.args...), ", "))
	c.section(w, at, "self.", func(b *body) []line { return b.forward })
	w.line(2, "return %s", strings.Join(first.results, ", "))
}

// section writes the lines of __init__ or forward, whose first mark is number at, and returns the number after the
// last. A comment is kept if it is right for every call.
func (c *class) section(w *writer, at int, prefix string, lines func(b *body) []line) int {
	var filled []line
	for k, l := range lines(c.calls[0]) {
		var text string
		text, at = fill(l.text, at, func(k int) string { return c.parameter(k, prefix) })
		comment := l.comment
		for _, b := range c.calls {
			if lines(b)[k].comment != comment {
				comment = ""
			}
		}
		filled = append(filled, line{text: text, comment: comment, depth: l.depth})
	}
	for _, l := range loops(filled) {
		w.commented(2+l.depth, l.text, l.comment)
	}
	return at
}

// keep assigns the parameters that forward reads, from mark first on.
func (c *class) keep(w *writer, first int) {
	kept := map[int]bool{}
	for _, p := range c.of[first:] {
		if p >= 0 && !kept[p] {
			kept[p] = true
			w.line(2, "self.%s = %s", c.parameters[p], c.parameters[p])
		}
	}
}

// parameter returns the name of the parameter at a mark, "" for a literal.
func (c *class) parameter(k int, prefix string) string {
	if c.of[k] < 0 {
		return ""
	}
	return prefix + c.parameters[c.of[k]]
}
