// Package regular opens the files that a user names. It accepts regular files only, and links to them, so that no FIFO
// and no device can block the program, and it words all errors alike:
//
//	can't read photo.png: no such file or directory
//	photos is a folder; expected a picture
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"cnncalc/internal/plain"
)

// patience is how long a file may keep its reader waiting.
const patience = time.Second

var errWaits = errors.New("it waits for more data instead of ending")

// Open opens the regular file at path for reading. An error is complete: it names the path, and expected, such as "a
// picture", where path is something else than a file.
func Open(path, expected string) (*os.File, fs.FileInfo, error) {
	// The kind is checked first: opening a device may have an effect.
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, Unreadable(path, err)
	}
	if err := check(path, info, expected); err != nil {
		return nil, nil, err
	}
	// Something else may have the name by now. A FIFO does not block here, and is recognised afterwards.
	file, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, nil, Unreadable(path, err)
	}
	if info, err = file.Stat(); err != nil {
		err = Unreadable(path, err)
	} else if err = check(path, info, expected); err == nil {
		err = limitWait(path, file)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// Read returns the content of the regular file at path. Of a file longer than limit it returns one byte more than the
// limit, by which the caller recognises it. Errors are as those of Open.
func Read(path, expected string, limit int64) ([]byte, error) {
	file, _, err := Open(path, expected)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, Unreadable(path, err)
	}
	return data, nil
}

// Unreadable returns the error for a file that cannot be read, with the system's reason but without its operation and
// path. name is the path, or what else the user calls the file, such as "standard input".
func Unreadable(name string, err error) error {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.EAGAIN):
		err = errWaits
	case errors.As(err, &pathError):
		err = pathError.Err
	}
	return fmt.Errorf("can't read %s: %w", plain.Escape(plain.CutPath(name)), err)
}

func check(path string, info fs.FileInfo, expected string) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("%s is %s; expected %s", plain.Escape(plain.CutPath(path)), describe(info.Mode()), expected)
}

// describe names a mode that is not regular.
func describe(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	}
	return "not a regular file"
}

// limitWait bounds how long reads wait for data. Of what calls itself a regular file, only files such as /proc/kmsg
// wait, and only those take a deadline.
func limitWait(path string, file *os.File) error {
	err := file.SetReadDeadline(time.Now().Add(patience))
	if err != nil && !errors.Is(err, os.ErrNoDeadline) {
		return Unreadable(path, err)
	}
	return nil
}
