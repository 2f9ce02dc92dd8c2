package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
)

// MaxFileSize bounds a model's file and its files of external data, in bytes.
const MaxFileSize = 1 << 40

// File is an open model. Its methods must not be called from several goroutines at once.
type File struct {
	Model *Model

	file   *os.File
	mapped []byte // the model's file; nil if it was read instead
	folder string
	root   *os.Root         // the folder, once external data is needed
	extra  map[string]*data // external data by location
}

// data is an open file of external data.
type data struct {
	file  *os.File
	size  int64
	bytes []byte // nil if the file can't be mapped
}

// IsModel reports whether head, the first bytes of a file, may be those of a model. A message starts with the number
// and the wire type of a field. For the fields that models start with, that is a control character, which no text
// starts with.
func IsModel(head []byte) bool {
	return len(head) > 0 && head[0] > 0 && head[0] < 0x20 && !strings.ContainsRune("\t\n\v\f\r", rune(head[0]))
}

// headSize is how much of a file Check needs.
const headSize = 512

// Check returns an error that says why a file that begins with head is not a model; nil if it may be one.
func Check(head []byte) error {
	head = head[:min(len(head), headSize)]
	isText := !slices.ContainsFunc(head, func(b byte) bool { return b < '\t' })
	isText = isText && isStartOfUTF8(head)
	switch {
	case IsModel(head):
		return nil
	case len(head) == 0:
		return errors.New("not an ONNX model: the file is empty")
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return errors.New("not an ONNX model, but a pointer to one: git lfs pull fetches it")
	case isText:
		return errors.New("not an ONNX model, but text: the name of an architecture file ends in .yaml")
	}
	return fmt.Errorf("neither an ONNX model nor text: no model starts with the byte 0x%02x", head[0])
}

// isStartOfUTF8 reports whether head is UTF-8, but for a last character that is cut.
func isStartOfUTF8(head []byte) bool {
	for cut := range min(utf8.UTFMax, len(head)+1) {
		if utf8.Valid(head[:len(head)-cut]) {
			return cut == 0 || len(head) == headSize
		}
	}
	return false
}

// CheckFile is Check for the file at path. It returns nil for a file that cannot be read.
func CheckFile(path string) error {
	file, _, err := regular.Open(path, "")
	if err != nil {
		return nil
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, headSize))
	if err != nil {
		return nil
	}
	return Check(head)
}

// Open opens the model at path. The errors name the path.
func Open(path string) (*File, error) {
	file, _, err := regular.Open(path, "an ONNX model")
	if err != nil {
		return nil, err
	}
	f := &File{file: file, folder: filepath.Dir(path)}
	if err := f.decode(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", plain.Escape(plain.CutPath(path)), err)
	}
	return f, nil
}

// decode maps or reads the file and decodes it. A file that another program shortens meanwhile is an error, not the
// end of the process.
func (f *File) decode() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(error)
			if !ok || !isFault(fault) {
				panic(r)
			}
			err = errors.New("the file became shorter while it was read")
		}
	}()
	content := regular.Map(f.file)
	f.mapped = content
	if content == nil {
		if content, err = io.ReadAll(f.file); err != nil {
			return err
		}
	}
	f.Model, err = Decode(content)
	return err
}

// isFault reports whether a panic is that of a page that can't be read.
func isFault(err error) bool {
	var fault interface{ Addr() uintptr }
	return errors.As(err, &fault)
}

// Close closes the model. Its tensors must not be used afterwards.
func (f *File) Close() error {
	var errs []error
	for _, d := range f.extra {
		errs = append(errs, regular.Unmap(d.bytes), d.file.Close())
	}
	if f.root != nil {
		errs = append(errs, f.root.Close())
	}
	if f.mapped != nil {
		errs = append(errs, regular.Unmap(f.mapped))
	}
	if f.file != nil {
		errs = append(errs, f.file.Close())
	}
	return errors.Join(errs...)
}

// external returns the bytes of a tensor of size bytes that is in a file of its own.
func (f *File) external(e *external, size int64) ([]byte, error) {
	if e.length >= 0 && e.length != size {
		return nil, fmt.Errorf("its external data has %d bytes, but its shape and type need %d", e.length, size)
	}
	d, err := f.open(e.location)
	if err != nil {
		return nil, err
	}
	if e.offset > d.size || size > d.size-e.offset {
		return nil, fmt.Errorf("%s has %d bytes; the tensor needs bytes %d to %d", plain.Quote(e.location), d.size,
			e.offset, e.offset+min(size, math.MaxInt64-e.offset))
	}
	if d.bytes != nil {
		return d.bytes[e.offset:][:size:size], nil
	}
	content := make([]byte, size)
	if _, err := d.file.ReadAt(content, e.offset); err != nil {
		return nil, fmt.Errorf("can't read %s: %w", plain.Quote(e.location), err)
	}
	return content, nil
}

// open returns the file of external data at a location, which is a path relative to the model's folder. It must be a
// regular file within that folder, and links must stay within it.
func (f *File) open(location string) (*data, error) {
	if d, ok := f.extra[location]; ok {
		return d, nil
	}
	if f.folder == "" {
		return nil, errors.New("its values are in another file, and a model on standard input has no folder")
	}
	name := filepath.FromSlash(location)
	switch {
	case name == "":
		return nil, errors.New("its external data has no location")
	case !filepath.IsLocal(name):
		return nil, fmt.Errorf("its external data is in %s, which is outside the model's folder", plain.Quote(location))
	}
	if f.root == nil {
		root, err := os.OpenRoot(f.folder)
		if err != nil {
			return nil, regular.Unreadable(f.folder, err)
		}
		f.root = root
	}
	d, err := openIn(f.root, name)
	if err != nil {
		return nil, fmt.Errorf("its external data, %s: %w", plain.Quote(location), err)
	}
	if f.extra == nil {
		f.extra = map[string]*data{}
	}
	f.extra[location] = d
	return d, nil
}

// openIn opens a regular file within a folder.
func openIn(root *os.Root, name string) (*data, error) {
	info, err := root.Stat(name) // before it is opened: opening a device may have an effect
	if err != nil {
		return nil, reason(err)
	}
	if err := checkExternal(info); err != nil {
		return nil, err
	}
	file, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, reason(err)
	}
	if info, err = file.Stat(); err == nil {
		err = checkExternal(info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &data{file: file, size: info.Size(), bytes: regular.Map(file)}, nil
}

func checkExternal(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	if hasOtherNames(info) {
		return errors.New("the file has a second name elsewhere (a hard link); make a copy of it")
	}
	return nil
}

// reason returns the cause of an error of the system, without its operation and path.
func reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file next to the model")
	case err.Error() == "path escapes from parent": // os.Root has no value for it
		return errors.New("a link leads out of the model's folder")
	}
	return err
}
