package report

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/align"
	"cnncalc/internal/ansi"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Alignment is the layers of a network beside those of the first network of a comparison.
type Alignment struct {
	FromName, ToName string
	From, To         *shape.Network
	Layers           []align.Layer
}

// alignmentDocument is an alignment in JSON.
type alignmentDocument struct {
	From    string                 `json:"from"`
	To      string                 `json:"to"`
	Same    int                    `json:"same" jsonschema:"layers, without inputs"`
	Added   int                    `json:"added"`
	Removed int                    `json:"removed"`
	Changed int                    `json:"changed"`
	Layers  []alignedLayerDocument `json:"layers"`
}

// alignedLayerDocument is a layer of one network or of both.
type alignedLayerDocument struct {
	Mark    align.Mark       `json:"mark" jsonschema:"same, added, removed or changed"`
	From    *sideDocument    `json:"from" jsonschema:"null if the layer was added"`
	To      *sideDocument    `json:"to" jsonschema:"null if the layer was removed"`
	Changes []changeDocument `json:"changes,omitempty"`
}

// sideDocument is a layer of one network.
type sideDocument struct {
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Settings   string         `json:"settings" jsonschema:"with the kind, as in a file"`
	Output     volumeDocument `json:"output"`
	Parameters int64          `json:"parameters"`
	MACs       int64          `json:"macs"`
}

// changeDocument is a difference of two layers: numbers for counts, otherwise texts.
type changeDocument struct {
	What align.Aspect `json:"what" jsonschema:"settings, reads, output, parameters, frozen or macs"`
	From any          `json:"from" jsonschema:"a number or a text"`
	To   any          `json:"to" jsonschema:"a number or a text"`
}

func (v *Alignment) document() alignmentDocument {
	d := alignmentDocument{From: v.FromName, To: v.ToName, Same: v.count(align.Same), Added: v.count(align.Added),
		Removed: v.count(align.Removed), Changed: v.count(align.Changed)}
	for _, l := range v.Layers {
		layer := alignedLayerDocument{Mark: l.Mark(), From: newSideDocument(v.From, l.From), To: newSideDocument(v.To, l.To)}
		for _, c := range l.Changes {
			layer.Changes = append(layer.Changes, newChangeDocument(c))
		}
		d.Layers = append(d.Layers, layer)
	}
	return d
}

func newSideDocument(n *shape.Network, i int) *sideDocument {
	if i == align.None {
		return nil
	}
	o, l := n.Nodes[i].Op, n.Layers[i]
	return &sideDocument{n.Nodes[i].Name, o.Kind(), op.Notation(o), newVolumeDocument(l.Out), l.Parameters(), l.MACs}
}

func newChangeDocument(c align.Change) changeDocument {
	if c.Aspect.IsCount() {
		return changeDocument{c.Aspect, c.FromCount, c.ToCount}
	}
	return changeDocument{c.Aspect, c.From, c.To}
}

// count returns how many layers have a mark. Inputs are no layers.
func (v *Alignment) count(mark align.Mark) int {
	n := 0
	for _, l := range v.Layers {
		if l.Mark() == mark && !v.isInput(l) {
			n++
		}
	}
	return n
}

func (v *Alignment) isInput(l align.Layer) bool {
	n, i := v.side(l)
	return len(n.Nodes[i].Inputs) == 0
}

// side returns the network and node of a layer: of a pair those of the second network.
func (v *Alignment) side(l align.Layer) (n *shape.Network, i int) {
	if l.To == align.None {
		return v.From, l.From
	}
	return v.To, l.To
}

// alignmentColumns returns the columns of cells.
func alignmentColumns() []Column {
	return []Column{
		left("mark", ""), left("name", "name"), left("layer", "layer"), left("output", "output"),
		right("parameters", "parameters"), right("parameters_difference", "parameters +/-"),
		right("macs", "MACs"), right("macs_difference", "MACs +/-"), left("changes", "changes"),
	}
}

