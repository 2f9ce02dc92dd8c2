package spec

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Bounds of the YAML tree. Nodes behind aliases count each time they are used.
const (
	maxYAMLDepth = 64
	maxYAMLNodes = 1_000_000
)

// walker reads the YAML tree strictly. yaml.v3 is used for the tree only: decoding into Go values turns 3.5
// into 3, 010 into 8 and null into 0, ignores a second document and forgets unknown fields.
type walker struct {
	file     *File
	lines    []string
	kinds    *kindTable
	problems diag.List
	bodies   []blockBody
	nodes    int
	tooMany  bool
}

// blockBody is a block whose text is still to be read.
type blockBody struct {
	block *block
	text  *yaml.Node
}

func newFile() *File {
	return &File{
		vars:     map[string]variable{},
		defaults: map[string][]argument{},
		blocks:   map[string]*block{},
		optional: map[string]bool{},
		labelled: map[string]diag.Pos{},
	}
}

// entry is a key and its value.
type entry struct {
	key   string
	pos   diag.Pos // of the key
	value *yaml.Node
}

var topKeys = []string{"name", "description", "source", "input", "classes", "vars", "defaults", "blocks", "layers", "preprocess", "labels"}

// document reads the whole file. What is not YAML reports that and nothing else.
func (w *walker) document(text string) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		w.problems = append(w.problems, w.syntaxProblem(err))
		return
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		pos := diag.Pos{Line: max(second.Line, 1), Col: 1}
		w.problems.Add(pos, "a second YAML document starts here: a file holds one network").WithHint("put it into a file of its own")
		return
	}
	if len(root.Content) == 0 {
		w.problems.Add(diag.Pos{}, "the file is empty").WithHint("a network needs input: and layers:")
		return
	}
	w.count(&root, 0)
	if w.tooMany {
		return
	}
	w.top(root.Content[0])
}

// count bounds depth and size, aliases followed, before anything is read. A self-reference has no end and so
// passes the depth.
func (w *walker) count(n *yaml.Node, depth int) {
	if w.tooMany {
		return
	}
	if w.nodes++; w.nodes > maxYAMLNodes {
		w.tooMany = true
		w.problems.Add(posOf(n), "the file has more than %d YAML nodes once its aliases are followed", maxYAMLNodes).WithHint("use blocks: instead of aliases")
		return
	}
	if depth > maxYAMLDepth {
		w.tooMany = true
		w.problems.Add(posOf(n), "YAML is nested deeper than %d here, or an alias refers to itself", maxYAMLDepth)
		return
	}
	if n.Kind == yaml.AliasNode {
		w.count(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		w.count(c, depth+1)
	}
}

func posOf(n *yaml.Node) diag.Pos { return diag.Pos{Line: n.Line, Col: n.Column} }

// resolve follows an alias. A tag such as !!float is refused: it would change how a value is read.
func (w *walker) resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Style&yaml.TaggedStyle != 0 {
		w.problems.Add(posOf(n), "the YAML tag %s has no meaning here", n.Tag).WithHint("leave it out")
	}
	return n
}

// mapping reads a mapping's entries, duplicates refused. what names it in messages.
func (w *walker) mapping(n *yaml.Node, what string) []entry {
	n = w.resolve(n)
	if n.Kind != yaml.MappingNode {
		w.problems.Add(posOf(n), "%s must be a mapping of names to values, not %s", what, describe(n))
		return nil
	}
	entries := make([]entry, 0, len(n.Content)/2)
	first := make(map[string]diag.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := w.resolve(n.Content[i])
		pos := posOf(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			w.problems.Add(pos, "a key of %s must be a plain name, not %s", what, describe(k))
			continue
		}
		if earlier, ok := first[k.Value]; ok {
			w.problems.Add(pos, "the key %s is written twice in %s", k.Value, what).WithHint("first at %s", earlier)
			continue
		}
		first[k.Value] = pos
		entries = append(entries, entry{k.Value, pos, n.Content[i+1]})
	}
	return entries
}

// describe names what a YAML node is, for messages.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Tag == "!!null":
		return "nothing"
	}
	return n.Value
}

