package report

import (
	"cmp"
	"fmt"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// layerRow is what a row of a table of layers is about: a node, or all nodes of a block that is folded.
type layerRow struct {
	nodes []int        // in order, at least one
	block *graph.Scope // nil for a node
}

// first and last return the nodes whose inputs and output are those of the row.
func (r layerRow) first() int { return r.nodes[0] }
func (r layerRow) last() int  { return r.nodes[len(r.nodes)-1] }

// LayerRows chooses the rows of a table of layers.
type LayerRows struct {
	All   bool // a row for each layer, also where it counts nothing
	Depth int  // blocks at this level are folded into a row each, 1 for the outermost; 0 folds nothing
}

// of returns the rows of the first nodes of a network. has reports whether a node counts something.
func (o LayerRows) of(n *shape.Network, nodes int, has func(i int) bool) []layerRow {
	var rows []layerRow
	at := map[*graph.Scope]int{} // the row of a block
	for i := range nodes {
		block := blockAt(n.Nodes[i].Within, o.Depth)
		if block == nil && !o.All && !has(i) {
			continue
		}
		if k, ok := at[block]; ok && block != nil {
			rows[k].nodes = append(rows[k].nodes, i)
			continue
		}
		at[block] = len(rows)
		rows = append(rows, layerRow{nodes: []int{i}, block: block})
	}
	return rows
}

// blockAt returns the block at a level around a scope, 1 for the outermost; nil if there are fewer, or for level 0.
func blockAt(s *graph.Scope, level int) *graph.Scope {
	var blocks []*graph.Scope // innermost first
	for ; s != nil && level > 0; s = s.Outer {
		if s.Block != "" {
			blocks = append(blocks, s)
		}
	}
	if len(blocks) < level || level == 0 {
		return nil
	}
	return blocks[len(blocks)-level]
}

// name returns the name of the layer, or of the call of the block.
func (r layerRow) name(n *shape.Network) string {
	if r.block != nil {
		return r.block.Name
	}
	return n.Nodes[r.first()].Name
}

// layer returns the layer in the notation of files, or the name of the block.
func (r layerRow) layer(n *shape.Network) string {
	if r.block != nil {
		return r.block.Block
	}
	return op.Short(n.Nodes[r.first()].Op)
}

func (r layerRow) output(n *shape.Network) string { return "[" + n.Layers[r.last()].Out.String() + "]" }

// input returns the inputs of the layer, or of the first layer of the block.
func (r layerRow) input(n *shape.Network) string {
	var inputs []string
	for _, in := range n.InputsOf(r.first()) {
		inputs = append(inputs, "["+in.String()+"]")
	}
	return strings.Join(inputs, " ")
}

// origin returns what the model calls the layer, or the place of the layer or of the call of the block in the file.
func (r layerRow) origin(n *shape.Network) string {
	if r.block == nil {
		return originOf(&n.Nodes[r.first()])
	}
	return placeText(r.block.Pos)
}

// originOf returns what the model calls a node, or its place in the file; "" if it has none, and for nil.
func originOf(n *graph.Node) string {
	if n == nil {
		return ""
	}
	return cmp.Or(n.Origin, placeText(n.Pos))
}

// modelName returns what the model calls a node, for documents; "" for a node of a file, and for nil.
func modelName(n *graph.Node) string {
	if n == nil {
		return ""
	}
	return n.Origin
}

func placeText(p diag.Pos) string {
	if p.Line == 0 {
		return ""
	}
	return p.String()
}

// sum returns the sum of a figure over the nodes.
func (r layerRow) sum(figure func(i int) int64) int64 {
	sum := int64(0)
	for _, i := range r.nodes {
		sum += figure(i)
	}
	return sum
}

// layerColumn is a column of a table of layers.
type layerColumn struct {
	Column
	cell  func(r layerRow) Cell
	total Cell
}

// layerTable returns a table of layers. Its footer is the totals, if it has any.
func layerTable(rows []layerRow, columns []layerColumn, hasTotals bool) Table {
	var t Table
	totals := make([]Cell, len(columns))
	for k, c := range columns {
		t.Columns, totals[k] = append(t.Columns, c.Column), c.total
	}
	for _, r := range rows {
		cells := make([]Cell, len(columns))
		for k, c := range columns {
			cells[k] = c.cell(r)
		}
		t.Rows = append(t.Rows, cells)
	}
	if hasTotals {
		t.Footer = [][]Cell{totals}
	}
	return t
}

// nameColumns are the first columns of every table of layers.
func nameColumns(n *shape.Network) []layerColumn {
	return []layerColumn{
		{left("name", "name"), func(r layerRow) Cell { return Str(r.name(n)) }, Str("total")},
		{left("layer", "layer"), func(r layerRow) Cell { return Str(r.layer(n)) }, Cell{}},
		{left("output", "output"), func(r layerRow) Cell { return Str(r.output(n)) }, Cell{}},
	}
}

// inputColumn has the shapes of the inputs.
func inputColumn(n *shape.Network) layerColumn {
	return layerColumn{left("input", "input"), func(r layerRow) Cell { return Str(r.input(n)) }, Cell{}}
}

// originColumn has where the layers come from.
func originColumn(n *shape.Network) layerColumn {
	return layerColumn{left("origin", "origin"), func(r layerRow) Cell { return Str(r.origin(n)) }, Cell{}}
}

// shareColumn has what part of the total each row is, in percent.
func shareColumn(key string, total int64, figure func(i int) int64) layerColumn {
	share := func(part int64) Cell {
		p := percent(part, total)
		return Cell{Text: fmt.Sprintf("%.1f%%", p), Value: p}
	}
	return layerColumn{right("%"+key, "%"+key), func(r layerRow) Cell { return share(r.sum(figure)) }, share(total)}
}
