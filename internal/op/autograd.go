package op

import (
	"math"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// Torch is a release of PyTorch on a device. Releases differ in what some layers keep.
type Torch int

// The releases whose rules are known.
const (
	Torch113CPU Torch = iota // 1.13 on the CPU, in one thread
	Torch2CUDA               // 2.x on a CUDA device
)

// Pass is a run of a network in PyTorch.
type Pass struct {
	Torch    Torch
	Training bool     // otherwise evaluation, under no_grad
	Batch    int64    // may decide PyTorch's choice of a kernel; sizes are still for one picture
	Layouts  []Layout // by input; none: planes
	// What training computes no gradient of at the layer. Constant is all of its inputs and parameters, so that nothing
	// is saved.
	FrozenWeight, FrozenBias, Constant bool
	// ConstantInput is all of its inputs.
	ConstantInput bool
}

// saves reports whether the layer saves anything for a backward pass.
func (p Pass) saves() bool { return p.Training && !p.Constant }

// Autograd describes what PyTorch does with memory at one layer: where the output is, what autograd saves for the
// backward pass, and what else is needed while the layer is computed. The rules for training come from PyTorch's
// derivatives.yaml (tools/autograd) and were checked against what saved_tensors_hooks see in PyTorch 1.13.
type Autograd struct {
	// Shares reports whether the output is in the first input's memory: a view of it, or written in place.
	Shares bool
	// Writes reports whether the output is written in place.
	Writes bool
	// Saved lists what is kept until the backward pass reaches the layer. Evaluation keeps nothing.
	Saved    []Saved
	Gradient Gradient
	// Summed lists the inputs that are repeated to the output's shape. Their gradients are sums, and so of their own
	// even where the others share the output's.
	Summed   []int
	Autocast Autocast
	// Forward and Backward are memory needed only while the layer is computed, in addition to its output, what it
	// saves, and the gradients that it makes. The largest of the sizes counts.
	Forward, Backward []Size
	Product           bool // a cuBLAS matrix product, which gets a workspace
	// Counters is the number of int64 buffers that the layer keeps besides its declared tensors.
	Counters int64
	Order    Order // in which the output's values are in memory
	// Copies reports whether the layer first copies its only input, because it cannot read it where it is. The copy is
	// saved in place of the input.
	Copies bool
	// CopiesGradient reports whether the backward pass copies an output's gradient that is a part of a larger one, as the
	// first path of a CONCAT has it for several pictures.
	CopiesGradient bool
	// Estimate says why the figures are an estimate; "" if they are PyTorch's own.
	Estimate string
}

// Tensor says which tensor is saved.
type Tensor int

// The tensors that a layer may save.
const (
	NewTensor Tensor = iota // made for the purpose
	InputTensor
	OutputTensor
	WeightTensor
)

// Saved is a tensor that autograd keeps for the backward pass.
type Saved struct {
	Tensor Tensor
	Index  int  // of the input, or of the declared weight
	What   What // of a new tensor
	Size   Size // of a new tensor
	// The tensor is saved if any of these inputs needs a gradient, or any of these declared weights is not frozen; always
	// if both are nil.
	Needs, Learns []int
}

// What says what a new tensor holds.
type What int

// The kinds of new tensors.
const (
	Activation What = iota // a volume
	Statistic              // mean and deviation of a channel
	Mask
	Index
	Scalar // a Python number, which PyTorch wraps in a tensor on the CPU
)

// Size is a number of values: some for each picture, and some once. Fixed may be negative in Backward, for a gradient
// that is not there yet.
type Size struct {
	Values, Fixed int64
	Bytes         int64 // of one value; 0 for the size of the network's values
	Copied        int64 // values of each picture besides, of the size of the network's whatever Bytes is
}

// Gradient says how the gradient of a layer's input is made.
type Gradient int

// The ways to make it.
const (
	NewGradient    Gradient = iota // a volume of its own for each input that needs one
	SharedGradient                 // the output's gradient, or a view of it
)

// Autocast says which type a layer's output has in mixed precision, by torch.autocast's lists for CUDA.
type Autocast int

// The types.
const (
	KeepsType    Autocast = iota // the input's
	LowersType                   // half; inputs and weights are cast to it
	RaisesType                   // float32
	WidestType                   // the widest of the inputs'
	PromotesType                 // float32, as parameters are; inputs are not cast first
)

// keeps describes a layer that makes a volume and saves these tensors.
func keeps(saved ...Saved) Autograd { return Autograd{Saved: saved} }

func savedInput(index int, needs ...int) Saved {
	return Saved{Tensor: InputTensor, Index: index, Needs: needs}
}

// savedInputToLearn is the first input, which the gradient of this declared weight alone needs.
func savedInputToLearn(weight int) Saved { return Saved{Tensor: InputTensor, Learns: []int{weight}} }

func savedOutput() Saved { return Saved{Tensor: OutputTensor} }

func savedWeight(index int, needs ...int) Saved {
	return Saved{Tensor: WeightTensor, Index: index, Needs: needs}
}

func savedVolume(values int64, needs ...int) Saved {
	return Saved{What: Activation, Size: Size{Values: values}, Needs: needs}
}

// scalars appends a Python number to the saved tensors. It is in the CPU's memory, so it does not count on another
// device.
func (p Pass) scalars(saved []Saved) []Saved {
	if p.Torch != Torch113CPU {
		return saved
	}
	return append(saved, Saved{What: Scalar, Size: Size{Fixed: 1, Bytes: 8}})
}

// values returns the size of a volume. It cannot overflow: the shape pass has counted it.
func values(s graph.Shape) int64 { return s.W * s.H * s.D }

// inPlace is the option of layers that can overwrite their input.
type inPlace struct {
	InPlace bool
}

func (o *inPlace) field() Field {
	return flagField(
		&o.InPlace,
		"inplace",
		"overwrite the input with the output, like PyTorch's inplace=True; the result is the same",
	)
}

// traced returns an operator as a trace names it: PyTorch appends an underscore if it works in place.
func (o *inPlace) traced(operator string) []string {
	if o.InPlace {
		operator += "_"
	}
	return []string{operator}
}

// inPlaceActivation is an element-wise function without other settings.
type inPlaceActivation struct {
	elementwise
	inPlace
}

// Fields returns the settings.
func (o *inPlaceActivation) Fields() []Field { return []Field{o.field()} }

// keepsOutput describes a layer that saves its output, which is in the input's memory if the layer works in place.
func (o *inPlace) keepsOutput() Autograd {
	return Autograd{Shares: o.InPlace, Writes: o.InPlace, Saved: []Saved{savedOutput()}}
}

// keepsInput describes a layer that saves its input, or a copy of it if the layer works in place.
func (o *inPlace) keepsInput(out graph.Shape) Autograd {
	if o.InPlace {
		return Autograd{Shares: true, Writes: true, Saved: []Saved{savedVolume(values(out))}}
	}
	return keeps(savedInput(0))
}

// afterPad accounts for pads that PyTorch's layer does not accept: F.pad pads the volume first, and the padded copy
// is saved instead of the input. The gradient of the copy exists before the input's.
func (a Autograd) afterPad(p Pass, g Geometry, in graph.Shape, needed bool) Autograd {
	if !needed {
		return a
	}
	padded := g.padded(in.D)
	for i, s := range a.Saved {
		if s.Tensor == InputTensor {
			a.Saved[i] = savedVolume(padded)
		}
	}
	if !p.saves() {
		a.Forward = addEach(a.Forward, padded)
	}
	a.Backward = append(addEach(a.Backward, padded-min(padded, values(in))), Size{Values: padded})
	a.Estimate = "PyTorch's layer does not accept these pads: counted with F.pad before it"
	return a
}

// afterPad returns the geometry of a window whose input was padded before.
func (g Geometry) afterPad() Geometry {
	for _, axis := range []*Axis{&g.W, &g.H} {
		axis.In, axis.Before, axis.After = axis.In+axis.Before+axis.After, 0, 0
	}
	return g
}

// padded returns the size of a volume including its pads.
func (g Geometry) padded(depth int64) int64 {
	return product(g.W.In+g.W.Before+g.W.After, g.H.In+g.H.Before+g.H.After, depth)
}

// hasUnevenPads reports whether opposite pads differ, which PyTorch's layers do not accept.
func hasUnevenPads(g Geometry) bool { return g.W.Before != g.W.After || g.H.Before != g.H.After }

func hasPads(g Geometry) bool { return g.W.Before+g.W.After+g.H.Before+g.H.After > 0 }

// addEach adds values of one picture, of the size of the network's, to each size; without sizes it returns one of that
// many values.
func addEach(sizes []Size, values int64) []Size {
	if sizes == nil {
		return []Size{{Values: values}}
	}
	for i := range sizes {
		if s := &sizes[i]; s.Bytes == 0 {
			s.Values = sum(s.Values, values)
		} else {
			s.Copied = sum(s.Copied, values)
		}
	}
	return sizes
}

// product and sum are for sizes that no shape rule has counted. On overflow they return the largest number, with
// which a caller's checked arithmetic overflows too.
func product(factors ...int64) int64 { return orMost(checked.Product(factors...)) }

func sum(terms ...int64) int64 { return orMost(checked.Sum(terms...)) }

func orMost(n int64, err error) int64 {
	if err != nil {
		return math.MaxInt64
	}
	return n
}
