package weights

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The content decides what a file is, not its name.
func TestOpen(t *testing.T) {
	tests := map[string][]Info{
		"vector.npy":       {{"renamed", []int{5}, "F32"}},
		"f2.npy":           {{"renamed", []int{2, 3}, "F16"}},
		"stored.npz":       {{"conv1/weights", []int{2, 3}, "F32"}, {"conv1/biases:0", []int{2}, "F32"}, {"half", []int{3}, "F16"}},
		"batchnorm.npz":    {{"bn.weight", []int{2}, "F32"}, {"bn.num_batches_tracked", []int{}, "<i8"}},
		"refused_void.npy": {{"renamed", []int{2}, "|V2"}},
		"plain.safetensors": {
			{"conv1.weight", []int{2, 3, 1, 1}, "F32"}, {"conv1.bias", []int{2}, "F32"}, {"scalar", []int{}, "F32"}, {"empty", []int{0, 3}, "F32"},
		},
	}
	for file, want := range tests {
		path := filepath.Join(t.TempDir(), "renamed.bin")
		if err := os.WriteFile(path, fixture(t, file), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if diff := cmp.Diff(want, f.Tensors()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Several goroutines read all kinds of files at once.
func TestRead(t *testing.T) {
	for _, file := range []string{"stored.npz", "deflated.npz", "fortran_4d.npy", "plain.safetensors"} {
		path := filepath.Join("testdata", file)
		want, err := ReadFile(path, noLimit, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for _, w := range want {
					got := make([]float32, len(w.Data))
					if err := f.Read(w.Name, got); err != nil || !slices.Equal(got, w.Data) {
						t.Errorf("%s: %s: read %v, %v", file, w.Name, got, err)
					}
				}
			})
		}
		group.Wait()
	}
}

func TestReadErrors(t *testing.T) {
	f, err := Open("testdata/plain.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Read("conv1", nil); err == nil || err.Error() != `the file has no tensor "conv1"` {
		t.Errorf("an unknown name: got %v", err)
	}
	const want = `tensor "conv1.bias": it has 2 values, but 3 were requested`
	if err := f.Read("conv1.bias", make([]float32, 3)); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A file that another program cuts short after it was opened is an error to Read, not the end of the process.
func TestReadFileCutLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(path, fixture(t, "plain.safetensors"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 340); err != nil {
		t.Fatal(err)
	}
	const want = `tensor "conv1.weight": the data ends before its declared size`
	if err := f.Read("conv1.weight", make([]float32, 6)); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, ok := f.View("conv1.weight"); ok {
		t.Error("a view of values that the file no longer has")
	}
}

func TestView(t *testing.T) {
	views := map[string][]string{
		"plain.safetensors": {"conv1.weight", "conv1.bias", "scalar"}, // empty has nothing to view
		"types.safetensors": {},                                       // not aligned
		"vector.npy":        {"vector"},
		"fortran_2d.npy":    {},
		"f2.npy":            {},
		"stored.npz":        {},
	}
	for file, want := range views {
		f, err := Open(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, info := range f.Tensors() {
			view, ok := f.View(info.Name)
			if !ok {
				continue
			}
			got = append(got, info.Name)
			read := make([]float32, len(view))
			if err := f.Read(info.Name, read); err != nil || !slices.Equal(bitsOf(read), bitsOf(view)) {
				t.Errorf("%s: %s: viewed %v, read %v, %v", file, info.Name, view, read, err)
			}
		}
		if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s: views of %v, want %v", file, got, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNew(t *testing.T) {
	file := fixture(t, "plain.safetensors")
	f, err := New(bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 6)
	if err := f.Read("conv1.weight", got); err != nil || !slices.Equal(got, ramp(6)) {
		t.Errorf("read %v, %v", got, err)
	}
	if _, ok := f.View("conv1.weight"); ok {
		t.Error("a view of what is not a file")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

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
	const want = `testdata/stored.npz: tensor "half": shape (3,) takes 12 bytes as float32, but the limit leaves 11`
	if _, err := ReadFile("testdata/stored.npz", 4*(6+2+3)-1, nil); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestOpenErrors(t *testing.T) {
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
	html := write("model.safetensors", "\r\n<!DOCTYPE html>\n<html>")
	short := write("short.npy", npyMagic+"\x01")
	text := write("text.txt", "conv1: 0.25 0.5")
	// Its length starts with the two bytes of a pickle.
	pickleLike := write("like.safetensors", safetensorsFile("{"+strings.Repeat(" ", 0x280-2)+"}", ""))
	const none = ": not a safetensors, npz or npy file: "
	tests := map[string]string{
		dir:        dir + " is a folder; expected a safetensors, npz or npy file",
		empty:      empty + none + "it is empty",
		lfs:        lfs + none + "it is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`",
		html:       html + none + "it is an HTML page, probably left by a failed download; download the file again",
		npz:        npz + ": the npz archive is cut short or damaged: the directory at its end can't be read",
		short:      short + ": the npy file is cut short: it has 7 bytes, fewer than its header needs",
		text:       text + none + `it starts with "conv1: 0"`,
		pickleLike: pickleLike + ": the safetensors file is empty: it contains no tensors",
	}
	if info, err := os.Stat(os.DevNull); err == nil && !info.Mode().IsRegular() {
		tests[os.DevNull] = os.DevNull + " is not a regular file; expected a safetensors, npz or npy file"
	}
	for path, want := range tests {
		if _, err := Open(path); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := Open(filepath.Join(dir, "none.npy")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: got %v", err)
	}
}

// What PyTorch, pickle and h5py write is refused with the command that converts it. generate_torch.py wrote the files
// but the last, of which the first bytes must do.
func TestOpenForeign(t *testing.T) {
	hdf5 := filepath.Join(t.TempDir(), "keras model's.h5")
	if err := os.WriteFile(hdf5, []byte("\x89HDF\r\n\x1a\n\x00\x00\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := "'" + strings.ReplaceAll(strings.TrimSuffix(hdf5, ".h5"), "'", `'\''`)
	const none = "not a safetensors, npz or npy file: "
	tests := map[string]string{
		"testdata/refused.pt": `entry "refused/data.pkl": it is a PyTorch file (.pt, .pth), whose pickle can run arbitrary code and is not loaded; convert it with` +
			"\n  python3 -c \"" + torchToNPZ + "\" testdata/refused.pt testdata/refused.npz",
		"testdata/refused_old.pth": none + "it is a PyTorch file (.pt, .pth), whose pickle can run arbitrary code and is not loaded; convert it with" +
			"\n  python3 -c \"" + torchToNPZ + "\" testdata/refused_old.pth testdata/refused_old.npz",
		"testdata/refused.pkl": none + "it is a Python pickle (.pkl), which can run arbitrary code and is not loaded; convert it with" +
			"\n  python3 -c \"" + pickleToNPZ + "\" testdata/refused.pkl testdata/refused.npz",
		hdf5: none + "it is an HDF5 file (.h5, as Keras writes it); convert it with" +
			"\n  python3 -c \"" + hdf5ToNPZ + "\" " + quoted + ".h5' " + quoted + ".npz'",
	}
	for path, want := range tests {
		if _, err := Open(path); err == nil || err.Error() != path+": "+want {
			t.Errorf("got  %v\nwant %s: %s", err, path, want)
		}
	}
	if strings.ContainsAny(torchToNPZ+pickleToNPZ+hdf5ToNPZ, "\"$`\\!") {
		t.Error("a program that does not stand between double quotes in a shell")
	}
}

func TestNotFinite(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := inf - inf
	tests := []struct {
		shape  []int
		values []float32
		want   string
	}{
		{[]int{2, 2}, []float32{1, -3.4028235e38, 0, 1e-45}, ""},
		{[]int{2, 3}, []float32{0, 0, 0, 0, nan, inf}, `tensor "w" has 1 NaN and 1 infinite values, the first at (1, 1)`},
		{nil, []float32{-inf}, `tensor "w" has 0 NaN and 1 infinite values, the first at ()`},
	}
	for _, tt := range tests {
		if got := NotFinite("w", tt.shape, tt.values); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.values, got, tt.want)
		}
	}
}
