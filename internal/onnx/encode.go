package onnx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// NewTensor returns a tensor of float32 whose values Write asks for.
func NewTensor(name string, dims ...int64) Tensor { return Tensor{Name: name, Type: Float, Dims: dims} }

// NewInts returns a list of int64.
func NewInts(name string, values ...int64) Tensor {
	t := Tensor{Name: name, Type: Int64, Dims: []int64{int64(len(values))}, fixed: []byte{}}
	for _, v := range values {
		t.fixed = binary.LittleEndian.AppendUint64(t.fixed, uint64(v))
	}
	return t
}

// NewFloats returns a tensor of float32 with its values.
func NewFloats(name string, dims []int64, values ...float32) Tensor {
	t := Tensor{Name: name, Type: Float, Dims: dims, fixed: []byte{}}
	for _, v := range values {
		t.fixed = binary.LittleEndian.AppendUint32(t.fixed, math.Float32bits(v))
	}
	return t
}

// External says that the values of a tensor are to be at an offset of another file, in the model's folder.
func (t *Tensor) External(location string, offset, length int64) {
	t.external = &external{location, offset, length}
}

// Write writes a model. values returns the values of an initializer that has none of its own. It is called in their
// order, and its result is not used after the next call. After an error the output is incomplete.
func Write(w io.Writer, m *Model, values func(i int) ([]float32, error)) error {
	out := bufio.NewWriterSize(w, 1<<16)
	graph := appendGraph(nil, &m.Graph)
	heads := make([][]byte, len(m.Graph.Initializers))
	size := int64(len(graph))
	for i := range m.Graph.Initializers {
		t := &m.Graph.Initializers[i]
		heads[i] = appendTensorHead(nil, t)
		length, err := t.rawSize()
		if err != nil {
			return err
		}
		size += lengthOf(5, int64(len(heads[i]))+rawLength(length))
	}
	model := appendModelHead(nil, m)
	model = protowire.AppendTag(model, 7, protowire.BytesType)
	model = protowire.AppendVarint(model, uint64(size))
	out.Write(model)
	out.Write(graph)
	for i := range m.Graph.Initializers {
		err := writeInitializer(out, &m.Graph.Initializers[i], heads[i], func() ([]float32, error) { return values(i) })
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// rawSize returns the bytes of the values in the model's own file, -1 if they are in another.
func (t *Tensor) rawSize() (int64, error) {
	if t.external != nil {
		return -1, nil
	}
	if t.fixed != nil {
		return int64(len(t.fixed)), nil
	}
	count, err := t.Count()
	return 4 * count, err
}

// rawLength returns the bytes of a field raw_data with a number of bytes, 0 if there is none.
func rawLength(bytes int64) int64 {
	if bytes < 0 {
		return 0
	}
	return lengthOf(9, bytes)
}

// lengthOf returns the bytes of a field with a number of bytes.
func lengthOf(number protowire.Number, bytes int64) int64 {
	return int64(protowire.SizeTag(number)+protowire.SizeVarint(uint64(bytes))) + bytes
}

func writeInitializer(out *bufio.Writer, t *Tensor, head []byte, values func() ([]float32, error)) error {
	raw, err := t.rawSize()
	if err != nil {
		return err
	}
	field := protowire.AppendTag(nil, 5, protowire.BytesType)
	field = protowire.AppendVarint(field, uint64(int64(len(head))+rawLength(raw)))
	field = append(field, head...)
	if raw < 0 {
		_, err := out.Write(field)
		return err
	}
	field = protowire.AppendTag(field, 9, protowire.BytesType)
	field = protowire.AppendVarint(field, uint64(raw))
	out.Write(field)
	if t.fixed != nil {
		_, err := out.Write(t.fixed)
		return err
	}
	floats, err := values()
	if err != nil {
		return err
	}
	if int64(len(floats))*4 != raw {
		return fmt.Errorf("the tensor %s has %d values where its shape needs %d", t.Name, len(floats), raw/4)
	}
	return WriteValues(out, floats)
}

// WriteValues writes little-endian float32 values.
func WriteValues(w io.Writer, values []float32) error {
	buffer := make([]byte, 0, 1<<14)
	for len(values) > 0 {
		n := min(len(values), cap(buffer)/4)
		buffer = buffer[:0]
		for _, v := range values[:n] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

func appendModelHead(b []byte, m *Model) []byte {
	b = appendInt(b, 1, m.IRVersion)
	b = appendText(b, 2, m.Producer)
	for domain, version := range m.Opsets {
		b = appendMessage(b, 8, appendInt(appendText(nil, 1, domain), 2, version))
	}
	for _, e := range m.Metadata {
		b = appendMessage(b, 14, appendText(appendText(nil, 1, e.Key), 2, e.Value))
	}
	return b
}

// appendGraph appends a graph without its initializers.
func appendGraph(b []byte, g *Graph) []byte {
	for i := range g.Nodes {
		b = appendMessage(b, 1, appendNode(nil, &g.Nodes[i]))
	}
	b = appendText(b, 2, g.Name)
	for _, v := range g.Inputs {
		b = appendMessage(b, 11, appendValue(nil, v))
	}
	for _, v := range g.Outputs {
		b = appendMessage(b, 12, appendValue(nil, v))
	}
	return b
}

func appendNode(b []byte, n *Node) []byte {
	for _, name := range n.Inputs {
		b = protowire.AppendTag(b, 1, protowire.BytesType)
		b = protowire.AppendString(b, name)
	}
	for _, name := range n.Outputs {
		b = protowire.AppendTag(b, 2, protowire.BytesType)
		b = protowire.AppendString(b, name)
	}
	b = appendText(b, 3, n.Name)
	b = appendText(b, 4, n.Op)
	for i := range n.Attributes {
		b = appendMessage(b, 5, appendAttribute(nil, &n.Attributes[i]))
	}
	return appendText(b, 7, n.Domain)
}

// appendAttribute appends an attribute of one of the kinds that are written.
func appendAttribute(b []byte, a *Attribute) []byte {
	b = appendText(b, 1, a.Name)
	switch a.Kind {
	case KindFloat:
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(a.Float))
	case KindInt:
		b = protowire.AppendTag(b, 3, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(a.Int))
	case KindString:
		b = appendText(b, 4, a.String)
	case KindInts:
		for _, v := range a.Ints {
			b = protowire.AppendTag(b, 8, protowire.VarintType)
			b = protowire.AppendVarint(b, uint64(v))
		}
	}
	return appendInt(b, 20, int64(a.Kind))
}

func appendValue(b []byte, v Value) []byte {
	var shape []byte
	for _, d := range v.Dims {
		if d.Name != "" {
			shape = appendMessage(shape, 1, appendText(nil, 2, d.Name))
		} else {
			shape = appendMessage(shape, 1, appendInt(nil, 1, d.Size))
		}
	}
	tensor := appendMessage(appendInt(nil, 1, int64(v.Type)), 2, shape)
	return appendMessage(appendText(b, 1, v.Name), 2, appendMessage(nil, 1, tensor))
}

// appendTensorHead appends all of a tensor but its values.
func appendTensorHead(b []byte, t *Tensor) []byte {
	for _, d := range t.Dims {
		b = protowire.AppendTag(b, 1, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(d))
	}
	b = appendInt(b, 2, int64(t.Type))
	b = appendText(b, 8, t.Name)
	if e := t.external; e != nil {
		entries := []Entry{
			{"location", e.location}, {"offset", fmt.Sprint(e.offset)}, {"length", fmt.Sprint(e.length)},
		}
		for _, entry := range entries {
			b = appendMessage(b, 13, appendText(appendText(nil, 1, entry.Key), 2, entry.Value))
		}
		b = appendInt(b, 14, 1)
	}
	return b
}

func appendInt(b []byte, number protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v))
}

// appendText appends a string, unless it is empty.
func appendText(b []byte, number protowire.Number, text string) []byte {
	if text == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), text)
}

func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}
