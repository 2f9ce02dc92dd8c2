package spec

import (
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// File is an architecture file as written, with its blocks, repeats and variables.
type File struct {
	text                      string // that it was read from, with plain line ends
	kinds                     *kindTable
	name, description, source string
	isArrowText               bool   // without YAML: the options give the input's size
	input                     *value // nil if there are several
	inputs                    []namedInput
	classes                   *value
	vars                      map[string]variable
	defaults                  map[string][]argument // by kind
	blocks                    map[string]*block
	layers                    *chain
	heads                     []*head
	preprocess                graph.Preprocess
	labels                    []string
	frozen                    []graph.FrozenPattern
	budget                    []graph.BudgetItem
	pytorch                   pytorchLists
	labelsPos, preprocessPos  diag.Pos
	optional                  map[string]bool // variables that `?` refers to
	labelSites                labelSites
	// Some of vars: or blocks: could not be read. That is reported, so an unknown name may be no problem of its own.
	varsUnread, blocksUnread bool
}

// variable is a whole number, or a list of them for the turns of a repeat. It has no values if it could not be read.
type variable struct {
	values []int64
	list   bool
	given  *given // of a parameter; a label or a layer has no values
}

// block is a named chain with parameters.
type block struct {
	name         string
	pos          diag.Pos
	params       []param
	paramsUnread bool
	body         *chain // nil if it could not be read
	// As pytorch: says.
	isModule, takesList, isInline bool
}

type param struct {
	name string
	def  *passed // the default, nil if there is none
}

// chain is a sequence of items joined by arrows.
type chain struct {
	items []item
}

// item is one link of a chain: what it is, how often it repeats, and the name of its result.
type item struct {
	pos      diag.Pos
	body     body
	optional string  // the variable that `?` refers to, or ""
	count    *number // nil without *count
	label    string  // "" without one
	labelPos diag.Pos
	listed   bool // @label+: the result is added to the list of that name
}

// body is a *layer, *group, *merge, *call, *paramLayer, *goOn or *inputMark, or a *broken if the text could not be
// read.
type body interface{ isBody() }

type layer struct {
	kind op.Kind
	pos  diag.Pos
	args []argument
}

type group struct{ chain *chain }

type merge struct {
	layer
	paths []path
}

// path is one path of a merge. It starts from the result labelled from or, if that is "", from the result before the
// merge (IDENTITY). Without a chain it is that result itself, or all results if the label names a list.
type path struct {
	pos   diag.Pos
	from  string
	chain *chain // may be nil
}

type call struct {
	block *block
	pos   diag.Pos
	args  []callArg
}

type callArg struct {
	name  string // "" if given by position
	pos   diag.Pos
	value *passed
}

// passed is what a parameter is set to: a number, a label, a layer or IDENTITY.
type passed struct {
	pos      diag.Pos
	number   *number
	label    string
	layer    *layer
	identity bool
}

// paramLayer is a parameter as an item of a block: the layer that the call passes.
type paramLayer struct {
	name string
	pos  diag.Pos
}

// goOn is @name as an item: the chain continues from that earlier result.
type goOn struct {
	label string
	pos   diag.Pos
}

// inputMark is INPUT, the start of a network.
type inputMark struct{}

type broken struct{}

func (*layer) isBody()      {}
func (*group) isBody()      {}
func (*merge) isBody()      {}
func (*call) isBody()       {}
func (*paramLayer) isBody() {}
func (*goOn) isBody()       {}
func (*inputMark) isBody()  {}
func (*broken) isBody()     {}

// argument is a field of a layer and its value as written.
type argument struct {
	key   string // of op.Field
	pos   diag.Pos
	value *value
}

// value is a field's value as written: numbers joined by x or by commas, a decimal number, a word, or a label. A word
// that the field does not know is a variable.
type value struct {
	pos     diag.Pos
	numbers []*number
	sep     byte
	decimal string
	word    string
	label   string
}

// isUnread reports whether the value could not be read. Its problem is reported already.
func (v *value) isUnread() bool {
	return v.word == "" && v.decimal == "" && v.label == "" && v.numbers == nil
}

// number is an expression, or a list with one for each turn of a repeat.
type number struct {
	pos  diag.Pos
	expr expr
	list []expr
}

// expr is a *literal, *reference, *binary or *rounding.
type expr interface{ isExpr() }

type literal struct{ n int64 }

type reference struct {
	name string
	pos  diag.Pos
}

type binary struct {
	operator    rune
	pos         diag.Pos
	left, right expr
}

// rounding is round8(of).
type rounding struct {
	pos diag.Pos
	of  expr
}

func (*rounding) isExpr()  {}
func (*literal) isExpr()   {}
func (*reference) isExpr() {}
func (*binary) isExpr()    {}

// isConstant reports whether the value of field f has neither variables, lists nor a label.
func (v *value) isConstant(f op.Field) bool {
	if v.label != "" {
		return false
	}
	if v.word != "" {
		return isWordOf(f, v.word)
	}
	for _, n := range v.numbers {
		if _, ok := n.expr.(*literal); !ok {
			return false
		}
	}
	return true
}

// isWordOf reports whether the field knows the word, which is a variable otherwise.
func isWordOf(f op.Field, word string) bool {
	return slices.Contains(f.Words, word) || slices.Contains(f.Refused, word) || word == "true" || word == "false"
}

// String returns the argument as the arrow language writes it, a layer with every setting by its key.
func (p *passed) String() string {
	switch {
	case p.label != "":
		return "@" + p.label
	case p.identity:
		return "IDENTITY"
	case p.layer != nil:
		return p.layer.String()
	}
	return p.number.String()
}

// String returns the layer with every setting by its key.
func (l *layer) String() string {
	text := l.kind.Name
	for _, a := range l.args {
		text += " " + a.key + "=" + a.value.String()
	}
	return text
}

// String returns the value as the arrow language writes it.
func (v *value) String() string {
	switch {
	case v.label != "":
		return "@" + v.label
	case v.numbers == nil:
		return v.word + v.decimal
	}
	parts := make([]string, len(v.numbers))
	for i, n := range v.numbers {
		parts[i] = n.String()
	}
	return strings.Join(parts, string(v.sep))
}

// String returns the number as the arrow language writes it.
func (n *number) String() string {
	if n.list == nil {
		return text(n.expr)
	}
	parts := make([]string, len(n.list))
	for i, e := range n.list {
		parts[i] = text(e)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func text(e expr) string {
	switch e := e.(type) {
	case *literal:
		return strconv.FormatInt(e.n, 10)
	case *reference:
		return e.name
	case *binary:
		return "(" + text(e.left) + string(e.operator) + text(e.right) + ")"
	case *rounding:
		return roundingName + "(" + text(e.of) + ")"
	}
	return ""
}
