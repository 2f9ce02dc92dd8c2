package spec

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// Bounds of the YAML tree. What an alias refers to counts each time it is used.
const (
	maxYAMLDepth = 64
	maxYAMLNodes = 1_000_000
	maxYAMLText  = 4 * MaxFileSize
)

// The most characters in the name of a network, which reports print in their titles.
const maxName = 256

// walker reads the YAML tree strictly. It takes only the tree from yaml.v3, since decoding into Go values turns 3.5
// into 3, 010 into 8 and null into 0, ignores a second document and drops unknown fields.
type walker struct {
	file     *File
	lines    []string
	runes    [][]rune // of the lines
	kinds    *kindTable
	problems diag.List
	bodies   []blockBody
	needs    string // what an empty file lacks
	nodes    int
	text     int // bytes of all scalars
}

// blockBody is a block whose body is still to be read.
type blockBody struct {
	block *block
	text  *yaml.Node
}

func newFile() *File {
	return &File{
		kinds:      newKindTable(),
		vars:       map[string]variable{},
		defaults:   map[string][]argument{},
		blocks:     map[string]*block{},
		optional:   map[string]bool{},
		labelSites: labelSites{},
		pytorch:    newPyTorchLists(),
	}
}

func newWalker(f *File, lines []string, needs string) *walker {
	w := &walker{file: f, lines: lines, needs: needs, kinds: f.kinds, runes: make([][]rune, len(lines))}
	for i, line := range lines {
		w.runes[i] = []rune(line)
	}
	return w
}

// entry is a key and its value.
type entry struct {
	key   string
	pos   diag.Pos // of the key
	node  *yaml.Node
	value *yaml.Node
}

var topKeys = []string{
	"name", "description", "source", "input", "inputs", "classes", "vars", "defaults", "blocks", "layers", "heads",
	"preprocess", "labels", "frozen", "budget", "pytorch",
}

// document returns the root of the whole file, or nil after a problem. If the file is not YAML, that is the only
// problem it reports.
func (w *walker) document(text string) *yaml.Node {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var root, second yaml.Node
	err := decoder.Decode(&root)
	switch {
	case errors.Is(err, io.EOF), err == nil && len(root.Content) == 0:
		w.report(emptyFile(w.needs))
		return nil
	case err != nil:
		w.report(w.syntaxProblem(err))
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		w.add(w.secondDocument(), "yaml/second-document", "a second YAML document starts here: a file holds one document").
			WithHint("put it in a file of its own")
		return nil
	}
	if p := w.measure(root.Content[0], 0, map[*yaml.Node]bool{}); p != nil {
		w.report(p)
		return nil
	}
	return root.Content[0]
}

// secondDocument returns where the second document starts: at the first --- or ... after other text.
func (w *walker) secondDocument() diag.Pos {
	content := false
	for i, line := range w.lines {
		marker, _, _ := strings.Cut(line, " ")
		switch {
		case content && (marker == "---" || marker == "..."):
			return diag.Pos{Line: i + 1, Col: 1}
		case strings.TrimSpace(stripComment(line)) != "" && !strings.HasPrefix(line, "%"):
			content = true
		}
	}
	return diag.Pos{Line: len(w.lines), Col: 1}
}

