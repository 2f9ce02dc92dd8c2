// Package onnxnet turns ONNX models into networks. Package onnx reads the file; this package knows what the operators
// mean.
//
// A model goes through these phases:
//
//  1. values.go: the values of the model with their producers and readers; duplicates, cycles and dangling names are
//     errors. Nodes that no output needs are left out.
//  2. infer.go and constants.go: the sizes of every value and, where they can be computed now, the numbers in it.
//     Exporters compute sizes with operators; what remains afterwards are the layers.
//  3. fuse.go: groups of nodes that an exporter took apart become one node again: SiLU, GELU, a channel shuffle.
//  4. layers.go: every remaining node becomes layers of the network, or a refusal with its reason. layout.go follows
//     what each dimension of a value is, so that transposed models (NHWC) need no layers for that.
//  5. weights.go: how the values of each weight come from the model's tensors.
//
// export.go writes a network as a model, in one pass: export_kinds.go says what each kind of layer becomes, and the
// other export_*.go write its operators. metadata.go reads and writes labels and preprocessing.
//
// What the language has no layer for is refused by name, with its count and its first place; it is never counted as
// nothing.
package onnxnet
