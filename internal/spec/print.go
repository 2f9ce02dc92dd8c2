package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/pattern"
)

// The width of printed arrow text, in characters. A single item may be wider.
const printWidth = 100

// Print returns a graph with one input as an architecture file in canonical form: one flat chain with every setting
// written out, and with labels where a path refers to them or a layer's running number would give another name. Reading
// it back gives the same graph, except for positions and for the division into PyTorch modules, which depends on
// blocks.
func Print(g *graph.Graph) string {
	return printed(g, func(items []string) []string { return items })
}

// PrintFolded is Print with items that occur several times in a row as a repeat, [CONV3-64 -> RELU]*2, for graphs that
// nobody has written.
func PrintFolded(g *graph.Graph) string { return printed(g, foldAfterStart) }

// printed prints a graph whose chains are shortened.
func printed(g *graph.Graph, shortened func(items []string) []string) string {
	asGiven := inputsFirst(g)
	g, parts := partsOf(g)
	var b strings.Builder
	printHead(&b, g)
	label := neededLabels(g, parts)
	if sharesLabels(g, parts, label) {
		g = asGiven
		parts = partsWithoutNodes(g)
		label = neededLabels(g, parts)
	}
	join := func(items []string) string { return joinArrows(shortened(items)) }
	p := &printer{graph: g, label: label, withSettings: true, join: join, shorten: inFull}
	for k := range parts {
		if k == 1 {
			b.WriteString("heads:\n")
		}
		printPart(&b, &parts[k], shortened(p.items(&parts[k])))
	}
	return b.String()
}

// printHead writes what comes before the layers.
func printHead(b *strings.Builder, g *graph.Graph) {
	printText(b, "name", g.Name)
	printText(b, "description", g.Description)
	printText(b, "source", g.Source)
	printInputs(b, g)
	printPreprocess(b, g.Preprocess)
	if g.Labels != nil {
		b.WriteString("labels:\n")
		for _, l := range g.Labels {
			fmt.Fprintf(b, "  - %s\n", strconv.Quote(l))
		}
	}
	printFrozen(b, g.Frozen)
	printBudget(b, g.Budget)
}

// printInputs writes the size of the input, or the names and sizes of several.
func printInputs(b *strings.Builder, g *graph.Graph) {
	if len(g.Inputs) == 1 {
		fmt.Fprintf(b, "input: %s\n", g.InputShape())
		return
	}
	b.WriteString("inputs:\n")
	for _, i := range g.Inputs {
		size, _ := g.Nodes[i].Op.Output(nil)
		fmt.Fprintf(b, "  %s: %s\n", g.Nodes[i].Name, size)
	}
}

// printPart writes the layers or a head.
func printPart(b *strings.Builder, p *part, items []string) {
	if !p.isHead() {
		b.WriteString("layers: |\n")
		writeWrapped(b, items, "  ")
		return
	}
	var settings []string
	if p.head.Training {
		settings = append(settings, "training: true")
	}
	if p.head.Loss != 1 {
		settings = append(settings, "loss: "+decimalText(p.head.Loss))
	}
	line := fmt.Sprintf("  %s: %q", p.head.Name, joinArrows(items))
	if settings != nil {
		line = fmt.Sprintf("  %s: {layers: %q, %s}", p.head.Name, joinArrows(items), strings.Join(settings, ", "))
	}
	switch {
	case len(line) <= printWidth:
		fmt.Fprintln(b, line)
	case settings == nil:
		fmt.Fprintf(b, "  %s: |\n", p.head.Name)
		writeWrapped(b, items, "    ")
	default:
		fmt.Fprintf(b, "  %s:\n    %s\n    layers: |\n", p.head.Name, strings.Join(settings, "\n    "))
		writeWrapped(b, items, "      ")
	}
}

func printText(b *strings.Builder, key, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s: %s\n", key, quote(value))
	}
}

// plainText matches text that needs no quotes in YAML and is not a number.
var plainText = pattern.Lazy(`^[A-Za-z][A-Za-z0-9_./-]*$`)

// quote returns a text as YAML reads it back. YAML knows all of Go's escapes for valid UTF-8.
func quote(s string) string {
	reserved := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if plainText().MatchString(s) && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}

func printFrozen(b *strings.Builder, patterns []graph.FrozenPattern) {
	if len(patterns) == 0 {
		return
	}
	texts := make([]string, len(patterns))
	for i, p := range patterns {
		texts[i] = strconv.Quote(p.Text)
	}
	fmt.Fprintf(b, "frozen: [%s]\n", strings.Join(texts, ", "))
}

