// Package network turns the bytes of a file into a network with its shapes: read, lower, infer, verify. The steps are
// in packages spec and shape. Code that starts from a file calls this package, so that it cannot leave a step out.
package network

import (
	"cmp"
	"errors"
	"strings"
	"sync"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/onnxnet"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// MaxFileSize bounds the file of a network, in bytes.
const MaxFileSize = spec.MaxFileSize

// description is what a front end has read from a file.
type description interface {
	// Lower returns the graph with the options applied, as far as it can be made, and its problems.
	Lower(graph.Options) (*graph.Graph, diag.List)
	// Unknown returns an error if the file does not have the variables that the options set.
	Unknown(graph.Options) error
	// UnknownInput returns an error if the options set sizes of inputs that the file does not have.
	UnknownInput(graph.Options) error
	// Variable returns the values of a variable in the file, nil if it has none.
	Variable(name string) []int64
	// Variables returns the names of the variables, those of optional layers included.
	Variables() []string
}

// File is a file that describes a network. It can be lowered again with other options, also concurrently.
type File struct {
	Source      *diag.Source // prints problems
	description description
	problems    diag.List // found while reading
	model       *fromModel
}

// Weights are the values of a network's weights that come with its file.
type Weights interface {
	// Fill writes the values of a weight, "conv1.weight", in C order.
	Fill(dst []float32, name string) error
	// View returns the values in place, or false if they must be filled in. They must not be changed.
	View(name string) ([]float32, bool)
	// AreQuantised reports whether the network computes with integers, so that its weights are not those of a run.
	AreQuantised() bool
	// Tensor returns what the file calls the tensor of a weight, "" if the weight is computed.
	Tensor(name string) string
}

// Read reads the file of a network. Messages use the name.
func Read(name string, data []byte) *File {
	file, source, problems := spec.Read(name, data)
	return &File{Source: source, description: file, problems: problems}
}

// Refuse returns a file that was not read, with the problem that says why.
func Refuse(name string, problem *diag.Problem) *File {
	file, source, _ := spec.Read(name, nil)
	return &File{Source: source, description: file, problems: diag.List{*problem}}
}

// ReadModel reads the network of an ONNX model, which must stay open while the network is in use. Messages use the
// name.
func ReadModel(name string, model *onnx.File) *File {
	m := &fromModel{Source: onnxnet.Read(model, name)}
	return &File{Source: &diag.Source{Name: name}, description: m, model: m}
}

// fromModel is a model as a description. It keeps what the last network was made with.
type fromModel struct {
	*onnxnet.Source
	mu      sync.Mutex
	weights onnxnet.Weights
}

func (m *fromModel) Lower(o graph.Options) (*graph.Graph, diag.List) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, weights, problems := m.Source.Lower(o)
	m.weights = weights
	return g, problems
}

// Variable returns nil: models have no variables.
func (m *fromModel) Variable(string) []int64 { return nil }

// Variables returns nil: models have no variables.
func (m *fromModel) Variables() []string { return nil }

// Weights returns the weights of the network that Network returned last, or nil if the file has none.
func (f *File) Weights() Weights {
	if f.model == nil {
		return nil
	}
	return f.model.weights
}

// LacksNorms reports whether the file is a model whose batch normalisations were folded away when it was exported.
func (f *File) LacksNorms() bool { return f.model != nil && f.model.LacksNorms() }

// Text returns the text of a file that reads as g, the graph of f with the options or one with other layers in it under
// the names of those that they replace. See spec.File.Rewrite; a model becomes spec.PrintBlocks(g).
func (f *File) Text(g *graph.Graph, o graph.Options) string {
	if written, ok := f.description.(*spec.File); ok {
		return written.Rewrite(g, o)
	}
	return spec.PrintBlocks(g)
}

// Unknown returns an error that names what the options set but the file does not have. It returns nil for a file that
// could not be read in full.
func (f *File) Unknown(o graph.Options) error {
	if len(f.problems) > 0 {
		return nil
	}
	return f.description.Unknown(o)
}

// Variable returns the value of a variable in the file, or the values of a list; nil if the file gives it none.
func (f *File) Variable(name string) []int64 { return f.description.Variable(name) }

// Variables returns the names of the file's variables, those of optional layers included.
func (f *File) Variables() []string { return f.description.Variables() }

// UnknownInput is Unknown for the sizes of inputs.
func (f *File) UnknownInput(o graph.Options) error {
	if len(f.problems) > 0 {
		return nil
	}
	return f.description.UnknownInput(o)
}

// Problems returns those of reading the file, which its networks have whatever the options.
func (f *File) Problems() diag.List { return f.problems }

// Network returns the file's network with the options applied, and all its problems. A network with problems is
// usable up to Network.Sound.
func (f *File) Network(o graph.Options) (*shape.Network, diag.List) {
	problems := f.problems[:len(f.problems):len(f.problems)]
	g, more := f.description.Lower(o)
	problems = append(problems, more...)
	if g == nil {
		return &shape.Network{Graph: &graph.Graph{}}, problems
	}
	n, more := shape.Infer(g)
	problems = append(problems, shape.Propose(n, more)...)
	switch {
	case len(problems) > 0:
	case f.model != nil:
		problems = shape.Verify(n)
	default:
		problems = shape.VerifyWritten(n)
	}
	return n, problems
}

// Sound returns the network of a file without problems. For any other file, the error is the printed problems.
func Sound(name string, data []byte, o graph.Options) (*shape.Network, error) {
	f := Read(name, data)
	if err := cmp.Or(f.Unknown(o), f.UnknownInput(o)); err != nil {
		return nil, err
	}
	n, problems := f.Network(o)
	if len(problems) == 0 {
		return n, nil
	}
	var text strings.Builder
	if err := f.Source.Print(&text, problems, false); err != nil {
		return nil, err
	}
	return nil, errors.New(strings.TrimSpace(text.String()))
}
