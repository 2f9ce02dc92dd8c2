package pageserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"

	"cnncalc/internal/network"
	"cnncalc/internal/pagecall"
	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
	"cnncalc/internal/report"
)

// Document is the one file that a server reads and writes.
type Document struct {
	// Path is where the file is, or will be.
	Path string
	// Initial is the text while there is no file.
	Initial string
	// Note says where the text of a new file comes from; "" for a file that exists.
	Note string

	mu sync.Mutex // of a save
}

// opened is the answer to open.
type opened struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	Version string `json:"version"` // of the file on disk, "" if there is none
	Note    string `json:"note"`
}

type saveRequest struct {
	Text    string `json:"text"`
	Version string `json:"version"` // that the text was made from
}

// saved is the answer to save.
type saved struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (d *Document) name() string { return filepath.Base(d.Path) }

func (d *Document) open() (any, error) {
	data, version, err := d.read()
	switch {
	case err != nil:
		return nil, err
	case version == "":
		return opened{d.name(), d.Initial, "", d.Note}, nil
	}
	if err := d.CheckText(data); err != nil {
		return nil, err
	}
	return opened{d.name(), string(data), version, ""}, nil
}

// CheckText returns an error if the editor cannot show what is in the file, and save it as it was.
func (d *Document) CheckText(data []byte) error {
	switch {
	case len(data) > network.MaxFileSize:
		return tooLarge(d.Path)
	case !utf8.Valid(data) || bytes.ContainsRune(data, 0):
		return pagecall.Errorf(pagecall.Problem, "%s is not UTF-8 text", plain.Escape(plain.CutPath(d.Path)))
	}
	return nil
}

// read returns the file's content and version, which is "" if there is no file.
func (d *Document) read() ([]byte, string, error) {
	if _, err := os.Lstat(d.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	data, err := regular.Read(d.Path, "an architecture file", network.MaxFileSize)
	if err != nil {
		return nil, "", err
	}
	if len(data) > network.MaxFileSize {
		return nil, "", tooLarge(d.Path)
	}
	return data, versionOf(data), nil
}

func versionOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func tooLarge(path string) error {
	return pagecall.Errorf(pagecall.Limit, "%s is larger than %s bytes, the most that an architecture file may have",
		plain.CutPath(path), plain.Count(network.MaxFileSize))
}

// save replaces the file, if it still is what the text was made from.
func (d *Document) save(ctx context.Context, r saveRequest) (any, error) {
	if len(r.Text) > network.MaxFileSize {
		return nil, tooLarge(d.Path)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	outputs := report.NewOutputs(ctx)
	defer outputs.Discard()
	err := outputs.WriteFile(d.Path, func(w io.Writer) error {
		_, err := io.WriteString(w, r.Text)
		return err
	})
	if err != nil {
		return nil, err
	}
	// As late as can be: what was written has yet to get its name.
	switch _, version, err := d.read(); {
	case err != nil:
		return nil, err
	case version != r.Version && version == "":
		return nil, pagecall.Errorf(pagecall.Conflict, "%s has been removed in the meantime", plain.CutPath(d.Path))
	case version != r.Version && r.Version == "":
		return nil, pagecall.Errorf(pagecall.Conflict, "%s exists already", plain.CutPath(d.Path))
	case version != r.Version:
		return nil, pagecall.Errorf(pagecall.Conflict, "%s has changed on disk in the meantime", plain.CutPath(d.Path))
	}
	if err := outputs.Commit(); err != nil {
		return nil, err
	}
	return saved{d.name(), versionOf([]byte(r.Text))}, nil
}
