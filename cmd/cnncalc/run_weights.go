package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"cnncalc/architectures"
	"cnncalc/internal/exec"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
	"cnncalc/internal/weights"
)

// randomWeights is the value of --weights that asks for random weights although the network comes with its own.
const randomWeights = "random"

// defaultSeed is the seed of random weights.
const defaultSeed = 1

// trained is a network's weights from a file, or random weights if file is nil.
type trained struct {
	what   string // for the user
	file   *weights.File
	path   string   // of the file, for messages
	names  []string // in the file, by the index of the network's tensor
	source exec.Source
	view   exec.View // nil if no values can be used in place
}

// openWeights opens the weights to run with: those of the flag's file, those that come with a built-in network, or
// random ones.
func (a *app) openWeights(f *runFlags, l *loaded, tensors []exec.Tensor) (*trained, error) {
	embedded, isEmbedded := architectures.Weights(l.name)
	switch {
	case f.weights == "" && l.file.Weights() != nil && l.file.Weights().AreQuantised():
		return nil, problemError("%s is quantised, and run and convert compute in float32: "+
			"take the model from before it was quantised", l.name)
	case f.weights == "" && l.file.Weights() != nil:
		return ofModel(l.file.Weights(), l.name), nil
	case f.weights == randomWeights, f.weights == "" && !(isEmbedded && l.builtIn):
		return &trained{what: fmt.Sprintf("random (He initialisation, seed %d)", f.seed), source: exec.He(f.seed)}, nil
	case f.weights == "":
		return a.openEmbedded(embedded, f, l, tensors)
	}
	file, err := weights.Open(f.weights)
	if err != nil {
		return nil, a.reportLines(err)
	}
	t, err := a.match(file, f.weights, l.network, tensors)
	if err != nil {
		file.Close()
		return nil, a.reportLines(fmt.Errorf("%s: %w", f.weights, err))
	}
	a.note("%s: %s", f.weights, t.what)
	t.what = fmt.Sprintf("%s (%s)", f.weights, t.what)
	return t, nil
}

// ofModel returns the weights that a model has in it.
func ofModel(stored network.Weights, path string) *trained {
	return &trained{
		what: "those of " + path,
		path: path,
		source: func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
			if err := stored.Fill(dst, tensor.Name); err != nil {
				return problemError("%s: %w", path, err)
			}
			return nil
		},
		view: func(tensor exec.Tensor) ([]float32, bool) { return stored.View(tensor.Name) },
	}
}

// reportLines prints an error of several lines.
func (a *app) reportLines(err error) error {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = plain.Escape(line)
	}
	fmt.Fprintf(a.err, "cnncalc: %s\n", strings.Join(lines, "\n"))
	return errReported
}

// openEmbedded opens the weights that come with a network, which fit only the size that they were trained for.
func (a *app) openEmbedded(data []byte, f *runFlags, l *loaded, tensors []exec.Tensor) (*trained, error) {
	file, err := weights.New(bytes.NewReader(data), int64(len(data)), l.name)
	if err != nil {
		return nil, outputError(fmt.Errorf("the weights that come with %s: %w", l.name, err))
	}
	t, err := a.match(file, l.name, l.network, tensors)
	if err != nil {
		return nil, problemError("the weights that come with %s do not fit the network with these flags; "+
			"--weights %s runs it without them", l.name, randomWeights)
	}
	t.what = "those that come with " + l.name
	return t, nil
}

// withoutTraining returns the tensors of a file without those of the network's layers that exist in training only.
func withoutTraining(tensors []weights.Info, n *shape.Network) []weights.Info {
	unneeded := map[string]bool{}
	for i := range n.Nodes {
		if n.IsTrainingOnly(i) {
			unneeded[n.Nodes[i].Name] = true
		}
	}
	for i := range n.Nodes {
		if !n.IsTrainingOnly(i) {
			delete(unneeded, n.StoredAs(i)) // with share=@label, it has the weights of a layer for training
		}
	}
	if len(unneeded) == 0 {
		return tensors
	}
	isUnneeded := func(t weights.Info) bool {
		layer := t.Name[:max(strings.LastIndexByte(t.Name, '.'), 0)]
		return unneeded[layer]
	}
	return slices.DeleteFunc(slices.Clone(tensors), isUnneeded)
}