// measure checks the depth and the size of a node, with aliases followed, before anything is read. open holds the
// anchored nodes around n: an alias to one of them has no end.
func (w *walker) measure(n *yaml.Node, depth int, open map[*yaml.Node]bool) *diag.Problem {
	w.nodes++
	w.text += len(n.Value)
	switch {
	case w.nodes > maxYAMLNodes || w.text > maxYAMLText:
		return diag.ErrorfAt(w.posOf(n), "yaml/too-large",
			"the file has more than %d YAML nodes or %d bytes of text once its aliases are followed", maxYAMLNodes, maxYAMLText).
			WithHint("use blocks: instead of aliases")
	case depth > maxYAMLDepth:
		return diag.ErrorfAt(w.posOf(n), "yaml/too-deep", "YAML is nested deeper than %d here", maxYAMLDepth)
	case n.Kind == yaml.AliasNode && open[n.Alias]:
		return diag.ErrorfAt(w.posOf(n), "yaml/alias", "the alias *%s is inside what it refers to", plain.Cut(n.Value)).
			WithHint("use blocks: instead of aliases")
	case n.Kind == yaml.AliasNode:
		return w.measure(n.Alias, depth+1, open)
	}
	if n.Anchor != "" {
		open[n] = true
		defer delete(open, n)
	}
	for _, c := range n.Content {
		if p := w.measure(c, depth+1, open); p != nil {
			return p
		}
	}
	return nil
}

// posOf returns where a node starts. A node that YAML puts after the last line, such as a missing value, gets the end
// of that line.
func (w *walker) posOf(n *yaml.Node) diag.Pos {
	if n.Line < 1 {
		return diag.Pos{Line: 1, Col: 1}
	}
	if n.Line > len(w.runes) {
		return diag.Pos{Line: len(w.runes), Col: len(w.runes[len(w.runes)-1]) + 1}
	}
	return diag.Pos{Line: n.Line, Col: min(max(n.Column, 1), len(w.runes[n.Line-1])+1)}
}

// resolve follows an alias. It reports a tag such as !!float, which would change how a value is read.
func (w *walker) resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Style&yaml.TaggedStyle != 0 {
		w.add(w.posOf(n), "yaml/tag", "the YAML tag %s has no meaning here", plain.Cut(n.Tag)).
			WithHint("leave it out")
	}
	return n
}

// mapping reads the entries of a mapping, without duplicates. what names the mapping in messages. ok is false if some
// of it could not be read.
func (w *walker) mapping(n *yaml.Node, what string) (entries []entry, ok bool) {
	n = w.resolve(n)
	if n.Kind != yaml.MappingNode {
		w.add(w.posOf(n), "yaml/value", "%s must be a mapping of names to values, not %s", what, describe(n))
		return nil, false
	}
	ok = true
	first := make(map[string]diag.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := w.resolve(n.Content[i])
		pos := w.posOf(n.Content[i])
		if problem := badKey(k, pos, what, first); problem != nil {
			w.report(problem)
			ok = false
			continue
		}
		first[k.Value] = pos
		entries = append(entries, entry{k.Value, pos, k, n.Content[i+1]})
	}
	return entries, ok
}

// badKey returns the problem of a key, or nil. first holds the places of the keys before it.
func badKey(k *yaml.Node, pos diag.Pos, what string, first map[string]diag.Pos) *diag.Problem {
	if k.Kind != yaml.ScalarNode {
		return diag.ErrorfAt(pos, "yaml/value", "a key of %s must be a plain name, not %s", what, describe(k))
	}
	if k.Tag == "!!merge" {
		return diag.ErrorfAt(pos, "yaml/merge-key", "the YAML merge key << is not supported").
			WithHint("write the keys out, or use defaults:")
	}
	if earlier, twice := first[k.Value]; twice {
		return diag.ErrorfAt(pos, "yaml/duplicate-key", "the key %s is written twice in %s", plain.Cut(k.Value), what).
			WithHint("first at %s", earlier)
	}
	return nil
}

// describe returns what a YAML node is, for messages.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Tag == "!!null":
		return "nothing"
	}
	return plain.Cut(n.Value)
}

