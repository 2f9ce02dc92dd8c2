package weights

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOpenArray(t *testing.T) {
	for _, name := range []string{"f2.npy", "f4.npy", "f8.npy", "f4_v2.npy", "f4_v3.npy"} {
		a, err := OpenArray(filepath.Join("testdata", name))
		if err != nil {
			t.Error(err)
			continue
		}
		got := make([]float32, 6)
		if err := a.Read(got); err != nil {
			t.Error(err)
		}
		whole, err := ReadFile(filepath.Join("testdata", name), 1<<20, nil)
		if err != nil || !slices.Equal(a.Shape, []int{2, 3}) || !slices.Equal(got, whole[0].Data) {
			t.Errorf("%s: %v %v, want %v (%v)", name, a.Shape, got, whole, err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenArrayErrors(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short.npy")
	if err := os.WriteFile(short, fixture(t, "f4.npy")[:140], 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"testdata/refused_int.npy":        "integers; supported types are float16, float32 and float64",
		"testdata/refused_big_endian.npy": "is big-endian; convert it in numpy with a.astype('<f4')",
		"testdata/fortran_2d.npy":         "the array is in Fortran order; save np.ascontiguousarray(a)",
		"testdata/stored.npz":             "not an npy file: ",
		"testdata/plain.safetensors":      "not an npy file: ",
		"testdata":                        "testdata is a folder; expected an npy file",
		short:                             "the file is cut short: shape (2, 3) of float32 needs 24 bytes, but 12 follow the header",
	} {
		if _, err := OpenArray(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %s: %s", err, path, want)
		}
	}
	a, err := OpenArray("testdata/refused_overflow.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Read(make([]float32, a.Shape[0])); err == nil ||
		!strings.HasPrefix(err.Error(), "testdata/refused_overflow.npy: ") {
		t.Errorf("a value beyond float32: %v", err)
	}
}
