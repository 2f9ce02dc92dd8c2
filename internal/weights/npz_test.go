package weights

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readNPZBytes(b []byte, limit int64) ([]Tensor, error) {
	entries, err := openNPZ(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	return newFile(entries).readAll(limit, nil)
}

func TestReadNPZFromNumpy(t *testing.T) {
	tests := map[string][]Tensor{
		"stored.npz": {
			{Name: "conv1/weights", Shape: []int{2, 3}, Data: ramp(6)},
			{Name: "conv1/biases:0", Shape: []int{2}, Data: ramp(2)},
			{Name: "half", Shape: []int{3}, Data: ramp(3)},
		},
		"deflated.npz": {
			{Name: "zeros", Shape: []int{100, 100}, Data: make([]float32, 10000)},
			{Name: "ramp", Shape: []int{3, 2}, Data: []float32{0.5, 3.5, 1.5, 4.5, 2.5, 5.5}},
		},
	}
	for file, want := range tests {
		got, err := readNPZBytes(fixture(t, file), noLimit)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestReadNPZKeep(t *testing.T) {
	file := fixture(t, "batchnorm.npz")
	const want = `tensor "bn.num_batches_tracked": type "<i8" is not supported: integers; supported types are float16, float32 and float64`
	if _, err := readNPZBytes(file, noLimit); err == nil || err.Error() != want {
		t.Errorf("everything kept: got %v\nwant %s", err, want)
	}
	f, err := New(bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.readAll(8, func(name string) bool { return !strings.HasSuffix(name, ".num_batches_tracked") })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Tensor{{Name: "bn.weight", Shape: []int{2}, Data: ramp(2)}}, got); diff != "" {
		t.Error(diff)
	}
}

// The limit is on all arrays together: stored.npz holds 6, 2 and 3 values.
func TestReadNPZLimit(t *testing.T) {
	file := fixture(t, "stored.npz")
	if _, err := readNPZBytes(file, 4*(6+2+3)); err != nil {
		t.Errorf("exactly enough: %v", err)
	}
	const want = `tensor "half": shape (3,) takes 12 bytes as float32, but the limit leaves 11`
	if _, err := readNPZBytes(file, 4*(6+2+3)-1); err == nil || err.Error() != want {
		t.Errorf("one byte too few: got %v\nwant %s", err, want)
	}
}

// zipOf builds an archive; change, where not nil, edits an entry's directory record. Unless change sets a
// method, content is stored.
func zipOf(t testing.TB, names []string, content string, change func(*zip.FileHeader)) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		h := &zip.FileHeader{
			Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(content)),
			CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
		}
		if change != nil {
			change(h)
		}
		e, err := w.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(e, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// edited is a copy of file with new bytes at a place.
func edited(file []byte, at int, text string) []byte {
	changed := bytes.Clone(file)
	copy(changed[at:], text)
	return changed
}

func deflated(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReadNPZErrors(t *testing.T) {
	good := string(fixture(t, "f4.npy"))
	packed := deflated(t, good)
	one := []string{"w.npy"}
	deflate := func(unpacked uint64) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) {
			h.Method, h.UncompressedSize64, h.CRC32 = zip.Deflate, unpacked, crc32.ChecksumIEEE([]byte(good))
		}
	}
	method := func(m uint16) func(*zip.FileHeader) { return func(h *zip.FileHeader) { h.Method = m } }
	declare := func(n uint64) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) { h.CompressedSize64, h.UncompressedSize64 = n, n }
	}
	whole := zipOf(t, one, good, nil)
	// The places of fields (APPNOTE.TXT, 4.3.12 and 4.3.16).
	localOffset, directorySize := len(whole)-22-len("w.npy")-4, len(whole)-10
	const lost = `entry "w.npy": the archive is damaged: the entry is not where, or not as long as, the directory says`
	const packedWith = "; save the archive with numpy.savez or savez_compressed"

	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty file", nil, "not an npz file: it is empty"},
		{"npy", []byte(good), "not an npz file: it is a single npy array, not an npz archive; save it with numpy.savez and a name"},
		{"git lfs", []byte("version https://git-lfs.github.com/spec/v1\n"), "not an npz file: it is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`"},
		{"no entries", zipOf(t, nil, "", nil), "the npz archive is empty: it contains no arrays"},
		{"cut", whole[:len(whole)-30], "the npz archive is cut short or damaged: the directory at its end can't be read"},
		{"start only", whole[:4], "the npz archive is cut short or damaged: the directory at its end can't be read"},

		{"other file", zipOf(t, []string{"readme.txt"}, "", nil), `entry "readme.txt": it is not named NAME.npy, as the arrays of an npz archive are`},
		{"folder", zipOf(t, []string{"w/"}, "", nil), `entry "w/": it is not named NAME.npy, as the arrays of an npz archive are`},
		{"no stem", zipOf(t, []string{".npy"}, "", nil), `entry ".npy": it is not named NAME.npy, as the arrays of an npz archive are`},
		{"no stem in a folder", zipOf(t, []string{"a/.npy"}, "", nil), `entry "a/.npy": it is not named NAME.npy, as the arrays of an npz archive are`},
		{"up", zipOf(t, []string{"../w.npy"}, good, nil), `entry "../w.npy": the name leads out of the archive`},
		{"up inside", zipOf(t, []string{"a/../../w.npy"}, good, nil), `entry "a/../../w.npy": the name leads out of the archive`},
		{"absolute", zipOf(t, []string{"/w.npy"}, good, nil), `entry "/w.npy": the name leads out of the archive`},
		{"backslash", zipOf(t, []string{`a\w.npy`}, good, nil), `entry "a\\w.npy": the name leads out of the archive`},
		{"control", zipOf(t, []string{"w\x1b[2J.npy"}, good, nil), `entry "w\x1b[2J.npy": the name is not plain text`},
		{"bad UTF-8", zipOf(t, []string{"w\xff.npy"}, good, nil), `entry "w\xff.npy": the name is not plain text`},
		{"twice", zipOf(t, []string{"w.npy", "v.npy", "w.npy"}, good, nil), `entry "w.npy": the name appears twice in the archive`},

		{"encrypted", zipOf(t, one, good, func(h *zip.FileHeader) { h.Flags |= 1 }), `entry "w.npy": it is encrypted; unpack the archive with its password and save it again`},
		{"bzip2", zipOf(t, one, good, method(12)), `entry "w.npy": it is compressed with bzip2` + packedWith},
		{"method 77", zipOf(t, one, good, method(77)), `entry "w.npy": it is compressed with method 77` + packedWith},

		{"packed size beyond the file", zipOf(t, one, good, declare(1<<40)), `entry "w.npy": it declares 1099511627776 compressed bytes, more than the archive has room for`},
		{"packed sizes that overlap", zipOf(t, []string{"v.npy", "w.npy"}, good, declare(300)), `entry "w.npy": it declares 300 compressed bytes, more than the archive has room for`},
		{"stored larger", zipOf(t, one, good, func(h *zip.FileHeader) { h.UncompressedSize64++ }), `entry "w.npy": it is stored uncompressed, but declares 152 compressed and 153 uncompressed bytes`},
		{"bomb by declaration", zipOf(t, one, packed, deflate(1<<62)),
			`entry "w.npy": it declares 4611686018427387904 bytes from ` + itoa(len(packed)) + ` compressed ones, more than deflate can produce`},
		{"entry larger than declared", zipOf(t, one, packed, deflate(148)),
			`entry "w.npy": the file is cut short: shape (2, 3) of float32 needs 24 bytes, but 20 follow the header`},
		{"entry smaller than declared", zipOf(t, one, deflated(t, good[:150]), deflate(152)), `tensor "w": the data ends before its declared size`},
		{"bytes beyond the declared", zipOf(t, one, deflated(t, good+"more"), deflate(152)),
			`tensor "w": the archive is damaged: the entry is not where, or not as long as, the directory says`},
		{"damaged packed data", zipOf(t, one, "\xff"+packed, deflate(152)), `entry "w.npy": its compressed data is damaged; copy or download the file again`},
		{"checksum", zipOf(t, one, good, func(h *zip.FileHeader) { h.CRC32++ }), `tensor "w": its checksum is wrong: the file is damaged; copy or download it again`},
		{"checksum of 0", zipOf(t, one, good, func(h *zip.FileHeader) { h.CRC32 = 0 }), `tensor "w": its checksum is wrong: the file is damaged; copy or download it again`},
		{"no entry where the directory says", edited(whole, localOffset, "\x7f"), lost},
		{"entry beyond the file", edited(whole, localOffset, "\xff\xff\xff\x7f"), lost},
		{"entry before the file", edited(whole, directorySize, "\xff\xff"), "the npz archive is cut short or damaged: the directory at its end can't be read"},
		{"entry before the file, by a shift of the directory", edited(whole, len(whole)-6, "\xff"), lost},
		{"entry is not npy", zipOf(t, one, "<html>404</html>", nil),
			`entry "w.npy": not an npy file: it is an HTML page, probably left by a failed download; download the file again`},
		{"empty entry", zipOf(t, one, "", nil), `entry "w.npy": not an npy file: it is empty`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readNPZBytes(tt.file, 1<<20)
			if err == nil {
				t.Fatalf("read %d arrays without error, want %s", len(got), tt.want)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

// A well-formed archive of 16 KB that unpacks to 16 MiB is stopped by the limit before anything of that size exists.
func TestReadNPZBomb(t *testing.T) {
	var npy bytes.Buffer
	if err := WriteNPY(&npy, []int{1 << 22}, make([]float32, 1<<22)); err != nil {
		t.Fatal(err)
	}
	content := npy.String()
	file := zipOf(t, []string{"w.npy"}, deflated(t, content), func(h *zip.FileHeader) {
		h.Method, h.UncompressedSize64, h.CRC32 = zip.Deflate, uint64(len(content)), crc32.ChecksumIEEE([]byte(content))
	})
	const want = `tensor "w": shape (4194304,) takes 16777216 bytes as float32, but the limit leaves 1000000`
	var err error
	used := allocated(func() { _, err = readNPZBytes(file, 1e6) })
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if used > 1<<20 {
		t.Errorf("%d bytes allocated to refuse %d", used, len(file))
	}
	if got, err := readNPZBytes(file, 1<<24); err != nil || len(got[0].Data) != 1<<22 {
		t.Errorf("with the limit at its size: %v", err)
	}
}

func itoa(n int) string { return strings.Trim(formatShape([]int{n}), "(,)") }

func FuzzReadNPZ(f *testing.F) {
	for _, file := range []string{"stored.npz", "deflated.npz", "batchnorm.npz"} {
		f.Add(fixture(f, file))
	}
	good := string(fixture(f, "f4.npy"))
	f.Add(zipOf(f, []string{"a.npy", "a.npy"}, good, nil))
	f.Add(zipOf(f, []string{"../a.npy"}, good, nil))
	f.Add(binary.LittleEndian.AppendUint64([]byte("PK\x05\x06"), 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		const limit = 1 << 20
		var got []Tensor
		used := allocated(func() { got, _ = readNPZBytes(file, limit) })
		// Each entry, 100 bytes of file at the least, takes a decompressor of about 44 KB and a buffer of at most 64 KiB.
		if bound := uint64(limit + 2000*len(file) + 4<<20); used > bound {
			t.Errorf("%d bytes allocated for a file of %d", used, len(file))
		}
		total := 0
		for _, a := range got {
			total += 4 * len(a.Data)
			if n, ok := valueCount(a.Shape); !ok || n != int64(len(a.Data)) || a.Name == "" {
				t.Errorf("tensor %q has shape %v and %d values", a.Name, a.Shape, len(a.Data))
			}
		}
		if total > limit {
			t.Errorf("%d bytes of values, above the limit of %d", total, limit)
		}
	})
}

// FuzzReadNPZEntry gets past the archive's own structure: the directory is sound, what it says and what it holds may
// not be.
func FuzzReadNPZEntry(f *testing.F) {
	good := fixture(f, "f4.npy")
	size := uint64(len(good))
	f.Add("w.npy", good, uint16(zip.Store), uint16(0), size, size)
	f.Add("a/../w.npy", good, uint16(zip.Store), uint16(1), size, size)
	packed := []byte(deflated(f, string(good)))
	f.Add("w.npy", packed, uint16(zip.Deflate), uint16(0), uint64(len(packed)), size)
	f.Fuzz(func(t *testing.T, name string, content []byte, method, flags uint16, packedSize, unpackedSize uint64) {
		if len(name) > 1000 || strings.HasSuffix(name, "/") {
			t.Skip("not an entry that archive/zip writes")
		}
		file := zipOf(t, []string{name}, string(content), func(h *zip.FileHeader) {
			h.Method, h.Flags, h.CompressedSize64, h.UncompressedSize64 = method, flags, packedSize, unpackedSize
		})
		const limit = 1 << 20
		var got []Tensor
		var err error
		used := allocated(func() { got, err = readNPZBytes(file, limit) })
		if bound := uint64(4*limit + 4*len(file) + 1<<20); used > bound {
			t.Errorf("%d bytes allocated for a file of %d", used, len(file))
		}
		if err == nil && (len(got) != 1 || got[0].Name+".npy" != name || 4*len(got[0].Data) > limit) {
			t.Errorf("entry %q became %d arrays", name, len(got))
		}
	})
}
