package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// maxNamedInputs is the most inputs that a file may name. Some passes look through all inputs for every layer.
const maxNamedInputs = 1000

// namedInput is one of several inputs. Its name is a label, from which the layers start.
type namedInput struct {
	name string
	pos  diag.Pos // of the name
	size *value
}

// inputs reads the inputs that the file names.
func (w *walker) inputs(entries map[string]entry) {
	e, ok := entries["inputs"]
	if !ok {
		return
	}
	if _, both := entries["input"]; both {
		w.add(e.pos, "network/input", "input: and inputs: cannot be combined").
			WithHint("name all inputs under inputs:")
	}
	if n := w.resolve(e.value); n.Kind != yaml.MappingNode {
		w.add(w.posOf(n), "yaml/value", "inputs must be a mapping of names to sizes, not %s", describe(n)).
			WithHint("for example inputs: {left: 64x64x3, right: 64x64x3}; a single one is input: 64x64x3")
		return
	}
	all, ok := w.mapping(e.value, "inputs")
	switch {
	case !ok:
		return
	case len(all) > maxNamedInputs:
		w.add(e.pos, "network/too-large", "the network has more than %s inputs", plain.Count(maxNamedInputs)).
			WithHint("join inputs of one size into a deeper one")
		return
	case len(all) == 0:
		w.add(e.pos, "network/input", "inputs: names no input").
			WithHint("for example inputs: {left: 64x64x3, right: 64x64x3}")
		return
	}
	for _, e := range all {
		if !isName(e.key) {
			w.add(e.pos, "label/name", "%s is not a valid name for an input", plain.Quote(e.key)).
				WithHint("use at most %d letters, digits and _, starting with a letter", maxWord)
			continue
		}
		w.file.labelSites.add(e.key, "", e.pos)
		w.file.inputs = append(w.file.inputs, namedInput{e.key, e.pos, w.inputSize(e.value, "the input "+e.key)})
	}
}

// checkStart reports layers that do not say which of several inputs they start from.
func (w *walker) checkStart(c *chain) {
	if len(w.file.inputs) == 0 || c == nil {
		return
	}
	first := &c.items[0]
	hint := fmt.Sprintf("for example @%s -> ...", w.file.inputs[0].name)
	if _, isMark := first.body.(*inputMark); isMark {
		w.add(first.pos, "network/input", "INPUT is not one of the inputs named under inputs:").WithHint("%s", hint)
		return
	}
	if !startsFromLabel(first) {
		w.add(first.pos, "network/input", "the layers do not say which input they start from").WithHint("%s", hint)
	}
}

// startsFromLabel reports whether an item needs no result before it: it is a label, or joins paths that all start from
// one. It gives an item that could not be read the benefit of the doubt.
func startsFromLabel(it *item) bool {
	switch b := it.body.(type) {
	case *goOn, *broken:
		return true
	case *merge:
		return !slices.ContainsFunc(b.paths, func(p path) bool { return p.from == "" })
	}
	return false
}

// UnknownInput returns an error if the options set the size of an input that the file does not have, or that of all
// inputs where these have different sizes.
func (f *File) UnknownInput(o graph.Options) error {
	names := make([]string, len(f.inputs))
	for i, in := range f.inputs {
		names[i] = in.name
	}
	if o.InputWidth > 0 && !f.inputsAreAlike() {
		return fmt.Errorf("the network has inputs of different sizes, %s: name the one to change, as in %s=96x96",
			plain.CutNames(strings.Join(names, ", ")), names[0])
	}
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		switch hint := diag.DidYouMean(name, names); {
		case slices.Contains(names, name):
		case len(names) == 0:
			return fmt.Errorf("the network has one input only, without a name: leave %s= out", plain.Cut(name))
		case hint != "":
			return fmt.Errorf("the network has no input %s; %s", plain.Cut(name), hint)
		default:
			return fmt.Errorf("the network has no input %s; it has %s", plain.Cut(name),
				plain.CutNames(strings.Join(names, ", ")))
		}
	}
	return nil
}

// inputsAreAlike reports whether all inputs have the same width and height.
func (f *File) inputsAreAlike() bool {
	plane := func(v *value) string {
		if len(v.numbers) < 2 {
			return ""
		}
		return v.numbers[0].String() + "x" + v.numbers[1].String()
	}
	for _, in := range f.inputs {
		if plane(in.size) != plane(f.inputs[0].size) {
			return false
		}
	}
	return true
}
