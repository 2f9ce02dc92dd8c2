package spec

import (
	"strings"

	"cnncalc/internal/op"
)

// kindTable finds kinds by name, without regard to case.
type kindTable struct {
	byName map[string]op.Kind
	all    []op.Kind
}

func newKindTable() *kindTable {
	t := &kindTable{byName: map[string]op.Kind{}, all: op.Kinds()}
	for _, k := range t.all {
		t.byName[k.Name] = k
	}
	return t
}

func (t *kindTable) names() []string {
	names := make([]string, len(t.all))
	for i, k := range t.all {
		names[i] = k.Name
	}
	return names
}

func (t *kindTable) find(name string) (op.Kind, bool) {
	k, ok := t.byName[strings.ToUpper(name)]
	return k, ok
}

// split reads a word such as CONV7x1 or RELU6 as a kind, the longest that fits, and the size behind it.
func (t *kindTable) split(word string) (kind op.Kind, head string, ok bool) {
	for end := len(word); end > 0; end-- {
		rest := word[end:]
		if rest != "" && !isDigit(rune(rest[0])) {
			continue
		}
		if k, found := t.find(word[:end]); found {
			return k, rest, true
		}
	}
	return op.Kind{}, "", false
}
