package weights

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadFile(t *testing.T) {
	got, err := ReadFile("testdata/vector.npy", 20, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Tensor{{Name: "vector", Shape: []int{5}, Data: ramp(5)}}, got); diff != "" {
		t.Error(diff)
	}
	got, err = ReadFile("testdata/stored.npz", noLimit, func(name string) bool { return name == "half" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Tensor{{Name: "half", Shape: []int{3}, Data: ramp(3)}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadFileErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	npz := write("cut.npz", "PK\x03\x04")
	empty := write("empty.npy", "")
	lfs := write("lfs.npz", "version https://git-lfs.github.com/spec/v1\n")
	short := write("short.npy", npyMagic+"\x01")
	tests := map[string]string{
		dir:   dir + ": is a folder; name the npy or npz file in it",
		empty: empty + ": not an npy or npz file: it is empty",
		lfs:   lfs + ": not an npy or npz file: it is a Git LFS pointer that stands for the real file; fetch that with `git lfs pull`",
		npz:   npz + ": the npz archive is cut short or damaged: the directory at its end can't be read",
		short: short + ": the npy file is cut short: it has 7 bytes, fewer than its header",
	}
	if info, err := os.Stat(os.DevNull); err == nil && !info.Mode().IsRegular() {
		tests[os.DevNull] = os.DevNull + ": is not a regular file; copy its content into one"
	}
	for path, want := range tests {
		if _, err := ReadFile(path, noLimit, nil); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none.npy"), noLimit, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: got %v", err)
	}
}

func TestValueCount(t *testing.T) {
	tests := []struct {
		shape []int
		want  int64
		ok    bool
	}{
		{nil, 1, true},
		{[]int{64, 3, 3, 3}, 1728, true},
		{[]int{0, 5}, 0, true},
		{[]int{math.MaxInt / 8}, math.MaxInt / 8, true},
		{[]int{math.MaxInt/8 + 1}, 0, false},
		{[]int{math.MaxInt, math.MaxInt}, 0, false},
		{[]int{math.MaxInt, math.MaxInt, 0}, 0, false},
		{[]int{-1}, 0, false},
		{[]int{0, -1}, 0, false},
	}
	for _, tt := range tests {
		if got, ok := valueCount(tt.shape); got != tt.want || ok != tt.ok {
			t.Errorf("%v: got %d, %v, want %d, %v", tt.shape, got, ok, tt.want, tt.ok)
		}
	}
}
