package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// PrintBlocks returns a graph as an architecture file as a person would write it, for graphs that nobody has written:
// sequences of layers that differ in numbers only are blocks, items that occur several times in a row are repeats, and
// settings of all layers of a kind are defaults. Reading it back gives the same graph. The blocks are inline: layers
// keep their names, and no call holds what it reads.
func PrintBlocks(g *graph.Graph) string {
	if len(g.Nodes) > MaxLayers {
		return PrintFolded(g) // no file may have so many
	}
	if text, ok := blocksText(g); ok && readsAs(text, g) {
		return text
	}
	return PrintFolded(g)
}

// blocksText returns a graph as a file with blocks. ok is false if its labels would be ambiguous.
func blocksText(g *graph.Graph) (text string, ok bool) {
	g, parts := partsOf(g)
	a := newArranger(g)
	a.labelsSkips = true
	a.arrange(parts)
	label := neededLabels(g, parts)
	if sharesLabels(g, parts, label) {
		return "", false
	}
	p := newBlockPrinter(g, parts, label)
	p.finder.find()
	p.finder.nameBlocks()
	p.keepLabels()

	var b strings.Builder
	printHead(&b, g)
	printDefaults(&b, p.finder.hoisted)
	p.finder.printBlocks(&b)
	for k := range parts {
		if k == 1 {
			b.WriteString("heads:\n")
		}
		printPart(&b, &parts[k], foldAfterStart(p.items(k)))
	}
	if names := p.finder.blockNames(); names != nil {
		fmt.Fprintf(&b, "pytorch: {inline: [%s]}\n", strings.Join(names, ", "))
	}
	return b.String(), true
}

// blockPrinter prints the parts of a graph with blocks.
type blockPrinter struct {
	*printer
	parts  []part
	ends   []int // by part, the result that it names at its end, or none
	lists  resultLists
	finder *finder
}

func newBlockPrinter(g *graph.Graph, parts []part, label []bool) *blockPrinter {
	p := &blockPrinter{printer: &printer{graph: g}, parts: parts}
	named := namedNodes(g, parts)
	p.lists = listsOf(g, parts[0].chain, named, labelNames(g, label))
	p.finder = &finder{
		graph: g, forms: newForms(), hoisted: hoistedOf(g), lastUse: newArranger(g).lastUse, isPinned: named,
	}
	for k := range parts {
		p.finder.chains = append(p.finder.chains, p.finder.pieces(g, p.lists, parts[k].chain))
		end := p.endOf(&parts[k])
		p.ends = append(p.ends, end)
		if end != none {
			p.finder.isPinned[end] = true
		}
	}
	p.label = slices.Clone(p.finder.isPinned)
	for i := range p.lists.member {
		p.finder.isPinned[i] = true
	}
	return p
}

// labelNames returns the labels that a graph is printed with.
func labelNames(g *graph.Graph, label []bool) map[string]bool {
	names := map[string]bool{}
	for i, is := range label {
		if is {
			names[g.Nodes[i].Name] = true
		}
	}
	return names
}

// keepLabels adds the labels of the results that the chains refer to. What only blocks refer to has none.
func (p *blockPrinter) keepLabels() {
	for _, chain := range p.finder.chains {
		for _, s := range slotsOf(chain) {
			if s.kind == labelSlot {
				p.label[s.value] = true
			}
		}
		if len(chain) > 0 && chain[0].from != none {
			p.label[chain[0].from] = true
		}
	}
}

// items returns the items of part k.
func (p *blockPrinter) items(k int) []string {
	p.part = &p.parts[k]
	w := &pieceWriter{forms: p.finder.forms, hoisted: p.finder.hoisted, shorten: foldWhole}
	w.refer = func(i int) string { return strings.TrimPrefix(p.reference(i), "@") }
	w.label = func(i int) string {
		switch list := p.lists.member[i]; {
		case list != "":
			return list + "+"
		case p.printer.label[i]:
			return p.part.shortName(p.graph.Nodes[i].Name)
		}
		return ""
	}
	chain := p.finder.chains[k]
	var items []string
	if len(chain) > 0 && chain[0].from != none {
		items = append(items, p.reference(chain[0].from))
	}
	w.slots = heldBy(chain)
	items = append(items, w.items(chain)...)
	if end := p.ends[k]; end != none {
		items = append(items, p.reference(end))
	}
	return items
}

// heldBy returns what the slots of pieces hold.
func heldBy(pieces []*piece) []written {
	slots := slotsOf(pieces)
	held := make([]written, len(slots))
	for i, s := range slots {
		held[i].values = []int64{s.value}
	}
	return held
}

// readsAs reports whether reading a text gives the graph g, as isSameGraph compares them.
func readsAs(text string, g *graph.Graph) bool {
	f, _, problems := Read("", []byte(text))
	again, more := f.Lower(graph.Options{})
	return len(problems)+len(more) == 0 && isSameGraph(again, g)
}

// isSameGraph reports whether two graphs have the same layers, but for positions, and for settings that change nothing.
func isSameGraph(a, b *graph.Graph) bool {
	sameNode := func(a, b graph.Node) bool {
		return a.Name == b.Name && slices.Equal(a.Inputs, b.Inputs) && slices.Equal(a.Refs, b.Refs) && isSameLayer(&a, &b)
	}
	return slices.EqualFunc(a.Nodes, b.Nodes, sameNode) && slices.Equal(a.Outputs, b.Outputs) &&
		slices.Equal(a.Inputs, b.Inputs) && slices.EqualFunc(a.Modules, b.Modules, isSameModule)
}

func isSameModule(a, b graph.Module) bool {
	return a.First == b.First && a.Last == b.Last && slices.Equal(a.Inputs, b.Inputs)
}

func isSameLayer(a, b *graph.Node) bool {
	if len(a.Inputs) == 0 && len(b.Inputs) == 0 {
		sizeA, _ := a.Op.Output(nil)
		sizeB, _ := b.Op.Output(nil)
		return sizeA == sizeB
	}
	kindA, ofA := settled(a)
	kindB, ofB := settled(b)
	return kindA == kindB && maps.EqualFunc(ofA, ofB, isSameValue)
}

func isSameValue(a, b op.Value) bool {
	return a.Word == b.Word && a.Decimal == b.Decimal && a.Label == b.Label && slices.Equal(a.Ints, b.Ints)
}
