package report

import (
	"fmt"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// RunMemory is the view of what cnncalc run takes: where each volume is in the arena, and the totals.
type RunMemory struct {
	Title     string
	Network   *shape.Network
	Batch     int64
	Threads   int
	Arena     *memory.Arena
	Footprint memory.Footprint
	More      bool // with the column that --columns chooses in addition
}

// arenaDocument is the account in JSON.
type arenaDocument struct {
	Threads   int              `json:"threads"`
	Footprint memory.Footprint `json:"footprint"`
	MaxLive   int64            `json:"max_live" jsonschema:"bytes of the arena that are live at once"`
	Busiest   string           `json:"busiest" jsonschema:"the layer in which they are"`
	Buffers   []bufferDocument `json:"buffers"`
}

// bufferDocument is one place in the arena.
type bufferDocument struct {
	Name   string `json:"name" jsonschema:"of the layer"`
	Holds  string `json:"holds" jsonschema:"\"output\" or \"scratch\""`
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	From   string `json:"from" jsonschema:"the layers during which it is live"`
	To     string `json:"to"`
	Within string `json:"within,omitempty" jsonschema:"the layer whose output this is a part of, in the same memory"`
	node   *graph.Node
}

// Document returns the account for programs, with all layers.
func (v *RunMemory) Document() any {
	d := &arenaDocument{Threads: v.Threads, Footprint: v.Footprint, MaxLive: v.maxLive(), Busiest: v.busiest(),
		Buffers: v.buffers()}
	return newNetworkDocument(v.Title, v.Network, v.Batch, memoryDocument{Run: d})
}

func (v *RunMemory) maxLive() int64 { return v.Arena.MaxLive * memory.BytesPerValue }

func (v *RunMemory) busiest() string { return v.Network.Nodes[v.Arena.Busiest].Name }

// Table returns a row for each place in the arena.
func (v *RunMemory) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s: the arena of cnncalc run, batch %s, threads %d", v.Title, plain.Count(v.Batch), v.Threads),
		Columns: []Column{
			left("name", "name"), left("holds", "holds"), right("offset", "offset"), right("bytes", "bytes"),
			left("from", "from"), left("to", "to"),
		},
		Notes: v.lines(units), Minor: []string{"offset", "holds", "from"},
	}
	if v.More {
		t.Columns = append(t.Columns, left("origin", "origin"))
	}
	for _, b := range v.buffers() {
		row := []Cell{Str(b.Name), Str(b.what()), Int(b.Offset), Int(b.Bytes), Str(b.From), Str(b.To)}
		if v.More {
			row = append(row, Str(originOf(b.node)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// what says what the place holds.
func (b *bufferDocument) what() string {
	if b.Within == "" {
		return b.Holds
	}
	return b.Holds + ", in " + b.Within
}

// buffers describes the places in the arena, by the layers that they belong to.
func (v *RunMemory) buffers() []bufferDocument {
	n, arena := v.Network, v.Arena
	var all []bufferDocument
	add := func(node int, holds string, id int) {
		b := arena.Buffers[id]
		all = append(all, bufferDocument{node: &n.Nodes[node], Name: n.Nodes[node].Name, Holds: holds,
			Offset: b.Offset * memory.BytesPerValue, Bytes: b.Values * memory.BytesPerValue,
			From: n.Nodes[b.First].Name, To: n.Nodes[b.Last].Name})
		if whole := arena.Whole[id]; whole != memory.None {
			all[len(all)-1].Within = n.Nodes[slices.Index(arena.Output, whole)].Name
		}
	}
	shown := map[int]bool{memory.Caller: true, memory.None: true}
	for i := range n.Nodes {
		if id := arena.Output[i]; !shown[id] {
			shown[id] = true
			add(i, "output", id)
		}
		if id := arena.Scratch[i]; !shown[id] {
			add(i, "scratch", id)
		}
	}
	return all
}

// lines returns what a run takes, part by part.
func (v *RunMemory) lines(units Units) []string {
	f := v.Footprint
	line := func(what string, bytes int64, remark string) string { return sizeLine(what, bytes, units, remark) }
	lines := []string{
		"What cnncalc run takes:",
		line("arena", f.Arena, fmt.Sprintf("(%s bytes; %s live at once in %s: no layout needs less)",
			plain.Count(f.Arena), plain.Count(v.maxLive()), v.busiest())),
		line("weights", f.Weights, "as they are"),
		line("packed", f.Packed, "for the kernels, in place of the originals"),
		line("input", f.Input, ""),
	}
	if f.Loading > 0 {
		lines = append(lines, line("loading", f.Loading, "until the weights are packed"))
	}
	return append(lines,
		line("total", f.Total, fmt.Sprintf("(%s bytes)", plain.Count(f.Total))),
		"All figures are exact for this processor and this number of threads. Layers that work in place have no row.")
}
