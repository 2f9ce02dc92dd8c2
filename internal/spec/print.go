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

// Print writes a graph with one input as an architecture file in canonical form: one flat chain, every setting written
// out, labels where a path refers to them or where the running number would give another name. Reading it back gives
// the same graph, except for positions and for how PyTorch code is cut into modules: that depends on blocks, and the flat
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
	chain := arrange(g)
	p := &printer{graph: g, chain: chain, label: neededLabels(g, chain), notation: op.Notation, join: joinArrows, shorten: inFull}
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
	chain    []chainItem
	label    []bool // nodes that carry their name
	notation func(graph.Op) string
	join     func(items []string) string
	refer    func(node int) // told of every node that is named by its label
	shorten  func(paths []string) []string
}

func joinArrows(items []string) string { return strings.Join(items, " -> ") }

func inFull(paths []string) []string { return paths }

// items is the whole network as one chain.
func (p *printer) items() []string {
	texts := p.texts(p.chain)
	if last, out := len(p.graph.Nodes)-1, p.graph.Outputs[0]; out != last {
		texts = append(texts, p.reference(out))
	}
	return texts
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

// item is one node, with its paths where it is a merge, and its label.
func (p *printer) item(item *chainItem) string {
	n := &p.graph.Nodes[item.node]
	text := p.notation(n.Op)
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
		text += " @" + n.Name
	}
	return text
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
	return "@" + p.graph.Nodes[i].Name
}

// neededLabels reports which nodes must carry their name: those that were labelled or are referred to, and those
// that their kind's running number would name otherwise.
func neededLabels(g *graph.Graph, chain []chainItem) []bool {
	label := make([]bool, len(g.Nodes))
	for i, n := range g.Nodes {
		label[i] = n.Labelled
	}
	walk := &printer{graph: g, chain: chain, notation: graph.Op.Kind, join: joinArrows, shorten: inFull, refer: func(i int) { label[i] = true }}
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
