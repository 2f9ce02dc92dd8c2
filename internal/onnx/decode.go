package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"cnncalc/internal/plain"
)

// maxDecoded bounds the memory, in bytes, of all that Decode builds next to a file: nodes, names and shapes. Without a
// bound, two bytes of a file could ask for a hundred.
const maxDecoded = 128 << 20

// maxNodes bounds the nodes of a graph. It is four for each layer that a network may have.
const maxNodes = 400_000

// Decode reads a ModelProto. The tensors of the model share the memory of data.
func Decode(data []byte) (*Model, error) {
	d := &decoder{data: data, words: map[string]string{}}
	m := &Model{Opsets: map[string]int64{}}
	d.message(data, func(f field) { d.model(m, f) })
	if d.err != nil {
		return nil, d.err
	}
	return m, nil
}

// decoder keeps the first error, after which it skips everything.
type decoder struct {
	data  []byte
	built int64             // bytes
	words map[string]string // seen so far, see word
	err   error
}

// field is one field of a message. The wire type says whether bytes or number has its value.
type field struct {
	protowire.Number
	wire   protowire.Type
	bytes  []byte
	number uint64
}

// errWire is the error for a field whose wire type is not its own.
var errWire = errors.New("a field has the wrong type")

// fail keeps the first error, with its place in the file.
func (d *decoder) fail(at []byte, err error) {
	if d.err == nil {
		// All slices of the data end where it does, by capacity.
		d.err = fmt.Errorf("not a valid ONNX model, at byte %d: %w", cap(d.data)-cap(at), err)
	}
}

// build counts bytes that the decoder is about to allocate, and reports whether it may.
func (d *decoder) build(bytes int64) bool {
	d.built += bytes
	if d.built > maxDecoded && d.err == nil {
		d.err = fmt.Errorf("the model is too large: its nodes, names and shapes need more than %d MiB of memory",
			maxDecoded>>20)
	}
	return d.err == nil
}

// message visits the fields of a message.
func (d *decoder) message(b []byte, visit func(f field)) {
	for len(b) > 0 && d.err == nil {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			d.fail(b, protowire.ParseError(n))
			return
		}
		f := field{Number: number, wire: wire}
		rest := b[n:]
		switch wire {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(rest)
			f.number = uint64(v)
		case protowire.Fixed64Type:
			f.number, n = protowire.ConsumeFixed64(rest)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(rest)
		default:
			n = protowire.ConsumeFieldValue(number, wire, rest)
		}
		if n < 0 {
			d.fail(b, protowire.ParseError(n))
			return
		}
		visit(f)
		b = rest[n:]
	}
}

// nested visits the fields of a message that is a field itself.
func (d *decoder) nested(f field, visit func(f field)) { d.message(d.embedded(f), visit) }

// embedded returns the bytes of a field that is a message or a string.
func (d *decoder) embedded(f field) []byte {
	if f.wire != protowire.BytesType {
		d.fail(d.data, errWire)
		return nil
	}
	return f.bytes
}

func (d *decoder) text(f field) string {
	b := d.embedded(f)
	if !d.build(int64(len(b))) {
		return ""
	}
	return string(b)
}

// maxWords bounds the words that a decoder remembers.
const maxWords = 1024

// word is text for what most nodes have one of a few of, such as an operator: equal words share their memory.
func (d *decoder) word(f field) string {
	if w, ok := d.words[string(d.embedded(f))]; ok {
		return w
	}
	w := d.text(f)
	if len(d.words) < maxWords {
		d.words[w] = w
	}
	return w
}

func (d *decoder) integer(f field) int64 {
	if f.wire != protowire.VarintType {
		d.fail(d.data, errWire)
	}
	return int64(f.number)
}

// integers appends the value of a repeated integer, packed or not.
func (d *decoder) integers(to []int64, f field) []int64 {
	if f.wire != protowire.BytesType {
		return add(d, to, d.integer(f))
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			d.fail(b, protowire.ParseError(n))
			return to
		}
		if to = add(d, to, int64(v)); d.err != nil {
			return to
		}
		b = b[n:]
	}
	return to
}

// floats appends the value of a repeated float, packed or not.
func (d *decoder) floats(to []float32, f field) []float32 {
	if f.wire == protowire.Fixed32Type {
		return add(d, to, math.Float32frombits(uint32(f.number)))
	}
	for b := d.embedded(f); len(b) > 0; {
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			d.fail(b, protowire.ParseError(n))
			return to
		}
		if to = add(d, to, math.Float32frombits(v)); d.err != nil {
			return to
		}
		b = b[n:]
	}
	return to
}

