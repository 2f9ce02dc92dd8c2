package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const noLimit = math.MaxInt64

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readNPYBytes(b []byte, limit int64) (Tensor, error) {
	return readNPY(bytes.NewReader(b), int64(len(b)), limit)
}

func readNPY(r io.Reader, size, limit int64) (Tensor, error) {
	a, err := readArrayHeader(r, size)
	if err != nil {
		return Tensor{}, err
	}
	return a.readAll(r, limit)
}

// ramp is k + 0.5 for element k in C order, as in testdata/generate.py.
func ramp(n int) []float32 {
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(i) + 0.5
	}
	return data
}

func bitsOf(data []float32) []uint32 {
	out := make([]uint32, len(data))
	for i, v := range data {
		out[i] = math.Float32bits(v)
	}
	return out
}

func TestReadNPYFromNumpy(t *testing.T) {
	tests := []struct {
		file  string
		shape []int
	}{
		{"f4.npy", []int{2, 3}},
		{"f4_v2.npy", []int{2, 3}},
		{"f4_v3.npy", []int{2, 3}},
		{"f2.npy", []int{2, 3}},
		{"f8.npy", []int{2, 3}},
		{"fortran_2d.npy", []int{2, 3}},
		{"fortran_4d.npy", []int{2, 3, 4, 5}},
		{"scalar.npy", []int{}},
		{"vector.npy", []int{5}},
		{"empty.npy", []int{0, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			count := 1
			for _, d := range tt.shape {
				count *= d
			}
			got, err := readNPYBytes(fixture(t, tt.file), noLimit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Tensor{Shape: tt.shape, Data: ramp(count)}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadNPYSpecialValues(t *testing.T) {
	inf := float32(math.Inf(1))
	negativeZero := float32(math.Copysign(0, -1))
	// The nearest to 1/3: 0x3555 as float16 is 1365/4096.
	thirds := map[string]float32{"special_f2.npy": 1365.0 / 4096, "special_f4.npy": 1.0 / 3, "special_f8.npy": 1.0 / 3}
	for file, third := range thirds {
		t.Run(file, func(t *testing.T) {
			got, err := readNPYBytes(fixture(t, file), noLimit)
			if err != nil {
				t.Fatal(err)
			}
			if !math.IsNaN(float64(got.Data[4])) {
				t.Errorf("value 4 is %v, want NaN", got.Data[4])
			}
			got.Data[4] = 0
			want := []float32{0, negativeZero, inf, -inf, 0, 1, -2, 65504, 0x1p-24, -0x1p-14, third}
			if diff := cmp.Diff(bitsOf(want), bitsOf(got.Data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The first, second, last value and the sum as generate.py prints them.
func TestReadNPYRandomValues(t *testing.T) {
	got, err := readNPYBytes(fixture(t, "random_4d.npy"), noLimit)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, v := range got.Data {
		sum += float64(v)
	}
	if got.Data[0] != 0.34558418 || got.Data[1] != 0.82161814 || got.Data[47] != -0.5062917 {
		t.Errorf("values 0, 1, 47 are %v, %v, %v", got.Data[0], got.Data[1], got.Data[47])
	}
	if math.Abs(sum+3.2888189125806093) > 1e-12 {
		t.Errorf("sum is %v", sum)
	}
}

// What numpy writes here for float32 arrays in C order, WriteNPY writes too, byte for byte.
func TestWriteNPYAsNumpy(t *testing.T) {
	for _, file := range []string{"f4.npy", "scalar.npy", "vector.npy", "empty.npy", "random_4d.npy", "special_f4.npy"} {
		want := fixture(t, file)
		a, err := readNPYBytes(want, noLimit)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := WriteNPY(&got, a.Shape, a.Data); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: written\n%q\nnumpy wrote\n%q", file, got.Bytes(), want)
		}
	}
}

func TestWriteThenReadNPY(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 40), 0, 4).Draw(t, "shape")
		count := 1
		for _, d := range shape {
			count *= d
		}
		// Any bits at all, NaN payloads included, repeated to the length needed.
		pattern := rapid.SliceOfN(rapid.Uint32(), 1, 17).Draw(t, "bits")
		data := make([]float32, count)
		for i := range data {
			data[i] = math.Float32frombits(pattern[i%len(pattern)])
		}
		var file bytes.Buffer
		if err := WriteNPY(&file, shape, data); err != nil {
			t.Fatal(err)
		}
		if rest := file.Len() - 4*count; rest%npyAlign != 0 {
			t.Fatalf("the header takes %d bytes, not a multiple of %d", rest, npyAlign)
		}
		got, err := readNPYBytes(file.Bytes(), int64(4*count))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Shape, shape) || !slices.Equal(bitsOf(got.Data), bitsOf(data)) {
			t.Fatalf("shape %v came back as %v, or other values with it", shape, got.Shape)
		}
	})
}

// The header's length is a multiple of 64 for every length of its dictionary, that of exactly 64 bytes included.
func TestWriteNPYPadding(t *testing.T) {
	for dims := range maxDims + 1 {
		shape := slices.Repeat([]int{1}, dims)
		var file bytes.Buffer
		if err := WriteNPY(&file, shape, []float32{7}); err != nil {
			t.Fatal(err)
		}
		header := file.Bytes()[:file.Len()-4]
		if len(header)%npyAlign != 0 || header[len(header)-1] != '\n' ||
			int(binary.LittleEndian.Uint16(header[8:])) != len(header)-10 {
			t.Errorf("%d dimensions: bad header %q", dims, header)
		}
		if got, err := readNPYBytes(file.Bytes(), 4); err != nil || !slices.Equal(got.Shape, shape) {
			t.Errorf("%d dimensions: read %v, %v", dims, got.Shape, err)
		}
	}
}

func TestWriteNPYErrors(t *testing.T) {
	tests := []struct {
		shape []int
		n     int
		want  string
	}{
		{[]int{2, 3}, 5, "shape (2, 3) has 6 values, but 5 were given"},
		{[]int{}, 0, "shape () has 1 values, but 0 were given"},
		{[]int{-1, -1}, 1, "shape (-1, -1) can't be written as npy: a negative size, too many values or more than 64 dimensions"},
		{[]int{1 << 31, 1 << 31}, 0, "shape (2147483648, 2147483648) can't be written as npy: " +
			"a negative size, too many values or more than 64 dimensions"},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		err := WriteNPY(&out, tt.shape, make([]float32, tt.n))
		if err == nil || err.Error() != tt.want || out.Len() > 0 {
			t.Errorf("shape %v: wrote %d bytes, error %v\nwant %s", tt.shape, out.Len(), err, tt.want)
		}
	}
}

// failAfter takes n writes, then fails.
type failAfter struct{ n int }

var errFull = errors.New("disk full")

func (w *failAfter) Write(b []byte) (int, error) {
	if w.n--; w.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteNPYReturnsWriteErrors(t *testing.T) {
	for n := range 3 { // the header, and two pieces of data
		if err := WriteNPY(&failAfter{n}, []int{20000}, make([]float32, 20000)); !errors.Is(err, errFull) {
			t.Errorf("failing after %d writes: got %v", n, err)
		}
	}
}

// npyFile puts a dictionary and a payload behind a version 1.0 header.
func npyFile(dict, payload string) string {
	return npyMagic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))) + dict + payload
}

// TestReadNPYLenient holds what is accepted beyond what today's numpy writes.
func TestReadNPYLenient(t *testing.T) {
	for _, dict := range []string{
		`{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}`,
		`{"shape":(1,1,),"fortran_order":True,"descr":"<f4",}`,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L), }   \n", // Python 2
	} {
		got, err := readNPYBytes([]byte(npyFile(dict, "\x00\x00\x80\x3f")), 4)
		if err != nil {
			t.Errorf("%s: %v", dict, err)
			continue
		}
		if diff := cmp.Diff(Tensor{Shape: []int{1, 1}, Data: []float32{1}}, got); diff != "" {
			t.Errorf("%s: %s", dict, diff)
		}
	}
}

func TestReadNPYErrors(t *testing.T) {
	header := func(shape string) string { return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }" }
	tests := []struct{ name, file, want string }{
		{"empty", "", "not an npy file: it is empty"},
		{"magic cut", npyMagic[:3], "the npy file is cut short: it has 3 bytes, fewer than its header needs"},
		{"length cut", npyMagic + "\x01\x00\x01", "the npy file is cut short: it has 9 bytes, fewer than its header needs"},
		{"length of version 2 cut", npyMagic + "\x02\x00\x01\x00\x00", "the npy file is cut short: it has 11 bytes, fewer than its header needs"},
		{"text", "0.5 0.25 0.125", `not an npy file: it starts with "0.5 0.25"`},
		{"short text", "0.5", `not an npy file: it starts with "0.5"`},
		{"git lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "not an npy file: it is a Git LFS pointer, " +
			"not the file itself; fetch that with `git lfs pull`"},
		{"html", "\n<!DOCTYPE HTML>\n<html>", "not an npy file: it is an HTML page, probably left by a failed download; download the file again"},
		{"zip", "PK\x03\x04\x14\x00\x00\x00\x08\x00", "not an npy file: it is a zip archive; if it is an npz file, give it that name"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "not an npy file: it is compressed with gzip; unpack it with gunzip first"},

		{"version 0", npyMagic + "\x00\x00\x00\x00", "npy version 0.0 is unknown; supported versions are 1.0, 2.0 and 3.0"},
		{"version 4", npyMagic + "\x04\x01\x00\x00", "npy version 4.1 is unknown; supported versions are 1.0, 2.0 and 3.0"},
		{"header beyond the file", npyMagic + "\x01\x00\xff\xff{}", "the npy header declares 65535 bytes, but only 2 follow"},
		{"header of 4 GiB", npyMagic + "\x02\x00\xff\xff\xff\xff{}", "the npy header declares 4294967295 bytes, but only 2 follow"},
		{"header above the bound", npyMagic + "\x02\x00\x00\x00\x01\x00" + strings.Repeat(" ", 1<<16), "the npy header is 65536 bytes long; at most 10000 are read"},

		{"no dictionary", npyFile("", ""), `npy header, byte 0: expected '{', found the end of the header`},
		{"list", npyFile("[1, 2]", ""), `npy header, byte 0: expected '{', found "["`},
		{"open", npyFile("{'descr': '<f4', ", ""), `npy header, byte 17: expected a quoted string, found the end of the header`},
		{"open text", npyFile("{'descr': '<f4", ""), `npy header, byte 10: the quoted string does not end`},
		{"escape", npyFile(`{'desc\x72': '<f4'}`, ""), `npy header, byte 1: a quoted string has an escape or a line break`},
		{"unknown key", npyFile("{'descr': '<f4', 'order': 'C'}", ""), `npy header, byte 17: key "order" is unknown; only descr, fortran_order and shape belong here`},
		{"key twice", npyFile("{'shape': (1,), 'shape': (2,)}", ""), `npy header, byte 16: key "shape" appears twice`},
		{"missing key", npyFile("{'descr': '<f4', 'shape': (1,)}", ""), `npy header, byte 31: "fortran_order" is missing`},
		{"no colon", npyFile("{'descr' '<f4'}", ""), `npy header, byte 9: expected ':', found "'"`},
		{"no comma", npyFile("{'descr': '<f4' 'shape': ()}", ""), `npy header, byte 16: expected '}', found "'"`},
		{"text after", npyFile(header("()")+"\n;", ""), `npy header, byte 56: ";" after the closing brace`},
		{"order as number", npyFile("{'fortran_order': 0}", ""), `npy header, byte 18: expected True or False, found "0"`},
		{"shape as number", npyFile("{'shape': (3)}", ""), `npy header, byte 12: expected ',' after the only dimension, found ")"`},
		{"shape as list", npyFile("{'shape': [3]}", ""), `npy header, byte 10: expected '(', found "["`},
		{"negative", npyFile("{'shape': (-1,)}", ""), `npy header, byte 11: expected a dimension, found "-"`},
		{"fraction", npyFile("{'shape': (1.5,)}", ""), `npy header, byte 12: expected ',' after the only dimension, found "."`},
		{"octal", npyFile("{'shape': (1, 010)}", ""), `npy header, byte 14: dimension 010 starts with a zero`},
		{"beyond 64 bits", npyFile("{'shape': (99999999999999999999,)}", ""), `npy header, byte 11: the dimension is larger than any array`},
		{"two commas", npyFile("{'shape': (1,,)}", ""), `npy header, byte 13: expected a dimension, found ","`},
		{"dimensions", npyFile("{'shape': ("+strings.Repeat("1,", 65)+")}", ""), `npy header, byte 139: more than 64 dimensions`},

		{"no payload", npyFile(header("(2,)"), ""), "the file is cut short: shape (2,) of float32 needs 8 bytes, but 0 follow the header"},
		{"payload cut", npyFile(header("(1, 2)"), "1234567"), "the file is cut short: shape (1, 2) of float32 needs 8 bytes, but 7 follow the header"},
		{"trailing", npyFile(header("()"), "12345"), "1 bytes too many: shape () of float32 needs 4 bytes, but 5 follow the header"},
		{"trailing after nothing", npyFile(header("(0,)"), "1234"), "4 bytes too many: shape (0,) of float32 needs 0 bytes, but 4 follow the header"},
		{"a billion values", npyFile(header("(1000000000,)"), "1234"), "the file is cut short: shape (1000000000,) of float32 needs 4000000000 bytes, but 4 follow the header"},
		{"overflow to 0", npyFile(header("(4294967296, 4294967296)"), ""), "shape (4294967296, 4294967296) needs more bytes than can be counted"},
		{"overflow to 4", npyFile(header("(2305843009213693953,)"), "1234"), "shape (2305843009213693953,) needs more bytes than can be counted"},
		{"overflow behind a zero", npyFile(header("(0, 4294967296, 4294967296)"), ""), "shape (0, 4294967296, 4294967296) needs more bytes than can be counted"},
		{"limit", npyFile(header("(26,)"), strings.Repeat("1234", 26)), "shape (26,) takes 104 bytes as float32, but the limit leaves 100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readNPYBytes([]byte(tt.file), 100)
			if err == nil {
				t.Fatalf("read without error, want %s", tt.want)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

func TestReadNPYRefusedTypes(t *testing.T) {
	const three = "supported types are float16, float32 and float64"
	tests := map[string]string{
		"refused_big_endian.npy": `type ">f4" is big-endian; convert it in numpy with a.astype('<f4')`,
		"refused_bool.npy":       `type "|b1" is not supported: booleans; ` + three,
		"refused_complex.npy":    `type "<c8" is not supported: complex numbers; ` + three,
		"refused_date.npy":       `type "<M8[D]" is not supported: dates or times; ` + three,
		"refused_int.npy":        `type "<i8" is not supported: integers; ` + three,
		"refused_object.npy":     `type "|O" is not supported: Python objects (a pickle, which can run arbitrary code and is not loaded); save plain arrays of float32`,
		"refused_overflow.npy":   `float64 value 1e+300 is beyond the range of float32`,
		"refused_structured.npy": `npy header, byte 10: structured arrays are not supported; save each field as its own array`,
		"refused_text.npy":       `type "<U3" is not supported: text; ` + three,
		"refused_void.npy":       `type "|V2" is not supported: raw bytes (numpy saves bfloat16 this way); ` + three,
	}
	for file, want := range tests {
		if _, err := readNPYBytes(fixture(t, file), noLimit); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", file, err, want)
		}
	}
	for descr, want := range map[string]string{
		"":                       `type "" is not supported: unknown; ` + three,
		"<f16":                   `type "<f16" is not supported: a floating-point type of another size; ` + three,
		"=f4":                    `type "=f4" is not supported: a floating-point type of another size; ` + three,
		strings.Repeat("x", 100): `type "` + strings.Repeat("x", 40) + `..." is not supported: unknown; ` + three,
	} {
		if _, err := dtypeOf(descr); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", descr, err, want)
		}
	}
}

// A reader that ends before or after the size given for it, or fails, at every place.
func TestReadNPYWrongSize(t *testing.T) {
	file := fixture(t, "f4_v2.npy")
	for n := range file {
		_, err := readNPY(bytes.NewReader(file[:n]), int64(len(file)), noLimit)
		if err == nil || err.Error() != "the data ends before its declared size" {
			t.Errorf("%d bytes: got %v", n, err)
		}
		failing := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(errFull))
		if _, err := readNPY(failing, int64(len(file)), noLimit); !errors.Is(err, errFull) {
			t.Errorf("failing after %d bytes: got %v", n, err)
		}
	}
	longer := append(slices.Clone(file), 0)
	if _, err := readNPY(bytes.NewReader(longer), int64(len(file)), noLimit); err == nil ||
		err.Error() != "extra bytes follow the array" {
		t.Errorf("one byte more: got %v", err)
	}
	if _, err := readNPY(bytes.NewReader(file), -1, noLimit); err == nil {
		t.Error("a negative size was accepted")
	}
}

// An array of more than one piece, in both orders, through a reader that gives half of what is asked for.
func TestReadNPYInPieces(t *testing.T) {
	const rows, columns = 300, 211
	data := ramp(rows * columns)
	var file bytes.Buffer
	if err := WriteNPY(&file, []int{rows, columns}, data); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"False", "True "} {
		b := bytes.Replace(file.Bytes(), []byte("False"), []byte(order), 1)
		got, err := readNPY(iotest.HalfReader(bytes.NewReader(b)), int64(len(b)), noLimit)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data {
			want := data[i]
			if order == "True " { // element (i/columns, i%columns) stands at (i%columns)*rows + i/columns
				want = data[i%columns*rows+i/columns]
			}
			if got.Data[i] != want {
				t.Fatalf("fortran_order %s: element %d is %v, want %v", order, i, got.Data[i], want)
			}
		}
	}
}

// allocated returns the bytes allocated while f runs, those already freed included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzReadNPY(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)))
	}
	f.Add([]byte(npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", "1234")))
	f.Fuzz(func(t *testing.T, file []byte) {
		var got Tensor
		var err error
		used := allocated(func() { got, err = readNPYBytes(file, noLimit) })
		// float16 doubles, and an array of few columns in Fortran order is held twice; the rest is the header, the buffer for
		// a chunk, messages, and the fuzzing itself.
		if bound := uint64(5*len(file) + 1<<20); used > bound {
			t.Errorf("%d bytes allocated for a file of %d", used, len(file))
		}
		if err != nil {
			return
		}
		if 4*len(got.Data) > 2*len(file) {
			t.Errorf("%d values from %d bytes", len(got.Data), len(file))
		}
		var again bytes.Buffer
		if err := WriteNPY(&again, got.Shape, got.Data); err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		back, err := readNPYBytes(again.Bytes(), noLimit)
		if err != nil || !slices.Equal(back.Shape, got.Shape) || !slices.Equal(bitsOf(back.Data), bitsOf(got.Data)) {
			t.Errorf("written and read again it differs: %v", err)
		}
	})
}

func BenchmarkReadNPY(b *testing.B) {
	const rows, columns = 4096, 4096
	var file bytes.Buffer
	if err := WriteNPY(&file, []int{rows, columns}, make([]float32, rows*columns)); err != nil {
		b.Fatal(err)
	}
	for _, order := range []struct{ name, value string }{{"C", "False"}, {"Fortran", "True "}} {
		raw := bytes.Replace(file.Bytes(), []byte("False"), []byte(order.value), 1)
		b.Run(order.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := readNPYBytes(raw, noLimit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
