package op

import (
	"math"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// Torch is a release of PyTorch on a device: the releases differ in what some layers keep.
type Torch int

// The releases whose rules are known.
const (
	Torch113CPU Torch = iota // 1.13 on the CPU, in one thread
	Torch2CUDA               // 2.x on a CUDA device
)

// Pass is a run of a network in PyTorch.
type Pass struct {
	Torch    Torch
	Training bool  // else the network is in evaluation, under no_grad
	Batch    int64 // PyTorch's choice of a kernel may depend on it; sizes are of one picture all the same
}

// Autograd is what PyTorch does with memory at one layer: where the output is, what autograd saves for the backward
// pass, and what is needed besides while the layer is computed. Under Pass.Training its rules are those of PyTorch's
// derivatives.yaml (tools/autograd), and were compared with what saved_tensors_hooks see in PyTorch 1.13.
type Autograd struct {
	// Shares says that the output is in the first input's memory: a view of it, or written in place.
	Shares bool
	// Writes says that it is written in place.
	Writes bool
	// Saved are kept until the backward pass has come here. Under evaluation nothing is.
	Saved    []Saved
	Gradient Gradient
	Autocast Autocast
	// Forward and Backward are memory needed only while the layer is computed, besides its output, what it saves, and
	// the gradients that it makes. The largest of the sizes counts.
	Forward, Backward []Size
	Product           bool // it is a matrix product of cuBLAS, which gets a workspace
	// Counters is the number of int64 that the layer keeps as buffers besides its declared tensors.
	Counters int64
	// Estimate says why the figures are an estimate; "" where they are PyTorch's own.
	Estimate string
}

// Tensor tells which tensor is saved.
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
	Index  int   // of the input, or of the declared weight
	What   What  // of a new tensor
	Size   Size  // of a new tensor
	Needs  []int // inputs of which at least one must need a gradient for the tensor to be saved; nil: always
}

// What is what a new tensor holds.
type What int

// The kinds of new tensors.
const (
	Activation What = iota // a volume
	Statistic              // mean and deviation of a channel
	Mask
	Index
	Scalar // a Python number, which PyTorch wraps in a tensor on the CPU
)

// Size is a number of values: some for each picture, and some once.
type Size struct {
	Values, Fixed int64
	Bytes         int64 // of one value; 0 for that of the network's values
}

// Gradient tells how the gradient of a layer's input is made.
type Gradient int

// The ways to make it.
const (
	NewGradient    Gradient = iota // a volume of its own for each input that needs one
	SharedGradient                 // the output's gradient, or a view of it
)

// Autocast tells the type of a layer's output in mixed precision, by torch.autocast's lists for CUDA.
type Autocast int

// The types.
const (
	KeepsType  Autocast = iota // the input's
	LowersType                 // half; inputs and weights are cast to it
	RaisesType                 // float32
	WidestType                 // the widest of the inputs'
)

// keeps is a layer that makes a volume and saves these tensors.
func keeps(saved ...Saved) Autograd { return Autograd{Saved: saved} }

func savedInput(index int, needs ...int) Saved {
	return Saved{Tensor: InputTensor, Index: index, Needs: needs}
}

func savedOutput() Saved { return Saved{Tensor: OutputTensor} }

func savedWeight(index int, needs ...int) Saved {
	return Saved{Tensor: WeightTensor, Index: index, Needs: needs}
}

func savedVolume(values int64, needs ...int) Saved {
	return Saved{What: Activation, Size: Size{Values: values}, Needs: needs}
}

// scalars are Python numbers among the saved tensors. They are in the memory of the CPU, whatever the device is.
func (p Pass) scalars(saved []Saved) []Saved {
	if p.Torch != Torch113CPU {
		return saved
	}
	return append(saved, Saved{What: Scalar, Size: Size{Fixed: 1, Bytes: 8}})
}

// values is the size of a volume, which the shape pass has counted.
func values(s graph.Shape) int64 { return s.W * s.H * s.D }

// inPlace is the option of layers that can write over their input.
type inPlace struct {
	InPlace bool
}

func (o *inPlace) field() Field {
	return flagField(&o.InPlace, "inplace", "the output is written over the input, as PyTorch's inplace=True; what the layer computes is the same")
}

// traced is an operator as a trace names it: PyTorch puts an underscore behind one that works in place.
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

// Fields binds the setting.
func (o *inPlaceActivation) Fields() []Field { return []Field{o.field()} }

// keepsOutput saves the output, which is in the input's memory where the layer works in place.
func (o *inPlace) keepsOutput() Autograd {
	return Autograd{Shares: o.InPlace, Writes: o.InPlace, Saved: []Saved{savedOutput()}}
}

// keepsInput saves the input, or, where the layer works in place, a copy of it.
func (o *inPlace) keepsInput(out graph.Shape) Autograd {
	if o.InPlace {
		return Autograd{Shares: true, Writes: true, Saved: []Saved{savedVolume(values(out))}}
	}
	return keeps(savedInput(0))
}

// behindPad makes up for pads that PyTorch's layer does not take: the volume is padded by F.pad before, and the padded
// copy takes the input's place among what is saved. The gradient of the copy is there before the input's.
func (a Autograd) behindPad(p Pass, g Geometry, in graph.Shape, needed bool) Autograd {
	if !needed {
		return a
	}
	padded := g.padded(in.D)
	for i, s := range a.Saved {
		if s.Tensor == InputTensor {
			a.Saved[i] = savedVolume(padded)
		}
	}
	if !p.Training {
		a.Forward = addEach(a.Forward, padded)
	}
	a.Backward = append(addEach(a.Backward, padded-min(padded, values(in))), Size{Values: padded})
	a.Estimate = "PyTorch's layer takes no such pads: counted with F.pad before it"
	return a
}

// padded is the size of a volume with its pads round it.
func (g Geometry) padded(depth int64) int64 {
	return product(g.W.In+g.W.Before+g.W.After, g.H.In+g.H.Before+g.H.After, depth)
}

// hasUnevenPads tells of pads that differ from side to side, which PyTorch's layers do not take.
func hasUnevenPads(g Geometry) bool { return g.W.Before != g.W.After || g.H.Before != g.H.After }

func hasPads(g Geometry) bool { return g.W.Before+g.W.After+g.H.Before+g.H.After > 0 }

// addEach adds values of one picture to each size, or to none.
func addEach(sizes []Size, values int64) []Size {
	if sizes == nil {
		return []Size{{Values: values}}
	}
	for i := range sizes {
		sizes[i].Values = sum(sizes[i].Values, values)
	}
	return sizes
}

// product and sum are of sizes that no shape rule has counted. One that cannot be counted is the largest number, which
// a caller that goes on with checked arithmetic cannot count either.
func product(factors ...int64) int64 { return orMost(checked.Product(factors...)) }

func sum(terms ...int64) int64 { return orMost(checked.Sum(terms...)) }

func orMost(n int64, err error) int64 {
	if err != nil {
		return math.MaxInt64
	}
	return n
}
