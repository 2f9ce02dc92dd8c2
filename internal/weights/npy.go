package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"cnncalc/internal/floats"
)

const (
	// maxNPYHeader bounds the header's dictionary, as numpy.load does (max_header_size).
	maxNPYHeader = 10_000
	// chunkBytes is how much of an array is read or written at a time. It fits the second-level cache.
	chunkBytes = 64 << 10
	// fortranColumns is how many columns of an array in Fortran order are held at a time, so that whole cache lines of 16
	// float32 are written. Measured at 4096 x 4096: 8 columns take twice as long, 32 four times.
	fortranColumns = 16
)

// array is what is known of a tensor before its values are read. npy files may have version 1.0, 2.0 or 3.0, and hold
// little-endian float16, float32 or float64 in C or Fortran order.
type array struct {
	shape   []int
	typ     dtype
	descr   string // the type, as in Info.DType
	refused error  // why the values can't be read, if typ is not supported
	fortran bool   // the first dimension changes fastest
	start   int64  // bytes before the first value
}

// readArrayHeader reads an npy array of size bytes up to its first value, and checks that the values fill the remaining
// bytes. An unsupported type is not yet an error: the array may not be needed.
func readArrayHeader(r io.Reader, size int64) (array, error) {
	header, rest, err := readNPYHeader(r, size)
	if err != nil {
		return array{}, err
	}
	a := array{shape: header.shape, descr: header.descr, start: size - rest}
	a.fortran = header.fortran && len(header.shape) > 1
	if a.typ, a.refused = dtypeOf(header.descr); a.refused != nil {
		return a, nil
	}
	a.descr = a.typ.code
	return a, checkPayload(a.shape, a.typ, rest)
}

// readAll reads the values into a new slice of at most limit bytes.
func (a array) readAll(r io.Reader, limit int64) (Tensor, error) {
	if a.refused != nil {
		return Tensor{}, a.refused
	}
	count, _ := valueCount(a.shape)
	if 4*count > limit {
		return Tensor{}, aboveLimit(a.shape, limit)
	}
	data := make([]float32, count)
	if err := a.read(r, data); err != nil {
		return Tensor{}, err
	}
	return Tensor{Shape: a.shape, Data: data}, nil
}

func aboveLimit(shape []int, limit int64) error {
	count, _ := valueCount(shape)
	return fmt.Errorf("shape %s takes %d bytes as float32, but the limit leaves %d",
		formatShape(shape), 4*count, max(limit, 0))
}

// read fills data in C order from r, which holds the values and nothing else.
func (a array) read(r io.Reader, data []float32) error {
	var err error
	if a.fortran {
		err = readFortran(r, a.typ, data, a.shape)
	} else {
		err = readValues(r, a.typ, data, newChunk(len(data), a.typ))
	}
	if err != nil {
		return err
	}
	return expectEnd(r)
}

