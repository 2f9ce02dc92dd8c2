package onnx

import "strings"

// Model is a decoded ModelProto. Its strings are copies; the bytes of its tensors are slices of the file.
type Model struct {
	IRVersion int64
	Producer  string           // "pytorch 2.9.0"
	Opsets    map[string]int64 // the version of each domain's operators; "" is ONNX's own domain
	Functions []string         // the names of functions that the model defines itself
	Graph     Graph
	Metadata  []Entry
}

// Entry is a key of a model's metadata and its value.
type Entry struct{ Key, Value string }

// Graph is a GraphProto. Values are known by their names.
type Graph struct {
	Name         string
	Nodes        []Node
	Initializers []Tensor
	Inputs       []Value // with IR version 3, the initializers are listed here too
	Outputs      []Value
	Values       []Value // declared types of values within the graph
	Sparse       []string
}

// Node is a NodeProto: an operator with the names of what it reads and makes. An optional input that is left out has
// the name "".
type Node struct {
	Name, Op, Domain string
	Inputs, Outputs  []string
	Attributes       []Attribute
}

// Attribute returns the attribute with a name, or nil.
func (n *Node) Attribute(name string) *Attribute {
	for i := range n.Attributes {
		if n.Attributes[i].Name == name {
			return &n.Attributes[i]
		}
	}
	return nil
}

// Kind says which field of an Attribute holds its value, by the numbers of AttributeProto.AttributeType.
type Kind int32

// The kinds of values of operators that have no graphs. KindNone is that of a file that does not say it, and holds no
// value other than zero.
const (
	KindNone    Kind = 0
	KindFloat   Kind = 1
	KindInt     Kind = 2
	KindString  Kind = 3
	KindTensor  Kind = 4
	KindFloats  Kind = 6
	KindInts    Kind = 7
	KindStrings Kind = 8
	KindSparse  Kind = 11
)

// String returns the kind with its article.
func (k Kind) String() string {
	names := [...]string{KindFloat: "a number", KindInt: "an integer", KindString: "a text", KindTensor: "a tensor",
		KindFloats: "a list of numbers", KindInts: "a list of integers", KindStrings: "a list of texts",
		KindSparse: "a sparse tensor"}
	if k < 0 || int(k) >= len(names) || names[k] == "" {
		return "a value of another kind"
	}
	return names[k]
}

// Attribute is an AttributeProto.
type Attribute struct {
	Name     string
	Kind     Kind
	Float    float32
	Int      int64
	String   string
	Tensor   *Tensor
	Floats   []float32
	Ints     []int64
	Strings  []string
	HasGraph bool   // the value is a graph, as in If and Loop
	Ref      string // the value is that of an attribute of the function around the node
}

// Value is a ValueInfoProto: the type of a named value.
type Value struct {
	Name string
	Type Type
	Dims []Dim
	// HasShape reports whether Dims is known; a tensor without dimensions is a single number.
	HasShape bool
	// NotTensor reports whether the value is a sequence, a map or the like.
	NotTensor bool
}

// Dim is one dimension of a value: a size, or the name of one that is not fixed, or neither.
type Dim struct {
	Size int64
	Name string
}

// Tensor is a TensorProto. File.Floats and File.Ints read its values.
type Tensor struct {
	Name string
	Type Type
	Dims []int64

	fixed    []byte // little-endian values of the type's size
	varints  []byte // or values as packed varints
	external *external
}

// external says where the values of a tensor are, if they are in a file of their own.
type external struct {
	location       string
	offset, length int64 // length is -1 if the file does not say it
}

// Type is the type of a tensor's elements, by the numbers of TensorProto.DataType.
type Type int32

// The types whose values can be read.
const (
	Float    Type = 1
	Uint8    Type = 2
	Int8     Type = 3
	Uint16   Type = 4
	Int16    Type = 5
	Int32    Type = 6
	Int64    Type = 7
	Bool     Type = 9
	Float16  Type = 10
	Double   Type = 11
	Uint32   Type = 12
	Uint64   Type = 13
	BFloat16 Type = 16
)

// typeInfo describes a type of elements.
type typeInfo struct {
	name string
	size int64 // bytes for one value; 0 if values are not read
}

// types is indexed by Type.
var types = [...]typeInfo{
	0: {name: "undefined"}, Float: {"float", 4}, Uint8: {"uint8", 1}, Int8: {"int8", 1}, Uint16: {"uint16", 2},
	Int16: {"int16", 2}, Int32: {"int32", 4}, Int64: {"int64", 8}, 8: {name: "string"}, Bool: {"bool", 1},
	Float16: {"float16", 2}, Double: {"double", 8}, Uint32: {"uint32", 4}, Uint64: {"uint64", 8},
	14: {name: "complex64"}, 15: {name: "complex128"}, BFloat16: {"bfloat16", 2}, 17: {name: "float8e4m3fn"},
	18: {name: "float8e4m3fnuz"}, 19: {name: "float8e5m2"}, 20: {name: "float8e5m2fnuz"}, 21: {name: "uint4"},
	22: {name: "int4"}, 23: {name: "float4e2m1"},
}

func (t Type) info() typeInfo {
	if t < 0 || int(t) >= len(types) {
		return typeInfo{name: "of an unknown type"}
	}
	return types[t]
}

// String returns the name of the type as ONNX has it, in lower case.
func (t Type) String() string { return t.info().name }

// TypeOf returns the type with a name, such as "FLOAT", 0 if there is none.
func TypeOf(name string) Type {
	for t := range types {
		if strings.EqualFold(types[t].name, name) {
			return Type(t)
		}
	}
	return 0
}

// IsFloat reports whether the elements are floating-point numbers that can be read.
func (t Type) IsFloat() bool {
	return t == Float || t == Float16 || t == BFloat16 || t == Double
}
