// Package op owns the kinds of layers, one file per kind: its fields, shape rule, weights and cost, which
// change together. How a layer is computed is in package exec, how it is written in package spec.
package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Layer is a graph.Op that can be written in a file. A zero Layer with its fields set by the reader of a file
// is checked by its shape rule; it must not be changed afterwards.
type Layer interface {
	graph.Op
	// Counterparts names the layer as other programs do.
	Counterparts() Counterparts
	// Fields binds the layer's settings by name, for decoding, printing, help and the JSON Schema.
	Fields() []Field
	// Autograd is what PyTorch does with memory there, for inputs and output that are known.
	Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd
}

// Kind describes a kind of layer to whoever reads a file or writes help.
type Kind struct {
	Name     string // in capitals
	Summary  string // one line of help
	Backward string // what the backward pass does there, for explain
	New      func() Layer
}

// JoinsPaths reports whether layers of the kind join several paths: written CONCAT(a | b).
func (k Kind) JoinsPaths() bool {
	_, joins := k.New().(graph.Joiner)
	return joins
}

// WeightProduct is optional: a layer whose weights are not written (F*F*C)*K, as those of convolutions are.
type WeightProduct interface {
	// WeightProduct is the product whose value is the number of weights, "7*7*512*4096".
	WeightProduct(in []graph.Shape, out graph.Shape) string
}

// Mover is optional: a layer that, when the network runs, does other than read each of its inputs once and write its
// output once.
type Mover interface {
	// Moves is how many values it reads of its inputs and writes; 0 and 0 where the output is the input.
	Moves(in []graph.Shape, out graph.Shape) (read, written int64)
}

// Unrolled is optional: a layer that im2col turns into a matrix product.
type Unrolled interface {
	// Columns is the number of values in the matrix of columns of one picture: the values under the window, for every
	// place of the output.
	Columns(in []graph.Shape, out graph.Shape) (int64, error)
}

// Slider is optional: a layer that belongs to one size of input, or makes one place of all of it.
type Slider interface {
	// Slide is a layer that computes the same from this input, and from a larger one all that this layer would from
	// the parts of this size: a CONV for an FC. It is nil where no layer is needed for that. An error is a
	// *diag.Problem without a position.
	Slide(in graph.Shape) (graph.Op, error)
}

// one returns the only input of a layer that takes one.
func one(in []graph.Shape) graph.Shape { return in[0] }

// weightAndBias declares the two tensors of most layers with parameters.
func weightAndBias(nobias bool, filters int64, dims ...int64) []graph.Weight {
	weights := []graph.Weight{{Name: "weight", Dims: dims, Role: graph.RoleWeight}}
	if nobias {
		return weights
	}
	return append(weights, graph.Weight{Name: "bias", Dims: []int64{filters}, Role: graph.RoleBias})
}

// elementwise is a layer that keeps its input's shape, has no parameters and works in place.
type elementwise struct{}

func (elementwise) Output(in []graph.Shape) (graph.Shape, error)      { return one(in), nil }
func (elementwise) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }
func (elementwise) MACs([]graph.Shape, graph.Shape) (int64, error)    { return 0, nil }
func (elementwise) MakesVolume() bool                                 { return false }
func (elementwise) Fields() []Field                                   { return nil }

// view is a layer that does nothing when the network runs but hand its input on.
type view struct{}

func (view) Moves([]graph.Shape, graph.Shape) (read, written int64) { return 0, 0 }

// volume is a layer without parameters that makes a new volume.
type volume struct{}

func (volume) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }
func (volume) MACs([]graph.Shape, graph.Shape) (int64, error)    { return 0, nil }
func (volume) MakesVolume() bool                                 { return true }

// missing is the problem of a field that has no default.
func missing(what, example string) *diag.Problem {
	return diag.Errorf("layer/missing-field", "%s must be written", what).WithHint("for example %s", example)
}
