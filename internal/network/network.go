// Package network turns the bytes of a file into a network with its shapes: read, lower, infer, verify. The steps are
// in packages spec and shape. Code that starts from a file calls this package, so that it cannot leave a step out.
package network

import (
	"cmp"
	"errors"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
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
}

// File is a file that describes a network. It can be lowered again with other options.
type File struct {
	Source      *diag.Source // prints problems
	description description
	problems    diag.List // found while reading
}

// Read reads the file of a network. Messages use the name.
func Read(name string, data []byte) *File {
	file, source, problems := spec.Read(name, data)
	return &File{source, file, problems}
}

// Unknown returns an error that names what the options set but the file does not have. It returns nil for a file that
// could not be read in full.
func (f *File) Unknown(o graph.Options) error {
	if len(f.problems) > 0 {
		return nil
	}
	return f.description.Unknown(o)
}

// UnknownInput is Unknown for the sizes of inputs.
func (f *File) UnknownInput(o graph.Options) error {
	if len(f.problems) > 0 {
		return nil
	}
	return f.description.UnknownInput(o)
}

// Network returns the file's network with the options applied, and all its problems. A network with problems is
// usable up to Network.Sound.
func (f *File) Network(o graph.Options) (*shape.Network, diag.List) {
	problems := f.problems[:len(f.problems):len(f.problems)]
	g, more := f.description.Lower(o)
	problems = append(problems, more...)
	n, more := shape.Infer(g)
	problems = append(problems, shape.Propose(n, more)...)
	if len(problems) == 0 {
		problems = shape.Verify(n)
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
	if err := f.Source.Print(&text, problems); err != nil {
		return nil, err
	}
	return nil, errors.New(strings.TrimSpace(text.String()))
}
