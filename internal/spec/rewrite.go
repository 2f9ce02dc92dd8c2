package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Rewrite returns a file that reads as g, the graph of f with the options or one with other layers in it, which have
// the names of those that they replace. It is the text of f with the options written into it and the other layers in
// their places, so blocks, variables and comments stay. Where that is not possible, it is PrintBlocks(g).
func (f *File) Rewrite(g *graph.Graph, o graph.Options) string {
	if plain, _ := f.Lower(graph.Options{}); !f.isArrowText && isSameGraph(plain, g) {
		return f.text
	}
	var root yaml.Node
	if f.isArrowText || yaml.Unmarshal([]byte(f.text), &root) != nil {
		return PrintBlocks(g)
	}
	e := &editor{file: f, places: placesOf(f.text)}
	e.sizes(root.Content[0], o)
	e.vars(root.Content[0], o)
	e.layers(g, o)
	if text := e.edited(); readsAs(text, g) {
		return text
	}
	return PrintBlocks(g)
}

// editor collects edits of a file's text. It leaves out what it cannot edit: reading the result tells.
type editor struct {
	file   *File
	places [][]int // where each character of each line is in the text, and the line's end
	edits  []edit
}

// edit puts a text in place of the bytes from start to before end.
type edit struct {
	start, end int
	text       string
}

func (e *editor) replace(start, end int, text string) {
	e.edits = append(e.edits, edit{start, end, text})
}

// edited returns the file's text after all edits.
func (e *editor) edited() string {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	done := 0
	for _, edit := range e.edits {
		if edit.start < done {
			continue // overlaps the one before
		}
		b.WriteString(e.file.text[done:edit.start] + edit.text)
		done = edit.end
	}
	b.WriteString(e.file.text[done:])
	return b.String()
}

// placesOf returns where the characters of a text are, by line and column, and the ends of the lines.
func placesOf(text string) [][]int {
	places := [][]int{nil}
	for i, r := range text {
		last := len(places) - 1
		places[last] = append(places[last], i)
		if isBreak(r) {
			places = append(places, nil)
		}
	}
	last := len(places) - 1
	places[last] = append(places[last], len(text))
	return places
}

// offset returns where a place is in the text.
func (e *editor) offset(p diag.Pos) int { return e.places[p.Line-1][p.Col-1] }

func placeOf(n *yaml.Node) diag.Pos { return diag.Pos{Line: n.Line, Col: n.Column} }

// valueOf returns the value of a key, nil if the mapping does not have it.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// setValue writes another value in place of a scalar or a flow list, if it is on one line.
func (e *editor) setValue(n *yaml.Node, text string) {
	start := e.offset(placeOf(n))
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		start++
	}
	line, _, _ := strings.Cut(e.file.text[start:], "\n")
	switch end := strings.IndexByte(line, ']'); {
	case n.Kind == yaml.ScalarNode && strings.HasPrefix(line, n.Value):
		e.replace(start, start+len(n.Value), text)
	case n.Kind == yaml.SequenceNode && strings.HasPrefix(line, "[") && end > 0:
		e.replace(start, start+end+1, text)
	}
}

// sizes writes the sizes of inputs that the options set.
func (e *editor) sizes(root *yaml.Node, o graph.Options) {
	if o.InputWidth == 0 && len(o.Inputs) == 0 {
		return
	}
	g, _ := e.file.Lower(o)
	if n := valueOf(root, "input"); n != nil {
		e.setValue(n, g.InputShape().String())
		return
	}
	inputs := valueOf(root, "inputs")
	for _, i := range g.Inputs {
		size, _ := g.Nodes[i].Op.Output(nil)
		if n := valueOf(inputs, g.Nodes[i].Name); n != nil {
			e.setValue(n, size.String())
		}
	}
}

// vars writes the values of variables that the options set.
func (e *editor) vars(root *yaml.Node, o graph.Options) {
	vars := valueOf(root, "vars")
	var added []string // values of variables that the file gives none
	for _, name := range slices.Sorted(maps.Keys(o.Vars)) {
		text := varText(o.Vars[name])
		if vars != nil && valueOf(vars, name) != nil {
			e.setValue(valueOf(vars, name), text)
			continue
		}
		added = append(added, name+": "+text)
	}
	if added != nil {
		e.addVars(root, vars, added)
	}
}

// varText returns the value of a variable, a number or a list.
func varText(values []int64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatInt(v, 10)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// addVars adds variables to vars:, which is nil if the file does not have it.
func (e *editor) addVars(root, vars *yaml.Node, added []string) {
	at := func(n *yaml.Node) int { return e.offset(placeOf(n)) }
	switch {
	case vars == nil && root.Style&yaml.FlowStyle == 0:
		first := at(root.Content[slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "layers" })])
		e.replace(first, first, fmt.Sprintf("vars: {%s}\n", strings.Join(added, ", ")))
	case vars == nil || len(vars.Content) == 0:
	case vars.Style&yaml.FlowStyle != 0:
		e.replace(at(vars)+1, at(vars)+1, strings.Join(added, ", ")+", ")
	default:
		first := vars.Content[0]
		lineEnd := "\n" + strings.Repeat(" ", first.Column-1)
		e.replace(at(first), at(first), strings.Join(added, lineEnd)+lineEnd)
	}
}

