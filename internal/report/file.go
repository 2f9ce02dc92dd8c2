package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cnncalc/internal/plain"
)

// maxLinks is how many symbolic links resolve follows, as Linux does.
const maxLinks = 40

// IsClosedPipe reports whether err comes from writing to a pipe that nobody reads any more, as `cnncalc ... | head`
// ends. On standard output Go ends the process by SIGPIPE instead, unless the program ignores that signal.
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

// checkWritable stops the replacement of a write-protected file, which renaming alone would allow.
func checkWritable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err, path)
	}
	return f.Close()
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

// reason takes the operation and path off an error about the file at path: the message names the file that was asked
// for.
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

// SameFile reports whether two names are of one regular file, by links or not, or would be if it existed.
func SameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	if !errors.Is(errA, fs.ErrNotExist) || !errors.Is(errB, fs.ErrNotExist) {
		return false
	}
	targetA, errA := resolve(a)
	targetB, errB := resolve(b)
	return errA == nil && errB == nil && targetA == targetB
}
