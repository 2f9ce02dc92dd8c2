package onnxnet

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// Source is an ONNX model as the source of a network. It can be lowered again with other options.
type Source struct {
	file *onnx.File
	name string
}

// Read returns the source of the network in a model, which is named after the file at path.
func Read(file *onnx.File, path string) *Source {
	base := filepath.Base(path)
	return &Source{file: file, name: strings.TrimSuffix(base, filepath.Ext(base))}
}

// Unknown returns an error if the options set variables, which a model does not have.
func (s *Source) Unknown(o graph.Options) error {
	if len(o.Vars) > 0 {
		return errors.New("an ONNX model has no variables")
	}
	return nil
}

// LacksNorms reports whether the model was exported with its batch normalisations folded into the convolutions before
// them, as far as PyTorch's names show: it then names the weights of those "onnx::Conv_123".
func (s *Source) LacksNorms() bool {
	g := &s.file.Model.Graph
	isRenamed := func(t onnx.Tensor) bool { return strings.HasPrefix(t.Name, "onnx::Conv_") }
	isNorm := func(n onnx.Node) bool { return n.Op == "BatchNormalization" }
	return slices.ContainsFunc(g.Initializers, isRenamed) && !slices.ContainsFunc(g.Nodes, isNorm)
}

// Weights are the values of a network's weights in a model.
type Weights struct {
	file      *onnx.File
	bindings  map[string]*Binding
	quantised bool
}

// AreQuantised reports whether the model rounds values to integers, which the network does not do.
func (w Weights) AreQuantised() bool { return w.quantised }

// Fill writes the values of a weight, "conv1.weight", in C order.
func (w Weights) Fill(dst []float32, name string) error { return w.bindings[name].fill(w.file, dst) }

// View returns the values of a weight in place, or false if they must be filled in. They must not be changed, or used
// after the model is closed.
func (w Weights) View(name string) ([]float32, bool) {
	b := w.bindings[name]
	if !b.isPlain() {
		return nil, false
	}
	return w.file.View(b.Tensor)
}

// Tensor returns what the model calls the tensor of a weight, "" if the weight is computed.
func (w Weights) Tensor(name string) string {
	if b := w.bindings[name]; b != nil && b.Tensor != nil {
		return b.Tensor.Name
	}
	return ""
}

// Lower returns the graph of the model with the options applied, its weights, and its problems. There is no graph if
// there are problems.
func (s *Source) Lower(o graph.Options) (*graph.Graph, Weights, diag.List) {
	var problems diag.List
	fail := func(err error) (*graph.Graph, Weights, diag.List) {
		problems.Add(diag.Pos{}, "onnx/invalid", "%s", err)
		return nil, Weights{}, problems
	}
	m, err := newModel(s.file, o.Until)
	if err != nil {
		return fail(err)
	}
	if err := m.infer(o); err != nil {
		return fail(err)
	}
	m.fuse()
	l, err := lower(m, graph.Graph{Name: s.name, Frozen: graph.FrozenPatterns(o.Freeze)})
	if err != nil {
		return fail(err)
	}
	if len(l.refused) > 0 {
		return nil, Weights{}, l.problems()
	}
	g, err := l.graph.Graph()
	if err != nil {
		return fail(err)
	}
	return g, Weights{s.file, l.bindings, m.isQuantised}, nil
}

// problems returns one problem for each operator and reason that was refused, with its count and its first place.
// Reasons that differ in numbers only, such as sizes, are one.
func (l *lowering) problems() diag.List {
	var list diag.List
	at := map[string]int{}
	counts := map[string]int{}
	for _, r := range l.refused {
		msg := r.node.Op + ": " + r.why
		key := strings.Map(withoutDigits, msg)
		if counts[key]++; counts[key] > 1 {
			continue
		}
		at[key] = len(list)
		p := diag.Problem{Node: r.node.place(), Code: "onnx/refused", Msg: msg}
		if r.before != "" && len(list) == 0 {
			p.Hint = "size what comes before it: --until " + plain.Quote(r.before)
		}
		list = append(list, p)
	}
	for key, i := range at {
		if counts[key] > 1 {
			list[i].Msg += fmt.Sprintf(" (%d times)", counts[key])
		}
	}
	return list
}

// withoutDigits is for strings.Map.
func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}
