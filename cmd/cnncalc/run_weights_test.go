package main

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/plain"
	"cnncalc/internal/weights"
)

// onePixel is a network with two weights.
const onePixel = "input: 1x1x1\nlayers: INPUT -> FC-1\n"

// npzFile is an archive of arrays with one value each, stored with the checksum that sum makes of the right one.
func npzFile(t testing.TB, sum func(uint32) uint32, shapes map[string][]int) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, shape := range shapes {
		var array bytes.Buffer
		if err := weights.WriteNPY(&array, shape, []float32{2}); err != nil {
			t.Fatal(err)
		}
		size := uint64(array.Len())
		e, err := w.CreateRaw(&zip.FileHeader{
			Name: name + ".npy", CRC32: sum(crc32.ChecksumIEEE(array.Bytes())), CompressedSize64: size, UncompressedSize64: size,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(array.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// onePixelFolder returns a new folder with net.yaml and seven.png.
func onePixelFolder(t testing.TB) string {
	t.Helper()
	picture, err := os.ReadFile(filepath.FromSlash("../../testdata/digits/seven.png"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "seven.png"), picture)
	write(t, filepath.Join(folder, "net.yaml"), []byte(onePixel))
	return folder
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A file of weights that can't be read is a problem of that file in every command, also where another is written from
// it.
func TestDamagedWeights(t *testing.T) {
	t.Chdir(onePixelFolder(t))
	shapes := map[string][]int{"fc1.weight": {1, 1}, "fc1.bias": {1}}
	write(t, "sound.npz", npzFile(t, func(sum uint32) uint32 { return sum }, shapes))
	write(t, "damaged.npz", npzFile(t, func(uint32) uint32 { return 0 }, shapes))
	commands := [][]string{
		{"run", "net.yaml", "--input", "seven.png", "--save-weights", "out"},
		{"convert", "--fc-to-conv", "net.yaml", "--save-weights", "out", "-o", "out.yaml"},
	}
	for _, args := range commands {
		if r := call(t, append(args, "--weights", "sound.npz")...); r.code != exitFine {
			t.Errorf("%s: exit code %d\n%s", args[0], r.code, r.errors)
		}
		for _, name := range []string{"out", "out.yaml"} {
			os.Remove(name)
		}
		r := call(t, append(args, "--weights", "damaged.npz")...)
		const want = `cnncalc: damaged.npz: tensor "fc1.weight": its checksum is wrong: ` +
			`the file is damaged; copy or download it again`
		if lines := strings.Split(strings.TrimSpace(r.errors), "\n"); r.code != exitProblem || lines[len(lines)-1] != want {
			t.Errorf("%s: exit code %d, want %d\ngot  %s\nwant %s", args[0], r.code, exitProblem, r.errors, want)
		}
		if _, err := os.Stat("out"); err == nil {
			t.Errorf("%s: weights were written", args[0])
		}
	}
}

// FuzzRunWeights takes the bytes of a file of weights to what run prints: a result, or an error of bounded length that
// a terminal shows as it is.
func FuzzRunWeights(f *testing.F) {
	shapes := map[string][]int{"fc1.weight": {1, 1}, "fc1.bias": {1}}
	sound := npzFile(f, func(sum uint32) uint32 { return sum }, shapes)
	f.Add(sound)
	f.Add(sound[:len(sound)-30])
	f.Add(npzFile(f, func(sum uint32) uint32 { return 0 }, shapes))
	odd := map[string][]int{"fc1.weight\u202e": {1, 1, 1, 1}, "module.fc1.bias": {}}
	f.Add(npzFile(f, func(sum uint32) uint32 { return sum }, odd))
	var safetensors, npy bytes.Buffer
	infos := []weights.Info{{Name: "fc1.bias", Shape: []int{1}}, {Name: "fc1.weight", Shape: []int{1, 1}}}
	nan := []float32{float32(math.NaN())}
	if err := weights.WriteSafetensors(&safetensors, infos, func(int) ([]float32, error) { return nan, nil }); err != nil {
		f.Fatal(err)
	}
	f.Add(safetensors.Bytes())
	f.Add(bytes.ReplaceAll(safetensors.Bytes(), []byte("fc1.bias"), []byte("fc\x1b[2J.b")))
	if err := weights.WriteNPY(&npy, nil, nan); err != nil {
		f.Fatal(err)
	}
	f.Add(npy.Bytes())
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\n"))
	f.Add([]byte("\x80\x02 a pickle"))
	folder := onePixelFolder(f) // not the current one: the fuzzer starts its workers there
	network, picture := filepath.Join(folder, "net.yaml"), filepath.Join(folder, "seven.png")
	file := filepath.Join(folder, "w")
	f.Fuzz(func(t *testing.T, content []byte) {
		write(t, file, content)
		r := call(t, "run", network, "--input", picture, "--weights", file)
		if r.code != exitFine && (r.code != exitProblem || r.out != "" || r.errors == "") {
			t.Errorf("exit code %d\n%s%s", r.code, r.out, r.errors)
		}
		if len(r.out)+len(r.errors) > 30_000 {
			t.Errorf("%d bytes are printed", len(r.out)+len(r.errors))
		}
		for line := range strings.Lines(r.out + r.errors) {
			if line = strings.TrimSuffix(line, "\n"); plain.Escape(line) != line {
				t.Errorf("%q is printed as it is", line)
			}
		}
	})
}

// A file may have the tensors that layers share under one name or under each, as PyTorch saves them. Under each, they
// must have the same values.
func TestWeightsOfLayersThatShare(t *testing.T) {
	t.Chdir(onePixelFolder(t))
	write(t, "net.yaml", []byte("input: 1x1x1\nlayers: INPUT -> FC-1 nobias @a -> RELU -> FC-1 nobias share=@a\n"))
	sound := func(sum uint32) uint32 { return sum }
	for name, shapes := range map[string]map[string][]int{
		"one":    {"a.weight": {1, 1}},
		"second": {"fc2.weight": {1, 1}},
		"both":   {"a.weight": {1, 1}, "fc2.weight": {1, 1}},
	} {
		write(t, name+".npz", npzFile(t, sound, shapes))
		r := call(t, "run", "net.yaml", "--input", "seven.png", "--weights", name+".npz", "--save-weights", "out.safetensors")
		if r.code != 0 || !strings.Contains(r.errors, "1/1 tensors, cnncalc names") {
			t.Errorf("%s: exit code %d, %s", name, r.code, r.errors)
		}
	}
	var file bytes.Buffer
	infos := []weights.Info{{Name: "a.weight", Shape: []int{1, 1}, DType: "F32"},
		{Name: "fc2.weight", Shape: []int{1, 1}, DType: "F32"}}
	err := weights.WriteSafetensors(&file, infos, func(i int) ([]float32, error) { return []float32{float32(i)}, nil })
	if err != nil {
		t.Fatal(err)
	}
	write(t, "unequal.safetensors", file.Bytes())
	r := call(t, "run", "net.yaml", "--input", "seven.png", "--weights", "unequal.safetensors")
	if r.code != exitProblem || !strings.Contains(r.errors, `"a.weight" and "fc2.weight" have different values`) {
		t.Errorf("unequal tensors: exit code %d, %s", r.code, r.errors)
	}
}
