package main

import (
	"fmt"
	"math"
	"runtime"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// arenaTable is the executor's own account: where every volume of a run lives, and what the run takes in all. It
// is exact, but depends on the processor and the number of threads, as the kernels do.
func (l *loaded) arenaTable(batch int64, units report.Units) (report.Table, error) {
	if batch > math.MaxInt32 {
		return report.Table{}, problemError("%s: a batch of %d is too large to run", l.title(), batch)
	}
	threads := min(runtime.GOMAXPROCS(0), exec.MaxThreads)
	program, err := exec.Compile(l.network, exec.Options{Batch: int(batch), Threads: threads, Algo: exec.Auto, Fuse: true})
	if err != nil {
		return report.Table{}, problemError("%s: %w", l.title(), err)
	}
	arena, footprint := program.Arena(), program.Footprint()
	t := report.Table{
		Title: fmt.Sprintf("%s: the arena of cnncalc run, batch %d, %d threads", l.title(), batch, threads),
		Columns: []report.Column{
			{Key: "name", Header: "name"},
			{Key: "holds", Header: "holds"},
			{Key: "offset", Header: "offset", Align: report.Right},
			{Key: "bytes", Header: "bytes", Align: report.Right},
			{Key: "from", Header: "from"},
			{Key: "to", Header: "to"},
		},
	}
	n := l.network
	step := func(i int) report.Cell { return report.Str(n.Nodes[min(i, len(n.Nodes)-1)].Name) }
	row := func(node int, holds string, id int) {
		b := arena.Buffers[id]
		t.Rows = append(t.Rows, []report.Cell{report.Str(n.Nodes[node].Name), report.Str(holds),
			report.Int(b.Offset * memory.BytesPerValue), report.Int(b.Values * memory.BytesPerValue), step(b.First), step(b.Last)})
	}
	shown := map[int]bool{memory.Caller: true, memory.None: true}
	for i := range n.Nodes {
		if id := arena.Output[i]; !shown[id] {
			shown[id] = true
			row(i, "output", id)
		}
		if id := arena.Scratch[i]; !shown[id] {
			row(i, "scratch", id)
		}
	}
	size := func(bytes int64) string { return report.Bytes(bytes, units) }
	t.Notes = []string{
		fmt.Sprintf("arena     %10s  (%d bytes; %d live at once, the least that any layout needs)", size(footprint.Arena), footprint.Arena, arena.MaxLive*memory.BytesPerValue),
		fmt.Sprintf("weights   %10s  as they are", size(footprint.Weights)),
		fmt.Sprintf("packed    %10s  for the kernels; the originals are not kept", size(footprint.Packed)),
		fmt.Sprintf("input     %10s", size(footprint.Input)),
		fmt.Sprintf("total     %10s  (%d bytes)", size(footprint.Total), footprint.Total),
		"Offsets and sizes are exact for this processor and this number of threads. Layers that work in place on another's output have no row.",
	}
	return t, nil
}
