package weights

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"cnncalc/internal/floats"
	"cnncalc/internal/regular"
)

// maxDirectory bounds the bytes that say which tensors a file has: the header of a safetensors file, or the directory
// of an npz archive. There is room for 100,000 tensors with long names.
const maxDirectory = 16 << 20

// maxTensors bounds the tensors of a file, and so, with maxDirectory, the memory needed to open it. Networks have some
// hundreds.
const maxTensors = 100_000

// Info describes a tensor of a file, without its values.
type Info struct {
	Name  string // as in Tensor
	Shape []int  // as in Tensor
	// DType is the element type in the file: F32, F16, BF16 or F64 if it is supported, else the file's own name for it.
	DType string
}

// File is an open file of tensors. All methods but Close may be called from several goroutines at once.
type File struct {
	file    *os.File // nil if the caller owns the file
	entries []entry
	index   map[string]int // of entries, by name

	mapOnce sync.Once
	mapped  []byte // the whole file, or nil
}

// entry is one tensor of a file.
type entry struct {
	array
	name string
	// offset is where the values start in the file, or -1 if they are in an archive.
	offset int64
	values *io.SectionReader             // nil if they are in an archive
	open   func() (io.ReadCloser, error) // reads the values alone
}

// Open opens the safetensors, npz or npy file at path and reads which tensors it has. The content, not the name,
// decides the format. An npy file has one tensor, named after the file without its extension. Read and View give the
// values.
//
// Open rejects anything but a regular file, so that a FIFO or a device can't block it. Errors name the path.
func Open(path string) (*File, error) {
	f, info, err := regular.Open(path, "a safetensors, npz or npy file")
	if err != nil {
		return nil, err
	}
	base := filepath.Base(path)
	opened, err := New(f, info.Size(), strings.TrimSuffix(base, filepath.Ext(base)))
	if err != nil {
		f.Close()
		command := ""
		if other := (*foreign)(nil); errors.As(err, &other) {
			command = other.command(path)
		}
		return nil, fmt.Errorf("%s: %w%s", path, err, command)
	}
	opened.file = f
	return opened, nil
}

// New is like Open, for a file that is already open or in memory. r must hold exactly size bytes. name is for the
// tensor of an npy file. Close leaves r open.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	entries, err := openAny(r, size)
	if err != nil {
		return nil, err
	}
	if len(entries) == 1 && entries[0].name == "" {
		entries[0].name = name
	}
	return newFile(entries), nil
}

func newFile(entries []entry) *File {
	index := make(map[string]int, len(entries))
	for i, e := range entries {
		index[e.name] = i
	}
	return &File{entries: entries, index: index}
}

// openAny opens a file of any of the three formats. npy and zip start with a magic number.
func openAny(f io.ReaderAt, size int64) ([]entry, error) {
	head, err := readHead(f, size)
	if err != nil {
		return nil, err
	}
	switch {
	case isNPY(head):
		return openNPY(f, size)
	case isZip(head):
		return openNPZ(f, size)
	case isSafetensors(head):
		return openSafetensors(f, size)
	}
	return nil, fmt.Errorf("not a safetensors, npz or npy file: %w", foreignHead(head))
}

func openNPY(f io.ReaderAt, size int64) ([]entry, error) {
	a, err := readArrayHeader(io.NewSectionReader(f, 0, size), size)
	if err != nil {
		return nil, err
	}
	return []entry{plainEntry("", a, f, size-a.start)}, nil
}

// plainEntry returns a tensor whose values are in the file uncompressed, in length bytes from a.start on.
func plainEntry(name string, a array, f io.ReaderAt, length int64) entry {
	values := io.NewSectionReader(f, a.start, length)
	return entry{array: a, name: name, offset: a.start, values: values, open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(values, 0, length)), nil
	}}
}

// Tensors returns the tensors in the file's order. The caller must not change the shapes.
func (f *File) Tensors() []Info {
	infos := make([]Info, len(f.entries))
	for i, e := range f.entries {
		infos[i] = Info{Name: e.name, Shape: e.shape, DType: e.descr}
	}
	return infos
}

// Read fills dst with the values of a tensor, in C order, converted to float32. dst must have as many values as the
// tensor. Beyond dst it needs only small buffers, but for an array of up to 16 columns in Fortran order, which takes
// its size again.
//
// Read keeps NaN and infinite values. A finite float64 beyond the range of float32 is an error.
func (f *File) Read(name string, dst []float32) error {
	return f.ReadParallel(name, dst, inOrder)
}

