package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Widest line of printed arrow text, in characters; a single item may be wider.
const printWidth = 100

// Print writes a graph as an architecture file in canonical form: one flat chain, every setting written out,
// labels where a path refers to them or where the running number would give another name. Reading it back
// gives the same graph, but for positions and for how PyTorch code is cut into modules: that goes by blocks, and the flat
// chain has none.
func Print(g *graph.Graph) string {
	var b strings.Builder
	for _, text := range []struct{ key, value string }{{"name", g.Name}, {"description", g.Description}, {"source", g.Source}} {
		if text.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", text.key, quote(text.value))
		}
	}
	fmt.Fprintf(&b, "input: %s\n", g.InputShape())
	printPreprocess(&b, g.Preprocess)
	if g.Labels != nil {
		b.WriteString("labels:\n")
		for _, l := range g.Labels {
			fmt.Fprintf(&b, "  - %s\n", strconv.Quote(l))
		}
	}
	b.WriteString("layers: |\n")
	p := &printer{graph: g, label: neededLabels(g), notation: op.Notation, join: joinArrows, shorten: inFull}
	writeWrapped(&b, p.items())
	return b.String()
}

// plainText needs no quotes in YAML, and is not read as a number or a truth value.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`)

// quote writes a text so that YAML gives it back. Go's escapes are YAML's too, for valid UTF-8.
func quote(s string) string {
	reserved := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if plainText.MatchString(s) && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
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

// writeWrapped joins items by arrows, a new line before the arrow that would pass the width.
func writeWrapped(b *strings.Builder, items []string) {
	width := 2
	b.WriteString("  ")
	for i, item := range items {
		if i > 0 && width+len(" -> ")+len(item) > printWidth {
			b.WriteString("\n  -> ")
			width = len("  -> ")
		} else if i > 0 {
			b.WriteString(" -> ")
			width += len(" -> ")
		}
		b.WriteString(item)
		width += len(item)
	}
	b.WriteString("\n")
}

// printer writes the nodes of a graph as items of the arrow language.
type printer struct {
	graph    *graph.Graph
	label    []bool // nodes that carry their name
	notation func(graph.Op) string
	join     func(items []string) string
	refer    func(node int) // told of every node that a path names by its label
	shorten  func(paths []string) []string
}

func joinArrows(items []string) string { return strings.Join(items, " -> ") }

func inFull(paths []string) []string { return paths }

// items is the whole network as one chain.
func (p *printer) items() []string {
	last := len(p.graph.Nodes) - 1
	if last == 0 {
		return []string{p.one(0)}
	}
	items, _ := p.chain(last, 0)
	return append([]string{p.one(0)}, items...)
}

// one is a node without its inputs, with its label.
func (p *printer) one(i int) string {
	text := p.notation(p.graph.Nodes[i].Op)
	if p.label != nil && p.label[i] {
		text += " @" + p.graph.Nodes[i].Name
	}
	return text
}

// chain is the items that end with a node, back to where they start from: a result not later than start. All
// that a path refers to is not later than the node its merge splits from, so that is where a path begins.
func (p *printer) chain(end, start int) (items []string, from int) {
	for i := end; ; {
		n := &p.graph.Nodes[i]
		items = append(items, p.item(i))
		from = n.Split
		if n.Split < 0 {
			from = n.Inputs[0]
		}
		if from <= start {
			slices.Reverse(items)
			return items, from
		}
		i = from
	}
}

// item is one node, with its paths where it is a merge.
func (p *printer) item(i int) string {
	n := &p.graph.Nodes[i]
	if n.Split < 0 {
		return p.one(i)
	}
	paths := make([]string, len(n.Inputs))
	for k, input := range n.Inputs {
		paths[k] = p.path(input, n.Split)
	}
	head, options, _ := strings.Cut(p.notation(n.Op), " ")
	text := head + "(" + strings.Join(p.shorten(paths), " | ") + ")"
	if options != "" {
		text += " " + options
	}
	if p.label != nil && p.label[i] {
		text += " @" + n.Name
	}
	return text
}

func (p *printer) path(input, split int) string {
	switch {
	case input == split:
		return "IDENTITY"
	case input < split:
		return p.reference(input)
	}
	items, from := p.chain(input, split)
	if from == split {
		return p.join(items)
	}
	return p.reference(from) + " -> " + p.join(items)
}

func (p *printer) reference(i int) string {
	if p.refer != nil {
		p.refer(i)
	}
	return "@" + p.graph.Nodes[i].Name
}

// neededLabels tells which nodes must carry their name: those that were labelled or are referred to, and those
// that their kind's running number would name otherwise.
func neededLabels(g *graph.Graph) []bool {
	label := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		label[i] = n.Labelled
	}
	walk := &printer{graph: g, notation: graph.Op.Kind, join: joinArrows, shorten: inFull, refer: func(i int) { label[i] = true }}
	walk.items()
	flat := &counter{}
	for changed := true; changed; {
		changed = false
		names := assignNames(g.Nodes, label, func(int) *counter { return flat })
		for i, name := range names {
			if name != g.Nodes[i].Name {
				label[i], changed = true, true
			}
		}
	}
	return label
}
