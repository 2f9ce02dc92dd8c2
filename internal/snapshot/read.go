package snapshot

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"cnncalc/internal/pickle"
	"cnncalc/internal/plain"
)

// Snapshot is a recorded one.
type Snapshot struct {
	segments []segment
	traces   [][]event // by device
}

type segment struct {
	device int64
	size   int64
	blocks []Allocation // in use
}

type event struct {
	frees bool
	Allocation
}

// Read reads a snapshot. The pickle is a dictionary with segments and device_traces, or the list of segments alone that
// torch.cuda.memory_snapshot() returns.
func Read(r io.Reader) (*Snapshot, error) {
	value, err := pickle.Decode(r)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{}
	if list, ok := value.(*pickle.List); ok {
		return s, s.readSegments(list)
	}
	top, ok := value.(pickle.Dict)
	if !ok {
		return nil, errNoSnapshot
	}
	segments, ok := top["segments"].(*pickle.List)
	if !ok {
		return nil, errNoSnapshot
	}
	if err := s.readSegments(segments); err != nil {
		return nil, err
	}
	traces, ok := top["device_traces"].(*pickle.List)
	if !ok {
		return s, nil
	}
	return s, s.readTraces(traces)
}

var errNoSnapshot = errors.New("not a snapshot of PyTorch's memory: save one by torch.cuda.memory._dump_snapshot(path)")

func (s *Snapshot) readSegments(list *pickle.List) error {
	for i, item := range list.Items {
		r := reader{what: fmt.Sprintf("segment %d", i)}
		d := r.dict(item)
		one := segment{device: r.integer(d, "device"), size: r.integer(d, "total_size")}
		address := r.integer(d, "address")
		for _, b := range r.list(d, "blocks") {
			block := r.dict(b)
			size := r.integer(block, "size")
			if isUsed(r.text(block, "state")) {
				one.blocks = append(one.blocks, Allocation{Address: address, Bytes: requested(block, size), Frame: frameOf(block)})
			}
			address += size
		}
		if r.err != nil {
			return r.err
		}
		s.segments = append(s.segments, one)
	}
	return nil
}

// isUsed reports whether a block in a state counts as allocated. Releases before 2.1 have the third name.
func isUsed(state string) bool {
	return state == stateActive || state == statePending || state == "active_awaiting_free"
}

// requested returns the bytes that were asked for, which older releases have in the history of the block, or not at
// all.
func requested(block pickle.Dict, size int64) int64 {
	if n, ok := block["requested_size"].(int64); ok && n > 0 && n <= size {
		return n
	}
	if history, ok := block["history"].(*pickle.List); ok && len(history.Items) > 0 {
		if first, ok := history.Items[0].(pickle.Dict); ok {
			if n, ok := first["real_size"].(int64); ok && n > 0 && n <= size {
				return n
			}
		}
	}
	return size
}

func (s *Snapshot) readTraces(list *pickle.List) error {
	for device, item := range list.Items {
		r := reader{what: fmt.Sprintf("the trace of device %d", device)}
		entries, ok := item.(*pickle.List)
		if !ok {
			return fmt.Errorf("%s is not a list", r.what)
		}
		var trace []event
		for i, entry := range entries.Items {
			r.what = fmt.Sprintf("event %d of device %d", i, device)
			d := r.dict(entry)
			switch action := r.text(d, "action"); action {
			case actionAlloc, actionFreeCompleted:
				trace = append(trace, event{action != actionAlloc,
					Allocation{r.integer(d, "addr"), r.integer(d, "size"), frameOf(d)}})
			}
			if r.err != nil {
				return r.err
			}
		}
		s.traces = append(s.traces, trace)
	}
	return nil
}

// reader gets what a snapshot must have, and keeps the first error.
type reader struct {
	what string
	err  error
}

func (r *reader) fail(problem string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s %s", r.what, problem)
	}
}

func (r *reader) dict(v any) pickle.Dict {
	d, ok := v.(pickle.Dict)
	if !ok {
		r.fail("is not a dictionary")
	}
	return d
}

