package onnx

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// sample is a model with all that the writer writes.
func sample() *Model {
	return &Model{
		IRVersion: 8, Producer: "cnncalc", Opsets: map[string]int64{"": 17},
		Metadata: []Entry{{"labels", "cat\ndog"}},
		Graph: Graph{
			Name: "net",
			Nodes: []Node{
				{Name: "conv1", Op: "Conv", Inputs: []string{"x", "w", ""}, Outputs: []string{"conv1"}, Attributes: []Attribute{
					{Name: "pads", Kind: KindInts, Ints: []int64{1, 1, 0, 0}}, {Name: "group", Kind: KindInt, Int: 2},
					{Name: "auto_pad", Kind: KindString, String: "NOTSET"}, {Name: "zero", Kind: KindFloat},
				}},
				{Name: "leaky", Op: "LeakyRelu", Inputs: []string{"conv1"}, Outputs: []string{"y"}, Attributes: []Attribute{
					{Name: "alpha", Kind: KindFloat, Float: 0.25},
				}},
			},
			Initializers: []Tensor{NewTensor("w", 2, 1), NewInts("shape", 1, -1), NewFloats("one", nil, 1)},
			Inputs:       []Value{{Name: "x", Type: Float, HasShape: true, Dims: []Dim{{Name: "batch"}, {Size: 2}}}},
			Outputs:      []Value{{Name: "y", Type: Float, HasShape: true}},
		},
	}
}

func encode(t testing.TB, m *Model, values ...float32) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, func(int) ([]float32, error) { return values, nil }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteAndDecode(t *testing.T) {
	want := sample()
	got, err := Decode(encode(t, want, 3, -0.5))
	if err != nil {
		t.Fatal(err)
	}
	f := &File{Model: got}
	floats := make([]float32, 2)
	if err := f.Floats(floats, &got.Graph.Initializers[0]); err != nil || floats[0] != 3 || floats[1] != -0.5 {
		t.Errorf("w is %v (%v)", floats, err)
	}
	ints, err := f.Ints(&got.Graph.Initializers[1], 10)
	if err != nil || !cmp.Equal(ints, []int64{1, -1}) {
		t.Errorf("shape is %v (%v)", ints, err)
	}
	want.Graph.Initializers, got.Graph.Initializers = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// message builds a protocol buffer by hand: field numbers, each with a number or with bytes.
func message(fields ...any) []byte {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		number := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
		case float32:
			b = protowire.AppendFixed32(protowire.AppendTag(b, number, protowire.Fixed32Type), math.Float32bits(v))
		case float64:
			b = protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
		}
	}
	return b
}

// A tensor's values may be stored in all the ways that onnx.proto allows.
func TestValues(t *testing.T) {
	packed := func(values ...uint64) []byte {
		var b []byte
		for _, v := range values {
			b = protowire.AppendVarint(b, v)
		}
		return b
	}
	for name, test := range map[string]struct {
		tensor []byte
		want   []float32
	}{
		"raw":              {message(1, 2, 2, 1, 9, "\x00\x00\x80\x3f\x00\x00\x00\xc0"), []float32{1, -2}},
		"packed floats":    {message(1, packed(2), 2, 1, 4, []byte("\x00\x00\x80\x3f\x00\x00\x00\xc0")), []float32{1, -2}},
		"single floats":    {message(1, 2, 2, 1, 4, float32(1), 4, float32(-2)), []float32{1, -2}},
		"packed in pieces": {message(1, 2, 2, 1, 4, []byte("\x00\x00\x80\x3f"), 4, float32(-2)), []float32{1, -2}},
		"doubles":          {message(1, 2, 2, 11, 10, 1.0, 10, -2.0), []float32{1, -2}},
		"raw doubles":      {message(2, 11, 9, "\x00\x00\x00\x00\x00\x00\xf0\x3f"), []float32{1}},
		"halves":           {message(1, 2, 2, 10, 5, packed(0x3c00, 0xc000)), []float32{1, -2}},
		"raw halves":       {message(1, 2, 2, 10, 9, "\x00\x3c\x00\xc0"), []float32{1, -2}},
		"bfloat16":         {message(1, 2, 2, 16, 5, 0x3f80, 5, 0xc000), []float32{1, -2}},
		"raw bfloat16":     {message(1, 1, 2, 16, 9, "\x80\x3f"), []float32{1}},
	} {
		m, err := Decode(message(7, message(5, test.tensor)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]float32, len(test.want))
		if err := (&File{Model: m}).Floats(got, &m.Graph.Initializers[0]); err != nil || !cmp.Equal(got, test.want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, test.want)
		}
	}
}

