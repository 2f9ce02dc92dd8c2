// Package graph defines the network after parsing: a flat slice of nodes, each naming its inputs by index.
//
// An input's index is smaller than its node's, so a Graph is acyclic and in order, and every pass over it is one
// loop. Builder makes graphs, and Check verifies that. Package op defines the kinds of layers, which this package
// knows through the Op interface; package spec turns files into Graphs.
package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
)

// MaxExtent bounds each of width, height and depth, so that the arithmetic of one axis cannot overflow.
const MaxExtent = 1<<31 - 1

// Shape is a volume of one picture: width x height x depth, the notes' order. A width and height of 0 are unknown,
// since they depend on a layer that has a problem. A depth of 0 is unknown too.
type Shape struct {
	W, H, D int64
}

// String returns "224x224x3", with a question mark for each unknown number.
func (s Shape) String() string {
	text := appendKnown(make([]byte, 0, 24), s.W)
	text = appendKnown(append(text, 'x'), s.H)
	return string(appendKnown(append(text, 'x'), s.D))
}

func appendKnown(text []byte, n int64) []byte {
	if n == 0 {
		return append(text, '?')
	}
	return strconv.AppendInt(text, n, 10)
}

// HasPlane reports whether width and height are known.
func (s Shape) HasPlane() bool { return s.W > 0 && s.H > 0 }

// IsPlace reports whether the volume is a single place, as after an FC.
func (s Shape) IsPlace() bool { return s.W == 1 && s.H == 1 }

// IsKnown reports whether all of the shape is known.
func (s Shape) IsKnown() bool { return s.HasPlane() && s.D > 0 }

// Values returns the number of values in the volume.
func (s Shape) Values() (int64, error) { return checked.Product(s.W, s.H, s.D) }

// Role says what a stored tensor is: weights, biases, or a buffer that is stored with the network but not learnt (the
// running statistics of BN).
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
	// Frozen reports whether training leaves the tensor as it is: requires_grad=False in PyTorch. Package shape sets it,
	// from Graph.Frozen.
	Frozen bool
}

// IsLearnt reports whether training changes the tensor by a gradient.
func (w Weight) IsLearnt() bool { return w.Role != RoleBuffer && !w.Frozen }

// Count returns the number of values in the tensor.
func (w Weight) Count() (int64, error) { return checked.Product(w.Dims...) }

// Op is one kind of layer with its settings. It is immutable once in a Graph and may be shared by nodes.
type Op interface {
	// Kind returns the name in capitals, "CONV".
	Kind() string
	// Output returns the output's shape by the shape rule. An error is a *diag.Problem without a position; the shape
	// returned with it holds what is still known. A partly unknown input is not an error.
	Output(in []Shape) (Shape, error)
	// Weights returns the stored tensors. All shapes must be known.
	Weights(in []Shape, out Shape) []Weight
	// MACs returns the number of multiply-accumulates for one picture: of convolutions and FC only, without biases.
	MACs(in []Shape, out Shape) (int64, error)
	// MakesVolume reports whether the notes' table counts the output as a new volume. Activation functions and other
	// layers that work in place do not make one.
	MakesVolume() bool
}

// Joiner is an Op that joins several paths: CONCAT, ADD, MUL, MAX.
type Joiner interface {
	Op
	// JoinsPaths marks the kinds that take any number of inputs.
	JoinsPaths()
}

// Node is one layer of a network.
type Node struct {
	Name     string // unique in the graph
	Origin   string // the layer's name in a file of another format; "" if that is Name
	Op       Op
	Inputs   []int // indices of earlier nodes; none for an INPUT
	Refs     []Ref // earlier nodes that settings of the layer name; nil for most layers
	Pos      diag.Pos
	Labelled bool   // whether a person chose the name
	Within   *Scope // the repeats and blocks around the node, innermost first; nil at the top
	// Function reports whether the network's PyTorch code calls the layer as a function, such as F.relu instead of
	// nn.ReLU. Programs that count with hooks on modules do not see it.
	Function bool
	// Permuted reports whether the code runs the layer on a volume with its channels last, between modules that permute
	// the volume, as torchvision's Permute does. A 1x1 CONV is a Linear there.
	Permuted bool
	// Subclass reports whether the layer is of a subclass of PyTorch's module, such as torchvision's LayerNorm2d.
	// Programs that look a module up by its type do not know it.
	Subclass bool
}

// Ref is an earlier node that a setting of a layer names, as in like=@skip. The layer needs only what shape inference
// knows of it. It does not read the node's result, which therefore lives no longer and gets no gradient from it.
type Ref struct {
	Key  string // of the setting
	Node int
}

// JoinsPaths reports whether the node joins several paths.
func (n *Node) JoinsPaths() bool {
	_, joins := n.Op.(Joiner)
	return joins
}