// ReadParallel is Read for a caller with several threads. parallel must call piece(i) for each i from 0 to n-1, and
// return when all calls have returned.
func (f *File) ReadParallel(name string, dst []float32, parallel func(n int, piece func(i int))) error {
	i, ok := f.index[name]
	if !ok {
		return fmt.Errorf("the file has no tensor %s", quoteName(name))
	}
	if err := f.entries[i].readInto(dst, parallel); err != nil {
		return fmt.Errorf("tensor %s: %w", quoteName(name), err)
	}
	return nil
}

func (e *entry) readInto(dst []float32, parallel func(n int, piece func(i int))) error {
	if e.refused != nil {
		return e.refused
	}
	if count, _ := valueCount(e.shape); count != int64(len(dst)) {
		return fmt.Errorf("it has %d values, but %d were requested", count, len(dst))
	}
	if e.values != nil && !e.fortran {
		return e.readPieces(dst, parallel)
	}
	r, err := e.open()
	if err != nil {
		return err
	}
	defer r.Close()
	return e.read(r, dst)
}

// pieceValues is the number of values that are read by one call of a parallel read.
const pieceValues = 64 << 10

// readPieces reads values that are in the file in C order, uncompressed.
func (e *entry) readPieces(dst []float32, parallel func(n int, piece func(i int))) error {
	pieces := (len(dst) + pieceValues - 1) / pieceValues
	failed := make([]error, pieces)
	parallel(pieces, func(i int) {
		part := dst[i*pieceValues : min((i+1)*pieceValues, len(dst))]
		r := io.NewSectionReader(e.values, int64(i)*pieceValues*e.typ.size, int64(len(part))*e.typ.size)
		failed[i] = readValues(r, e.typ, part, newChunk(len(part), e.typ))
	})
	if err := cmp.Or(failed...); err != nil {
		return err
	}
	end := int64(len(dst)) * e.typ.size
	return expectEnd(io.NewSectionReader(e.values, end, e.values.Size()-end))
}

// View returns the values of a tensor in place, without copying them. It returns false where that is not possible, and
// Read must be used: the values must be F32, aligned and uncompressed, and the system must be able to map files.
//
// The caller must not change the values, or touch them after Close. Touched pages count as memory of the process, but
// the system can reclaim them at any time. If another program truncates the file, touching values past its new end is a
// fault, which ends the process unless debug.SetPanicOnFault turns it into a panic. Read has no such risk.
func (f *File) View(name string) ([]float32, bool) {
	i, ok := f.index[name]
	if !ok || f.file == nil {
		return nil, false
	}
	e := &f.entries[i]
	count, _ := valueCount(e.shape)
	if e.refused != nil || e.typ.code != typeF32.code || e.fortran || e.offset < 0 || e.offset%4 != 0 || count == 0 {
		return nil, false
	}
	f.mapOnce.Do(func() { f.mapped = regular.Map(f.file) })
	end := e.offset + 4*count
	if end > int64(len(f.mapped)) {
		return nil, false
	}
	return floats.View(f.mapped[e.offset:end])
}

// Close closes the file and ends the use of all views.
func (f *File) Close() error {
	var err error
	if f.mapped != nil {
		err = regular.Unmap(f.mapped)
		f.mapped = nil
	}
	if f.file == nil {
		return err
	}
	return errors.Join(err, f.file.Close())
}

// ReadFile reads the tensors of the file at path into memory. limit bounds the bytes of all Data together. If keep is
// not nil, ReadFile reads only the tensors for whose names it returns true.
func ReadFile(path string, limit int64, keep func(name string) bool) ([]Tensor, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tensors, err := f.readAll(limit, keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

func (f *File) readAll(limit int64, keep func(name string) bool) ([]Tensor, error) {
	var tensors []Tensor
	for i := range f.entries {
		e := &f.entries[i]
		if keep != nil && !keep(e.name) {
			continue
		}
		t, err := e.readNew(limit)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quoteName(e.name), err)
		}
		limit -= 4 * int64(len(t.Data))
		tensors = append(tensors, t)
	}
	return tensors, nil
}

func (e *entry) readNew(limit int64) (Tensor, error) {
	r, err := e.open()
	if err != nil {
		return Tensor{}, err
	}
	defer r.Close()
	t, err := e.readAll(r, limit)
	t.Name = e.name
	return t, err
}
