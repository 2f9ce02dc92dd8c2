package spec

import (
	"strings"

	"cnncalc/internal/op"
)

// kindTable finds kinds of layers by name, ignoring case.
type kindTable struct {
	byName   map[string]op.Kind
	all      []op.Kind
	fieldsOf map[string][]op.Field
	joins    map[string]bool // kinds that join paths
}

func newKindTable() *kindTable {
	t := &kindTable{byName: map[string]op.Kind{}, all: op.Kinds(), fieldsOf: map[string][]op.Field{},
		joins: map[string]bool{}}
	for _, k := range t.all {
		t.byName[k.Name] = k
		t.fieldsOf[k.Name] = k.New().Fields()
		t.joins[k.Name] = k.JoinsPaths()
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

// fields returns the fields of a kind. Their settings belong to no layer.
func (t *kindTable) fields(k op.Kind) []op.Field { return t.fieldsOf[k.Name] }

func (t *kindTable) find(name string) (op.Kind, bool) {
	k, ok := t.byName[strings.ToUpper(name)]
	return k, ok
}

func (t *kindTable) isMerge(name string) bool {
	k, ok := t.find(name)
	return ok && t.joins[k.Name]
}

// isReserved reports whether the arrow language reads a word as a layer, so that no block can have its name.
func (t *kindTable) isReserved(word string) bool {
	_, _, isKind := t.split(word)
	return isKind || strings.EqualFold(word, "INPUT") || strings.EqualFold(word, "IDENTITY")
}

// split cuts a word such as CONV7x1 or RELU6 into the longest kind that fits and the size after it.
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

// prefix cuts a word after the longest kind that it starts with, whatever follows. kind is "" if it starts with none.
func (t *kindTable) prefix(word string) (kind, rest string) {
	for end := len(word); end > 0; end-- {
		if k, ok := t.find(word[:end]); ok {
			return k.Name, word[end:]
		}
	}
	return "", word
}