// Scope is one turn of a repeat or one call of a block, as it was before lowering.
type Scope struct {
	Outer *Scope
	Pos   diag.Pos
	Turn  int64  // of a repeat, from 1; 0 for a call
	Turns int64  // of the repeat
	Call  string // the call's name and running number, "inception3"; "" for a turn
	Block string // the name of the block, "" for a turn
	Name  string // of the call, as in the names of the layers in it, "inceptionE1.fork2"; "" for a turn
	// IsInline reports whether the layers of the call are named as those around it, not after it.
	IsInline bool
	// Module reports whether the block is a module of its own in the network's PyTorch code. Other blocks are an
	// nn.Sequential, or part of the code that calls them.
	Module bool
	// TakesList reports whether the module's input is a list of tensors, as in torchvision's DenseNet.
	TakesList bool
}

// Module is a run of nodes that PyTorch code calls as one. Python keeps the module's inputs until it has returned.
type Module struct {
	First, Last int
	Inputs      []int // the nodes whose results it is called with, all before First
}

// Segment is a run of nodes: those after From, up to and including To.
type Segment struct{ From, To int }

// What returns "turn 2 of 3" or "inception3 at line 5".
func (s *Scope) What() string {
	if s.Turn > 0 {
		return fmt.Sprintf("turn %d of %d", s.Turn, s.Turns)
	}
	return fmt.Sprintf("%s at line %d", s.Call, s.Pos.Line)
}

// maxNamed is the most repeats and blocks that a message names. Text may nest a thousand of them.
const maxNamed = 8

// String returns the scopes from the outside in, "inception3 at line 5, turn 2 of 3", with "..." in place of all but
// the innermost few.
func (s *Scope) String() string {
	var names []string
	for ; s != nil && len(names) < maxNamed; s = s.Outer {
		names = append(names, s.What())
	}
	if s != nil {
		names = append(names, "...")
	}
	slices.Reverse(names)
	return strings.Join(names, ", ")
}

// Graph is a network. A Builder makes one; Check states its rules.
type Graph struct {
	Name        string
	Description string
	Source      string // the paper
	Preprocess  Preprocess
	Labels      []string // of the main output's classes; nil if the file gives none
	Nodes       []Node
	Inputs      []int  // the INPUT nodes, in the order in which a run takes their volumes
	Outputs     []int  // the nodes whose results the network gives, the end of the layers first
	Heads       []Head // by output; nil if the end of the layers is the only one
	Frozen      []FrozenPattern
	Budget      []BudgetItem // what the file lets figures of the network be, in order
	// Modules are the modules of the network's PyTorch code that hold several layers: calls of blocks, and groups without
	// a count. An inner module comes before the one around it.
	Modules []Module

	LabelsPos, PreprocessPos diag.Pos
}

// Options is what a user can change in a network without editing its file. Every front end takes them.
type Options struct {
	InputWidth, InputHeight int64              // 0 for the file's
	InputDepth              int64              // 0 for the file's
	Inputs                  map[string]Shape   // of inputs by name; 0 for the file's, as above
	Vars                    map[string][]int64 // values of the file's variables
	Freeze                  []string           // patterns that follow those of the file, see FrozenPattern
	Until                   string             // the node or value that ends the network of a model; "" for its end
}

// Preprocess says how a picture becomes the network's input, as its published weights expect.
type Preprocess struct {
	Mean, Std []float64 // per channel, after scaling; nil for the default of the depth
	Scale     float64   // values 0..255 are multiplied by it; 0 for the default, 1/255
	BGR       bool      // channel order of Caffe's models
	Resize    int64     // short side before the crop; 0 for the default
	Stretch   bool      // resize to the input size without keeping the ratio, instead of cropping
}

// BudgetItem is a limit of a figure, as a file has it. Package budget reads it.
type BudgetItem struct {
	Figure   string
	Pos      diag.Pos        // of the figure's name
	Settings []BudgetSetting // in order
}

// BudgetSetting is a bound of a figure, or what the network is used for.
type BudgetSetting struct {
	Key, Value    string
	Pos, ValuePos diag.Pos
}

// BudgetMax is the key of a figure's largest value, which a file may leave out: {parameters: 5M}.
const BudgetMax = "max"

// InputShape returns the shape of the first input.
func (g *Graph) InputShape() Shape {
	s, _ := g.Nodes[g.Inputs[0]].Op.Output(nil)
	return s
}

// IsOutput reports whether the network gives the result of node i.
func (g *Graph) IsOutput(i int) bool { return slices.Contains(g.Outputs, i) }

// Consumers returns, for every node, the indices of the nodes that read it.
func (g *Graph) Consumers() [][]int {
	consumers := make([][]int, len(g.Nodes))
	for i, n := range g.Nodes {
		for _, in := range n.Inputs {
			consumers[in] = append(consumers[in], i)
		}
	}
	return consumers
}
