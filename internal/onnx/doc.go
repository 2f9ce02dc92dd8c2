// Package onnx reads and writes ONNX files: the protocol buffers, the tensors, and the files next to a model that hold
// its larger tensors. It knows the form of a model and none of the operators, which package onnxnet turns into layers.
//
// Files are not trusted. A model is decoded in place: the bytes of its tensors are slices of the mapped file, and what
// is built next to it is bounded by maxDecoded. Files of external data are opened only when their values are asked
// for, and only inside of the model's folder.
//
// Field numbers and types are those of onnx.proto (onnx 1.19, IR version 12), which later versions extend but do not
// change.
package onnx
