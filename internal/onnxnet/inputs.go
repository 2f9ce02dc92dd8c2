package onnxnet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// UnknownInput returns an error if the options set the size of an input that the model does not have, a size that an
// input cannot have, or one size for inputs of different sizes.
func (s *Source) UnknownInput(o graph.Options) error {
	if o.InputWidth == 0 && len(o.Inputs) == 0 {
		return nil
	}
	known := slices.Sorted(maps.Values(inputNames(s.file.Model)))
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		switch hint := diag.DidYouMean(name, known); {
		case len(known) < 2:
			return fmt.Errorf("the model has one input only: leave %s= out", plain.Cut(name))
		case slices.Contains(known, name):
		case hint != "":
			return fmt.Errorf("the model has no input %s; %s", plain.Cut(name), hint)
		default:
			return fmt.Errorf("the model has no input %s; it has %s", plain.Cut(name), plain.CutNames(strings.Join(known, ", ")))
		}
	}
	m, err := newModel(s.file, o.Until)
	if err != nil {
		return nil // which Lower returns
	}
	return m.checkSizes(o)
}

// checkSizes returns an error if the inputs that the network reads cannot have the sizes of the options.
func (m *model) checkSizes(o graph.Options) error {
	inputs := slices.DeleteFunc(slices.Clone(m.inputs), func(v *value) bool {
		return !v.isRead() || v.checkDeclared() != nil // which inferInput returns
	})
	for _, v := range inputs {
		if o.InputWidth > 0 && v.declaredPlane() != inputs[0].declaredPlane() {
			return fmt.Errorf("the model has inputs of different sizes, %s: name the one to change, as in %s=96x96",
				plain.CutNames(strings.Join(slices.Sorted(maps.Values(m.names)), ", ")), m.names[v.name])
		}
		given, layout := m.givenSize(v, o), v.inputLayout()
		switch {
		case layout.at("W") < 0 && given.W > 1, layout.at("H") < 0 && given.H > 1:
			return fmt.Errorf("the input %s has the dimensions %s: its size is %s", plain.Quote(v.name), layout.words(),
				layout.exampleSize(false))
		}
	}
	return nil
}

// plane is the width and height of an input as the file has them, 0 where they are open.
type plane struct{ w, h int64 }

func (v *value) declaredPlane() plane {
	p, layout := plane{1, 1}, v.inputLayout()
	if at := layout.at("W"); at >= 0 {
		p.w = max(v.declared.Dims[at].Size, 0)
	}
	if at := layout.at("H"); at >= 0 {
		p.h = max(v.declared.Dims[at].Size, 0)
	}
	return p
}

// givenSize returns the size that the options give an input, 0 where they give none.
func (m *model) givenSize(v *value, o graph.Options) graph.Shape {
	if named, ok := o.Inputs[m.names[v.name]]; ok {
		return named
	}
	return graph.Shape{W: o.InputWidth, H: o.InputHeight, D: o.InputDepth}
}

// inputNames returns what the network calls the inputs of a model, by their names there.
func inputNames(m *onnx.Model) map[string]string {
	isGiven := make(map[string]bool, len(m.Graph.Inputs)) // when the network runs, not stored in the model
	for _, in := range m.Graph.Inputs {
		isGiven[in.Name] = true
	}
	for i := range m.Graph.Initializers {
		delete(isGiven, m.Graph.Initializers[i].Name)
	}
	called, used := map[string]string{}, names{}
	for _, in := range m.Graph.Inputs {
		if isGiven[in.Name] {
			called[in.Name] = used.unique(in.Name)
		}
	}
	return called
}

// names are those in use, each with the number that was last put after it.
type names map[string]int

// unique returns a name with underscores in place of what no name in the language has, and a number if it is used.
func (used names) unique(name string) string {
	clean := cleanName(name)
	unique := clean
	for used[unique] > 0 {
		used[clean]++
		unique = clean + "_" + strconv.Itoa(used[clean])
	}
	used[unique] = 1
	return unique
}

func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if clean == "" || clean[0] <= '9' {
		clean = "n" + clean
	}
	return clean[:min(len(clean), 100)]
}

// inferInput takes the size of an input from the options and from the file. A batch that is not fixed is 1.
func (m *model) inferInput(v *value, o graph.Options) error {
	if err := v.checkDeclared(); err != nil {
		return err
	}
	declared := v.declared.Dims
	v.dims = make([]int64, len(declared))
	for i, d := range declared {
		v.dims[i] = d.Size
	}
	if v.dims[0] <= 0 {
		v.dims[0] = 1
	}
	v.layout = v.inputLayout()
	given := m.givenSize(v, o)
	for axis, size := range map[string]int64{"W": given.W, "H": given.H, "C": given.D} {
		if at := v.layout.at(axis); at >= 0 && size > 0 {
			v.dims[at] = size
		}
	}
	for i, d := range v.dims {
		if d <= 0 {
			return m.unsized(v, v.layout[i], declared[i].Name)
		}
		if d > graph.MaxExtent {
			return fmt.Errorf("the input %s has a size of %d; at most %d is possible", plain.Quote(v.name), d,
				int64(graph.MaxExtent))
		}
	}
	return nil
}

// checkDeclared returns an error for an input that is not a picture or a flat value.
func (v *value) checkDeclared() error {
	if !v.declared.HasShape || v.declared.NotTensor {
		return fmt.Errorf("the input %s has no shape", plain.Quote(v.name))
	}
	if rank := len(v.declared.Dims); rank < 2 || rank > 4 {
		return fmt.Errorf("the input %s is of rank %d; a picture has a batch, channels, a height and a width",
			plain.Quote(v.name), rank)
	}
	return nil
}

// unsized returns the error for an input of which the file leaves the size along an axis open.
func (m *model) unsized(v *value, axis, symbol string) error {
	size := map[string]string{"W": "width", "H": "height", "C": "number of channels"}[axis]
	if symbol != "" {
		size += " (" + plain.Quote(symbol) + ")"
	}
	remedy := v.layout.exampleSize(axis == "C")
	if len(m.names) > 1 {
		remedy = m.names[v.name] + "=" + remedy
	}
	return fmt.Errorf("the file leaves the %s of the input %s open; set it with --input-size %s", size,
		plain.Quote(v.name), remedy)
}

// exampleSize returns a size for --input-size that an input of a layout may have.
func (l layout) exampleSize(withDepth bool) string {
	w, h, depth := "224", "224", ""
	if l.at("W") < 0 {
		w = "1"
	}
	if l.at("H") < 0 {
		h = "1"
	}
	if withDepth {
		depth = "x3"
	}
	return w + "x" + h + depth
}

// inputLayout returns the layout of an input. One that is transposed before anything else has its channels last, as
// TensorFlow has them.
func (v *value) inputLayout() layout {
	switch len(v.declared.Dims) {
	case 2:
		return layout{"N", "C"}
	case 3:
		return layout{"N", "C", "W"}
	}
	isTransposed := func(r reader) bool {
		return r.op == "Transpose" && slices.Equal(r.ints("perm", nil), []int64{0, 3, 1, 2})
	}
	if len(v.readers) > 0 && !slices.ContainsFunc(v.readers, func(r reader) bool { return !isTransposed(r) }) {
		return channelsLast
	}
	return planar
}
