package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func content(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func checkContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %q, want %q", filepath.Base(path), got, want)
	}
}

// checkNames holds that dir has these entries and no other: no temporary file is left behind.
func checkNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

func writeOld(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	for _, s := range []string{"first, and longer", "second", ""} {
		if err := WriteFile(path, content(s)); err != nil {
			t.Fatal(err)
		}
		checkContent(t, path, s)
	}
	checkNames(t, dir, "out.csv")
}

func TestWriteFileInCurrentFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := WriteFile("out", content("new")); err != nil {
		t.Fatal(err)
	}
	checkContent(t, filepath.Join(dir, "out"), "new")
}

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	big := strings.Repeat("x", 200_000) // more than the buffer, so bytes do reach the temporary file
	fail := func(w io.Writer) error {
		if err := content(big)(w); err != nil {
			return err
		}
		return errFull
	}

	if err := WriteFile(path, fail); err != errFull {
		t.Errorf("new file: error %v, want that of write", err)
	}
	checkNames(t, dir)

	writeOld(t, path)
	if err := WriteFile(path, fail); !errors.Is(err, errFull) {
		t.Errorf("old file: error %v", err)
	}
	checkContent(t, path, "old")
	checkNames(t, dir, "out")

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic in write was swallowed")
			}
		}()
		_ = WriteFile(path, func(io.Writer) error { panic("in write") })
	}()
	checkContent(t, path, "old")
	checkNames(t, dir, "out")
}

func TestWriteFileRefuses(t *testing.T) {
	dir := t.TempDir()
	writeOld(t, filepath.Join(dir, "file"))
	tests := []struct{ name, path, want string }{
		{"a folder", dir, "can't write " + dir + ": it is a folder; give the name of a file"},
		{"no such folder", filepath.Join(dir, "no", "out"),
			"can't write " + filepath.Join(dir, "no", "out") + ": folder " + filepath.Join(dir, "no") + " does not exist"},
		{"control characters in the name", filepath.Join(dir, "a\x1b", "out"),
			"can't write " + dir + `/a\x1b/out: folder ` + dir + `/a\x1b does not exist`},
	}
	for _, tt := range tests {
		err := WriteFile(tt.path, func(io.Writer) error {
			t.Errorf("%s: write was called", tt.name)
			return nil
		})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
	for _, path := range []string{"", filepath.Join(dir, "file", "out"), filepath.Join(dir, strings.Repeat("n", 300))} {
		if err := WriteFile(path, content("new")); err == nil {
			t.Errorf("%q was written", path)
		}
	}
	checkNames(t, dir, "file")
	checkContent(t, filepath.Join(dir, "file"), "old")
}

func TestIsClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	err = vggStart().WriteText(w)
	if !IsClosedPipe(err) {
		t.Errorf("a pipe without a reader: %v", err)
	}
	if !IsClosedPipe(fmt.Errorf("wrapped: %w", err)) {
		t.Error("a wrapped error is not recognised")
	}
	if IsClosedPipe(nil) || IsClosedPipe(errFull) || IsClosedPipe(os.ErrClosed) {
		t.Error("other errors are taken for a closed pipe")
	}
}