// readNPYHeader reads up to the first value, and returns how many of the size bytes are left.
func readNPYHeader(r io.Reader, size int64) (h npyHeader, rest int64, err error) {
	// Magic, two bytes of version, and the dictionary's length: 2 bytes in version 1.0, 4 after.
	var prefix [12]byte
	n, err := io.ReadFull(r, prefix[:min(max(size, 0), 10)])
	if err != nil {
		return h, 0, readError(err)
	}
	if !isNPY(prefix[:n]) {
		return h, 0, notNPY(r, prefix[:n])
	}
	if n < 10 {
		return h, 0, fmt.Errorf("the npy file is cut short: it has %d bytes, fewer than its header needs", n)
	}
	major, minor := prefix[6], prefix[7]
	if major < 1 || major > 3 || minor != 0 {
		return h, 0, fmt.Errorf("npy version %d.%d is unknown; supported versions are 1.0, 2.0 and 3.0", major, minor)
	}
	length := int64(binary.LittleEndian.Uint16(prefix[8:10]))
	if major > 1 {
		if size < 12 {
			return h, 0, fmt.Errorf("the npy file is cut short: it has %d bytes, fewer than its header needs", size)
		}
		if _, err := io.ReadFull(r, prefix[10:12]); err != nil {
			return h, 0, readError(err)
		}
		n = 12
		length = int64(binary.LittleEndian.Uint32(prefix[8:12]))
	}
	rest = size - int64(n) - length
	if rest < 0 {
		return h, 0, fmt.Errorf("the npy header declares %d bytes, but only %d follow", length, size-int64(n))
	}
	if length > maxNPYHeader {
		return h, 0, fmt.Errorf("the npy header is %d bytes long; at most %d are read", length, maxNPYHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, readError(err)
	}
	h, err = parseNPYHeader(string(text))
	return h, rest, err
}

// notNPY returns the error that says what r, whose first bytes were prefix, is instead. It reads on only for the
// message, and ignores errors.
func notNPY(r io.Reader, prefix []byte) error {
	if len(prefix) > 0 && strings.HasPrefix(npyMagic, string(prefix)) {
		return fmt.Errorf("the npy file is cut short: it has %d bytes, fewer than its header needs", len(prefix))
	}
	more := make([]byte, headLen-len(prefix))
	n, _ := io.ReadFull(r, more)
	return fmt.Errorf("not an npy file: %w", foreignHead(append(prefix[:len(prefix):len(prefix)], more[:n]...)))
}

// checkPayload checks that as many payload bytes follow an array's header as its shape and type need.
func checkPayload(shape []int, typ dtype, payload int64) error {
	count, ok := valueCount(shape)
	if !ok {
		return fmt.Errorf("shape %s needs more bytes than can be counted", formatShape(shape))
	}
	need := count * typ.size
	if payload < need {
		return fmt.Errorf("the file is cut short: shape %s of %s needs %d bytes, but %d follow the header",
			formatShape(shape), typ.name, need, payload)
	}
	if payload > need {
		return fmt.Errorf("%d bytes too many: shape %s of %s needs %d bytes, but %d follow the header",
			payload-need, formatShape(shape), typ.name, need, payload)
	}
	return nil
}

// newChunk returns the buffer that readValues needs for n values, of at most chunkBytes, or nil if it needs none.
func newChunk(n int, typ dtype) []byte {
	if typ.inPlace() {
		return nil
	}
	return make([]byte, min(int64(n)*typ.size, chunkBytes))
}

// readValues fills data, in the order of the file, through buf.
func readValues(r io.Reader, typ dtype, data []float32, buf []byte) error {
	if typ.inPlace() {
		bytes, _ := floats.Bytes(data)
		_, err := io.ReadFull(r, bytes)
		return readError(err)
	}
	size := int(typ.size)
	for len(data) > 0 {
		n := min(len(data), len(buf)/size)
		chunk := buf[:n*size]
		if _, err := io.ReadFull(r, chunk); err != nil {
			return readError(err)
		}
		if err := typ.decode(data[:n], chunk); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// readFortran fills data in C order from a file in Fortran order, where each run of shape[0] values, here called a
// column, shares all other indices. It holds several columns at a time, so that neighbours in memory are written
// together. An array of up to fortranColumns columns therefore takes its size in memory twice.
func readFortran(r io.Reader, typ dtype, data []float32, shape []int) error {
	if len(data) == 0 {
		return nil
	}
	rows := shape[0]
	columns := len(data) / rows
	// Of short columns more are held, to read no less than a chunk.
	group := min(columns, max(fortranColumns, chunkBytes/int(typ.size)/rows))
	values := make([]float32, group*rows)
	buf := newChunk(len(values), typ)
	offsets := make([]int, group) // where the columns of the group are in a row of data
	walk := newFortranWalk(shape[1:])
	for left := columns; left > 0; left -= group {
		group = min(left, group)
		values, offsets = values[:group*rows], offsets[:group]
		if err := readValues(r, typ, values, buf); err != nil {
			return err
		}
		for c := range offsets {
			offsets[c] = walk.at
			walk.next()
		}
		for i := range rows {
			row := data[i*columns : (i+1)*columns]
			for c, at := range offsets {
				row[at] = values[c*rows+i]
			}
		}
	}
	return nil
}

// fortranWalk visits the elements of an array in Fortran order. at is the C-order position of the current one.
type fortranWalk struct {
	at     int
	shape  []int
	stride []int // C-order distance between neighbours along each dimension
	index  []int
}

func newFortranWalk(shape []int) *fortranWalk {
	w := &fortranWalk{shape: shape, stride: make([]int, len(shape)), index: make([]int, len(shape))}
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		w.stride[i] = step
		step *= shape[i]
	}
	return w
}

// next moves to the next element, and from the last one to the first.
func (w *fortranWalk) next() {
	for i := range w.index {
		w.index[i]++
		w.at += w.stride[i]
		if w.index[i] < w.shape[i] {
			return
		}
		w.at -= w.shape[i] * w.stride[i]
		w.index[i] = 0
	}
}

// expectEnd checks that r ends after the last value. In an npz archive, reading the end also compares the checksum.
func expectEnd(r io.Reader) error {
	var b [1]byte
	n, err := io.ReadFull(r, b[:])
	if n > 0 {
		return errors.New("extra bytes follow the array")
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return readError(err)
}

// errShort is the error for values that end early.
var errShort = errors.New("the data ends before its declared size")

// readError returns the error for a failed read. The size was checked before, so at the end of the input either the
// file shrank or its declared size was wrong. Errors of the system lose their operation and path, which the caller
// adds.
func readError(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errShort
	case errors.As(err, &system):
		return system
	}
	return err
}
