package main

import (
	"fmt"
	"math"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// cnncalc is the executor's own account: where every volume of a run lives, and what the run takes in all. It is exact,
// but depends on the processor and the number of threads, as the kernels do.
func (l *loaded) cnncalc(f *memoryFlags, units report.Units) (accountResult, error) {
	threads := defaultThreads()
	program, err := l.planRun(f.batch, threads)
	if err != nil {
		return accountResult{}, err
	}
	arena, footprint := program.Arena(), program.Footprint()
	document := &report.ArenaDocument{Threads: threads, MaxLive: arena.MaxLive * memory.BytesPerValue,
		Busiest: l.network.Nodes[arena.Busiest].Name, Footprint: footprint, Buffers: l.buffers(arena)}
	t := report.Table{
		Title: fmt.Sprintf("%s: the arena of cnncalc run, batch %s, threads %d", l.title(), plain.Count(f.batch), threads),
		Columns: []report.Column{
			{Key: "name", Header: "name"},
			{Key: "holds", Header: "holds"},
			{Key: "offset", Header: "offset", Align: report.Right},
			{Key: "bytes", Header: "bytes", Align: report.Right},
			{Key: "from", Header: "from"},
			{Key: "to", Header: "to"},
		},
		Notes: arenaLines(document, units),
	}
	for _, b := range document.Buffers {
		t.Rows = append(t.Rows, []report.Cell{report.Str(b.Name), report.Str(b.Holds), report.Int(b.Offset), report.Int(b.Bytes),
			report.Str(b.From), report.Str(b.To)})
	}
	return accountResult{t, report.MemoryDocument{CNNCalc: document}}, nil
}

// planRun plans what cnncalc run does unless it is told otherwise.
func (l *loaded) planRun(batch int64, threads int) (*exec.Program, error) {
	if batch > math.MaxInt32 {
		return nil, problemError("%s: a batch of %d is too large to run", l.title(), batch)
	}
	program, err := exec.Compile(l.network, exec.Options{Batch: int(batch), Threads: threads, Algo: exec.Auto, Fuse: true})
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	return program, nil
}

// buffers describes the places in the arena, by the layers that they are of.
func (l *loaded) buffers(arena *memory.Arena) []report.BufferDocument {
	n := l.network
	var all []report.BufferDocument
	add := func(node int, holds string, id int) {
		b := arena.Buffers[id]
		all = append(all, report.BufferDocument{Name: n.Nodes[node].Name, Holds: holds,
			Offset: b.Offset * memory.BytesPerValue, Bytes: b.Values * memory.BytesPerValue,
			From: n.Nodes[b.First].Name, To: n.Nodes[b.Last].Name})
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

// arenaLines are what a run takes, part by part.
func arenaLines(d *report.ArenaDocument, units report.Units) []string {
	f := d.Footprint
	line := func(what string, bytes int64, remark string) string { return sizeLine(what, bytes, units, remark) }
	lines := []string{
		"What cnncalc run takes:",
		line("arena", f.Arena, fmt.Sprintf("(%s bytes; %s live at once in %s, the least that any layout needs)", plain.Count(f.Arena), plain.Count(d.MaxLive), d.Busiest)),
		line("weights", f.Weights, "as they are"),
		line("packed", f.Packed, "for the kernels; the originals are not kept"),
		line("input", f.Input, ""),
	}
	if f.Loading > 0 {
		lines = append(lines, line("loading", f.Loading, "until the weights are packed"))
	}
	return append(lines,
		line("total", f.Total, fmt.Sprintf("(%s bytes)", plain.Count(f.Total))),
		"All exact for this processor and this number of threads. Layers that work in place on another's output have no row.")
}