// match matches the file's tensors to those of network n.
func (a *app) match(file *weights.File, path string, n *shape.Network, tensors []exec.Tensor) (*trained, error) {
	assignment, err := weights.Match(withoutTraining(file.Tensors(), n), exec.Wants(tensors))
	if err != nil {
		return nil, err
	}
	t := &trained{what: assignment.String(), file: file, path: path, names: assignment.Names}
	warned := map[string]bool{} // --save-weights reads them again
	warn := func(tensor exec.Tensor, values []float32) {
		name := t.names[tensor.Index]
		if warning := weights.NotFinite(name, tensor.Shape, values); warning != "" && !warned[name] {
			warned[name] = true
			a.note("%s: %s", path, warning)
		}
	}
	t.source = func(dst []float32, tensor exec.Tensor, parallel func(int, func(int))) error {
		if err := file.ReadParallel(t.names[tensor.Index], dst, parallel); err != nil {
			return problemError("%s: %w", path, err)
		}
		for _, other := range assignment.Again[tensor.Index] {
			if err := sameValues(file, other, dst); err != nil {
				return problemError("%s: %s and %w", path, plain.Quote(plain.Cut(t.names[tensor.Index])), err)
			}
		}
		warn(tensor, dst)
		return nil
	}
	t.view = func(tensor exec.Tensor) ([]float32, bool) {
		if len(assignment.Again[tensor.Index]) > 0 {
			return nil, false // source compares them
		}
		values, ok := file.View(t.names[tensor.Index])
		if ok {
			warn(tensor, values)
		}
		return values, ok
	}
	return t, nil
}

// sameValues returns an error if a tensor of the file does not have these values: layers that share their weights would
// use both.
func sameValues(file *weights.File, name string, want []float32) error {
	values, ok := file.View(name)
	if !ok {
		values = make([]float32, len(want))
		if err := file.Read(name, values); err != nil {
			return err
		}
	}
	if !slices.EqualFunc(want, values, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
		return fmt.Errorf("%s have different values, but their layers share weights (share=@label)",
			plain.Quote(plain.Cut(name)))
	}
	return nil
}

func (t *trained) close() {
	if t.file != nil {
		t.file.Close()
	}
}

// isRandom reports whether the weights are random, so that a ranking of the classes would mean nothing.
func (t *trained) isRandom() bool { return t.path == "" }

// checkWeightsEnding refuses a --save-weights with the ending of another format.
func checkWeightsEnding(path string) error {
	if ending := report.Ending(path); ending != "" && ending != ".safetensors" {
		return usageError("--save-weights %s: weights are written as .safetensors, not %s", plain.CutPath(path),
			plain.Cut(ending))
	}
	return nil
}

// save writes the weights under cnncalc's own names, as safetensors.
func (t *trained) save(outputs *report.Outputs, path string, tensors []exec.Tensor) error {
	infos := make([]weights.Info, len(tensors))
	for i, tensor := range tensors {
		infos[i] = weights.Info{Name: tensor.Name, Shape: tensor.Shape, DType: "F32"}
	}
	values := t.values(tensors)
	return t.whileRead(func() error {
		return outputs.WriteFile(path, func(w io.Writer) error { return weights.WriteSafetensors(w, infos, values) })
	})
}

// values returns a function that returns the values of a tensor until its next call. It holds no more than the largest
// tensor in memory, and none of those that can be used in place.
func (t *trained) values(tensors []exec.Tensor) func(i int) ([]float32, error) {
	largest := 0
	for _, tensor := range tensors {
		largest = max(largest, tensor.Values())
	}
	var buffer []float32
	return func(i int) ([]float32, error) {
		if t.view != nil {
			if values, ok := t.view(tensors[i]); ok {
				return values, nil
			}
		}
		if buffer == nil {
			buffer = make([]float32, largest)
		}
		values := buffer[:tensors[i].Values()]
		return values, t.source(values, tensors[i], inOrder)
	}
}

// whileRead calls a function that reads the weights. A file that becomes shorter meanwhile is a problem of the file.
func (t *trained) whileRead(f func() error) error {
	err := exec.ReadBorrowed(f)
	if errors.Is(err, exec.ErrLostWeights) {
		err = problemError("%s: %w", t.path, err)
	}
	return err
}

func inOrder(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}
