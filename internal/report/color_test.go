package report

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

func TestColors(t *testing.T) {
	terminal := openTerminal(t)
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	type env map[string]string
	tests := []struct {
		name     string
		terminal bool
		flag     string
		env      env
		want     bool
	}{
		{"terminal", true, ColorAuto, env{"TERM": "xterm"}, true},
		{"terminal, no TERM", true, ColorAuto, nil, true},
		{"file", false, ColorAuto, env{"TERM": "xterm"}, false},
		{"NO_COLOR", true, ColorAuto, env{"NO_COLOR": "1"}, false},
		{"NO_COLOR empty", true, ColorAuto, env{"NO_COLOR": ""}, true},
		{"dumb", true, ColorAuto, env{"TERM": "dumb"}, false},
		{"always wins over all", false, ColorAlways, env{"NO_COLOR": "1", "TERM": "dumb"}, true},
		{"never", true, ColorNever, nil, false},
		{"no flag is auto", true, "", nil, true},
	}
	for _, tt := range tests {
		w := file
		if tt.terminal {
			w = terminal
		}
		if got := Colors(w, tt.flag, func(key string) string { return tt.env[key] }); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	if IsTerminal(&bytes.Buffer{}) {
		t.Error("a buffer is a terminal")
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

func TestCheckColor(t *testing.T) {
	for _, flag := range []string{"auto", "always", "never"} {
		if err := CheckColor(flag); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
	}
	const want = `"alway" is not a choice for --color: choose from auto, always, never; did you mean always?`
	if err := CheckColor("alway"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