func (w *walker) top(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		w.problems.Add(posOf(n), "an architecture file is a mapping with input: and layers:, not %s", describe(n))
		return
	}
	entries := w.mapping(n, "the file")
	byKey := make(map[string]entry, len(entries))
	for _, e := range entries {
		byKey[e.key] = e
		if !slices.Contains(topKeys, e.key) {
			w.unknownKey(e, "an architecture file", topKeys)
		}
	}
	w.texts(byKey)
	w.sizes(byKey)
	w.vars(byKey)
	w.blockHeads(byKey)
	w.defaults(byKey)
	w.blockBodies()
	w.layers(byKey)
	w.preprocess(byKey)
	w.labels(byKey)
}

func (w *walker) unknownKey(e entry, what string, known []string) {
	p := w.problems.Add(e.pos, "%s has no key %s", what, e.key)
	p.Hint = diag.DidYouMean(e.key, known)
	if p.Hint == "" {
		p.Hint = "it has " + strings.Join(known, ", ")
	}
}

// scalar wants a single value.
func (w *walker) scalar(n *yaml.Node, what string) (*yaml.Node, bool) {
	n = w.resolve(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		w.problems.Add(posOf(n), "%s must be a single value, not %s", what, describe(n))
		return nil, false
	case n.Tag == "!!null":
		w.problems.Add(posOf(n), "%s has no value", what)
		return nil, false
	}
	return n, true
}

func (w *walker) texts(entries map[string]entry) {
	for key, to := range map[string]*string{"name": &w.file.name, "description": &w.file.description, "source": &w.file.source} {
		if e, ok := entries[key]; ok {
			if n, ok := w.scalar(e.value, key); ok {
				*to = strings.TrimSpace(n.Value)
			}
		}
	}
}

func (w *walker) sizes(entries map[string]entry) {
	if e, ok := entries["input"]; ok {
		w.file.input = w.value(e.value, "input")
	} else {
		w.problems.Add(diag.Pos{}, "input: is missing").WithHint("for example input: 224x224x3 (width x height x depth)")
	}
	if e, ok := entries["classes"]; ok {
		w.file.classes = w.value(e.value, "classes")
	}
}

// newParser cuts a scalar into tokens.
func (w *walker) newParser(n *yaml.Node) *parser {
	text, end := chars(n, w.lines)
	lex := &lexer{text: text, end: end, problems: &w.problems}
	return &parser{tokens: lex.tokens(), kinds: w.kinds, blocks: w.file.blocks, problems: &w.problems,
		labelled: w.file.labelled, optional: w.file.optional}
}

// try runs a parse that may give up; its problem is then in the list.
func try(parse func()) (ok bool) {
	defer func() {
		if caught := recover(); caught != nil {
			if _, isBail := caught.(bail); !isBail {
				panic(caught)
			}
		}
	}()
	parse()
	return true
}

// value reads a field of the mapping form: a scalar, or a list with one value for each turn of a repeat. It
// is nil where there was a problem.
func (w *walker) value(n *yaml.Node, what string) *value {
	n = w.resolve(n)
	if n.Kind == yaml.SequenceNode {
		return w.listValue(n, what)
	}
	if _, ok := w.scalar(n, what); !ok || !w.unquoted(n, what) {
		return nil
	}
	var v *value
	try(func() { v = w.newParser(n).wholeValue() })
	return v
}

// unquoted refuses a number in quotes: "3" is a text, and whoever wrote it may have meant something else.
func (w *walker) unquoted(n *yaml.Node, what string) bool {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	if _, err := strconv.ParseFloat(n.Value, 64); err != nil || !quoted {
		return true
	}
	w.problems.Add(posOf(n), "%s is a number, not the text \"%s\"", what, n.Value).WithHint("write %s without quotes", n.Value)
	return false
}