func TestIntegers(t *testing.T) {
	for name, test := range map[string]struct {
		tensor []byte
		want   []int64
	}{
		"int64":       {message(1, 2, 2, 7, 7, 5, 7, -1), []int64{5, -1}},
		"raw int64":   {message(1, 1, 2, 7, 9, "\xff\xff\xff\xff\xff\xff\xff\xff"), []int64{-1}},
		"int32":       {message(1, 1, 2, 6, 5, -3), []int64{-3}},
		"raw int32":   {message(1, 1, 2, 6, 9, "\xfd\xff\xff\xff"), []int64{-3}},
		"bool":        {message(1, 2, 2, 9, 9, "\x01\x00"), []int64{1, 0}},
		"int8":        {message(1, 1, 2, 3, 9, "\xff"), []int64{-1}},
		"uint8":       {message(1, 1, 2, 2, 9, "\xff"), []int64{255}},
		"one number":  {message(2, 7, 7, 4), []int64{4}},
		"no numbers":  {message(1, 0, 2, 7), []int64{}},
		"uint64":      {message(1, 1, 2, 13, 11, 9), []int64{9}},
		"unknown too": {message(1, 1, 2, 7, 7, 4, 99, "new"), []int64{4}},
		"raw uint16":  {message(1, 1, 2, 4, 9, "\x01\x01"), []int64{257}},
		"raw int16":   {message(1, 1, 2, 5, 9, "\xfe\xff"), []int64{-2}},
		"raw uint32":  {message(1, 1, 2, 12, 9, "\x01\x00\x00\x80"), []int64{1<<31 + 1}},
	} {
		m, err := Decode(message(7, message(5, test.tensor)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := (&File{Model: m}).Ints(&m.Graph.Initializers[0], 10)
		if err != nil || !cmp.Equal(got, test.want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, test.want)
		}
	}
}

// Values that do not fit their shape or type are errors.
func TestDamagedValues(t *testing.T) {
	for name, test := range map[string]struct {
		tensor []byte
		want   string
	}{
		"too few bytes":    {message(1, 3, 2, 1, 9, "\x00\x00\x80\x3f"), "4 bytes of values, but its shape and type need 12"},
		"too many bytes":   {message(1, 1, 2, 1, 9, "\x00\x00\x80\x3f0"), "5 bytes"},
		"negative size":    {message(1, -2, 2, 1), "a size of -2"},
		"overflow":         {message(1, 1<<40, 1, 1<<40, 2, 1), "more values than can be counted"},
		"overflow to zero": {message(1, 1<<62, 1, 4, 2, 1), "more values than can be counted"},
		"too few varints":  {message(1, 2, 2, 10, 5, 1), "value 1 of 2 is missing"},
		"wide halves":      {message(1, 1, 2, 10, 5, 1<<20), "not 16 bits wide"},
		"text":             {message(1, 1, 2, 8, 6, "cat"), "its values are string"},
		"floats as ints":   {message(1, 1, 2, 1, 5, 1), "stored as integers"},
		"unknown type":     {message(1, 1, 2, 99, 9, "a"), "of an unknown type"},
		"float64 too wide": {message(1, 1, 2, 11, 10, 1e300), "beyond the range of float32"},
	} {
		m, err := Decode(message(7, message(5, test.tensor)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tensor := &m.Graph.Initializers[0]
		count, err := tensor.Count()
		if err == nil {
			err = (&File{Model: m}).Floats(make([]float32, count), tensor)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestDamagedModels(t *testing.T) {
	whole := encode(t, sample(), 1, 2)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"cut":                {whole[:len(whole)-3], "unexpected EOF"},
		"text":               {[]byte("INPUT -> CONV"), "not a valid ONNX model"},
		"a number as a name": {message(7, message(2, 5)), "wrong type"},
		"a name as a number": {message(1, "five"), "wrong type"},
		"an open varint":     {[]byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "variable length integer overflow"},
		"a length of 2^60":   {append([]byte("\x3a"), protowire.AppendVarint(nil, 1<<60)...), "unexpected EOF"},
		"another kind": {message(7, message(1, message(5, message(1, "axis", 3, 1, 20, 1)))),
			`the attribute "axis" holds an integer, but declares another type`},
		"many nodes": {message(7, string(bytes.Repeat([]byte{0x0a, 0}, maxNodes+1))),
			"it has 400001 nodes, and at most 400000 can be read"},
		"offset": {message(7, message(5, message(13, message(1, "offset", 2, "-4")))), "not a number of bytes"},
		"length": {message(7, message(5, message(13, message(1, "length", 2, "1e9")))), "not a number of bytes"},
	} {
		if _, err := Decode(test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// Keys of external data that say nothing about the place are skipped, whatever they are called (CVE-2024-27318 and
// its kin began with attributes of Python's that a file could set).
func TestExternalKeys(t *testing.T) {
	for _, key := range []string{"__class__", "basepath", "checksum", "\x00"} {
		m, err := Decode(message(7,
			message(5, message(2, 1, 14, 1, 13, message(1, key, 2, "-1"), 13, message(1, "location", 2, "w")))))
		if err != nil {
			t.Errorf("%q: %v", key, err)
		} else if e := m.Graph.Initializers[0].external; e.location != "w" || e.offset != 0 || e.length != -1 {
			t.Errorf("%q: %+v", key, e)
		}
	}
}

// Two bytes of a file ask for a hundred of memory; the whole is bounded.
func TestManyParts(t *testing.T) {
	for name, data := range map[string][]byte{
		"nodes":      bytes.Repeat(message(1, ""), 3<<19),
		"attributes": message(1, bytes.Repeat(message(5, ""), 1<<20)),
		"values":     bytes.Repeat(message(13, ""), 5<<19),
		"tensors":    bytes.Repeat(message(5, ""), 3<<19),
		"sizes":      message(5, message(1, bytes.Repeat([]byte{1}, 20<<20))),
	} {
		if _, err := Decode(message(7, data)); err == nil || !strings.Contains(err.Error(), "the model is too large") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample(), 1, 2))
	f.Add(message(7, message(5, message(1, 2, 2, 10, 5, 1, 5, 2), 1, message(3, "n", 5, message(8, 1)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		file := &File{Model: m}
		for i := range m.Graph.Initializers {
			tensor := &m.Graph.Initializers[i]
			if count, err := tensor.Count(); err == nil && count < 1<<16 {
				file.Floats(make([]float32, count), tensor)
				file.Ints(tensor, 1<<16)
			}
		}
	})
}
