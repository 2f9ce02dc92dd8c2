package spec

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

var pytorchKeys = []string{"modules", "functions", "lists", "inline", "permuted", "subclasses"}

// layerPick picks layers: those of a kind, in a certain block if one is named, or those with a label.
type layerPick struct {
	block string // the innermost around the layer, or "" for any
	kind  string // in capitals, or "" if the label picks
	label string
}

func innermostBlock(s *graph.Scope) string {
	for ; s != nil; s = s.Outer {
		if s.Block != "" {
			return s.Block
		}
	}
	return ""
}

// layerPicks are the entries of a list of layers under pytorch:.
type layerPicks map[layerPick]bool

// pick reports whether the list has the node.
func (c layerPicks) pick(n *graph.Node) bool {
	kind := n.Op.Kind()
	return c[layerPick{kind: kind}] || c[layerPick{kind: kind, block: innermostBlock(n.Within)}] ||
		n.Labelled && c.pickLabel(n.Name)
}

// pickLabel reports whether a label picks a layer of that name, which may start with the names of blocks.
func (c layerPicks) pickLabel(name string) bool {
	for inBlock := true; inBlock; _, name, inBlock = strings.Cut(name, ".") {
		if c[layerPick{label: name}] {
			return true
		}
	}
	return false
}

// pytorchLists are the lists of layers under pytorch:.
type pytorchLists struct {
	functions, permuted, subclasses layerPicks
}

func newPyTorchLists() pytorchLists {
	return pytorchLists{layerPicks{}, layerPicks{}, layerPicks{}}
}

// markPyTorch says of each node how the network's PyTorch code has it, as the file lists it.
func (f *File) markPyTorch(g *graph.Graph) {
	lists := f.pytorch
	if len(lists.functions)+len(lists.permuted)+len(lists.subclasses) == 0 {
		return
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		n.Function = lists.functions.pick(n)
		n.Permuted = lists.permuted.pick(n) && isPermutable(n.Op)
		n.Subclass = lists.subclasses.pick(n) && !n.Permuted
	}
}

func isPermutable(o graph.Op) bool {
	p, ok := o.(op.Permutable)
	return ok && p.IsPermutable()
}

// pytorch reads how the network's PyTorch code is divided into modules. Programs that count through hooks on modules
// depend on it.
func (w *walker) pytorch(entries map[string]entry) {
	modulesWritten := false
	if e, ok := entries["pytorch"]; ok {
		fields, _ := w.mapping(e.value, "pytorch")
		for _, f := range fields {
			switch f.key {
			case "modules":
				modulesWritten = true
				w.eachBlock(f, func(b *block) { b.isModule = true })
			case "lists":
				w.eachBlock(f, func(b *block) { b.isModule, b.takesList = true, true })
			case "inline":
				w.eachBlock(f, func(b *block) { b.isInline = true })
			case "functions":
				w.layerPicks(f, w.file.pytorch.functions, neverFunction)
			case "permuted":
				w.layerPicks(f, w.file.pytorch.permuted, neverPermuted)
			case "subclasses":
				w.layerPicks(f, w.file.pytorch.subclasses, neverModule)
			default:
				w.unknownKey(f, "pytorch", pytorchKeys)
			}
		}
	}
	if !modulesWritten {
		w.modulesByPaths()
	}
	for _, b := range w.file.blocks {
		b.isModule = b.isModule && !b.isInline
	}
}

// modulesByPaths makes modules of the blocks that have paths, themselves or in a block that they call: these need a
// forward of their own, while a mere chain is an nn.Sequential.
func (w *walker) modulesByPaths() {
	known := map[*block]bool{}
	var hasPaths func(c *chain) bool
	visit := func(b *block) bool {
		if has, seen := known[b]; seen {
			return has
		}
		known[b] = false // for a block that calls itself, which is an error
		known[b] = b.body != nil && hasPaths(b.body)
		return known[b]
	}
	hasPaths = func(c *chain) bool {
		return slices.ContainsFunc(c.items, func(it item) bool {
			switch body := it.body.(type) {
			case *merge:
				return true
			case *group:
				return hasPaths(body.chain)
			case *call:
				return visit(body.block)
			}
			return false
		})
	}
	for _, b := range w.file.blocks {
		b.isModule = b.takesList || visit(b)
	}
}

