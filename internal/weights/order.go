package weights

import (
	"cmp"
	"slices"
	"strings"
)

// maxParts bounds the parts that inOrder arranges. Networks have a handful.
const maxParts = 16

// maxArrangements bounds the work of arranging parts, in parts tried.
const maxArrangements = 10_000

// layerTensors are the tensors of one layer.
type layerTensors struct {
	name    string
	tensors []int // of the file, or of the wants
}

// byOrder matches tensors whose names follow no known naming: layer by layer, by the order of the layers, the last part
// of each name (weight, bias, running_mean, ...), and the shape. It reports false unless all of these fit.
//
// The order is that of the file or, as many writers sort by name, that of the numbers in the names. There the parts of
// the network, by the first part of each name, may come in any order, if only one arrangement fits.
func byOrder(file []Info, want []Want) (found []int, basis string, ok bool) {
	var counted []int // without counters
	for i, t := range file {
		if !isCounter(t.Name) {
			counted = append(counted, i)
		}
	}
	if len(want) == 0 || len(counted) != len(want) {
		return nil, "", false
	}
	wants := groupLayers(len(want), func(i int) (int, string) { return i, want[i].Name })
	layers := groupLayers(len(counted), func(i int) (int, string) { return counted[i], plainName(file[counted[i]].Name) })
	o := orderer{file: file, want: want, wants: wants}
	if o.fits(0, layers) && len(layers) == len(wants) {
		return o.assign(layers), "by order", true
	}
	if arranged, ok := o.inOrder(layers); ok {
		return o.assign(arranged), "by the order of the numbers in their names", true
	}
	return nil, "", false
}

func isCounter(name string) bool { return strings.HasSuffix(name, ".num_batches_tracked") }

// groupLayers puts the tensors of a layer together, in the order in which the layers first appear.
func groupLayers(n int, at func(int) (tensor int, name string)) []layerTensors {
	var layers []layerTensors
	index := map[string]int{}
	for i := range n {
		tensor, name := at(i)
		layer, _ := splitName(name)
		k, seen := index[layer]
		if !seen {
			k = len(layers)
			index[layer] = k
			layers = append(layers, layerTensors{name: layer})
		}
		layers[k].tensors = append(layers[k].tensors, tensor)
	}
	return layers
}

// orderer compares layers of a file with those that a network wants.
type orderer struct {
	file  []Info
	want  []Want
	wants []layerTensors

	tried int
}

// fits reports whether layers of the file have the tensors of the network's layers from the one at start on.
func (o *orderer) fits(start int, layers []layerTensors) bool {
	if start+len(layers) > len(o.wants) {
		return false
	}
	for i, layer := range layers {
		wanted := o.wants[start+i].tensors
		if len(layer.tensors) != len(wanted) {
			return false
		}
		for _, w := range wanted {
			t := o.tensorFor(w, layer)
			if t < 0 || !sameValues(o.file[t].Shape, o.want[w].Shape) {
				return false
			}
		}
	}
	return true
}

// tensorFor returns the tensor of a layer whose name ends as the want's does, or -1.
func (o *orderer) tensorFor(want int, layer layerTensors) int {
	_, ending := splitName(o.want[want].Name)
	for _, t := range layer.tensors {
		if _, e := splitName(o.file[t].Name); e == ending {
			return t
		}
	}
	return -1
}

// assign returns the tensor of the file for each want. The layers must fit.
func (o *orderer) assign(layers []layerTensors) []int {
	found := make([]int, len(o.want))
	for i, layer := range layers {
		for _, w := range o.wants[i].tensors {
			found[w] = o.tensorFor(w, layer)
		}
	}
	return found
}

// inOrder sorts the layers by the numbers in their names, and arranges the parts of the network in the only order that
// fits. It reports false if none does, or several do.
func (o *orderer) inOrder(layers []layerTensors) ([]layerTensors, bool) {
	sorted := slices.Clone(layers)
	slices.SortStableFunc(sorted, func(a, b layerTensors) int { return compareNumbered(a.name, b.name) })
	var parts [][]layerTensors
	for i, l := range sorted {
		if i == 0 || firstWord(l.name) != firstWord(sorted[i-1].name) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], l)
	}
	if len(parts) > maxParts || len(layers) != len(o.wants) {
		return nil, false
	}
	arrangements := o.arrange(0, parts, nil)
	if len(arrangements) != 1 || o.tried > maxArrangements {
		return nil, false
	}
	return arrangements[0], true
}

// arrange returns the first two orders of the parts that fit after the layers that are placed already.
func (o *orderer) arrange(start int, parts [][]layerTensors, placed []layerTensors) [][]layerTensors {
	if len(parts) == 0 {
		return [][]layerTensors{slices.Clone(placed)}
	}
	var all [][]layerTensors
	for i, part := range parts {
		if o.tried++; o.tried > maxArrangements || len(all) > 1 {
			break
		}
		if !o.fits(start, part) {
			continue
		}
		rest := slices.Delete(slices.Clone(parts), i, i+1)
		all = append(all, o.arrange(start+len(part), rest, append(placed[:start:start], part...))...)
	}
	return all
}

func firstWord(name string) string {
	word, _, _ := strings.Cut(name, ".")
	return word
}

// compareNumbered compares names with the numbers in them as numbers: "a.2" comes before "a.10".
func compareNumbered(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func leadingDigits(s string) string {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return s[:i]
		}
	}
	return s
}