func (w *walker) top(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		w.add(w.posOf(n), "yaml/value", "an architecture file must be a mapping with input: and layers:, not %s",
			describe(n)).
			WithHint("start with input: 224x224x3, then layers: INPUT -> CONV3-64 -> ...; " +
				"arrow text alone starts with INPUT ->")
		return
	}
	entries, _ := w.mapping(n, "the file")
	byKey := make(map[string]entry, len(entries))
	for _, e := range entries {
		byKey[e.key] = e
		if !slices.Contains(topKeys, e.key) {
			w.unknownKey(e, "an architecture file", topKeys)
		}
	}
	w.missing(byKey)
	w.texts(byKey)
	w.sizes(byKey)
	w.vars(byKey)
	w.blockHeads(byKey)
	w.defaults(byKey)
	w.blockBodies()
	w.layers(byKey)
	w.heads(byKey)
	w.preprocess(byKey)
	w.labels(byKey)
	w.frozen(byKey)
	w.budget(byKey)
	w.pytorch(byKey)
}

func (w *walker) unknownKey(e entry, what string, known []string) {
	p := w.add(e.pos, "yaml/unknown-key", "%s has no key %s", what, plain.Cut(e.key))
	p.Hint = diag.DidYouMean(e.key, known)
	if p.Hint == "" {
		p.Hint = "it has " + strings.Join(known, ", ")
	}
}

// missing reports the required keys that the file does not have, unless an unknown key looks like one misspelt.
func (w *walker) missing(entries map[string]entry) {
	for _, needed := range []struct{ key, example string }{
		{"input", "input: 224x224x3 (width x height x depth)"},
		{"layers", "layers: INPUT -> CONV3-64 -> RELU -> FC-10"},
	} {
		_, written := entries[needed.key]
		if _, several := entries["inputs"]; several && needed.key == "input" {
			continue
		}
		if !written && !isMisspelt(needed.key, entries) {
			w.add(diag.Pos{}, "yaml/missing-key", "the key %s is missing", needed.key).
				WithHint("for example %s", needed.example)
		}
	}
}

// isMisspelt reports whether a key, or its plural, is what some entry seems to mean.
func isMisspelt(key string, entries map[string]entry) bool {
	for written := range entries {
		if meant, near := diag.Nearest(written, topKeys); near && (meant == key || meant == key+"s") {
			return true
		}
	}
	return false
}

// scalar resolves a node that must be a single value. It reports any other, and ok is false then.
func (w *walker) scalar(n *yaml.Node, what string) (*yaml.Node, bool) {
	n = w.resolve(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		w.add(w.posOf(n), "yaml/value", "%s must be a single value, not %s", what, describe(n))
		return nil, false
	case n.Tag == "!!null" || strings.TrimSpace(n.Value) == "":
		w.add(w.posOf(n), "yaml/value", "%s has no value", what)
		return nil, false
	}
	return n, true
}

func (w *walker) texts(entries map[string]entry) {
	for _, text := range []struct {
		key string
		to  *string
	}{{"name", &w.file.name}, {"description", &w.file.description}, {"source", &w.file.source}} {
		if e, ok := entries[text.key]; ok {
			if n, ok := w.scalar(e.value, text.key); ok {
				*text.to = strings.TrimSpace(n.Value)
			}
		}
	}
	if e := entries["name"]; utf8.RuneCountInString(w.file.name) > maxName {
		w.add(w.posOf(e.value), "yaml/value", "the name has more than %d characters", maxName).
			WithHint("put it into description:")
		w.file.name = ""
	}
}

// newParser returns a parser of a scalar as arrow text. text is the name of the block that it belongs to, or "".
func (w *walker) newParser(n *yaml.Node, text string) *parser {
	content := w.chars(n)
	lex := &lexer{text: content, end: w.posOf(n), problems: &w.problems, cut: w.isCut(n, content)}
	return newParser(lex, w.kinds, w.file, text)
}

// isCut reports whether a comment follows a plain scalar on its last line.
func (w *walker) isCut(n *yaml.Node, content []char) bool {
	if n.Style != 0 || len(content) == 0 {
		return false
	}
	last := content[len(content)-1]
	rest := &cursor{lines: w.runes, line: int(last.line) - 1, col: int(last.col)}
	for rest.peek() == ' ' || rest.peek() == '\t' {
		rest.next()
	}
	return rest.peek() == '#'
}