// names reads a list of names.
func (w *walker) names(e entry, what string) []*yaml.Node {
	n := w.resolve(e.value)
	if n.Kind != yaml.SequenceNode {
		w.add(w.posOf(n), "yaml/value", "%s must be a list of %s, not %s", e.key, what, describe(n)).
			WithHint("write even a single name in brackets")
		return nil
	}
	if len(n.Content) > maxList {
		w.report(longList(w.posOf(n)))
		return nil
	}
	var names []*yaml.Node
	for _, c := range n.Content {
		if c, ok := w.scalar(c, e.key); ok {
			names = append(names, c)
		}
	}
	return names
}

func (w *walker) eachBlock(e entry, set func(*block)) {
	for _, n := range w.names(e, "blocks") {
		if b := w.blockNamed(n, n.Value); b != nil {
			set(b)
		}
	}
}

// blockNamed returns the block of that name. If there is none, it reports that and returns nil.
func (w *walker) blockNamed(n *yaml.Node, name string) *block {
	if b := w.file.blocks[name]; b != nil || w.file.blocksUnread {
		return b
	}
	p := w.add(w.posOf(n), "block/unknown", "there is no block %s", plain.Cut(name))
	if len(w.file.blocks) == 0 || len(w.file.blocks) > diag.MaxCandidates {
		return nil
	}
	known := slices.Sorted(maps.Keys(w.file.blocks))
	if p.Hint = diag.DidYouMean(name, known); p.Hint == "" {
		p.Hint = "the blocks are " + plain.CutNames(strings.Join(known, ", "))
	}
	return nil
}

// layerPicks reads a list of layers. never returns why a kind cannot be in it, or "" if it can.
func (w *walker) layerPicks(e entry, picks layerPicks, never func(op.Kind) string) {
	for _, n := range w.names(e, "kinds and labels") {
		if pick, ok := w.layerPick(e.key, n, never); ok {
			picks[pick] = true
		}
	}
}

// layerPick reads a kind, block.kind, or a label.
func (w *walker) layerPick(key string, n *yaml.Node, never func(op.Kind) string) (pick layerPick, ok bool) {
	if _, isLabel := w.file.labelSites[labelSite{n.Value, anyText}]; isLabel {
		return layerPick{label: n.Value}, true
	}
	block, word, inBlock := strings.Cut(n.Value, ".")
	if !inBlock {
		block, word = "", n.Value
	}
	kind, known := w.kinds.find(word)
	if !known || inBlock && block == "" {
		p := w.add(w.posOf(n), "yaml/value", "%s: %s is neither a kind of layer, nor block.kind, nor a label", key,
			plain.Cut(n.Value))
		p.Hint = diag.DidYouMean(strings.ToUpper(word), w.kinds.names())
		return pick, false
	}
	if inBlock && w.blockNamed(n, block) == nil {
		return pick, false
	}
	if why := never(kind); why != "" {
		w.add(w.posOf(n), "yaml/value", "%s: %s %s", key, kind.Name, why).WithHint("leave it out")
		return pick, false
	}
	return layerPick{block: block, kind: kind.Name}, true
}

// neverFunction returns why PyTorch code never calls a kind as a function, or "" if it may.
func neverFunction(kind op.Kind) string {
	if why := neverModule(kind); why != "" {
		return why
	}
	one := graph.Shape{W: 1, H: 1, D: 1}
	if len(kind.New().Weights([]graph.Shape{one}, one)) > 0 {
		return "has parameters, so it is always a module"
	}
	return ""
}

// neverModule returns why PyTorch code never has a kind as a module, or "" if it may.
func neverModule(kind op.Kind) string {
	if kind.New().Counterparts().Module == "" {
		return "is never a module in PyTorch"
	}
	return ""
}

// neverPermuted returns why a kind never works on volumes with their channels last, or "" if it may.
func neverPermuted(kind op.Kind) string {
	if why := neverModule(kind); why != "" {
		return why
	}
	if _, isConv := kind.New().(*op.Conv); isConv || isPermutable(kind.New()) {
		return "" // the CONVs that are 1x1
	}
	return "does not run with the channels last in PyTorch"
}
