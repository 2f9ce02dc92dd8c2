package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Want is one tensor that a network needs.
type Want struct {
	// Name is the layer's name in the network, a dot, and PyTorch's name for the tensor within the layer: "conv1.weight",
	// "bn1.running_mean".
	Name  string
	Shape []int    // PyTorch's: [K, C/groups, FH, FW] for filters, [outputs, inputs] for FC
	Also  []string // other names of the same tensor, which a file may have instead or as well
}

// Assignment maps each tensor that a network needs to a tensor of a file.
type Assignment struct {
	Names  []string   // the file's tensors, one for each Want, in the same order
	Again  [][]string // by Want: the file's tensors of its other names, which must have the same values
	Naming string     // whose names they are: "cnncalc", "torchvision", "timm" or "Hugging Face"; "" if Order says it
	Order  string     // how the tensors were matched if not by their names: "by order"
	DTypes []string   // the types of these tensors, each once, in order of appearance
	// The file's tensors that running a network does not need: the counters num_batches_tracked of batch normalisation,
	// and the auxiliary heads, which are for training.
	Counters, Auxiliary int
}

// String returns a summary for the user: "32/32 tensors, torchvision names, F32".
func (a Assignment) String() string {
	how := a.Naming + " names"
	if a.Order != "" {
		how = "matched " + a.Order + " and by shape, as their names follow no known naming scheme"
	}
	text := fmt.Sprintf("%d/%d tensors, %s, %s", len(a.Names), len(a.Names), how, strings.Join(a.DTypes, " and "))
	var skipped []string
	if a.Counters > 0 {
		skipped = append(skipped, fmt.Sprintf("%d num_batches_tracked", a.Counters))
	}
	if a.Auxiliary > 0 {
		skipped = append(skipped, fmt.Sprintf("%d of auxiliary heads", a.Auxiliary))
	}
	if len(skipped) > 0 {
		text += "; skipped " + strings.Join(skipped, " and ")
	}
	return text
}

// Match finds a tensor of the file for each one that a network needs. want is in the order of the network's layers; the
// order of the file does not matter, and most files are sorted by name.
//
// The names may be cnncalc's own, or those of torchvision, timm or Hugging Face's transformers for the networks in
// namings. Match drops the prefixes "module." (PyTorch's DataParallel) and "model." (a wrapped network), and knows
// DenseNet's old names. It matches a layer by its place in the library's network, so the network must have the
// library's layers in the library's order. An FC also accepts the filters of a convolution over its whole input. A
// weight that is not found is looked up by the layer's name alone.
//
// The file must have the needed tensors, each with the needed shape, and no others. If the names follow no known
// naming, so that most are not found, Match goes by the order of the tensors, and the Assignment says so. The error
// lists, in several lines, what is missing, unexpected or of the wrong shape.
func Match(file []Info, want []Want) (Assignment, error) {
	byName, err := indexNames(file)
	if err != nil {
		return Assignment{}, err
	}
	best := candidate{}
	for _, n := range namingsFor(want) {
		if c := try(n, want, file, byName); best.wants == nil || len(c.missing) < len(best.missing) {
			best = c
		}
	}
	best.sortRest(file)
	if best.fits() {
		return best.assignment(file)
	}
	if 2*len(best.missing) > len(want) { // otherwise a name is misspelt
		if found, basis, ok := byOrder(file, want); ok {
			ordered := candidate{wants: want, found: found}
			ordered.sortRest(file)
			a, err := ordered.assignment(file)
			a.Order = basis
			return a, err
		}
	}
	if other, ok := otherNetwork(byName, best); ok {
		return Assignment{}, fmt.Errorf(
			"the file has the weights of %s (%d layers), but the network has %d layers with weights",
			other.title(), len(other.layers), len(best.naming.layers))
	}
	return Assignment{}, best.mismatch(file)
}

// namingsFor returns the namings with as many layers as the network, cnncalc's own first.
func namingsFor(want []Want) []naming {
	own := naming{library: "cnncalc"}
	for _, w := range want {
		layer, _ := splitName(w.Name)
		if n := len(own.layers); n == 0 || own.layers[n-1] != layer {
			own.layers = append(own.layers, layer)
		}
	}
	list := []naming{own}
	for _, n := range namings() {
		if len(n.layers) == len(own.layers) {
			list = append(list, n)
		}
	}
	return list
}

