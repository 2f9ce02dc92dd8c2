package memory

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFreeInGroup(t *testing.T) {
	for _, c := range []struct {
		name, max, current, stat string
		want                     int64
		limited                  bool
	}{
		{"no limit", "max\n", "100\n", "anon 1\n", 0, false},
		{"no cache", "1000\n", "400\n", "anon 400\ninactive_file 0\n", 600, true},
		{"files that can be dropped", "1000\n", "990\n", "active_file 5\ninactive_file 700\n", 710, true},
		{"no statistics", "1000\n", "400\n", "", 600, true},
		{"over the limit", "1000\n", "1200\n", "", 0, true},
		{"figures of different moments", "1000\n", "400\n", "inactive_file 500\n", 1000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			for file, text := range map[string]string{"memory.max": c.max, "memory.current": c.current, "memory.stat": c.stat} {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, limited := freeInGroup(folder); got != c.want || limited != c.limited {
				t.Errorf("%d, %v; want %d, %v", got, limited, c.want, c.limited)
			}
		})
	}
	if _, limited := freeInGroup(t.TempDir()); limited {
		t.Error("a system without control groups has a limit")
	}
}

func TestProcess(t *testing.T) {
	available, ok := Available()
	if !ok || available <= 0 {
		t.Errorf("%d bytes are available, %v", available, ok)
	}
	// A Go program under test holds some megabytes.
	if peak, ok := PeakResident(); !ok || peak < 1<<20 || peak > 1<<40 {
		t.Errorf("the peak is %d bytes, %v", peak, ok)
	}
}
