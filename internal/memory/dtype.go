package memory

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/choice"
	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// DType is the type of the values in an account.
type DType string

// The types.
const (
	FP32 DType = "fp32"
	FP16 DType = "fp16" // all of the network, its optimizer too
	BF16 DType = "bf16" // likewise
	// AMP is torch.autocast: the weights stay float32, and the outputs of convolutions and FC are half as large.
	AMP  DType = "amp"
	INT8 DType = "int8" // inference: weights and volumes in a byte each, biases and BN in float32
)

// BytesPerValue is the size of a float32 value: FP32's, and that of all that cnncalc run computes.
const BytesPerValue = 4

// DTypes returns the names that ParseDType takes.
func DTypes() []string {
	return []string{string(FP32), string(FP16), string(BF16), string(AMP), string(INT8)}
}

// TrainingDTypes returns the names of the types that networks train in.
func TrainingDTypes() []string {
	return slices.DeleteFunc(DTypes(), func(name string) bool { return DType(name) == INT8 })
}

// torchNames are PyTorch's names of the types.
var torchNames = map[string]DType{
	"float": FP32, "float32": FP32, "half": FP16, "float16": FP16, "bfloat16": BF16, "autocast": AMP, "qint8": INT8,
	"quint8": INT8,
}

// ParseDType reads a type's name. The error for one of PyTorch's names says which it is here.
func ParseDType(s string) (DType, error) { return parseDType(s, DTypes()) }

// ParseTrainingDType reads the name of a type for training. It reads INT8 too: Options.Check says why that is none.
func ParseTrainingDType(s string) (DType, error) {
	if DType(s) == INT8 {
		return INT8, nil
	}
	return parseDType(s, TrainingDTypes())
}

// parseDType reads the name of one of some types.
func parseDType(s string, names []string) (DType, error) {
	d, ok := torchNames[strings.TrimPrefix(strings.ToLower(s), "torch.")]
	if ok && slices.Contains(names, string(d)) {
		return "", fmt.Errorf("%s is called %s here: choose from %s", plain.Quote(s), d, strings.Join(names, ", "))
	}
	return choice.Parse[DType](s, "a type", names)
}

// ValueBytes returns the size of one value of a volume.
func (d DType) ValueBytes() int64 { return d.valueBytes() }

// valueBytes returns the size of one value of a volume; under AMP that of float32, as in a picture.
func (d DType) valueBytes() int64 {
	switch d {
	case FP16, BF16:
		return 2
	case INT8:
		return 1
	}
	return BytesPerValue
}

// weightBytes returns the size of one value of a stored tensor, and of its gradient.
func (d DType) weightBytes(w graph.Weight) int64 {
	switch d {
	case FP16, BF16:
		return 2
	case INT8:
		if len(w.Dims) > 1 {
			return 1
		}
	}
	return BytesPerValue
}
