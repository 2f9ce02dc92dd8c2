package report

import (
	"context"
	"errors"
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

// writeFile is the way of a command with one output.
func writeFile(path string, write func(io.Writer) error) error {
	o := NewOutputs(context.Background())
	defer o.Discard()
	if err := o.WriteFile(path, write); err != nil {
		return err
	}
	return o.Commit()
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
		if err := writeFile(path, content(s)); err != nil {
			t.Fatal(err)
		}
		checkContent(t, path, s)
	}
	checkNames(t, dir, "out.csv")
}

func TestWriteFileInCurrentFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := writeFile("out", content("new")); err != nil {
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

	if err := writeFile(path, fail); err != errFull {
		t.Errorf("new file: error %v, want that of write", err)
	}
	checkNames(t, dir)

	writeOld(t, path)
	if err := writeFile(path, fail); !errors.Is(err, errFull) {
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
		_ = writeFile(path, func(io.Writer) error { panic("in write") })
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
		err := writeFile(tt.path, func(io.Writer) error {
			t.Errorf("%s: write was called", tt.name)
			return nil
		})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
	for _, path := range []string{"", filepath.Join(dir, "file", "out"), filepath.Join(dir, strings.Repeat("n", 300))} {
		if err := writeFile(path, content("new")); err == nil {
			t.Errorf("%q was written", path)
		}
	}
	checkNames(t, dir, "file")
	checkContent(t, filepath.Join(dir, "file"), "old")
}

// All outputs of a command get their names, or none does.
func TestOutputsAreAllOrNone(t *testing.T) {
	dir := t.TempDir()
	old, fresh, folder := filepath.Join(dir, "old"), filepath.Join(dir, "fresh"), filepath.Join(dir, "folder")
	writeOld(t, old)
	writeAll := func() *Outputs {
		o := NewOutputs(context.Background())
		f, err := o.MakeFolder(folder)
		if err = errors.Join(err, o.WriteFile(old, content("new")), o.WriteFile(fresh, content("new"))); err != nil {
			t.Fatal(err)
		}
		if err := f.WriteFile("a.npy", content("a")); err != nil {
			t.Fatal(err)
		}
		return o
	}

	o := writeAll()
	if err := o.WriteFile(filepath.Join(dir, "failing"), func(io.Writer) error { return errFull }); !errors.Is(err,
		errFull) {
		t.Error(err)
	}
	o.Discard()
	checkContent(t, old, "old")
	checkNames(t, dir, "old")
	if err := o.WriteFile(fresh, content("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("after Discard: %v", err)
	}
	checkNames(t, dir, "old")

	if err := writeAll().Commit(); err != nil {
		t.Fatal(err)
	}
	checkNames(t, dir, "folder", "fresh", "old")
	checkNames(t, folder, "a.npy")
	checkContent(t, old, "new")
	checkContent(t, filepath.Join(folder, "a.npy"), "a")
}

// Once the context is done a writer fails soon, and nothing stays.
func TestOutputsEndWithTheContext(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	o := NewOutputs(ctx)
	defer o.Discard()
	folder, err := o.MakeFolder(filepath.Join(dir, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.WriteFile(filepath.Join(dir, "early"), content("x")); err != nil {
		t.Fatal(err)
	}
	endless := func(w io.Writer) error {
		cancel()
		for {
			if _, err := io.WriteString(w, "more and more"); err != nil {
				return err
			}
		}
	}
	if err := o.WriteFile(filepath.Join(dir, "endless"), endless); !errors.Is(err, context.Canceled) {
		t.Errorf("a file: %v", err)
	}
	if err := folder.WriteFile("endless", endless); !errors.Is(err, context.Canceled) {
		t.Errorf("a file in a folder: %v", err)
	}
	if err := endless(o.Stream(io.Discard)); !errors.Is(err, context.Canceled) {
		t.Errorf("a stream: %v", err)
	}
	if err := o.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit: %v", err)
	}
	checkNames(t, dir)
}

// Discard may come while another goroutine writes, and what that makes later does not stay either.
func TestDiscardWhileWriting(t *testing.T) {
	dir := t.TempDir()
	o := NewOutputs(context.Background())
	folder, err := o.MakeFolder(filepath.Join(dir, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	started, finished := make(chan bool), make(chan error)
	go func() {
		first := folder.WriteFile("first", func(w io.Writer) error {
			close(started)
			for folder.outputs.whileKept(func() error { return nil }) == nil {
				if err := content("x")(w); err != nil {
					return err
				}
			}
			return nil
		})
		finished <- errors.Join(first, folder.WriteFile("second", content("x")))
	}()
	<-started
	o.Discard()
	if err := <-finished; !errors.Is(err, context.Canceled) {
		t.Errorf("writing after Discard: %v", err)
	}
	checkNames(t, dir)
}

// Errors name the folder that was asked for, not the hidden one.
func TestFolderErrors(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o := NewOutputs(context.Background())
	defer o.Discard()
	writeOld(t, "file")
	for path, want := range map[string]string{
		"file":     "can't write file: it is there already; name a new folder",
		".":        "can't write .: it is there already; name a new folder",
		"no/where": "can't write no/where: folder no does not exist",
		"file/dir": "can't write file/dir: not a directory",
	} {
		if _, err := o.MakeFolder(path); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", path, err, want)
		}
	}
	folder, err := o.MakeFolder("new/")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a/b":                    "can't write new/a/b: no such file or directory",
		"full":                   "full",
		strings.Repeat("n", 300): "can't write new/" + strings.Repeat("n", 124) + "..." + strings.Repeat("n", 128) + ": file name too long",
	} {
		err := folder.WriteFile(name, func(io.Writer) error { return errFull })
		if err == nil || err.Error() != want {
			t.Errorf("%.10s: error %v, want %s", name, err, want)
		}
	}
}

func TestSameFile(t *testing.T) {
	t.Chdir(t.TempDir())
	writeOld(t, "file")
	writeOld(t, "other")
	for name, link := range map[string]func(string, string) error{"hard": os.Link, "symbolic": os.Symlink} {
		if err := link("file", name); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Symlink(".", "here"); err != nil {
		t.Skip(err)
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"file", "file", true}, {"file", "./file", true}, {"file", "hard", true}, {"symbolic", "hard", true},
		{"here/file", "file", true}, {"new", "here/new", true}, {"new", "./new", true},
		{"file", "other", false}, {"file", "new", false}, {"new", "newer", false}, {os.DevNull, os.DevNull, false}, {".", ".", false},
	} {
		if got := SameFile(test.a, test.b); got != test.want {
			t.Errorf("SameFile(%s, %s) = %v", test.a, test.b, got)
		}
	}
}