// add appends v, unless there is no memory for it.
func add[T any](d *decoder, to []T, v T) []T {
	if !d.build(int64(unsafe.Sizeof(v))) {
		return to
	}
	return append(to, v)
}

func (d *decoder) model(m *Model, f field) {
	switch f.Number {
	case 1:
		m.IRVersion = d.integer(f)
	case 2:
		m.Producer = strings.TrimSpace(d.text(f) + " " + m.Producer)
	case 3:
		m.Producer = strings.TrimSpace(m.Producer + " " + d.text(f))
	case 7:
		b := d.embedded(f)
		d.reserve(&m.Graph, b)
		d.message(b, func(f field) { d.graph(&m.Graph, f) })
	case 8:
		d.opset(m, f)
	case 14:
		m.Metadata = add(d, m.Metadata, d.entry(f))
	case 25:
		m.Functions = add(d, m.Functions, d.name(f))
	}
}

// opset reads an OperatorSetIdProto. "ai.onnx" is another name of the domain "".
func (d *decoder) opset(m *Model, f field) {
	domain, version := "", int64(0)
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			domain = d.text(f)
		case 2:
			version = d.integer(f)
		}
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	if d.build(int64(unsafe.Sizeof(domain)) + 8) {
		m.Opsets[domain] = version
	}
}

// name returns the name of a FunctionProto, its first field.
func (d *decoder) name(f field) string {
	name := ""
	d.nested(f, func(f field) {
		if f.Number == 1 {
			name = d.text(f)
		}
	})
	return name
}

func (d *decoder) entry(f field) Entry {
	var e Entry
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			e.Key = d.text(f)
		case 2:
			e.Value = d.text(f)
		}
	})
	return e
}

// reserve makes room for the nodes and tensors of a GraphProto, which is most of what is built.
func (d *decoder) reserve(g *Graph, b []byte) {
	nodes, tensors := 0, 0
	d.message(b, func(f field) {
		switch f.Number {
		case 1:
			nodes++
		case 5:
			tensors++
		}
	})
	if len(g.Nodes)+nodes > maxNodes && d.err == nil {
		d.err = fmt.Errorf("the model is too large: it has %d nodes, and at most %d can be read", len(g.Nodes)+nodes,
			maxNodes)
	}
	if d.err != nil {
		return
	}
	g.Nodes = slices.Grow(g.Nodes, nodes)
	g.Initializers = slices.Grow(g.Initializers, min(tensors, maxDecoded/int(unsafe.Sizeof(Tensor{}))))
}

func (d *decoder) graph(g *Graph, f field) {
	switch f.Number {
	case 1:
		g.Nodes = add(d, g.Nodes, d.node(f))
	case 2:
		g.Name = d.text(f)
	case 5:
		g.Initializers = add(d, g.Initializers, d.tensor(f))
	case 11:
		g.Inputs = add(d, g.Inputs, d.value(f))
	case 12:
		g.Outputs = add(d, g.Outputs, d.value(f))
	case 13:
		g.Values = add(d, g.Values, d.value(f))
	case 15:
		g.Sparse = add(d, g.Sparse, "sparse_initializer")
	}
}

func (d *decoder) node(f field) Node {
	var n Node
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			n.Inputs = add(d, n.Inputs, d.text(f))
		case 2:
			n.Outputs = add(d, n.Outputs, d.text(f))
		case 3:
			n.Name = d.text(f)
		case 4:
			n.Op = d.word(f)
		case 5:
			n.Attributes = add(d, n.Attributes, d.attribute(f))
		case 7:
			n.Domain = d.word(f)
		}
	})
	if n.Domain == "ai.onnx" {
		n.Domain = ""
	}
	return n
}

func (d *decoder) attribute(f field) Attribute {
	var a Attribute
	held := KindNone // the kind of the field that holds the value
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			a.Name = d.word(f)
		case 2:
			a.Float, held = d.float(f), KindFloat
		case 3:
			a.Int, held = d.integer(f), KindInt
		case 4:
			a.String, held = d.text(f), KindString
		case 5:
			t := d.tensor(f)
			a.Tensor, held = &t, KindTensor
		case 6, 11:
			a.HasGraph = true
		case 7:
			a.Floats, held = d.floats(a.Floats, f), KindFloats
		case 8:
			a.Ints, held = d.integers(a.Ints, f), KindInts
		case 9:
			a.Strings, held = add(d, a.Strings, d.text(f)), KindStrings
		case 20:
			a.Kind = Kind(d.integer(f))
		case 21:
			a.Ref = d.text(f)
		}
	})
	switch {
	case a.Kind == KindNone:
		a.Kind = held
	case held != KindNone && held != a.Kind:
		d.fail(f.bytes, fmt.Errorf("the attribute %s holds %s, but declares another type", plain.Quote(a.Name), held))
	}
	return a
}

