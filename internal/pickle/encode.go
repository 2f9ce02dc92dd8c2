package pickle

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// Encoder writes a pickle piece by piece, so that a large one is never in memory as a whole. A dictionary is
// BeginDict, for each item Key and a value, and EndDict; a list is BeginList, values, and EndList.
type Encoder struct {
	w    *bufio.Writer
	open []int // lists and dictionaries that have not ended: how many items of a list are not appended yet, or dict
}

// dict is in place of the number of items.
const dict = -1

// batch is the most items that are appended to a list at once, as in Python's own pickles. PyTorch's viewer cannot take
// some 100,000.
const batch = 1000

// NewEncoder begins a pickle.
func NewEncoder(w io.Writer) *Encoder {
	e := &Encoder{w: bufio.NewWriter(w)}
	e.write(opProto, 2)
	return e
}

// write writes to a buffer that keeps its first error.
func (e *Encoder) write(bytes ...byte) { _, _ = e.w.Write(bytes) }

// begin counts a value that is written in a list.
func (e *Encoder) begin() {
	top := len(e.open) - 1
	if top < 0 || e.open[top] == dict {
		return
	}
	if e.open[top] == batch {
		e.write(opAppends, opMark)
		e.open[top] = 0
	}
	e.open[top]++
}

// BeginDict begins a dictionary.
func (e *Encoder) BeginDict() {
	e.begin()
	e.write(opEmptyDict, opMark)
	e.open = append(e.open, dict)
}

// EndDict ends a dictionary.
func (e *Encoder) EndDict() {
	e.write(opSetItems)
	e.open = e.open[:len(e.open)-1]
}

// BeginList begins a list.
func (e *Encoder) BeginList() {
	e.begin()
	e.write(opEmptyList, opMark)
	e.open = append(e.open, 0)
}

// EndList ends a list.
func (e *Encoder) EndList() {
	e.write(opAppends)
	e.open = e.open[:len(e.open)-1]
}

// Key writes the key of an item, which its value follows.
func (e *Encoder) Key(name string) { e.Text(name) }

// Text writes text in UTF-8 of at most 4 GiB.
func (e *Encoder) Text(s string) {
	e.begin()
	e.write(opBinUnicode)
	e.write(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))...)
	_, _ = e.w.WriteString(s)
}

// Int writes a whole number.
func (e *Encoder) Int(n int64) {
	e.begin()
	switch {
	case n >= 0 && n <= math.MaxUint8:
		e.write(opBinInt1, byte(n))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		e.write(opBinInt)
		e.write(binary.LittleEndian.AppendUint32(nil, uint32(int32(n)))...)
	default:
		e.write(opLong1, 8)
		e.write(binary.LittleEndian.AppendUint64(nil, uint64(n))...)
	}
}

// Bool writes a boolean.
func (e *Encoder) Bool(b bool) {
	e.begin()
	if b {
		e.write(opNewTrue)
	} else {
		e.write(opNewFalse)
	}
}

// Close ends the pickle and returns the first error of the writer.
func (e *Encoder) Close() error {
	e.write(opStop)
	return e.w.Flush()
}
