package memory

import (
	"fmt"
	"io"

	"cnncalc/internal/allocator"
)

// MaxPairs is maxPairs, for tests.
const MaxPairs = maxPairs

// Pairs returns the number of pairs of buffers that bestFit visits to lay out a run of the given number of steps.
func (a *Arena) Pairs(steps int) int64 { return pairs(a.Buffers, steps) }

// TraceAllocations writes what is replayed for Reserved: a line "+ID BYTES" for each block that is taken, "-ID" for
// each that is given back.
func (m *PyTorch) TraceAllocations(w io.Writer, batch int64) error {
	p, err := m.pass(batch)
	if err == nil {
		m.replayOn(&tracer{Allocator: allocator.New(), w: w, ids: map[*allocator.Block]int{}}, p, batch)
	}
	return err
}

type tracer struct {
	*allocator.Allocator
	w    io.Writer
	ids  map[*allocator.Block]int
	last int
}

func (t *tracer) Allocate(bytes int64) *allocator.Block {
	b := t.Allocator.Allocate(bytes)
	t.last++
	t.ids[b] = t.last
	fmt.Fprintf(t.w, "+%d %d\n", t.last, bytes)
	return b
}

func (t *tracer) Free(b *allocator.Block) {
	fmt.Fprintf(t.w, "-%d\n", t.ids[b])
	t.Allocator.Free(b)
}