func printPreprocess(b *strings.Builder, p graph.Preprocess) {
	var parts []string
	add := func(written bool, format string, args ...any) {
		if written {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(p.Mean != nil, "mean: %s", decimalList(p.Mean))
	add(p.Std != nil, "std: %s", decimalList(p.Std))
	add(p.Scale != 0, "scale: %s", decimalText(p.Scale))
	add(p.BGR, "channels: bgr")
	add(p.Resize != 0, "resize: %d", p.Resize)
	add(p.Stretch, "fit: stretch")
	if parts != nil {
		fmt.Fprintf(b, "preprocess: {%s}\n", strings.Join(parts, ", "))
	}
}

func decimalList(numbers []float64) string {
	texts := make([]string, len(numbers))
	for i, x := range numbers {
		texts[i] = decimalText(x)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func decimalText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// writeWrapped writes items joined by arrows, indented. It starts a new line before an arrow whose item would exceed
// the width, and before each path of an item that is wider by itself.
func writeWrapped(b *strings.Builder, items []string, indent string) {
	width := len(indent)
	b.WriteString(indent)
	for i, item := range items {
		if len(indent+"-> ")+len(item) > printWidth {
			item = withPathsOnLines(item, indent)
		}
		if i > 0 && width+len(" -> ")+len(item) > printWidth {
			b.WriteString("\n" + indent + "-> ")
			width = len(indent + "-> ")
		} else if i > 0 {
			b.WriteString(" -> ")
			width += len(" -> ")
		}
		b.WriteString(item)
		width += len(item)
		if line := strings.LastIndexByte(item, '\n'); line >= 0 {
			width = len(item) - line - 1
		}
	}
	b.WriteString("\n")
}

// withPathsOnLines returns an item with the paths of its outermost merge on lines of their own. A path that is too wide
// itself goes on in further lines.
func withPathsOnLines(item, indent string) string {
	const bar, arrow = " | ", " -> "
	startsLine := func(at, width int, depths []int) bool {
		return strings.HasPrefix(item[at:], arrow) && width+nextItem(item[at:], depths[at:]) > printWidth
	}
	depths := depthsOf(item)
	outermost := math.MaxInt
	for i := range item {
		if strings.HasPrefix(item[i:], bar) {
			outermost = min(outermost, depths[i])
		}
	}
	var b strings.Builder
	width := len(indent)
	for i := 0; i < len(item); i++ {
		switch {
		case depths[i] == outermost && strings.HasPrefix(item[i:], bar):
			b.WriteString("\n" + indent + "  ")
			width = len(indent + "  ")
		case depths[i] == outermost && startsLine(i, width, depths):
			b.WriteString("\n" + indent + "    ")
			width = len(indent + "    ")
		default:
			b.WriteByte(item[i])
			width++
		}
	}
	return b.String()
}

// depthsOf returns by place in a text how many parentheses are open.
func depthsOf(text string) []int {
	depths := make([]int, len(text))
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			open++
		case ')':
			open--
		}
		depths[i] = open
	}
	return depths
}

// nextItem returns the width of an arrow at the start of a text and of the item that follows it.
func nextItem(text string, depths []int) int {
	for i := 1; i < len(text); i++ {
		isMark := strings.HasPrefix(text[i:], " -> ") || strings.HasPrefix(text[i:], " | ")
		if depths[i] < depths[0] || depths[i] == depths[0] && isMark {
			return i
		}
	}
	return len(text)
}

// printer writes the nodes of a graph as items of the arrow language.
type printer struct {
	graph        *graph.Graph
	part         *part  // that is being written
	label        []bool // nodes to write with their labels
	withSettings bool   // write the settings of nodes, not only their kinds
	join         func(items []string) string
	refer        func(node int) // called for every node that is referred to by its label; may be nil
	shorten      func(paths []string) []string
}

func joinArrows(items []string) string { return strings.Join(items, " -> ") }

func inFull(paths []string) []string { return paths }

// items returns the items of a part.
func (p *printer) items(of *part) []string {
	p.part = of
	texts := p.texts(of.chain)
	if end := p.endOf(of); end != none {
		texts = append(texts, p.reference(end))
	}
	return texts
}

// endOf returns the result that a part has to name at its end, since it is not that of its last node; none if there is
// no such result. Layers that end in no output end in a result that something uses.
func (p *printer) endOf(of *part) int {
	end, last := of.end, of.first+of.len-1
	if end == none {
		isUsed := func(i int) bool { return isRead(p.graph, i) || p.graph.IsOutput(i) }
		// Heads start from results of the chain or from inputs.
		ends := slices.Clone(p.graph.Inputs)
		for _, item := range of.chain {
			ends = append(ends, item.node)
		}
		for _, end = range slices.Backward(ends) {
			if isUsed(end) {
				break
			}
		}
	}
	if end == last && of.len > 0 {
		return none
	}
	return end
}

func (p *printer) texts(items []chainItem) []string {
	texts := make([]string, 0, len(items))
	for i := range items {
		if from := items[i].from; from != none {
			texts = append(texts, p.reference(from))
		}
		texts = append(texts, p.item(&items[i]))
	}
	return texts
}

// item returns a node with its label and, if it is a merge, its paths.
func (p *printer) item(item *chainItem) string {
	n := &p.graph.Nodes[item.node]
	text := p.notation(n)
	if item.paths != nil {
		paths := make([]string, len(item.paths))
		for k := range item.paths {
			paths[k] = p.path(&item.paths[k])
		}
		head, options, _ := strings.Cut(text, " ")
		text = head + "(" + strings.Join(p.shorten(paths), " | ") + ")"
		if options != "" {
			text += " " + options
		}
	}
	if p.label != nil && p.label[item.node] {
		text += " @" + p.part.shortName(n.Name)
	}
	return text
}

// notation returns a node's kind or, in full, its layer in the arrow language, with the labels as printed.
func (p *printer) notation(n *graph.Node) string {
	if n.Refs == nil && !p.withSettings {
		return n.Op.Kind()
	}
	labels := make(map[string]op.Value, len(n.Refs))
	for _, r := range n.Refs {
		labels[r.Key] = op.Value{Label: strings.TrimPrefix(p.reference(r.Node), "@")}
	}
	layer, ok := n.Op.(op.Layer)
	switch {
	case !p.withSettings:
		return n.Op.Kind()
	case !ok || n.Refs == nil:
		return op.Notation(n.Op)
	}
	renamed, err := op.With(layer, labels)
	if err != nil {
		return op.Notation(n.Op) // not reached: the layer has these settings
	}
	return op.Notation(renamed)
}

func (p *printer) path(path *chainPath) string {
	switch {
	case path.items == nil && path.from == none:
		return "IDENTITY"
	case path.items == nil:
		return p.reference(path.from)
	case path.from == none:
		return p.join(p.texts(path.items))
	}
	return p.reference(path.from) + " -> " + p.join(p.texts(path.items))
}

func (p *printer) reference(i int) string {
	if p.refer != nil {
		p.refer(i)
	}
	name := p.graph.Nodes[i].Name
	if i >= p.part.first {
		name = p.part.shortName(name)
	}
	return "@" + name
}

// neededLabels returns which nodes need a label: those that need one for their name or are referred to.
func neededLabels(g *graph.Graph, parts []part) []bool {
	label := namedNodes(g, parts)
	walk := &printer{graph: g, join: joinArrows, shorten: inFull}
	walk.refer = func(i int) { label[i] = true }
	for k := range parts {
		walk.items(&parts[k])
	}
	return label
}

// namedNodes returns which nodes need a label for their name: those that had one, and those that would get another name
// from their running number.
func namedNodes(g *graph.Graph, parts []part) []bool {
	named := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		named[i] = n.Labelled
	}
	counters := make([]*counter, len(g.Nodes))
	if len(g.Inputs) > 1 {
		for _, in := range g.Inputs {
			named[in], counters[in] = true, &counter{} // their names are keys of inputs:
		}
	}
	for k := range parts {
		ofPart := &counter{prefix: parts[k].prefix}
		for i := range parts[k].len {
			counters[parts[k].first+i] = ofPart
		}
	}
	for changed := true; changed; {
		changed = false
		names := assignNames(g.Nodes, named, func(i int) *counter { return counters[i] })
		for i, name := range names {
			if name != g.Nodes[i].Name {
				named[i], changed = true, true
			}
		}
	}
	return named
}

// sharesLabels reports whether a head would need a label that is visible in it already: its labels have the names of
// its nodes without that of the head.
func sharesLabels(g *graph.Graph, parts []part, label []bool) bool {
	visible := map[string]bool{}
	for k := range parts {
		p := &parts[k]
		for i := p.first; i < p.first+p.len; i++ {
			if label[i] && p.isHead() && visible[p.shortName(g.Nodes[i].Name)] {
				return true
			}
		}
		for i := p.first; i < p.first+p.len; i++ {
			visible[g.Nodes[i].Name] = label[i]
		}
	}
	return false
}
