// Package op defines the kinds of layers, one file for each kind: its fields, shape rule, weights and cost, which
// change together. Package exec computes layers; package spec reads and prints them.
package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Layer is a graph.Op that can be written in a file. Whoever reads the file sets the fields of a zero Layer, and the
// shape rule checks them; the layer must not change afterwards.
type Layer interface {
	graph.Op
	// Counterparts returns the layer's names in other programs.
	Counterparts() Counterparts
	// Fields returns the layer's settings, bound to their names, for decoding, printing, help and the JSON Schema.
	Fields() []Field
	// Autograd returns what PyTorch does with memory at the layer. All shapes must be known.
	Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd
}

// Kind describes a kind of layer, for decoding and help.
type Kind struct {
	Name     string // in capitals
	Summary  string // one line of help
	Backward string // what the backward pass does, for explain
	New      func() Layer
}

// JoinsPaths reports whether layers of the kind join several paths, as in CONCAT(a | b).
func (k Kind) JoinsPaths() bool {
	_, joins := k.New().(graph.Joiner)
	return joins
}

// WeightProduct is an optional interface of layers whose number of weights is not a convolution's (F*F*C)*K.
type WeightProduct interface {
	// WeightProduct returns the number of weights written as a product, "7*7*512*4096", or "" if it is no product.
	WeightProduct(in []graph.Shape, out graph.Shape) string
}

// Mover is an optional interface of layers that, when the network runs, do anything but read each input once and
// write the output once.
type Mover interface {
	// Moves returns how many values the layer reads and writes; 0 and 0 if the output is the input itself.
	Moves(in []graph.Shape, out graph.Shape) (read, written int64)
}

// Unrolled is an optional interface of layers that im2col turns into a matrix product.
type Unrolled interface {
	// Columns returns the number of values in the im2col matrix of one picture: the values under the window at every
	// place of the output.
	Columns(in []graph.Shape, out graph.Shape) (int64, error)
}

// Slider is an optional interface of layers that are tied to one input size, or reduce the whole plane to one place.
type Slider interface {
	// Slide returns a layer that computes the same from this input and slides over a larger one, with the result of
	// this layer for every part of this size: a CONV for an FC. It returns nil if no layer is needed. An error is a
	// *diag.Problem without a position.
	Slide(in graph.Shape) (graph.Op, error)
}

// Permutable is an optional interface of layers whose PyTorch module may also run on volumes with their channels last.
type Permutable interface {
	// IsPermutable reports whether the settings allow that. A CONV is a Linear there.
	IsPermutable() bool
}

// one returns the only input of a layer that takes one.
func one(in []graph.Shape) graph.Shape { return in[0] }

// weightAndBias returns the two tensors of most layers with parameters.
func weightAndBias(nobias bool, filters int64, dims ...int64) []graph.Weight {
	weights := []graph.Weight{{Name: "weight", Dims: dims, Role: graph.RoleWeight}}
	if nobias {
		return weights
	}
	return append(weights, graph.Weight{Name: "bias", Dims: []int64{filters}, Role: graph.RoleBias})
}

// elementwise is embedded in layers that keep the input's shape, have no parameters and work in place.
type elementwise struct{}

func (elementwise) Output(in []graph.Shape) (graph.Shape, error)      { return one(in), nil }
func (elementwise) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }
func (elementwise) MACs([]graph.Shape, graph.Shape) (int64, error)    { return 0, nil }
func (elementwise) MakesVolume() bool                                 { return false }
func (elementwise) Fields() []Field                                   { return nil }
func (elementwise) IsPermutable() bool                                { return true }

// view is embedded in layers that only hand on their input when the network runs.
type view struct{}

func (view) Moves([]graph.Shape, graph.Shape) (read, written int64) { return 0, 0 }

// volume is embedded in layers without parameters that make a new volume.
type volume struct{}

func (volume) Weights([]graph.Shape, graph.Shape) []graph.Weight { return nil }
func (volume) MACs([]graph.Shape, graph.Shape) (int64, error)    { return 0, nil }
func (volume) MakesVolume() bool                                 { return true }

// missing returns the problem of a required field that was not set.
func missing(what, example string) *diag.Problem {
	return diag.Errorf("layer/missing-field", "%s is missing", what).WithHint("for example %s", example)
}
