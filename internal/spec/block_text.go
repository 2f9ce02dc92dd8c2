package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// hoistedOf returns the settings that defaults: has, so that layers need not repeat them: flags that most layers of a
// kind have, and words and decimal numbers that all have.
func hoistedOf(g *graph.Graph) hoisted {
	usage := map[string]map[string]map[string]int{} // by kind, key and text, layers
	layers := map[string]int{}
	isFlag := map[string]bool{} // by key
	for i := range g.Nodes {
		layer, ok := g.Nodes[i].Op.(op.Layer)
		if !ok {
			continue
		}
		kind := layer.Kind()
		layers[kind]++
		settings := op.Explicit(layer)
		for _, f := range layer.Fields() {
			text := settings[f.Key].Word + settings[f.Key].Decimal
			if f.Key == "rounding" && text == "" && changesNothing(settings) {
				continue // any will do
			}
			if f.Place != op.Option || f.Key != "rounding" && text == "" {
				continue
			}
			if usage[kind] == nil {
				usage[kind] = map[string]map[string]int{}
			}
			if usage[kind][f.Key] == nil {
				usage[kind][f.Key] = map[string]int{}
			}
			usage[kind][f.Key][text]++
			isFlag[f.Key] = len(f.Words) == 1
		}
	}
	h := hoisted{}
	for kind, keys := range usage {
		for key, texts := range keys {
			text, only := onlyKey(texts)
			if !only || text == "" || texts[text] < 2 {
				continue
			}
			without := layers[kind] - texts[text]
			if without == 0 || key == "rounding" || isFlag[key] && 2*without < texts[text] {
				if h[kind] == nil {
					h[kind] = map[string]string{}
				}
				h[kind][key] = text
			}
		}
	}
	return h
}

// changesNothing reports whether rounding changes nothing, since the stride is 1.
func changesNothing(settings map[string]op.Value) bool {
	stride := settings["stride"].Ints
	return len(stride) == 1 && stride[0] == 1
}

// onlyKey returns the only key of a map, or false.
func onlyKey(m map[string]int) (string, bool) {
	for key := range m {
		return key, len(m) == 1
	}
	return "", false
}

// printDefaults writes the settings that layers do not repeat.
func printDefaults(b *strings.Builder, h hoisted) {
	var kinds []string
	width := 0
	for _, kind := range slices.Sorted(maps.Keys(h)) {
		var settings []string
		for _, key := range slices.Sorted(maps.Keys(h[kind])) {
			text := h[kind][key]
			if text == key {
				text = "true" // a flag
			}
			settings = append(settings, key+": "+text)
		}
		kinds = append(kinds, fmt.Sprintf("%s: {%s}", strings.ToLower(kind), strings.Join(settings, ", ")))
		width += len(kinds[len(kinds)-1]) + len(", ")
	}
	switch {
	case kinds == nil:
	case width+len("defaults: {}") <= printWidth:
		fmt.Fprintf(b, "defaults: {%s}\n", strings.Join(kinds, ", "))
	default:
		fmt.Fprintf(b, "defaults:\n  %s\n", strings.Join(kinds, "\n  "))
	}
}

// printBlocks writes the definitions of the blocks.
func (f *finder) printBlocks(b *strings.Builder) {
	if len(f.blocks) > 0 {
		b.WriteString("blocks:\n")
	}
	for _, block := range f.blocks {
		items := foldWhole(f.writer(block).items(block.body))
		line := fmt.Sprintf("  %s: %s", block.signature(), joinArrows(items))
		if len(line) <= printWidth && isLetter(rune(items[0][0])) { // YAML reads it as text
			fmt.Fprintln(b, line)
			continue
		}
		fmt.Fprintf(b, "  %s: |\n", block.signature())
		writeWrapped(b, items, "    ")
	}
}

func (f *finder) blockNames() []string {
	var names []string
	for _, b := range f.blocks {
		names = append(names, b.name)
	}
	return names
}

// nameBlocks names the blocks after what they hold, with numbers where several hold the same.
func (f *finder) nameBlocks() {
	count := map[string]int{}
	for _, b := range f.blocks {
		count[f.usualName(b)]++
	}
	used := map[string]int{}
	for _, b := range f.blocks {
		b.name = f.usualName(b)
		if count[b.name] > 1 {
			used[b.name]++
			b.name += strconv.Itoa(used[b.name])
		}
	}
}

// usualName returns the name of a block by what it holds. The first that fits is taken:
//
//   - residual: an ADD with IDENTITY; projection: another ADD;
//   - squeeze: a MUL that starts with a GAP; gate: another MUL;
//   - branches: another merge;
//   - up: a layer that enlarges the plane; down: a pool;
//   - inverted: a DWCONV after a CONV; separable: another DWCONV;
//   - unit: one convolution; dense: several that follow a normalisation; stack: others.
func (f *finder) usualName(b *foundBlock) string {
	c := contents{finder: f}
	c.add(b.body)
	switch {
	case c.merges["ADD"] && c.hasIdentity:
		return "residual"
	case c.merges["ADD"]:
		return "projection"
	case c.kinds[0] == "MUL" && c.squeezes:
		return "squeeze"
	case c.kinds[0] == "MUL":
		return "gate"
	case slices.ContainsFunc(c.kinds, enlargesPlane):
		return "up"
	case c.merges["CONCAT"] || c.merges["MAX"]:
		return "branches"
	case c.has("POOL", "AVGPOOL"):
		return "down"
	case c.has("DWCONV") && slices.Index(c.kinds, "CONV") < slices.Index(c.kinds, "DWCONV") && c.has("CONV"):
		return "inverted"
	case c.has("DWCONV"):
		return "separable"
	case c.convs <= 1:
		return "unit"
	case c.kinds[0] == "BN" || c.kinds[0] == "LN":
		return "dense"
	}
	return "stack"
}

// contents is what the name of a block depends on.
type contents struct {
	*finder
	kinds       []string        // of the layers, in the order of the text
	merges      map[string]bool // kinds of the merges that are not in paths of others
	hasIdentity bool            // a path of these is IDENTITY
	squeezes    bool            // a path of these starts with a GAP
	convs       int
}

func (c *contents) has(kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(c.kinds, k) })
}

func (c *contents) add(pieces []*piece) {
	if c.merges == nil {
		c.merges = map[string]bool{}
	}
	for _, p := range pieces {
		if p.block != nil {
			inner := contents{finder: c.finder}
			inner.add(p.block.body)
			c.kinds, c.convs = append(c.kinds, inner.kinds...), c.convs+inner.convs
			continue
		}
		c.kinds = append(c.kinds, p.form.kind)
		if p.form.kind == "CONV" || p.form.kind == "DWCONV" || p.form.kind == "FC" {
			c.convs++
		}
		if p.paths == nil {
			continue
		}
		c.merges[p.form.kind] = true
		for _, path := range p.paths {
			inner := contents{finder: c.finder}
			inner.add(path.pieces)
			c.kinds, c.convs = append(c.kinds, inner.kinds...), c.convs+inner.convs
			c.hasIdentity = c.hasIdentity || path.isIdentity()
			c.squeezes = c.squeezes || len(inner.kinds) > 0 && inner.kinds[0] == "GAP"
		}
	}
}
