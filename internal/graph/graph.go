// Package graph owns the network after parsing: a flat slice of nodes, each naming its inputs by index.
//
// An input's index is smaller than its node's, so a Graph is acyclic and in order by construction, and every
// pass over it is one loop. What a kind of layer computes is in package op, behind the Op interface; how a
// file becomes a Graph is in package spec.
package graph

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
)

// MaxExtent bounds each of width, height and depth, so that the arithmetic of one axis cannot overflow.
const MaxExtent = 1<<31 - 1

// Shape is a volume of one picture: width x height x depth, the notes' order. A width and height of 0 are
// unknown: they depend on a layer that has a problem. A depth of 0 is unknown likewise.
type Shape struct {
	W, H, D int64
}

// String is "224x224x3"; what is unknown is a question mark.
func (s Shape) String() string {
	return fmt.Sprintf("%sx%sx%s", known(s.W), known(s.H), known(s.D))
}

func known(n int64) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

// HasPlane tells whether width and height are known.
func (s Shape) HasPlane() bool { return s.W > 0 && s.H > 0 }

// IsKnown tells whether all of the shape is known.
func (s Shape) IsKnown() bool { return s.HasPlane() && s.D > 0 }

// Values is the number of values in the volume.
func (s Shape) Values() (int64, error) { return checked.Product(s.W, s.H, s.D) }

// Role tells parameters that are learnt as weights, those that are learnt as biases, and buffers that are
// stored with the network but not learnt (the running statistics of BN).
type Role int

// The roles of a weight tensor.
const (
	RoleWeight Role = iota
	RoleBias
	RoleBuffer
)

// Weight is one stored tensor of a layer. The parameter count of a layer is the sum over its declared weights
// that are not buffers; there is no second formula.
type Weight struct {
	Name string  // PyTorch's name of the tensor within its layer: "weight", "bias", "running_mean"
	Dims []int64 // outermost first, e.g. [K, C/groups, FH, FW]
	Role Role
}

// Count is the number of values in the tensor.
func (w Weight) Count() (int64, error) { return checked.Product(w.Dims...) }

// Op is one kind of layer with its settings. It is immutable once in a Graph and may be shared by nodes.
type Op interface {
	// Kind is the name in capitals, "CONV".
	Kind() string
	// Output is the shape rule. An error is a *diag.Problem without a position; the shape that comes with it
	// holds what is known all the same. An input may be unknown in part; that alone is no error.
	Output(in []Shape) (Shape, error)
	// Weights declares the stored tensors, for inputs and output that are known.
	Weights(in []Shape, out Shape) []Weight
	// MACs counts multiply-accumulates of one picture: convolution and FC only, without biases.
	MACs(in []Shape, out Shape) (int64, error)
	// MakesVolume tells whether the notes' table counts the output as a new volume. Activation functions
	// and other layers that work in place make none.
	MakesVolume() bool
}

// Node is one layer in its place.
type Node struct {
	Name   string // unique in the graph
	Op     Op
	Inputs []int // indices of earlier nodes
	Pos    diag.Pos
	// Split is, for a node with several paths (CONCAT, ADD, MUL), the index of the node that the paths start
	// from; the nodes between the two belong to the paths, in order. It is what the printer needs to write
	// the paths back. It is -1 for other nodes.
	Split    int
	Labelled bool   // the name was written in the file
	Within   *Scope // the repeats and blocks round the node, innermost first; nil at the top
	// Function tells that the network's code in PyTorch calls the layer as a function, F.relu for nn.ReLU. Programs that
	// count through hooks on modules do not see it.
	Function bool
}

// Scope is one turn of a repeat or one call of a block, as it stood before lowering.
type Scope struct {
	Outer *Scope
	What  string // "turn 2 of 3" or "inception3"
	Pos   diag.Pos
	Block string // the name of the block, "" for a turn
	Name  string // of the call, as in the names of the layers in it, "inceptionE1.fork2"; "" for a turn
	// Module tells that the block is a module of its own in the network's code in PyTorch. One that is not is an
	// nn.Sequential, or stands in the code that calls it.
	Module bool
	// TakesList tells that the module's input is a list of tensors, as in torchvision's DenseNet.
	TakesList bool
}

// String names the scopes from the outside in: "inception3, turn 2 of 3".
func (s *Scope) String() string {
	if s == nil {
		return ""
	}
	if s.Outer == nil {
		return s.What
	}
	return s.Outer.String() + ", " + s.What
}

// Graph is a network. Node 0 is the INPUT, the last node is the output.
type Graph struct {
	Name        string
	Description string
	Source      string // the paper
	Preprocess  Preprocess
	Labels      []string // of the outputs; nil where the file gives none
	Nodes       []Node

	LabelsPos, PreprocessPos diag.Pos
}

// Preprocess is how a picture becomes the network's input: what its published weights expect.
type Preprocess struct {
	Mean, Std []float64 // per channel, after scaling; nil for the default of the depth
	Scale     float64   // values 0..255 are multiplied by it; 0 for the default, 1/255
	BGR       bool      // channel order of Caffe's models
	Resize    int64     // short side before the crop; 0 for the default
	Stretch   bool      // resize to the input size without keeping the ratio, instead of cropping
}

// InputShape is the shape of the picture the network takes.
func (g *Graph) InputShape() Shape {
	s, _ := g.Nodes[0].Op.Output(nil)
	return s
}

// Consumers lists, for every node, the nodes that read it.
func (g *Graph) Consumers() [][]int {
	consumers := make([][]int, len(g.Nodes))
	for i, n := range g.Nodes {
		for _, in := range n.Inputs {
			consumers[in] = append(consumers[in], i)
		}
	}
	return consumers
}
