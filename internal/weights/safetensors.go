package weights

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"cnncalc/internal/plain"
)

// lengthSize is the size of the header's length in bytes. A safetensors file (huggingface/safetensors, "Format") has
// the length of the header as a little-endian number, the header in JSON, and the payload, which the tensors cover
// without gaps.
const lengthSize = 8

// bitsOfType has the sizes of all the format's element types, including unsupported ones: the layout of all is checked.
var bitsOfType = map[string]int64{
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"U16": 16, "I16": 16, "F16": 16, "BF16": 16,
	"U32": 32, "I32": 32, "F32": 32,
	"U64": 64, "I64": 64, "F64": 64, "C64": 64,
}

// openSafetensors reads the header of a safetensors file of size bytes, and checks it against the format and the
// payload.
func openSafetensors(r io.ReaderAt, size int64) ([]entry, error) {
	header, err := readSafetensorsHeader(r, size)
	if err != nil {
		return nil, err
	}
	tensors, err := parseSafetensorsHeader(header)
	if err != nil {
		return nil, err
	}
	payload := lengthSize + int64(len(header))
	if err := checkLayout(tensors, size-payload); err != nil {
		return nil, err
	}
	entries := make([]entry, len(tensors))
	for i, t := range tensors {
		entries[i] = t.entry(r, payload)
	}
	return entries, nil
}

func readSafetensorsHeader(r io.ReaderAt, size int64) ([]byte, error) {
	var prefix [lengthSize]byte
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, readError(err)
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > uint64(size-lengthSize) {
		return nil, fmt.Errorf("the safetensors header declares %d bytes, but only %d follow", length, size-lengthSize)
	}
	if length > maxDirectory {
		return nil, fmt.Errorf("the safetensors header is %d bytes long; at most %d are read", length, maxDirectory)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(io.NewSectionReader(r, lengthSize, int64(length)), header); err != nil {
		return nil, readError(err)
	}
	return header, nil
}

// safetensor is a tensor as the header declares it. start and end are offsets in the payload.
type safetensor struct {
	name, typ  string
	shape      []int
	start, end int64
}

// entry returns the tensor for reading. The payload starts at that byte of r.
func (t safetensor) entry(r io.ReaderAt, payload int64) entry {
	a := array{shape: t.shape, descr: t.typ, start: payload + t.start}
	typ, ok := dtypeByCode(t.typ)
	if ok {
		a.typ = typ
	} else {
		a.refused = unreadType(t.typ)
	}
	return plainEntry(t.name, a, r, t.end-t.start)
}

// checkLayout sorts the tensors by their offsets, and checks that each has the length that its shape and type need, and
// that together they cover the payload, whose length is given in bytes.
func checkLayout(tensors []safetensor, payload int64) error {
	if len(tensors) == 0 {
		return errors.New("the safetensors file is empty: it contains no tensors")
	}
	for _, t := range tensors {
		if err := t.checkSize(payload); err != nil {
			return fmt.Errorf("tensor %s: %w", quoteName(t.name), err)
		}
	}
	slices.SortStableFunc(tensors, func(a, b safetensor) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	covered, last := int64(0), ""
	for _, t := range tensors {
		if t.start < covered {
			return fmt.Errorf("tensor %s: it starts at byte %d of the payload, and %s before it ends at %d: they overlap",
				quoteName(t.name), t.start, quoteName(last), covered)
		}
		if t.start > covered {
			return fmt.Errorf("bytes %d to %d of the payload belong to no tensor: a gap before %s",
				covered, t.start, quoteName(t.name))
		}
		covered, last = t.end, t.name
	}
	if covered < payload {
		return fmt.Errorf("%d bytes too many: the tensors end at byte %d of the payload, which has %d",
			payload-covered, covered, payload)
	}
	return nil
}

func (t safetensor) checkSize(payload int64) error {
	bits, known := bitsOfType[t.typ]
	if !known {
		return fmt.Errorf("type %s is unknown; %s", plain.Quote(t.typ), readTypes)
	}
	count, ok := valueCount(t.shape)
	if !ok {
		return fmt.Errorf("shape %s needs more bytes than can be counted", formatShape(t.shape))
	}
	if t.end < t.start {
		return fmt.Errorf("it ends at byte %d of the payload, before its start at %d", t.end, t.start)
	}
	if t.end > payload {
		return fmt.Errorf("it ends at byte %d of the payload, which has %d: the file is cut short", t.end, payload)
	}
	// Some types are not whole bytes. valueCount leaves room for 8 bytes a value.
	need, rest := count/8*bits+count%8*bits/8, count%8*bits%8
	if rest != 0 || need != t.end-t.start {
		return fmt.Errorf("shape %s of %s needs %d bytes, but its range %d to %d has %d",
			formatShape(t.shape), t.typ, need, t.start, t.end, t.end-t.start)
	}
	return nil
}
