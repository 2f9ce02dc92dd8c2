//go:build unix

package report

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func checkPerm(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has permissions %o, want %o", filepath.Base(path), got, want)
	}
}

func TestWriteFilePermissions(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name  string
		umask int
		want  os.FileMode
	}{{"open", 0, 0o644}, {"usual", 0o022, 0o644}, {"group", 0o027, 0o640}, {"private", 0o077, 0o600}} {
		path := filepath.Join(dir, tt.name)
		old := syscall.Umask(tt.umask)
		err := writeFile(path, content("new"))
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		checkPerm(t, path, tt.want)
	}

	outputs := NewOutputs(context.Background())
	defer outputs.Discard()
	old := syscall.Umask(0o027)
	_, err := outputs.MakeFolder(filepath.Join(dir, "folder"))
	syscall.Umask(old)
	if err = errors.Join(err, outputs.Commit()); err != nil {
		t.Fatal(err)
	}
	checkPerm(t, filepath.Join(dir, "folder"), 0o750)

	path := filepath.Join(dir, "private")
	if err := writeFile(path, content("newer")); err != nil {
		t.Fatal(err)
	}
	checkPerm(t, path, 0o600) // a replaced file keeps its own
}

func TestWriteFileWriteProtected(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("permissions don't bind the superuser")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("old"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(path, content("new")); !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v", err)
	}
	checkContent(t, path, "old")
	checkNames(t, dir, "out")
}

func TestWriteFileThroughLinks(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"links", "real/deep"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeOld(t, filepath.Join(dir, "real", "old"))
	for name, target := range map[string]string{
		"relative": "../real/old",
		"chain":    "relative",
		"dangling": "../real/new",
		"deep":     "../real/deep",
		"updir":    "deep/../odd", // through the link, so real/odd and not links/odd
		"loop":     "loop",
		"folder":   "../real",
		"null":     "/dev/null",
	} {
		if err := os.Symlink(target, filepath.Join(dir, "links", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ link, target string }{
		{"relative", "old"}, {"chain", "old"}, {"dangling", "new"}, {"updir", "odd"},
	} {
		link := filepath.Join(dir, "links", tt.link)
		if err := writeFile(link, content(tt.link)); err != nil {
			t.Fatal(err)
		}
		checkContent(t, filepath.Join(dir, "real", tt.target), tt.link)
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no longer a link", tt.link)
		}
	}
	if err := writeFile(filepath.Join(dir, "links", "null"), content("gone")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"loop", "folder"} {
		if err := writeFile(filepath.Join(dir, "links", name), content("new")); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	checkNames(t, filepath.Join(dir, "real"), "deep", "new", "odd", "old")
	checkNames(t, filepath.Join(dir, "links"), "chain", "dangling", "deep", "folder", "loop", "null", "relative", "updir")
}

func TestWriteFileToDevices(t *testing.T) {
	if err := writeFile("/dev/null", content("gone")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatal("/dev/null was replaced")
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	err := writeFile("/dev/full", vggStart().WriteText)
	if !errors.Is(err, syscall.ENOSPC) || err.Error() != "can't write /dev/full: no space left on device" {
		t.Errorf("full disk: error %v", err)
	}
}

func TestWriteFileToFIFO(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(path)
		read <- string(b)
	}()
	if err := writeFile(path, content("through")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("the reader got %q", got)
	}
	checkNames(t, dir, "fifo")
}

// Standard output may be a regular file (cnncalc ... --output /dev/stdout > out). Replacing that would cut it off from
// what the process still prints, and opening it anew would overwrite what it has printed.
func TestWriteFileToStandardOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stdout := os.Stdout
	os.Stdout = f
	defer func() { os.Stdout = stdout }()

	for _, write := range []func() error{
		func() error { _, err := io.WriteString(f, "before "); return err },
		func() error { return writeFile(path, content("report ")) },
		func() error { _, err := io.WriteString(f, "after"); return err },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	checkContent(t, path, "before report after")
}
