package main

import (
	"fmt"
	"math"
	"runtime"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// cnncalc is the executor's own account: where every volume of a run lives, and what the run takes in all. It is exact,
// but depends on the processor and the number of threads, as the kernels do.
func (l *loaded) cnncalc(f *memoryFlags, units report.Units) (accountResult, error) {
	program, threads, err := l.compileAccount(f)
	if err != nil {
		return accountResult{}, err
	}
	arena, footprint := program.Arena(), program.Footprint()
	document := &report.ArenaDocument{Threads: threads, MaxLive: arena.MaxLive * memory.BytesPerValue, Footprint: footprint, Buffers: l.buffers(arena)}
	t := report.Table{
		Title: fmt.Sprintf("%s: the arena of cnncalc run, batch %d, %d threads", l.title(), f.batch, threads),
		Columns: []report.Column{
			{Key: "name", Header: "name"},
			{Key: "holds", Header: "holds"},
			{Key: "offset", Header: "offset", Align: report.Right},
			{Key: "bytes", Header: "bytes", Align: report.Right},
			{Key: "from", Header: "from"},
			{Key: "to", Header: "to"},
		},
		Notes: arenaLines(arena, footprint, l.peakOf(arena), units),
	}
	for _, b := range document.Buffers {
		t.Rows = append(t.Rows, []report.Cell{report.Str(b.Name), report.Str(b.Holds), report.Int(b.Offset), report.Int(b.Bytes),
			report.Str(b.From), report.Str(b.To)})
	}
	return accountResult{t, report.MemoryDocument{CNNCalc: document}}, nil
}

// compileAccount makes the program that cnncalc run would run, and tells its threads.
func (l *loaded) compileAccount(f *memoryFlags) (program *exec.Program, threads int, err error) {
	if f.batch > math.MaxInt32 {
		return nil, 0, problemError("%s: a batch of %d is too large to run", l.title(), f.batch)
	}
	threads = min(runtime.GOMAXPROCS(0), exec.MaxThreads)
	program, err = exec.Compile(l.network, exec.Options{Batch: int(f.batch), Threads: threads, Algo: exec.Auto, Fuse: true})
	if err != nil {
		return nil, 0, problemError("%s: %w", l.title(), err)
	}
	return program, threads, nil
}

// buffers describes the places in the arena, by the layers that they are of.
func (l *loaded) buffers(arena *memory.Arena) []report.BufferDocument {
	n := l.network
	var all []report.BufferDocument
	add := func(node int, holds string, id int) {
		b := arena.Buffers[id]
		all = append(all, report.BufferDocument{Name: n.Nodes[node].Name, Holds: holds,
			Offset: b.Offset * memory.BytesPerValue, Bytes: b.Values * memory.BytesPerValue,
			From: n.Nodes[b.First].Name, To: n.Nodes[min(b.Last, len(n.Nodes)-1)].Name})
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

// peakOf names the layer that runs when the most is live.
func (l *loaded) peakOf(arena *memory.Arena) string {
	live := make([]int64, len(l.network.Nodes)+1)
	for _, b := range arena.Buffers {
		live[b.First] += b.Values
		live[min(b.Last, len(l.network.Nodes)-1)+1] -= b.Values
	}
	at, most, sum := 0, int64(0), int64(0)
	for i := range l.network.Nodes {
		if sum += live[i]; sum > most {
			at, most = i, sum
		}
	}
	return l.network.Nodes[at].Name
}

func arenaLines(arena *memory.Arena, f memory.Footprint, peak string, units report.Units) []string {
	line := func(what string, bytes int64, remark string) string { return sizeLine(what, bytes, units, remark) }
	lines := []string{
		"What cnncalc run takes:",
		line("arena", f.Arena, fmt.Sprintf("(%d bytes; %d live at once in %s, the least that any layout needs)", f.Arena, arena.MaxLive*memory.BytesPerValue, peak)),
		line("weights", f.Weights, "as they are"),
		line("packed", f.Packed, "for the kernels; the originals are not kept"),
		line("input", f.Input, ""),
	}
	if f.Loading > 0 {
		lines = append(lines, line("loading", f.Loading, "until the weights are packed"))
	}
	return append(lines,
		line("total", f.Total, fmt.Sprintf("(%d bytes)", f.Total)),
		"All exact for this processor and this number of threads. Layers that work in place on another's output have no row.")
}