// Table returns a row for each layer that differs, and one for each run of layers that are the same; with all, a row
// for each layer.
func (v *Alignment) Table(all bool) Table {
	t := Table{
		Title:   fmt.Sprintf("The layers from %s to %s", v.FromName, v.ToName),
		Columns: alignmentColumns(),
		Footer:  [][]Cell{v.totals()},
		Notes:   []string{v.summary()},
		Minor:   []string{"output", "macs", "parameters", "layer", "macs_difference", "parameters_difference"},
		Wrap:    "changes",
	}
	same := 0
	fold := func() {
		if same > 0 {
			t.Rows = append(t.Rows, []Cell{{}, Str(sameText(same)), {}, {}, {}, {}, {}, {}, {}})
		}
		same = 0
	}
	for _, l := range v.Layers {
		if l.Mark() == align.Same && !all {
			if !v.isInput(l) {
				same++
			}
			continue
		}
		fold()
		t.Rows = append(t.Rows, v.cells(l))
	}
	fold()
	return t
}

func sameText(layers int) string {
	if layers == 1 {
		return "(1 layer is the same)"
	}
	return fmt.Sprintf("(%s layers are the same)", plain.Count(int64(layers)))
}

// LayerTable returns the layers of all alignments for machines, with the network that each is of.
func (v *Comparison) LayerTable() Table {
	t := Table{Columns: append([]Column{left("network", "network")}, alignmentColumns()...)}
	for i := range v.Aligned {
		a := &v.Aligned[i]
		for _, l := range a.Layers {
			t.Rows = append(t.Rows, append([]Cell{Str(a.ToName)}, a.cells(l)...))
		}
	}
	return t
}

// cells returns the figures of a layer: of a removed one those that it had.
func (v *Alignment) cells(l align.Layer) []Cell {
	n, i := v.side(l)
	from, to := countsOf(v.From, l.From), countsOf(v.To, l.To)
	return []Cell{
		markCell(l.Mark()),
		Str(n.Nodes[i].Name),
		Str(op.Short(n.Nodes[i].Op)),
		Str("[" + n.Layers[i].Out.String() + "]"),
		Int(n.Layers[i].Parameters()), difference(from.parameters, to.parameters),
		Int(n.Layers[i].MACs), difference(from.macs, to.macs),
		Str(changesText(l.Changes)),
	}
}

// markCell returns the cell of a mark, the symbol for people.
func markCell(mark align.Mark) Cell {
	c := Cell{Text: mark.Symbol(), Value: string(mark)}
	switch mark {
	case align.Added:
		c.Style = ansi.Green
	case align.Removed:
		c.Style = ansi.Red
	case align.Changed:
		c.Style = ansi.Yellow
	}
	return c
}

// layerCounts is what a layer adds to the totals.
type layerCounts struct{ parameters, macs int64 }

func countsOf(n *shape.Network, i int) layerCounts {
	if i == align.None {
		return layerCounts{}
	}
	return layerCounts{n.Layers[i].Parameters(), n.Layers[i].MACs}
}

// difference returns the cell of a difference, which people see where there is one.
func difference(from, to int64) Cell {
	d := Cell{Value: to - from}
	if to != from {
		d.Text = signed(to-from, plain.Count)
	}
	return d
}

// changesText returns the changes that have no column of their own, as "CONV3-8 -> CONV3-16; 8x8x8 -> 8x8x16".
func changesText(changes []align.Change) string {
	var texts []string
	for _, c := range changes {
		text := c.From + " -> " + c.To
		switch c.Aspect {
		case align.Parameters, align.MACs:
			continue
		case align.Settings:
			text = settingsText(c.From, c.To)
		case align.Reads, align.Frozen:
			text = string(c.Aspect) + " " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// settingsText returns a change of settings without the options that both layers have.
func settingsText(from, to string) string {
	a, b := strings.Fields(from), strings.Fields(to)
	without := func(words, common []string) string {
		kept := words[:1:1]
		for _, w := range words[1:] {
			if !slices.Contains(common[1:], w) {
				kept = append(kept, w)
			}
		}
		return strings.Join(kept, " ")
	}
	return without(a, b) + " -> " + without(b, a)
}

// totals returns the totals of the second network.
func (v *Alignment) totals() []Cell {
	from, to := v.From.Total, v.To.Total
	return []Cell{{}, Str("total"), {}, {}, Int(to.Parameters()), difference(from.Parameters(), to.Parameters()),
		Int(to.MACs), difference(from.MACs, to.MACs), {}}
}

// summary counts the marks.
func (v *Alignment) summary() string {
	count := func(mark align.Mark) string { return plain.Count(int64(v.count(mark))) }
	return fmt.Sprintf("Layers: %s added (+), %s removed (-), %s changed (~), %s the same.",
		count(align.Added), count(align.Removed), count(align.Changed), count(align.Same))
}