func (w *walker) listValue(n *yaml.Node, what string) *value {
	list := &number{pos: posOf(n)}
	for _, c := range n.Content {
		v := w.value(c, what)
		if v == nil {
			return nil
		}
		e, ok := v.single()
		if !ok {
			w.problems.Add(v.pos, "a list for %s holds whole numbers, one for each turn of a repeat", what)
			return nil
		}
		list.list = append(list.list, e)
	}
	if len(list.list) == 0 {
		w.problems.Add(list.pos, "the list for %s is empty", what)
		return nil
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
	for _, v := range w.mapping(e.value, "vars") {
		if !isName(v.key) {
			w.problems.Add(v.pos, "a variable's name is letters, digits and _, not %s", v.key)
			continue
		}
		if values, list, ok := w.literals(v.value, "the variable "+v.key); ok {
			w.file.vars[v.key] = variable{values, list}
		}
	}
}

// literals reads a whole number or a list of them.
func (w *walker) literals(n *yaml.Node, what string) (values []int64, list, ok bool) {
	v := w.value(n, what)
	if v == nil {
		return nil, false, false
	}
	if len(v.numbers) != 1 {
		w.problems.Add(v.pos, "%s is a whole number or a list of them such as [2,2,3], not %s", what, describe(w.resolve(n)))
		return nil, false, false
	}
	exprs := v.numbers[0].list
	if exprs == nil {
		exprs = []expr{v.numbers[0].expr}
	}
	constants := &scope{}
	for _, e := range exprs {
		x, _, err := constants.eval(e)
		if err != nil {
			w.problems.Add(v.pos, "%s is a whole number or a list of them: %s", what, err.Msg)
			return nil, false, false
		}
		values = append(values, x)
	}
	return values, v.numbers[0].list != nil, true
}

var namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isName(s string) bool { return namePattern.MatchString(s) }

func (w *walker) defaults(entries map[string]entry) {
	e, ok := entries["defaults"]
	if !ok {
		return
	}
	for _, d := range w.mapping(e.value, "defaults") {
		kind, ok := w.kinds.find(d.key)
		if !ok {
			p := w.problems.Add(d.pos, "defaults: unknown kind of layer %s", d.key)
			p.Hint = diag.DidYouMean(d.key, w.kinds.names())
			continue
		}
		if _, twice := w.file.defaults[kind.Name]; twice {
			w.problems.Add(d.pos, "the defaults of %s are written twice", kind.Name)
			continue
		}
		args, _ := w.arguments(kind, d.value)
		w.file.defaults[kind.Name] = args
	}
}

// arguments reads the fields of a kind in the mapping form. name is the value of name:, a label.
func (w *walker) arguments(kind op.Kind, n *yaml.Node) (args []argument, name *yaml.Node) {
	fields := kind.New().Fields()
	keys := make([]string, len(fields), len(fields)+1)
	for i, f := range fields {
		keys[i] = f.Key
	}
	for _, e := range w.mapping(n, kind.Name) {
		if e.key == "name" {
			name = e.value
			continue
		}
		if !slices.Contains(keys, e.key) {
			w.unknownKey(e, kind.Name, append(keys, "name"))
			continue
		}
		if v := w.value(e.value, kind.Name+": "+e.key); v != nil {
			args = append(args, argument{e.key, v.pos, v})
		}
	}
	return args, name
}

var blockHead = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*\((.*)\)\s*$`)

// blockHeads registers the blocks' names first, so that bodies and layers may call any of them.
func (w *walker) blockHeads(entries map[string]entry) {
	e, ok := entries["blocks"]
	if !ok {
		return
	}
	n := w.resolve(e.value)
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 {
		w.problems.Add(posOf(n), "blocks in braces are split by YAML at every comma").
			WithHint("write each block on a line of its own under blocks:, its body under `name(a, b): |`")
		return
	}
	for _, b := range w.mapping(e.value, "blocks") {
		w.blockHead(b)
	}
}

func (w *walker) blockHead(e entry) {
	head := blockHead.FindStringSubmatch(e.key)
	if head == nil {
		w.problems.Add(e.pos, "a block is defined as name(parameters), not %s", e.key).WithHint("for example bottleneck(w, s=1): |")
		return
	}
	b := &block{name: head[1], pos: e.pos}
	if _, _, isKind := w.kinds.split(b.name); isKind || slices.Contains([]string{"INPUT", "IDENTITY"}, strings.ToUpper(b.name)) {
		w.problems.Add(e.pos, "a block cannot be called %s: that is a kind of layer", b.name).WithHint("choose another name")
		return
	}
	if earlier, twice := w.file.blocks[b.name]; twice {
		w.problems.Add(e.pos, "the block %s is defined twice", b.name).WithHint("first at %s", earlier.pos)
		return
	}
	if !w.params(b, e, head[2]) {
		return
	}
	w.file.blocks[b.name] = b
	w.bodies = append(w.bodies, blockBody{b, e.value})
}

// params reads "w, s=1".
func (w *walker) params(b *block, e entry, list string) bool {
	if strings.TrimSpace(list) == "" {
		return true
	}
	for _, written := range strings.Split(list, ",") {
		name, def, hasDefault := strings.Cut(written, "=")
		p := param{name: strings.TrimSpace(name), pos: e.pos}
		if !isName(p.name) {
			w.problems.Add(e.pos, "block %s: %q is no name for a parameter", b.name, p.name)
			return false
		}
		for _, earlier := range b.params {
			if earlier.name == p.name {
				w.problems.Add(e.pos, "block %s: the parameter %s is written twice", b.name, p.name)
				return false
			}
		}
		if hasDefault {
			n, err := wholeNumber(strings.TrimSpace(def))
			if err != nil {
				w.problems.Add(e.pos, "block %s: the default of %s is a whole number, not %s", b.name, p.name, strings.TrimSpace(def))
				return false
			}
			p.def = &number{pos: e.pos, expr: &literal{n}}
		}
		b.params = append(b.params, p)
	}
	return true
}

func (w *walker) blockBodies() {
	for _, b := range w.bodies {
		b.block.body = w.chain(b.text, "the block "+b.block.name)
	}
}

func (w *walker) layers(entries map[string]entry) {
	e, ok := entries["layers"]
	if !ok {
		w.problems.Add(diag.Pos{}, "layers: is missing").WithHint("for example layers: INPUT -> CONV3-64 -> RELU -> FC-10")
		return
	}
	w.file.layers = w.chain(e.value, "layers")
}

// chain reads arrow text, or a list of arrow texts and layers in the mapping form. It is nil where nothing
// could be read.
func (w *walker) chain(n *yaml.Node, what string) *chain {
	n = w.resolve(n)
	if n.Kind == yaml.SequenceNode {
		return w.listChain(n, what)
	}
	if n.Kind == yaml.MappingNode {
		w.problems.Add(posOf(n), "%s must be arrow text or a list, not a mapping", what).WithHint("start each layer with a dash: - conv: {filters: 64, size: 3}")
		return nil
	}
	if _, ok := w.scalar(n, what); !ok {
		return nil
	}
	p := w.newParser(n)
	if p.peek().kind == tokEnd {
		w.problems.Add(posOf(n), "%s has no layers", what)
		return nil
	}
	return p.chainToEnd()
}

func (w *walker) listChain(n *yaml.Node, what string) *chain {
	if len(n.Content) == 0 {
		w.problems.Add(posOf(n), "%s has no layers", what)
		return nil
	}
	if w.splitByFlow(n) {
		return nil
	}
	c := &chain{}
	for _, element := range n.Content {
		element = w.resolve(element)
		switch element.Kind {
		case yaml.ScalarNode:
			if part := w.chain(element, "a list item of "+what); part != nil {
				c.items = append(c.items, part.items...)
			}
		case yaml.MappingNode:
			c.items = append(c.items, w.mappedLayer(element))
		default:
			w.problems.Add(posOf(element), "YAML reads a value that starts with [ as a list").WithHint("%s", underLiteral)
		}
	}
	if len(c.items) == 0 {
		return nil
	}
	return c
}

// mappedLayer reads - conv: {filters: 96, size: 11, name: conv1}.
func (w *walker) mappedLayer(n *yaml.Node) item {
	it := item{pos: posOf(n), body: &broken{}}
	entries := w.mapping(n, "a layer")
	if len(entries) != 1 {
		if len(entries) > 1 {
			w.problems.Add(entries[1].pos, "a list item is one layer, but has the keys %s and %s", entries[0].key, entries[1].key).
				WithHint("indent the fields under the kind, or start a new item with a dash")
		}
		return it
	}
	e := entries[0]
	kind, ok := w.kinds.find(e.key)
	switch {
	case !ok:
		p := w.problems.Add(e.pos, "unknown kind of layer %s", e.key)
		p.Hint = diag.DidYouMean(e.key, w.kinds.names())
		return it
	case kind.Merge:
		w.problems.Add(e.pos, "%s is written in the arrow language only", kind.Name).WithHint("as a list item: - %s(CONV3-64 | IDENTITY)", kind.Name)
		return it
	}
	args, name := w.arguments(kind, e.value)
	it.body = &layer{kind: kind, pos: e.pos, args: args}
	if name != nil {
		w.layerName(name, &it)
	}
	return it
}

func (w *walker) layerName(n *yaml.Node, it *item) {
	n, ok := w.scalar(n, "name")
	if !ok {
		return
	}
	for _, part := range strings.Split(n.Value, ".") {
		if !isName(part) {
			w.problems.Add(posOf(n), "a layer's name is letters, digits, _ and points, not %s", n.Value)
			return
		}
	}
	it.label, it.labelPos = n.Value, posOf(n)
	if _, seen := w.file.labelled[n.Value]; !seen {
		w.file.labelled[n.Value] = posOf(n)
	}
}

var preprocessKeys = []string{"mean", "std", "scale", "channels", "resize", "fit"}

func (w *walker) preprocess(entries map[string]entry) {
	e, ok := entries["preprocess"]
	if !ok {
		return
	}
	p := &w.file.preprocess
	w.file.preprocessPos = e.pos
	for _, f := range w.mapping(e.value, "preprocess") {
		switch f.key {
		case "mean":
			p.Mean = w.decimals(f, -1e6, 1e6)
		case "std":
			p.Std = w.decimals(f, 1e-9, 1e6)
		case "scale":
			if x := w.decimals(f, 1e-9, 1e6); len(x) > 0 {
				p.Scale = x[0]
			}
		case "resize":
			if x := w.decimals(f, 1, graph.MaxExtent); len(x) > 0 && x[0] == float64(int64(x[0])) {
				p.Resize = int64(x[0])
			} else if len(x) > 0 {
				w.problems.Add(f.pos, "resize is a whole number of pixels")
			}
		case "channels":
			p.BGR = w.word(f, "rgb", "bgr") == "bgr"
		case "fit":
			p.Stretch = w.word(f, "crop", "stretch") == "stretch"
		default:
			w.unknownKey(f, "preprocess", preprocessKeys)
		}
	}
}

// decimals reads a number or a list of numbers within a range.
func (w *walker) decimals(e entry, min, max float64) []float64 {
	n := w.resolve(e.value)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var numbers []float64
	for _, c := range items {
		c, ok := w.scalar(c, e.key)
		if !ok {
			return nil
		}
		x, err := strconv.ParseFloat(c.Value, 64)
		if err != nil || c.Style != 0 || !(x >= min && x <= max) {
			w.problems.Add(posOf(c), "%s takes numbers from %g to %g, not %s", e.key, min, max, c.Value)
			return nil
		}
		numbers = append(numbers, x)
	}
	return numbers
}

func (w *walker) word(e entry, words ...string) string {
	n, ok := w.scalar(e.value, e.key)
	if !ok {
		return ""
	}
	if !slices.Contains(words, n.Value) {
		p := w.problems.Add(posOf(n), "%s is one of %s, not %s", e.key, strings.Join(words, ", "), n.Value)
		p.Hint = diag.DidYouMean(n.Value, words)
	}
	return n.Value
}

func (w *walker) labels(entries map[string]entry) {
	e, ok := entries["labels"]
	if !ok {
		return
	}
	n := w.resolve(e.value)
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		w.problems.Add(posOf(n), "labels is a list of the classes' names, not %s", describe(n))
		return
	}
	w.file.labelsPos = e.pos
	for _, c := range n.Content {
		if c, ok := w.scalar(c, "a label"); ok {
			w.file.labels = append(w.file.labels, c.Value)
		}
	}
}

var errLine = regexp.MustCompile(`line (\d+)`)

// syntaxProblem places an error of the YAML parser. The traps that YAML sets for the arrow language get their
// own message at the line that has the trap, which is rarely the line the parser complains about.
func (w *walker) syntaxProblem(err error) diag.Problem {
	line := 1
	if m := errLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	if trap, ok := findTrap(w.lines, line); ok {
		return trap
	}
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := errLine.FindStringIndex(msg); m != nil && m[0] == 0 {
		msg = strings.TrimPrefix(msg[m[1]:], ": ")
	}
	line = min(max(line, 1), len(w.lines))
	return diag.Problem{Pos: diag.Pos{Line: line, Col: 1}, Msg: fmt.Sprintf("the file is not YAML: %s", msg)}
}