// try calls parse and recovers its bail, whose problem is in the list already.
func try(parse func()) {
	defer func() {
		if caught := recover(); caught != nil {
			if _, isBail := caught.(bail); !isBail {
				panic(caught)
			}
		}
	}()
	parse()
}

func (w *walker) defaults(entries map[string]entry) {
	e, ok := entries["defaults"]
	if !ok {
		return
	}
	first := map[string]diag.Pos{}
	all, _ := w.mapping(e.value, "defaults")
	for _, d := range all {
		kind, ok := w.kinds.find(d.key)
		if !ok {
			w.unknownKind(d, "defaults: unknown kind of layer")
			continue
		}
		if earlier, twice := first[kind.Name]; twice {
			w.add(d.pos, "yaml/duplicate-key", "the defaults of %s are written twice", kind.Name).
				WithHint("first at %s", earlier)
			continue
		}
		first[kind.Name] = d.pos
		args, name, _ := w.arguments(kind, d.value)
		if name != nil {
			w.add(w.posOf(name), "yaml/value", "the defaults of %s cannot name a layer", kind.Name).
				WithHint("leave the name out: names are unique")
		}
		w.file.defaults[kind.Name] = args
	}
}

func (w *walker) unknownKind(e entry, msg string) {
	p := w.add(e.pos, "layer/unknown-kind", "%s %s", msg, plain.Cut(e.key))
	usual, isUsual := w.kinds.usualName(e.key)
	near, ok := diag.Nearest(e.key, w.kinds.names())
	switch upper := strings.ToUpper(e.key); {
	case upper == "INPUT" || upper == "IDENTITY" || usual == "IDENTITY":
		p.WithHint("%s can be written only in the arrow language", cmp.Or(usual, upper))
	case isUsual:
		p.WithHint("%s", strings.ToLower(meant(usual)))
	case ok:
		p.WithHint("did you mean %s?", strings.ToLower(near))
	default:
		p.Hint = allKinds
	}
}

// arguments reads the fields of a layer in the mapping form. name is the value of name:, a label. ok is false if a
// field is unknown.
func (w *walker) arguments(kind op.Kind, n *yaml.Node) (args []argument, name *yaml.Node, ok bool) {
	fields := w.kinds.fields(kind)
	keys := make([]string, len(fields), len(fields)+1)
	for i, f := range fields {
		keys[i] = f.Key
	}
	entries, ok := w.mapping(n, kind.Name)
	for _, e := range entries {
		at := slices.Index(keys, e.key)
		switch {
		case e.key == "name":
			name = e.value
		case at >= 0:
			v := w.valueOf(e.value, kind.Name+": "+e.key, fields[at].TakesNegative())
			args = append(args, argument{e.key, v.pos, v})
		default:
			w.unknownKey(e, kind.Name, append(keys, "name"))
			ok = false
		}
	}
	return args, name, ok
}

func (w *walker) layers(entries map[string]entry) {
	if e, ok := entries["layers"]; ok {
		w.file.layers = w.chain(e.value, "layers", "")
		w.checkStart(w.file.layers)
	}
}

// chain reads arrow text, or a list of arrow texts and layers in the mapping form. It returns nil if nothing could be
// read. text is the name of the block that the chain belongs to, or "" for the layers.
func (w *walker) chain(n *yaml.Node, what, text string) *chain {
	n = w.resolve(n)
	if n.Kind == yaml.SequenceNode {
		return w.listChain(n, what, text)
	}
	if n.Kind == yaml.MappingNode {
		w.add(w.posOf(n), "yaml/value", "%s must be arrow text or a list, not a mapping", what).
			WithHint("start each layer with a dash: - conv: {filters: 64, size: 3}")
		return nil
	}
	if _, ok := w.scalar(n, what); !ok {
		return nil
	}
	p := w.newParser(n, text)
	if p.peek().kind == tokEnd {
		w.add(w.posOf(n), "network/empty", "%s has no layers", what)
		return nil
	}
	return p.chainToEnd()
}

