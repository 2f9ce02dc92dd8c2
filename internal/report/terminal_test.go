package report

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

func TestIsTerminal(t *testing.T) {
	terminal := openTerminal(t)
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if !IsTerminal(terminal) {
		t.Error("a pseudo-terminal is none")
	}
	if IsTerminal(file) {
		t.Error("a file is a terminal")
	}
	if IsTerminal(&bytes.Buffer{}) {
		t.Error("a buffer is a terminal")
	}
}

func TestCutToWidth(t *testing.T) {
	for _, test := range []struct {
		line    string
		columns int
		want    string
	}{
		{"3 of 16 layers, conv3", 80, "3 of 16 layers, conv3"},
		{"3 of 16 layers, conv3", 21, "3 of 16 layers, conv3"},
		{"3 of 16 layers, conv3", 20, "3 of 16 layers, c..."},
		{"卷积卷积卷积", 9, "卷积卷..."},
		{"", 0, ""},
		{"layer", -1, ""},
	} {
		if got := CutToWidth(test.line, test.columns); got != test.want {
			t.Errorf("%q in %d columns is %q, want %q", test.line, test.columns, got, test.want)
		}
	}
}

// openTerminal is the controlling side of a new pseudo-terminal, which is itself a terminal on Linux.
func openTerminal(t *testing.T) *os.File {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("opens a pseudo-terminal in Linux's way")
	}
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
