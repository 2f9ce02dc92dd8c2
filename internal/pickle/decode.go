package pickle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// Limits of what is read.
const (
	MaxFileSize = 512 << 20
	maxValues   = 16 << 20 // that are made; each takes some 16 bytes in its list, and more in a dictionary
	maxText     = 1 << 20  // bytes of one text
	maxLong     = 8        // bytes of a whole number
)

// Dict is a dictionary, List a list or a tuple. Their values are nil, bool, int64, float64, string, Dict or *List. A
// value that the pickle has in several places is shared, and may contain itself: a reader that follows a path of known
// length ends.
type (
	Dict map[string]any
	List struct{ Items []any }
)

// Decode reads the one value of a pickle of protocol 2 to 5. The error for a file that would call, or is not a pickle,
// names the byte.
func Decode(r io.Reader) (any, error) {
	return decode(r, maxValues)
}

func decode(r io.Reader, most int) (any, error) {
	d := &decoder{r: bufio.NewReaderSize(io.LimitReader(r, MaxFileSize+1), 64<<10), most: most}
	v, err := d.run()
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", d.at, err)
	}
	return v, nil
}

// IsPickle reports whether a file that begins so may be a pickle that Decode reads.
func IsPickle(head []byte) bool {
	return len(head) >= 2 && head[0] == opProto && head[1] >= 2 && head[1] <= 5
}

type decoder struct {
	r      *bufio.Reader
	at     int64 // of the opcode
	offset int64
	stack  []any
	marks  []int
	memo   map[uint32]any
	values int // made so far
	most   int // of them
}

var (
	errShort     = errors.New("the file ends in the middle of the pickle")
	errNoPickle  = errors.New("not a pickle of protocol 2 to 5")
	errMalformed = errors.New("the pickle is malformed")
	errTooLarge  = errors.New("the pickle is too large")
)

func (d *decoder) run() (any, error) {
	head, err := d.bytes(2)
	if err != nil || !IsPickle(head) {
		return nil, errNoPickle
	}
	d.memo = map[uint32]any{}
	for {
		d.at = d.offset
		opcode, err := d.byte()
		if err != nil {
			return nil, err
		}
		if opcode == opStop {
			return d.result()
		}
		if err := d.step(opcode); err != nil {
			return nil, err
		}
	}
}

// result returns the only value on the stack, at the end of the file.
func (d *decoder) result() (any, error) {
	if len(d.stack) != 1 || len(d.marks) > 0 {
		return nil, errMalformed
	}
	if _, err := d.r.ReadByte(); err == nil {
		return nil, errors.New("more bytes follow the pickle")
	}
	return d.stack[0], nil
}

// step executes an opcode.
func (d *decoder) step(opcode byte) error {
	switch opcode {
	case opMark:
		d.marks = append(d.marks, len(d.stack))
		return d.count()
	case opPop:
		_, err := d.pop()
		return err
	case opPopMark:
		_, err := d.fromMark()
		return err
	case opNone:
		return d.push(nil)
	case opNewTrue, opNewFalse:
		return d.push(opcode == opNewTrue)
	case opFrame:
		_, err := d.bytes(8)
		return err
	case opBinInt, opBinInt1, opBinInt2, opLong1, opBinFloat:
		return d.number(opcode)
	case opShortBinUnicode, opBinUnicode, opBinUnicode8:
		return d.text(opcode)
	case opEmptyDict:
		return d.push(Dict{})
	case opEmptyList, opEmptyTuple:
		return d.push(&List{})
	case opTuple, opList, opDict:
		return d.collect(opcode)
	case opTuple1, opTuple2, opTuple3:
		return d.tuple(int(opcode-opTuple1) + 1)
	case opAppend:
		return d.appendItems(1)
	case opAppends:
		return d.appendItems(0)
	case opSetItem:
		return d.setItems(2)
	case opSetItems:
		return d.setItems(0)
	case opMemoize, opBinPut, opLongBinPut, opBinGet, opLongBinGet:
		return d.remember(opcode)
	}
	if what := refused(opcode); what != "" {
		return fmt.Errorf("opcode %#02x %s: only data is read", opcode, what)
	}
	return fmt.Errorf("%w: there is no opcode %#02x", errMalformed, opcode)
}

// count counts a value, so that no file takes more memory than its share.
func (d *decoder) count() error {
	if d.values++; d.values > d.most {
		return fmt.Errorf("%w: it has more than %d values", errTooLarge, d.most)
	}
	return nil
}

func (d *decoder) push(v any) error {
	d.stack = append(d.stack, v)
	return d.count()
}

// base is the height below which the opcodes after the last mark find nothing.
func (d *decoder) base() int {
	if len(d.marks) == 0 {
		return 0
	}
	return d.marks[len(d.marks)-1]
}

func (d *decoder) pop() (any, error) {
	top := len(d.stack) - 1
	if top < d.base() {
		return nil, errMalformed
	}
	v := d.stack[top]
	d.stack = d.stack[:top]
	return v, nil
}

// fromMark removes the values after the last mark.
func (d *decoder) fromMark() ([]any, error) {
	if len(d.marks) == 0 {
		return nil, errMalformed
	}
	mark := d.base()
	d.marks = d.marks[:len(d.marks)-1]
	items := d.stack[mark:]
	d.stack = d.stack[:mark]
	return items, nil
}

