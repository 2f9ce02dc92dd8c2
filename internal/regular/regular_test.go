package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]string{6: "12345", 5: "12345", 3: "1234", 0: "1"} {
		if got, err := Read(path, "a text", limit); string(got) != want || err != nil {
			t.Errorf("limit %d: got %q, %v, want %q", limit, got, err, want)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, info, err := Open(path, "a text")
	if err != nil || info.Size() != 5 {
		t.Fatalf("got %v, %v", info, err)
	}
	file.Close()
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none")
	escapes := filepath.Join(dir, "a\x1b[31m\u202eb")
	long := strings.Repeat("x", 5000)
	for _, test := range []struct{ path, want string }{
		{missing, "can't read " + missing + ": no such file or directory"},
		{dir, dir + " is a folder; expected a text"},
		{escapes, "can't read " + dir + `/a\x1b[31m\u202eb: no such file or directory`},
		{long, "can't read " + long[:128] + "..." + long[:128] + ": file name too long"},
	} {
		if _, err := Read(test.path, "a text", 9); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
	if _, _, err := Open(missing, "a text"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v, want an error that is fs.ErrNotExist", err)
	}
}

func TestUnreadable(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "read", Path: "/dev/stdin", Err: fs.ErrPermission}, "can't read standard input: permission denied"},
		{&fs.PathError{Op: "read", Path: "/dev/stdin", Err: os.ErrDeadlineExceeded}, "can't read standard input: it waits for more data instead of ending"},
		{errors.New("the cable came off"), "can't read standard input: the cable came off"},
	} {
		if got := Unreadable("standard input", test.err).Error(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
