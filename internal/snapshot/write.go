package snapshot

import (
	"io"

	"cnncalc/internal/allocator"
	"cnncalc/internal/memory"
	"cnncalc/internal/pickle"
)

// firstAddress is where the segments start: an address of 0 would be none.
const firstAddress = 1 << 40

// Pass is a predicted pass.
type Pass struct {
	*memory.Recording
	File  string               // of the network
	Place func(node int) int64 // the line of a layer there, 0 if it has none
}

// Write writes the snapshot of a pass.
func (p *Pass) Write(w io.Writer) error {
	e := pickle.NewEncoder(w)
	e.BeginDict()
	e.Key("segments")
	e.BeginList()
	for _, s := range p.Segments {
		p.segment(e, s)
	}
	e.EndList()
	e.Key("device_traces")
	e.BeginList()
	e.BeginList()
	for i, event := range p.Events {
		p.event(e, i, event)
	}
	e.EndList()
	e.EndList()
	e.Key("allocator_settings")
	e.BeginDict()
	e.Key("expandable_segments")
	e.Bool(false)
	e.EndDict()
	e.EndDict()
	return e.Close()
}

func (p *Pass) segment(e *pickle.Encoder, s allocator.Segment) {
	allocated, requested := int64(0), int64(0)
	for _, b := range s.Blocks {
		if a, ok := p.AllocationOf(b); ok {
			allocated += b.Size()
			requested += a.Bytes
		}
	}
	kind := "large"
	if s.Small {
		kind = "small"
	}
	e.BeginDict()
	integers(e, "device", 0, "address", firstAddress+s.Address, "total_size", s.Size, "stream", 0,
		"allocated_size", allocated, "active_size", allocated, "requested_size", requested)
	e.Key("segment_type")
	e.Text(kind)
	e.Key("is_expandable")
	e.Bool(false)
	e.Key("frames")
	e.BeginList()
	e.EndList()
	e.Key("blocks")
	e.BeginList()
	for _, b := range s.Blocks {
		p.block(e, b)
	}
	e.EndList()
	e.EndDict()
}

func (p *Pass) block(e *pickle.Encoder, b *allocator.Block) {
	a, isUsed := p.AllocationOf(b)
	e.BeginDict()
	integers(e, "address", firstAddress+b.Address(), "size", b.Size())
	e.Key("state")
	if !isUsed {
		e.Text(stateInactive)
		integers(e, "requested_size", 0)
		e.Key("frames")
		e.BeginList()
		e.EndList()
	} else {
		e.Text(stateActive)
		integers(e, "requested_size", a.Bytes)
		p.frames(e, a)
	}
	e.EndDict()
}

// event writes an allocation, or the two events of a free.
func (p *Pass) event(e *pickle.Encoder, at int, event memory.AllocatorEvent) {
	actions := []string{actionAlloc}
	if event.Free {
		actions = []string{actionFreeRequested, actionFreeCompleted}
	}
	a := &p.Allocations[event.Allocation]
	for _, action := range actions {
		e.BeginDict()
		e.Key("action")
		e.Text(action)
		integers(e, "addr", firstAddress+a.Address, "size", a.Bytes, "stream", 0, "time_us", int64(at))
		p.frames(e, a)
		e.EndDict()
	}
}

// frames writes the name of a tensor in place of a stack.
func (p *Pass) frames(e *pickle.Encoder, a *memory.Allocation) {
	e.Key("frames")
	e.BeginList()
	e.BeginDict()
	e.Key("name")
	e.Text(a.Name + " (" + string(a.Part) + ")")
	e.Key("filename")
	e.Text(p.File)
	line := int64(0)
	if a.Node >= 0 {
		line = p.Place(a.Node)
	}
	integers(e, "line", line)
	e.EndDict()
	e.EndList()
}

// integers writes items of a dictionary: keys and whole numbers in turn.
func integers(e *pickle.Encoder, items ...any) {
	for i := 0; i < len(items); i += 2 {
		e.Key(items[i].(string))
		switch n := items[i+1].(type) {
		case int:
			e.Int(int64(n))
		case int64:
			e.Int(n)
		}
	}
}