// last removes the last n values.
func (d *decoder) last(n int) ([]any, error) {
	from := len(d.stack) - n
	if from < d.base() {
		return nil, errMalformed
	}
	items := d.stack[from:]
	d.stack = d.stack[:from]
	return items, nil
}

func (d *decoder) tuple(n int) error {
	items, err := d.last(n)
	if err != nil {
		return err
	}
	return d.push(&List{append([]any(nil), items...)})
}

func (d *decoder) collect(opcode byte) error {
	items, err := d.fromMark()
	if err != nil {
		return err
	}
	if opcode != opDict {
		return d.push(&List{append([]any(nil), items...)})
	}
	dict := Dict{}
	if err := dict.set(items); err != nil {
		return err
	}
	return d.push(dict)
}

// itemsFor removes the items that an opcode adds to the container below them, and returns both. They are the last n
// values, or those after the mark if n is 0.
func (d *decoder) itemsFor(n int) (items []any, container any, err error) {
	if n > 0 {
		items, err = d.last(n)
	} else {
		items, err = d.fromMark()
	}
	switch {
	case err != nil:
		return nil, nil, err
	case len(d.stack) == d.base():
		return nil, nil, errMalformed
	}
	return items, d.stack[len(d.stack)-1], nil
}

// appendItems appends to a list the last n values, or those after the mark if n is 0.
func (d *decoder) appendItems(n int) error {
	items, container, err := d.itemsFor(n)
	if err != nil {
		return err
	}
	list, ok := container.(*List)
	if !ok {
		return errMalformed
	}
	list.Items = append(list.Items, items...)
	return nil
}

// setItems sets the keys and values, which are the last n values, or those after the mark if n is 0.
func (d *decoder) setItems(n int) error {
	items, container, err := d.itemsFor(n)
	if err != nil {
		return err
	}
	dict, ok := container.(Dict)
	if !ok {
		return errMalformed
	}
	return dict.set(items)
}

// set sets keys and values in turn. Items whose keys are not text, which no reader asks for, are dropped.
func (d Dict) set(items []any) error {
	if len(items)%2 != 0 {
		return errMalformed
	}
	for i := 0; i < len(items); i += 2 {
		if key, ok := items[i].(string); ok {
			d[key] = items[i+1]
		}
	}
	return nil
}

// remember stores the last value in the memo, or gets one from it.
func (d *decoder) remember(opcode byte) error {
	var index uint32
	switch opcode {
	case opMemoize:
		index = uint32(len(d.memo))
	case opBinPut, opBinGet:
		b, err := d.byte()
		if err != nil {
			return err
		}
		index = uint32(b)
	default:
		b, err := d.bytes(4)
		if err != nil {
			return err
		}
		index = binary.LittleEndian.Uint32(b)
	}
	if opcode == opBinGet || opcode == opLongBinGet {
		v, ok := d.memo[index]
		if !ok {
			return fmt.Errorf("%w: nothing was stored under %d", errMalformed, index)
		}
		return d.push(v)
	}
	if len(d.stack) == d.base() {
		return errMalformed
	}
	d.memo[index] = d.stack[len(d.stack)-1]
	return d.count()
}

func (d *decoder) number(opcode byte) error {
	size := 1
	switch opcode {
	case opBinInt2:
		size = 2
	case opBinInt:
		size = 4
	case opBinFloat:
		size = 8
	case opLong1:
		b, err := d.byte()
		if err != nil {
			return err
		}
		if size = int(b); size > maxLong {
			return fmt.Errorf("a whole number of %d bytes does not fit in 64 bits", size)
		}
	}
	b, err := d.bytes(size)
	if err != nil {
		return err
	}
	switch opcode {
	case opBinFloat:
		return d.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case opBinInt, opLong1:
		return d.push(signed(b))
	}
	return d.push(int64(unsigned(b)))
}

// unsigned reads a little-endian number of up to 8 bytes.
func unsigned(b []byte) uint64 {
	var n uint64
	for i, v := range b {
		n |= uint64(v) << (8 * i)
	}
	return n
}

// signed reads a little-endian number in two's complement of up to 8 bytes.
func signed(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	n := int64(0)
	if b[len(b)-1] >= 0x80 {
		n = -1
	}
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | int64(b[i])
	}
	return n
}

func (d *decoder) text(opcode byte) error {
	width := 1
	switch opcode {
	case opBinUnicode:
		width = 4
	case opBinUnicode8:
		width = 8
	}
	b, err := d.bytes(width)
	if err != nil {
		return err
	}
	size := unsigned(b)
	if size > maxText {
		return fmt.Errorf("%w: a text has %d bytes, more than %d", errTooLarge, size, maxText)
	}
	text, err := d.bytes(int(size))
	if err != nil {
		return err
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%w: a text is not UTF-8", errMalformed)
	}
	return d.push(string(text))
}

func (d *decoder) byte() (byte, error) {
	b, err := d.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// bytes returns the next n bytes, valid until the next call. n is at most maxText.
func (d *decoder) bytes(n int) ([]byte, error) {
	if d.offset += int64(n); d.offset > MaxFileSize {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errTooLarge, MaxFileSize)
	}
	if n > d.r.Size() {
		b := make([]byte, n)
		_, err := io.ReadFull(d.r, b)
		return b, readError(err)
	}
	b, err := d.r.Peek(n)
	if err != nil {
		return nil, readError(err)
	}
	_, _ = d.r.Discard(n)
	return b, nil
}

func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errShort
	}
	return err
}