// layers writes the layers of g in place of those that the file has. What its layers are once repeats are written out
// must be known, so it edits items of the layers and heads only, not of blocks.
func (e *editor) layers(g *graph.Graph, o graph.Options) {
	old, _ := e.file.Lower(o)
	c := changedLayers{editor: e, old: old, now: make(map[string]*graph.Node, len(g.Nodes))}
	for i := range g.Nodes {
		c.now[g.Nodes[i].Name] = &g.Nodes[i]
	}
	for i := range old.Nodes {
		if c.differs(i) {
			c.changed = append(c.changed, e.offset(old.Nodes[i].Pos))
		}
	}
	slices.Sort(c.changed)
	c.chain(e.file.layers, "")
	for _, h := range e.file.heads {
		c.chain(h.chain, h.name+".")
	}
}

// changedLayers edits the items whose layers differ.
type changedLayers struct {
	*editor
	old     *graph.Graph
	now     map[string]*graph.Node // by name; none for layers that are left out
	changed []int                  // where layers are written that differ
}

// chain edits the items of the layers or of a head, whose name and a point are the prefix of its layers' names.
func (c *changedLayers) chain(items *chain, prefix string) {
	for k := range items.items {
		start := c.offset(items.items[k].pos)
		first, _ := slices.BinarySearch(c.changed, start)
		if first == len(c.changed) {
			continue
		}
		end := start + itemLen(c.file.text[start:])
		if c.changed[first] >= end {
			continue
		}
		nodes := c.nodesAt(start, end)
		texts := make([]string, 0, len(nodes))
		for _, i := range nodes {
			if now := c.now[c.old.Nodes[i].Name]; now != nil {
				texts = append(texts, c.item(now, c.differs(i), prefix))
			}
		}
		if len(texts) == 0 && k+1 < len(items.items) {
			end = c.offset(items.items[k+1].pos) // with the arrow after it
		}
		c.replace(start, end, joinArrows(texts))
	}
}

// nodesAt returns the nodes that are written between two places, if each has one layer before it; else none.
func (c *changedLayers) nodesAt(start, end int) []int {
	var nodes []int
	for i := range c.old.Nodes {
		n := &c.old.Nodes[i]
		if at := c.offset(n.Pos); at < start || at >= end {
			continue
		}
		if len(n.Inputs) != 1 || len(nodes) > 0 && n.Inputs[0] != nodes[len(nodes)-1] {
			return nil
		}
		nodes = append(nodes, i)
	}
	return nodes
}

// differs reports whether node i of the file is another layer now, or left out.
func (c *changedLayers) differs(i int) bool {
	old := &c.old.Nodes[i]
	now := c.now[old.Name]
	return now == nil || op.Notation(now.Op) != op.Notation(old.Op)
}

// item returns a layer as an item. One that replaces a layer has a label, since its number would give another name.
func (c *changedLayers) item(n *graph.Node, replaces bool, prefix string) string {
	text := op.Notation(n.Op)
	if layer, ok := n.Op.(op.Layer); ok {
		text += c.withoutDefaults(layer)
	}
	if replaces || n.Labelled {
		text += " @" + strings.TrimPrefix(n.Name, prefix)
	}
	return text
}

// withoutDefaults returns the options that undo the flags under defaults: which a layer does not have.
func (c *changedLayers) withoutDefaults(layer op.Layer) string {
	options := ""
	for _, f := range layer.Fields() {
		isDefault := slices.ContainsFunc(c.file.defaults[layer.Kind()], func(a argument) bool { return a.key == f.Key })
		if isDefault && len(f.Words) == 1 && f.Setting.Value().IsZero() {
			options += " " + f.Key + "=false"
		}
	}
	return options
}

// itemLen returns the length of the item at the start of arrow text: up to what ends it outside of brackets.
func itemLen(text string) int {
	open := 0
	for i, r := range text {
		switch {
		case strings.ContainsRune("([{", r):
			open++
		case open == 0 && (strings.ContainsRune("\n\"'→)]}|,", r) || startsAny(text[i:], "->", " #")):
			return len(strings.TrimRight(text[:i], " "))
		case strings.ContainsRune(")]}", r):
			open--
		}
	}
	return len(text)
}

func startsAny(text string, starts ...string) bool {
	return slices.ContainsFunc(starts, func(start string) bool { return strings.HasPrefix(text, start) })
}