func (r *reader) list(d pickle.Dict, key string) []any {
	list, ok := d[key].(*pickle.List)
	if !ok {
		r.fail("has no list " + key)
		return nil
	}
	return list.Items
}

func (r *reader) text(d pickle.Dict, key string) string {
	s, ok := d[key].(string)
	if !ok {
		r.fail("has no text " + key)
	}
	return s
}

// maxNumber keeps sums of sizes and addresses within an int64.
const maxNumber = math.MaxInt64 / (16 << 20)

// integer returns a size, an address or a number of a device. Addresses have at most 57 bits.
func (r *reader) integer(d pickle.Dict, key string) int64 {
	n, ok := d[key].(int64)
	most := int64(maxNumber)
	if key == "address" || key == "addr" {
		most = 1 << 57
	}
	if !ok || n < 0 || n > most {
		r.fail("has no number " + key + " that a device can have")
		return 0
	}
	return n
}

// frameOf returns the innermost frame of a stack: "conv.py:463 forward"; "" if there is none.
func frameOf(d pickle.Dict) string {
	frames, _ := d["frames"].(*pickle.List)
	if frames == nil || len(frames.Items) == 0 {
		return ""
	}
	frame, _ := frames.Items[0].(pickle.Dict)
	name, _ := frame["name"].(string)
	file, _ := frame["filename"].(string)
	line, _ := frame["line"].(int64)
	if line > 0 {
		file = fmt.Sprintf("%s:%d", file, line)
	}
	return plain.CutMessage(plain.Escape(name + " " + file))
}

// Peak returns the peak of the device whose peak is the largest.
func (s *Snapshot) Peak() (*Peak, error) {
	var largest *Peak
	for _, device := range s.devices() {
		p := s.peakOf(device)
		if largest == nil || p.Bytes > largest.Bytes {
			largest = p
		}
	}
	if largest == nil || largest.Bytes == 0 {
		return nil, errors.New("the snapshot has no allocation: call torch.cuda.memory._record_memory_history() before the " +
			"first tensor is made, and torch.cuda.memory._dump_snapshot(path) after an iteration")
	}
	return largest, nil
}

func (s *Snapshot) devices() []int {
	seen := map[int]bool{}
	for _, one := range s.segments {
		seen[int(one.device)] = true
	}
	for device, trace := range s.traces {
		if len(trace) > 0 {
			seen[device] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// peakOf walks back from the end, where the segments say what is in use, to find what was in use before the first
// event, and then forward again.
func (s *Snapshot) peakOf(device int) *Peak {
	p := &Peak{Device: device}
	alive := map[int64]Allocation{}
	for _, one := range s.segments {
		if int(one.device) != device {
			continue
		}
		p.Reserved += one.size
		for _, b := range one.blocks {
			alive[b.Address] = b
		}
	}
	var trace []event
	if device < len(s.traces) {
		trace = s.traces[device]
	}
	for _, e := range slices.Backward(trace) {
		if e.frees {
			alive[e.Address] = e.Allocation
		} else {
			delete(alive, e.Address)
		}
	}
	before := maps.Clone(alive)
	at := s.walk(trace, alive, p)
	s.walk(trace[:at], before, p)
	p.Alive = slices.Collect(maps.Values(before))
	slices.SortFunc(p.Alive, func(a, b Allocation) int { return int(a.Address - b.Address) })
	return p
}

// walk follows a trace from what is alive before it, and returns after how many events the most is allocated.
func (s *Snapshot) walk(trace []event, alive map[int64]Allocation, p *Peak) (at int) {
	now := int64(0)
	for _, a := range alive {
		now += inBlocks(a.Bytes)
	}
	p.Bytes = now
	for i, e := range trace {
		if e.frees {
			now -= inBlocks(alive[e.Address].Bytes)
			delete(alive, e.Address)
		} else {
			alive[e.Address] = e.Allocation
			now += inBlocks(e.Bytes)
		}
		if now > p.Bytes {
			p.Bytes, at = now, i+1
		}
	}
	return at
}