func (d *decoder) float(f field) float32 {
	if f.wire != protowire.Fixed32Type {
		d.fail(d.data, errWire)
	}
	return math.Float32frombits(uint32(f.number))
}

func (d *decoder) value(f field) Value {
	var v Value
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			v.Name = d.text(f)
		case 2:
			d.nested(f, func(f field) { d.valueType(&v, f) })
		}
	})
	return v
}

// valueType reads a TypeProto, of which only tensors are of interest.
func (d *decoder) valueType(v *Value, f field) {
	switch f.Number {
	case 1:
		d.nested(f, func(f field) { d.tensorType(v, f) })
	case 4, 5, 7, 8, 9:
		v.NotTensor = true
	}
}

// tensorType reads a TypeProto.Tensor, whose shape is a list of dimensions.
func (d *decoder) tensorType(v *Value, f field) {
	switch f.Number {
	case 1:
		v.Type = Type(d.integer(f))
	case 2:
		v.HasShape = true
		d.nested(f, func(f field) {
			if f.Number == 1 {
				v.Dims = add(d, v.Dims, d.dim(f))
			}
		})
	}
}

func (d *decoder) dim(f field) Dim {
	var dim Dim
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			dim.Size = d.integer(f)
		case 2:
			dim.Name = d.text(f)
		}
	})
	return dim
}

func (d *decoder) tensor(f field) Tensor {
	var t Tensor
	var fixed, varints values
	where := external{length: -1}
	isExternal := false
	d.nested(f, func(f field) {
		switch f.Number {
		case 1:
			t.Dims = d.integers(t.Dims, f)
		case 2:
			t.Type = Type(d.integer(f))
		case 4, 10: // float_data, double_data
			fixed.append(d, d.fixed(f))
		case 5, 7, 11: // int32_data, int64_data, uint64_data
			varints.append(d, d.varints(f))
		case 8:
			t.Name = d.text(f)
		case 9: // raw_data
			fixed = values{bytes: d.embedded(f)}
		case 13:
			d.externalEntry(&where, f)
		case 14:
			isExternal = d.integer(f) == 1
		}
	})
	t.fixed, t.varints = fixed.bytes, varints.bytes
	if isExternal && d.build(int64(unsafe.Sizeof(where))) {
		t.external = &where
	}
	return t
}

// values collects the values of repeated fields. Those of a single packed field are not copied.
type values struct {
	bytes []byte
	owned bool // whether bytes is a copy, which may be appended to
}

func (v *values) append(d *decoder, b []byte) {
	if v.bytes == nil {
		v.bytes = b
		return
	}
	if !v.owned {
		if !d.build(int64(len(v.bytes))) {
			return
		}
		v.bytes, v.owned = slices.Clone(v.bytes), true
	}
	if d.build(int64(len(b))) {
		v.bytes = append(v.bytes, b...)
	}
}

// fixed returns the bytes of a field of floats or doubles, packed or not.
func (d *decoder) fixed(f field) []byte {
	switch f.wire {
	case protowire.Fixed32Type:
		return protowire.AppendFixed32(nil, uint32(f.number))
	case protowire.Fixed64Type:
		return protowire.AppendFixed64(nil, f.number)
	}
	return d.embedded(f)
}

// varints returns the bytes of a field of integers as varints, packed or not.
func (d *decoder) varints(f field) []byte {
	if f.wire == protowire.VarintType {
		return protowire.AppendVarint(nil, f.number)
	}
	return d.embedded(f)
}

// externalEntry reads one key of a tensor's external_data. Keys that do not say where the values are, such as the
// checksum, are skipped by their names, whatever they are.
func (d *decoder) externalEntry(where *external, f field) {
	e := d.entry(f)
	switch e.Key {
	case "location":
		where.location = e.Value
	case "offset":
		where.offset = d.byteCount(f, e)
	case "length":
		where.length = d.byteCount(f, e)
	}
}

func (d *decoder) byteCount(f field, e Entry) int64 {
	n, err := strconv.ParseInt(e.Value, 10, 64)
	if err != nil || n < 0 {
		d.fail(f.bytes, fmt.Errorf("the %s of external data is not a number of bytes", e.Key))
		return 0
	}
	return n
}