func (w *walker) listChain(n *yaml.Node, what, text string) *chain {
	if len(n.Content) == 0 {
		w.add(w.posOf(n), "network/empty", "%s has no layers", what)
		return nil
	}
	if w.splitByFlow(n) {
		return nil
	}
	c := &chain{items: make([]item, 0, len(n.Content))}
	for _, element := range n.Content {
		element = w.resolve(element)
		switch element.Kind {
		case yaml.ScalarNode:
			part := w.chain(element, "a list item of "+what, text)
			if part == nil {
				part = &chain{items: []item{{pos: w.posOf(element), body: &broken{}}}}
			}
			c.items = append(c.items, part.items...)
		case yaml.MappingNode:
			c.items = append(c.items, w.mappedLayer(element, text))
		default:
			w.add(w.posOf(element), "yaml/trap", readAsList).WithHint(underLiteral)
			c.items = append(c.items, item{pos: w.posOf(element), body: &broken{}})
		}
	}
	return c
}

// mappedLayer reads a layer in the mapping form: - conv: {filters: 96, size: 11, name: conv1}.
func (w *walker) mappedLayer(n *yaml.Node, text string) item {
	it := item{pos: w.posOf(n), body: &broken{}}
	e, ok := w.onlyEntry(n)
	if !ok {
		return it
	}
	kind, ok := w.kinds.find(e.key)
	switch {
	case !ok:
		w.unknownKind(e, "unknown kind of layer")
		return it
	case w.kinds.joins[kind.Name]:
		w.add(e.pos, "yaml/value", "%s can be written only in the arrow language", kind.Name).
			WithHint("as a list item: - %s(CONV3-64 | IDENTITY)", kind.Name)
		return it
	case w.resolve(e.value).Tag == "!!null":
		w.add(e.pos, "yaml/value", "%s has no fields here", kind.Name).
			WithHint("without fields, write - %s", strings.ToLower(kind.Name))
		return it
	}
	args, name, ok := w.arguments(kind, e.value)
	if ok {
		it.body = &layer{kind: kind, pos: e.pos, args: args}
	}
	if name != nil {
		w.layerName(name, text, &it)
	}
	return it
}

// onlyEntry returns the one entry of a layer's mapping.
func (w *walker) onlyEntry(n *yaml.Node) (e entry, ok bool) {
	entries, ok := w.mapping(n, "a layer")
	switch {
	case !ok:
		return entry{}, false
	case len(entries) == 0:
		w.add(w.posOf(n), "yaml/value", "a list item is one layer, but this one is empty").
			WithHint("for example - conv: {filters: 64, size: 3}")
		return entry{}, false
	case len(entries) > 1:
		w.add(entries[1].pos, "yaml/value", "a list item is one layer, but this one has the keys %s and %s",
			plain.Cut(entries[0].key), plain.Cut(entries[1].key)).
			WithHint("indent the fields under the kind, or start a new item with a dash")
		return entry{}, false
	}
	return entries[0], true
}

func (w *walker) layerName(n *yaml.Node, text string, it *item) {
	n, ok := w.scalar(n, "name")
	if !ok {
		return
	}
	for _, part := range strings.Split(n.Value, ".") {
		if !isName(part) || len(n.Value) > maxWord {
			w.add(w.posOf(n), "label/name", "%s is not a valid layer name", plain.Quote(n.Value)).
				WithHint("use at most %d letters, digits, _ and points, with a letter first and after each point", maxWord)
			return
		}
	}
	it.label, it.labelPos = n.Value, w.posOf(n)
	w.file.labelSites.add(n.Value, text, w.posOf(n))
}
