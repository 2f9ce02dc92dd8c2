package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"cnncalc/internal/plain"
)

// maxLinks is how many symbolic links WriteFile follows, as Linux does.
const maxLinks = 40

// WriteFile makes write's output the content of the file at path: all of it, or, on any error, none, and the old file
// stays. The content goes to a hidden file in the same folder, to the disk, and then takes the name. A new file has
// permissions 0644 less the umask; a replaced one keeps its own. A symbolic link stays and its target is replaced.
//
// What is not a regular file (a terminal, /dev/null, a FIFO), and what standard output or standard error already is
// (/dev/stdout), can't be replaced and is written to directly.
//
// An error of write that no writing caused, as when what it copies can't be read, is returned as it is. All others say that
// the file can't be written.
//
// A process that exits inside write leaves the hidden file, so write must return, with an error, when it is interrupted.
func WriteFile(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		err = errors.New("it is a folder; give the name of a file")
	case err == nil && standardStream(info) != nil:
		err = writeBuffered(standardStream(info), write)
	case err == nil && !info.Mode().IsRegular():
		err = writeDirectly(path, write)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		err = replace(path, info, write)
	}
	var content contentError
	if errors.As(err, &content) {
		return content.error
	}
	if err != nil {
		return fmt.Errorf("can't write %s: %w", plain.Escape(path), err)
	}
	return nil
}

// IsClosedPipe reports whether err comes from writing to a pipe that nobody reads any more, as `cnncalc ... | head` ends.
// On standard output Go ends the process by SIGPIPE instead, unless the program ignores that signal.
func IsClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// standardStream is os.Stdout or os.Stderr where info describes the same file, else nil.
func standardStream(info fs.FileInfo) *os.File {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := f.Stat(); err == nil && os.SameFile(own, info) {
			return f
		}
	}
	return nil
}

func writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err, path)
	}
	if err := writeBuffered(f, write); err != nil {
		f.Close()
		return err
	}
	return reason(f.Close(), path)
}

// replace puts write's output in the place of path; old describes the file there, nil for none.
func replace(path string, old fs.FileInfo, write func(io.Writer) error) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	if old != nil {
		if err := checkWritable(target); err != nil {
			return err
		}
	}
	temp := filepath.Join(filepath.Dir(target), fmt.Sprintf(".cnncalc-%016x.tmp", rand.Uint64()))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return reason(err, temp)
	}
	kept := false
	defer func() {
		if !kept {
			f.Close()
			os.Remove(temp)
		}
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return reason(err, temp)
		}
	}
	if err := writeBuffered(f, write); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return reason(err, temp)
	}
	if err := f.Close(); err != nil {
		return reason(err, temp)
	}
	if err := os.Rename(temp, target); err != nil {
		return reason(err, temp)
	}
	kept = true
	return nil
}

// checkWritable stops the replacement of a write-protected file, which renaming alone would allow.
func checkWritable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err, path)
	}
	return f.Close()
}

// contentError is why there is nothing to be written.
type contentError struct{ error }

func (e contentError) Unwrap() error { return e.error }

func writeBuffered(f *os.File, write func(io.Writer) error) error {
	file := &failing{to: f}
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

// failing remembers that a write failed.
type failing struct {
	to     io.Writer
	failed bool
}

func (f *failing) Write(p []byte) (int, error) {
	n, err := f.to.Write(p)
	f.failed = f.failed || err != nil
	return n, err
}

// resolve follows the symbolic links that path is, also to a file that does not exist yet. Paths are joined by hand
// because filepath.Join takes `link/..` for nothing.
func resolve(path string) (string, error) {
	for range maxLinks {
		dir, name := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		realDir, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("folder %s does not exist", plain.Escape(filepath.Clean(dir)))
		}
		if err != nil {
			return "", err
		}
		path = filepath.Join(realDir, name)
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil
		}
		path = link
		if !filepath.IsAbs(link) {
			path = realDir + string(filepath.Separator) + link
		}
	}
	return "", errors.New("too many symbolic links")
}

// reason takes the operation and path off an error about the file at path: the message names the file that was asked for.
func reason(err error, path string) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) && pathError.Path == path {
		return pathError.Err
	}
	var linkError *os.LinkError
	if errors.As(err, &linkError) && linkError.Old == path {
		return linkError.Err
	}
	return err
}
