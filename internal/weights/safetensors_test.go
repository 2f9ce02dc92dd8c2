package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func readSafetensors(b []byte, limit int64) ([]Tensor, error) {
	entries, err := openSafetensors(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	return newFile(entries).readAll(limit, nil)
}

// safetensorsFile puts a header and a payload together.
func safetensorsFile(header, payload string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + payload
}

func TestReadSafetensors(t *testing.T) {
	got, err := readSafetensors(fixture(t, "plain.safetensors"), noLimit)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		{Name: "conv1.weight", Shape: []int{2, 3, 1, 1}, Data: ramp(6)},
		{Name: "conv1.bias", Shape: []int{2}, Data: ramp(2)},
		{Name: "scalar", Shape: []int{}, Data: ramp(1)},
		{Name: "empty", Shape: []int{0, 3}, Data: []float32{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadSafetensorsTypes(t *testing.T) {
	f, err := Open("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wantInfo := []Info{
		{"bytes", []int{3}, "U8"}, {"double", []int{11}, "F64"}, {"single", []int{11}, "F32"}, {"half", []int{11}, "F16"},
		{"brain", []int{11}, "BF16"}, {"counter", []int{}, "I64"},
	}
	if diff := cmp.Diff(wantInfo, f.Tensors()); diff != "" {
		t.Error(diff)
	}
	inf, negativeZero := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	// Half has 11 bits of precision, of 1/3 and exactly 65504; bfloat16 has 8: 65504 rounds up to 2^16, 1/3 to 171/512.
	for name, rounded := range map[string][2]float32{
		"double": {65504, 1.0 / 3}, "single": {65504, 1.0 / 3}, "half": {65504, 1365.0 / 4096}, "brain": {65536, 171.0 / 512},
	} {
		got := make([]float32, 11)
		if err := f.Read(name, got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got[4] == got[4] {
			t.Errorf("%s: value 4 is %v, want NaN", name, got[4])
		}
		got[4] = 0
		want := []float32{0, negativeZero, inf, -inf, 0, 1, -2, rounded[0], 0x1p-24, -0x1p-14, rounded[1]}
		if diff := cmp.Diff(bitsOf(want), bitsOf(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	const want = `tensor "counter": type I64 is not supported; supported types are F32, F16, BF16 and F64`
	if err := f.Read("counter", make([]float32, 1)); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// stEntry is the header's text of one tensor.
func stEntry(name, dtype, shape string, start, end int) string {
	return fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, dtype, shape, start, end)
}

func TestSafetensorsErrors(t *testing.T) {
	a := stEntry("a", "F32", "[2]", 0, 8)
	b := stEntry("b", "F32", "[1]", 8, 12)
	file := func(entries ...string) string {
		return safetensorsFile("{"+strings.Join(entries, ",")+"}", "123456789012")
	}
	header := func(text string) string { return safetensorsFile(text, "") }
	long := strings.Repeat("x", 1000)
	const h = "safetensors header, byte "
	tests := []struct{ name, file, want string }{
		{"empty", "", "the data ends before its declared size"},
		{"no header", "1234567", "the data ends before its declared size"},
		{"header beyond the file", "\xff\x00\x00\x00\x00\x00\x00\x00{}", "the safetensors header declares 255 bytes, but only 2 follow"},
		{"header beyond all", "\xff\xff\xff\xff\xff\xff\xff\xff{}", "the safetensors header declares 18446744073709551615 bytes, but only 2 follow"},
		{"nothing in the header", header(""), h + "0: not valid JSON, or cut short"},
		{"no tensors", header("{}"), "the safetensors file is empty: it contains no tensors"},
		{"metadata alone", header(`{"__metadata__":{"a":"b"}}`), "the safetensors file is empty: it contains no tensors"},
		{"bad UTF-8", header("{\"\xff\":1}"), "the safetensors header is not valid UTF-8"},

		{"list", header("[1]"), h + `1: expected "{", found '['`},
		{"open", header(`{"a":{"dtype":"F32"`), h + `19: tensor "a": not valid JSON, or cut short`},
		{"comma at the end", header(`{` + a + `,}`), h + `54: not valid JSON, or cut short`},
		{"no quotes", header(`{a:1}`), h + `1: not valid JSON, or cut short`},
		{"text after", header(`{` + a + `} x`), h + `54: "x" after the closing brace`},
		{"zeros after", header(`{` + a + "}\x00"), h + `54: "\x00" after the closing brace`},
		{"name twice", file(a, a), h + `57: "a" appears twice`},
		{"name twice, escaped", file(a, `"\u0061":{}`), h + `62: "a" appears twice`},
		{"metadata twice", file(`"__metadata__":{}`, `"__metadata__":{}`), h + `33: "__metadata__" appears twice`},
		{"key in metadata twice", file(`"__metadata__":{"k":"1","k":"2"}`), h + `28: __metadata__: "k" appears twice`},
		{"key in tensor twice", file(`"a":{"dtype":"F32","dtype":"F32"}`), h + `27: tensor "a": "dtype" appears twice`},
		{"metadata no map", file(`"__metadata__":"x"`), h + `19: __metadata__: expected "{", found "x"`},
		{"metadata not texts", file(`"__metadata__":{"k":1}`), h + `22: __metadata__: expected a string, found 1`},
		{"metadata nested", file(`"__metadata__":{"k":{}}`), h + `22: __metadata__: expected a string, found '{'`},
		{"tensor null", file(`"a":null`), h + `9: tensor "a": expected "{", found null`},
		{"unknown key", file(`"a":{"Shape":[1]}`), h + `13: tensor "a": key "Shape" is unknown; only dtype, shape and data_offsets belong here`},
		{"missing key", file(`"a":{"dtype":"F32","shape":[1]}`), h + `32: tensor "a": "data_offsets" is missing`},
		{"type no text", file(`"a":{"dtype":32}`), h + `16: tensor "a": expected a string, found 32`},
		{"shape no list", file(`"a":{"shape":3}`), h + `15: tensor "a": expected "[", found 3`},
		{"negative", file(`"a":{"shape":[-1]}`), h + `17: tensor "a": expected a whole number of 0 or more, found -1`},
		{"negative zero", file(`"a":{"shape":[-0]}`), h + `17: tensor "a": expected a whole number of 0 or more, found -0`},
		{"fraction", file(`"a":{"shape":[1.0]}`), h + `18: tensor "a": expected a whole number of 0 or more, found 1.0`},
		{"exponent", file(`"a":{"shape":[1e3]}`), h + `18: tensor "a": expected a whole number of 0 or more, found 1e3`},
		{"beyond 64 bits", file(`"a":{"shape":[9223372036854775808]}`), h + `34: tensor "a": 9223372036854775808 is larger than any file`},
		{"number as text", file(`"a":{"shape":["1"]}`), h + `18: tensor "a": expected a whole number, found "1"`},
		{"dimensions", file(`"a":{"shape":[` + strings.Repeat("1,", 64) + `1]}`), h + `142: tensor "a": more than 64 dimensions`},
		{"one offset", file(`"a":{"data_offsets":[0]}`), h + `24: tensor "a": data_offsets has 1 numbers, expected start and end`},
		{"three offsets", file(`"a":{"data_offsets":[0,1,2]}`), h + `25: tensor "a": data_offsets has more than two numbers`},
		{"long name", file(stEntry(long, "F32", "3", 0, 0)), h + `1028: tensor "` + long[:128] + `...` + long[:128] + `": expected "[", found 3`},

		{"unknown type", file(stEntry("a", "Q4_K", "[2]", 0, 8), b), `tensor "a": type "Q4_K" is unknown; supported types are F32, F16, BF16 and F64`},
		{"type in small letters", file(stEntry("a", "f32", "[2]", 0, 8), b), `tensor "a": type "f32" is unknown; supported types are F32, F16, BF16 and F64`},
		{"range too short", file(stEntry("a", "F32", "[3]", 0, 8), b), `tensor "a": shape (3,) of F32 needs 12 bytes, but its range 0 to 8 has 8`},
		{"range too long", file(stEntry("a", "F16", "[2]", 0, 8), b), `tensor "a": shape (2,) of F16 needs 4 bytes, but its range 0 to 8 has 8`},
		{"range of a type that is not read", file(stEntry("a", "I64", "[]", 0, 4)), `tensor "a": shape () of I64 needs 8 bytes, but its range 0 to 4 has 4`},
		{"half a byte", file(stEntry("a", "F4", "[3]", 0, 1)), `tensor "a": shape (3,) of F4 needs 1 bytes, but its range 0 to 1 has 1`},
		{"product passes 2^64", file(stEntry("a", "F32", "[4294967296,4294967296]", 0, 0)), `tensor "a": shape (4294967296, 4294967296) needs more bytes than can be counted`},
		{"product wraps to the range", file(stEntry("a", "F32", "[4611686018427387906]", 0, 8), b), `tensor "a": shape (4611686018427387906,) needs more bytes than can be counted`},
		{"backwards", file(stEntry("a", "F32", "[2]", 8, 0)), `tensor "a": it ends at byte 0 of the payload, before its start at 8`},
		{"cut short", file(a, stEntry("b", "F32", "[2]", 8, 16)), `tensor "b": it ends at byte 16 of the payload, which has 12: the file is cut short`},
		{"end beyond all", file(stEntry("a", "F32", "[2]", 0, math.MaxInt64)), `tensor "a": it ends at byte 9223372036854775807 of the payload, which has 12: the file is cut short`},
		{"overlap", file(a, stEntry("b", "F32", "[2]", 4, 12)), `tensor "b": it starts at byte 4 of the payload, and "a" before it ends at 8: they overlap`},
		{"same place", file(a, stEntry("b", "F32", "[2]", 0, 8)), `tensor "b": it starts at byte 0 of the payload, and "a" before it ends at 8: they overlap`},
		{"inside an earlier one", file(stEntry("a", "F32", "[3]", 0, 12), stEntry("b", "F32", "[0]", 4, 4)), `tensor "b": it starts at byte 4 of the payload, and "a" before it ends at 12: they overlap`},
		{"hole", file(stEntry("a", "F32", "[1]", 0, 4), b), `bytes 4 to 8 of the payload belong to no tensor: a gap before "b"`},
		{"hole at the start", file(b), `bytes 0 to 8 of the payload belong to no tensor: a gap before "b"`},
		{"trailing", file(a), `4 bytes too many: the tensors end at byte 8 of the payload, which has 12`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readSafetensors([]byte(tt.file), noLimit)
			if err == nil {
				t.Fatalf("read %d tensors without error, want %s", len(got), tt.want)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

// What the format allows: places in another order than the names, tensors without values anywhere between, spaces
// behind.
func TestSafetensorsLenient(t *testing.T) {
	file := safetensorsFile("{"+strings.Join([]string{
		stEntry("b", "F32", "[1]", 4, 8), stEntry("none", "F32", "[0]", 4, 4), stEntry("a", "F32", "[1,1]", 0, 4), stEntry("", "F32", "[7,0]", 8, 8),
	}, ",")+"}  \n", "\x00\x00\x80\x3f\x00\x00\x00\x40")
	got, err := readSafetensors([]byte(file), noLimit)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		{"a", []int{1, 1}, []float32{1}}, {"none", []int{0}, []float32{}}, {"b", []int{1}, []float32{2}}, {"", []int{7, 0}, []float32{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Every file that is cut short is refused when it is opened.
func TestSafetensorsCut(t *testing.T) {
	file := fixture(t, "plain.safetensors")
	for n := range file {
		if _, err := openSafetensors(bytes.NewReader(file[:n]), int64(n)); err == nil {
			t.Errorf("%d of %d bytes were taken for a whole file", n, len(file))
		}
	}
}

func TestSafetensorsHeaderLimits(t *testing.T) {
	tooLong := safetensorsFile(strings.Repeat(" ", maxDirectory+1), "")
	var many strings.Builder
	for i := range maxTensors + 1 {
		many.WriteString("," + stEntry(fmt.Sprint(i), "F32", "[]", 0, 4))
	}
	tests := []struct{ name, file, want string }{
		{"length", tooLong, "the safetensors header is 16777217 bytes long; at most 16777216 are read"},
		{"tensors", safetensorsFile("{"+many.String()[1:]+"}", "1234"), "safetensors header, byte 5588899: more than 100000 tensors"},
	}
	for _, tt := range tests {
		if _, err := readSafetensors([]byte(tt.file), noLimit); err == nil || err.Error() != tt.want {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestWriteSafetensors(t *testing.T) {
	var got bytes.Buffer
	tensors := []Info{{Name: "conv1.weight", Shape: []int{1, 2}}, {Name: `"é"`}}
	values := [][]float32{{1, 2}, {-1}}
	if err := WriteSafetensors(&got, tensors, func(i int) ([]float32, error) { return values[i], nil }); err != nil {
		t.Fatal(err)
	}
	const header = `{"__metadata__":{"format":"pt"},"conv1.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},` +
		`"\"é\"":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}    `
	want := safetensorsFile(header, "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x80\xbf")
	if diff := cmp.Diff(want, got.String()); diff != "" || len(header)%8 != 0 {
		t.Error(diff)
	}
}

func TestWriteThenReadSafetensors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.String(), 1, 6, rapid.ID[string]).Draw(t, "names")
		var infos []Info
		var want []Tensor
		for _, name := range names {
			shape := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 4).Draw(t, "shape")
			count, _ := valueCount(shape)
			data := make([]float32, count)
			seed := rapid.Uint32().Draw(t, "seed")
			for i := range data {
				data[i] = math.Float32frombits(seed * uint32(i+1))
			}
			infos = append(infos, Info{Name: name, Shape: shape})
			want = append(want, Tensor{name, shape, data})
		}
		var file bytes.Buffer
		if err := WriteSafetensors(&file, infos, func(i int) ([]float32, error) { return want[i].Data, nil }); err != nil {
			t.Fatal(err)
		}
		got, err := readSafetensors(file.Bytes(), noLimit)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("wrote %d tensors, read %d", len(want), len(got))
		}
		byName := map[string]Tensor{}
		for _, g := range got {
			byName[g.Name] = g
		}
		for _, w := range want {
			g := byName[w.Name]
			if !slices.Equal(g.Shape, w.Shape) || !slices.Equal(bitsOf(g.Data), bitsOf(w.Data)) {
				t.Errorf("wrote %v, read %v", w, g)
			}
		}
	})
}

func TestWriteSafetensorsErrors(t *testing.T) {
	const cant = `a safetensors file can't have the name `
	tests := []struct {
		tensors []Info
		want    string
	}{
		{[]Info{{Name: "a"}, {Name: "a"}}, cant + `"a", or not twice`},
		{[]Info{{Name: "__metadata__"}}, cant + `"__metadata__", or not twice`},
		{[]Info{{Name: "\xff"}}, cant + `"\xff", or not twice`},
		{[]Info{{Name: "a", Shape: []int{-1}}}, `tensor "a": shape (-1,) can't be written: a negative size, too many values or more than 64 dimensions`},
		{[]Info{{Name: "a", Shape: []int{math.MaxInt / 8}}, {Name: "b", Shape: []int{math.MaxInt / 8}}, {Name: "c", Shape: []int{math.MaxInt / 8}}},
			fmt.Sprintf(`tensor "c": shape (%d,) can't be written: a negative size, too many values or more than 64 dimensions`, math.MaxInt/8)},
		{[]Info{{Name: "a", Shape: []int{2}}}, `tensor "a": shape (2,) has 2 values, but 1 were given`},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		err := WriteSafetensors(&out, tt.tensors, func(int) ([]float32, error) { return []float32{1}, nil })
		if err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	one := []Info{{Name: "a"}}
	if err := WriteSafetensors(&bytes.Buffer{}, one,
		func(int) ([]float32, error) { return nil, errFull }); !errors.Is(err, errFull) {
		t.Errorf("the error of values: got %v", err)
	}
	for n := range 2 {
		if err := WriteSafetensors(&failAfter{n}, one,
			func(int) ([]float32, error) { return []float32{1}, nil }); !errors.Is(err, errFull) {
			t.Errorf("failing after %d writes: got %v", n, err)
		}
	}
}

func FuzzReadSafetensors(f *testing.F) {
	f.Add(fixture(f, "plain.safetensors"))
	f.Add(fixture(f, "types.safetensors"))
	f.Add([]byte(safetensorsFile("{"+stEntry("a", "F32", "[1000000000]", 0, 4000000000)+"}", "1234")))
	f.Add([]byte(safetensorsFile(`{"__metadata__":{"k":"1","k":"2"}}`, "")))
	f.Fuzz(func(t *testing.T, file []byte) {
		var got []Tensor
		var err error
		used := allocated(func() { got, err = readSafetensors(file, noLimit) })
		// A tensor takes about 60 bytes of header, and as an entry with its maps and messages some 1,500.
		if bound := uint64(60*len(file) + 1<<20); used > bound {
			t.Errorf("%d bytes allocated for a file of %d", used, len(file))
		}
		if err != nil {
			return
		}
		infos, total := make([]Info, len(got)), 0
		for i, g := range got {
			infos[i] = Info{Name: g.Name, Shape: g.Shape}
			total += len(g.Data)
		}
		if total > len(file) { // F16, the smallest that is read, has two bytes
			t.Errorf("%d values from %d bytes", total, len(file))
		}
		var again bytes.Buffer
		if err := WriteSafetensors(&again, infos, func(i int) ([]float32, error) { return got[i].Data, nil }); err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		back, err := readSafetensors(again.Bytes(), noLimit)
		if err != nil || len(back) != len(got) {
			t.Fatalf("written and read again: %d of %d tensors, %v", len(back), len(got), err)
		}
	})
}