// splitName splits "layer1.0.conv1.weight" at its last dot.
func splitName(name string) (layer, tensor string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// oldDenseNet updates DenseNet's names: published weights are older than PyTorch's rule that the name of a layer has no
// dot (torchvision/models/densenet.py, _load_state_dict).
var oldDenseNet = strings.NewReplacer(
	".norm.1.", ".norm1.", ".conv.1.", ".conv1.", ".norm.2.", ".norm2.", ".conv.2.", ".conv2.")

// plainName drops the prefixes of wrappers, and updates old names.
func plainName(name string) string {
	for {
		rest, ok := strings.CutPrefix(name, "module.")
		if !ok {
			rest, ok = strings.CutPrefix(name, "model.")
		}
		if !ok {
			break
		}
		name = rest
	}
	if strings.Contains(name, ".denselayer") {
		name = oldDenseNet.Replace(name)
	}
	return name
}

// indexNames returns the index of every tensor of the file, by its plain name.
func indexNames(file []Info) (map[string]int, error) {
	byName := make(map[string]int, len(file))
	for i, t := range file {
		name := plainName(t.Name)
		if other, ok := byName[name]; ok {
			return nil, fmt.Errorf("tensors %s and %s have the same name apart from prefixes; remove one of them",
				quoteName(file[other].Name), quoteName(t.Name))
		}
		byName[name] = i
	}
	return byName, nil
}

// candidate is how well one naming fits a file.
type candidate struct {
	naming  naming
	wants   []Want
	names   []string // the plain name that each want should have in the file
	found   []int    // the file's tensor for each want, or -1
	missing []int    // wants without a tensor
	unlike  []int    // wants whose tensor has another shape

	unexpected          []int // tensors of the file
	counters, auxiliary int
}

// try looks up all wants by the names of n, which has as many layers.
func try(n naming, want []Want, file []Info, byName map[string]int) candidate {
	c := candidate{naming: n, wants: want, names: make([]string, len(want)), found: make([]int, len(want))}
	at, previous := -1, ""
	for i, w := range want {
		layer, tensor := splitName(w.Name)
		if at < 0 || layer != previous {
			at, previous = at+1, layer
		}
		c.names[i] = plainName(n.layers[at] + "." + tensor)
		place, ok := byName[c.names[i]]
		if bare := plainName(n.layers[at]); !ok && tensor == "weight" {
			// A parameter of a block's own, as ConvNeXt's layer_scale, has no layer's name before its own.
			if place, ok = byName[bare]; ok {
				c.names[i] = bare
			}
		}
		for k := 0; !ok && n.network == "" && k < len(w.Also); k++ {
			place, ok = byName[plainName(w.Also[k])]
		}
		if !ok {
			c.found[i] = -1
			c.missing = append(c.missing, i)
			continue
		}
		c.found[i] = place
		if !sameValues(file[place].Shape, w.Shape) {
			c.unlike = append(c.unlike, i)
		}
	}
	return c
}

// sortRest classifies the tensors of the file that no want has taken.
func (c *candidate) sortRest(file []Info) {
	taken := make([]bool, len(file))
	for _, place := range c.found {
		if place >= 0 {
			taken[place] = true
		}
	}
	also := map[string]bool{}
	for _, w := range c.wants {
		for _, name := range w.Also {
			also[plainName(name)] = true
		}
	}
	for i, t := range file {
		name := plainName(t.Name)
		switch {
		case taken[i] || also[name]:
		case isCounter(name):
			c.counters++
		case isAuxiliary(name):
			c.auxiliary++
		default:
			c.unexpected = append(c.unexpected, i)
		}
	}
}

// isAuxiliary reports whether a tensor is of an auxiliary head of torchvision's GoogLeNet (aux1, aux2), Inception v3
// (AuxLogits) or networks for segmentation (aux_classifier).
func isAuxiliary(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return first == "aux1" || first == "aux2" || first == "AuxLogits" || first == "aux_classifier"
}

func (c *candidate) fits() bool {
	return len(c.missing) == 0 && len(c.unlike) == 0 && len(c.unexpected) == 0
}

func (c *candidate) assignment(file []Info) (Assignment, error) {
	a := Assignment{Naming: c.naming.library, Counters: c.counters, Auxiliary: c.auxiliary}
	a.Again = c.again(file)
	for _, place := range c.found {
		t := file[place]
		if _, ok := dtypeByCode(t.DType); !ok {
			return Assignment{}, fmt.Errorf("tensor %s: %w", quoteName(t.Name), unreadType(t.DType))
		}
		if !slices.Contains(a.DTypes, t.DType) {
			a.DTypes = append(a.DTypes, t.DType)
		}
		a.Names = append(a.Names, t.Name)
	}
	return a, nil
}

// again returns, for each want, the file's tensors of its other names that were not taken.
func (c *candidate) again(file []Info) [][]string {
	again := make([][]string, len(c.wants))
	byName := map[string]int{}
	for i, w := range c.wants {
		for _, name := range w.Also {
			byName[plainName(name)] = i
		}
	}
	for place, t := range file {
		if i, ok := byName[plainName(t.Name)]; ok && c.found[i] != place {
			again[i] = append(again[i], t.Name)
		}
	}
	return again
}

// otherNetwork returns the largest known network whose layers are all in the file. It returns false if there is none,
// or if it has as many layers as the one that was tried.
func otherNetwork(byName map[string]int, tried candidate) (naming, bool) {
	var other naming
	for _, n := range namings() {
		missing := func(layer string) bool {
			_, ok := byName[layer+".weight"]
			return !ok
		}
		if len(n.layers) > len(other.layers) && !slices.ContainsFunc(n.layers, missing) {
			other = n
		}
	}
	return other, len(other.layers) > 0 && len(other.layers) != len(tried.naming.layers)
}

// sameValues reports whether a tensor of shape got has the values of one of shape want, in the same order: the shapes
// are equal but for ones at the end ([C] and [C, 1, 1]), or one is that of an FC, [K, C*H*W], and the other that of the
// convolution over its whole input, [K, C, H, W].
func sameValues(got, want []int) bool {
	if slices.Equal(withoutOnes(got), withoutOnes(want)) {
		return true
	}
	if len(got)+len(want) != 6 || min(len(got), len(want)) != 2 || got[0] != want[0] {
		return false
	}
	values, ok := valueCount(got)
	wanted, wantOK := valueCount(want)
	return ok && wantOK && values == wanted
}

// withoutOnes returns a shape without the ones at its end.
func withoutOnes(shape []int) []int {
	for len(shape) > 0 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}
