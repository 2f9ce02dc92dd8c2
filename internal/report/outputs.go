package report

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"cnncalc/internal/plain"
)

// Outputs are the files and folders that a command writes: all of them or, where it fails or is interrupted, none. Each
// is written to the disk under a hidden name in its folder. Commit gives them their names, Discard removes them.
//
// What is not a regular file (a terminal, /dev/null, a FIFO), and what standard output or standard error already is
// (/dev/stdout), cannot be replaced and is written to directly.
//
// Discard may be called while another goroutine writes; all else is for one goroutine.
type Outputs struct {
	ctx context.Context

	mu        sync.Mutex
	pending   []pending
	discarded bool
}

// pending is a file or a folder that waits for its name.
type pending struct {
	hidden, target string
	path           string // as it was asked for
}

// NewOutputs returns outputs whose writing fails once ctx is done.
func NewOutputs(ctx context.Context) *Outputs { return &Outputs{ctx: ctx} }

// Stream returns w for writing until the context is done.
func (o *Outputs) Stream(w io.Writer) io.Writer { return &stream{ctx: o.ctx, to: w} }

type stream struct {
	ctx    context.Context
	to     io.Writer
	failed bool // a write did
}

func (s *stream) Write(p []byte) (n int, err error) {
	if err = s.ctx.Err(); err == nil {
		n, err = s.to.Write(p)
	}
	s.failed = s.failed || err != nil
	return n, err
}

// WriteFile makes write's output the content that the file at path gets by Commit. A new file has permissions 0644 less
// the umask; a replaced one keeps its own. A symbolic link stays, and its target is replaced.
//
// An error of write that no writing caused, as when what it copies cannot be read, is returned as it is. All others say
// that the file cannot be written.
func (o *Outputs) WriteFile(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		err = errors.New("it is a folder; give the name of a file")
	case err == nil && standardStream(info) != nil:
		err = o.fill(standardStream(info), write)
	case err == nil && !info.Mode().IsRegular():
		err = o.writeDirectly(path, write)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		err = o.writeHidden(path, info, write)
	}
	return outputError(reason(err, path), path)
}

// Folder is a new folder that gets its name by Commit.
type Folder struct {
	outputs *Outputs
	pending
}

// MakeFolder makes a folder of permissions 0777 less the umask. Its name must be new.
func (o *Outputs) MakeFolder(path string) (*Folder, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, outputError(errors.New("it is there already; name a new folder"), path)
	}
	target, err := resolve(filepath.Clean(path))
	if err != nil {
		return nil, outputError(err, path)
	}
	p := pending{hiddenBeside(target), target, path}
	if err := o.create(p, func() error { return os.Mkdir(p.hidden, 0o777) }); err != nil {
		return nil, outputError(reason(err, p.hidden), path)
	}
	return &Folder{o, p}, nil
}

// WriteFile makes write's output the content of a new file in the folder.
func (f *Folder) WriteFile(name string, write func(io.Writer) error) error {
	hidden := filepath.Join(f.hidden, name)
	var file *os.File
	err := f.outputs.whileKept(func() (err error) {
		file, err = os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		return err
	})
	if err == nil {
		err = f.outputs.fillAndClose(file, write)
	}
	return outputError(reason(err, hidden), filepath.Join(f.path, name))
}

// Commit gives everything its name. Where that fails, or the context is done, what has no name yet is removed. All
// writing has succeeded by then, in the same folders, so a rename rarely fails; if the second of two does, the first
// one stays.
func (o *Outputs) Commit() error {
	defer o.Discard()
	return o.whileKept(func() error {
		if len(o.pending) > 0 && o.ctx.Err() != nil {
			return o.ctx.Err()
		}
		for len(o.pending) > 0 {
			p := o.pending[0]
			if err := os.Rename(p.hidden, p.target); err != nil {
				return outputError(reason(err, p.hidden), p.path)
			}
			o.pending = o.pending[1:]
		}
		return nil
	})
}

// Discard removes what Commit has not named. Nothing can be written after it.
func (o *Outputs) Discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.discarded = true
	for _, p := range o.pending {
		os.RemoveAll(p.hidden)
	}
	o.pending = nil
}

// create makes a hidden file or folder, and remembers it.
func (o *Outputs) create(p pending, make func() error) error {
	return o.whileKept(func() error {
		if err := make(); err != nil {
			return err
		}
		o.pending = append(o.pending, p)
		return nil
	})
}

// whileKept calls f unless everything is discarded, which must wait until f returns.
func (o *Outputs) whileKept(f func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.discarded {
		return context.Canceled
	}
	return f()
}

// forget removes a hidden file or folder at once.
func (o *Outputs) forget(hidden string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, p := range o.pending {
		if p.hidden == hidden {
			o.pending = append(o.pending[:i:i], o.pending[i+1:]...)
			os.RemoveAll(hidden)
			return
		}
	}
}

// writeHidden puts write's output beside path; old describes the file there, nil for none.
func (o *Outputs) writeHidden(path string, old fs.FileInfo, write func(io.Writer) error) (err error) {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	if old != nil {
		if err := checkWritable(target); err != nil {
			return err
		}
	}
	p := pending{hiddenBeside(target), target, path}
	var f *os.File
	err = o.create(p, func() (err error) {
		f, err = os.OpenFile(p.hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		return err
	})
	if err != nil {
		return reason(err, p.hidden)
	}
	written := false
	defer func() { // also where write panics
		if !written {
			f.Close()
			o.forget(p.hidden)
		}
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return reason(err, p.hidden)
		}
	}
	if err := o.fillAndClose(f, write); err != nil {
		return reason(err, p.hidden)
	}
	written = true
	return nil
}

func (o *Outputs) writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err, path)
	}
	if err := o.fill(f, write); err != nil {
		f.Close()
		return err
	}
	return reason(f.Close(), path)
}

// fillAndClose writes a file through to the disk.
func (o *Outputs) fillAndClose(f *os.File, write func(io.Writer) error) error {
	err := o.fill(f, write)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (o *Outputs) fill(f *os.File, write func(io.Writer) error) error {
	file := &stream{ctx: o.ctx, to: f}
	buffered := bufio.NewWriterSize(file, 64<<10)
	err := write(buffered)
	if err != nil && !file.failed {
		return contentError{err}
	}
	if err == nil {
		err = buffered.Flush()
	}
	return reason(err, f.Name())
}

// contentError is why there is nothing to be written.
type contentError struct{ error }

func (e contentError) Unwrap() error { return e.error }

func hiddenBeside(target string) string {
	return filepath.Join(filepath.Dir(target), fmt.Sprintf(".cnncalc-%016x.tmp", rand.Uint64()))
}

// outputError names the file as the user did. An error that no writing caused stays as it is.
func outputError(err error, path string) error {
	var content contentError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &content):
		return content.error
	}
	return fmt.Errorf("can't write %s: %w", plain.Escape(plain.CutPath(path)), err)
}
