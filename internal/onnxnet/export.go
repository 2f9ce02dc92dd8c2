package onnxnet

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/shape"
)

// The version of the operators that are written, with the oldest IR that has it.
const (
	exportOpset = 17
	exportIR    = 8
)

// Exported is a network as a model whose weights are still to be written.
type Exported struct {
	Model *onnx.Model
	// Weights names the network's tensor, "conv1.weight", for each initializer without values of its own, "" for
	// others.
	Weights []string
}

// Export returns a network as a model, without heads for training. The error names the first layer that ONNX has no
// operators for.
func Export(n *shape.Network, producer string) (*Exported, error) {
	n, _ = n.Inference()
	e := &exporter{
		network: n,
		model: &onnx.Model{IRVersion: exportIR, Producer: producer, Opsets: map[string]int64{"": exportOpset},
			Graph: onnx.Graph{Name: cmp.Or(n.Name, "network")}}, // ONNX demands a name
		names:  make([]string, len(n.Nodes)),
		isFlat: make([]bool, len(n.Nodes)), written: map[string][]int64{},
		weightNames: map[string]bool{}, heads: headsOf(n),
	}
	for i := range n.Nodes {
		for _, w := range n.Layers[i].Weights {
			e.weightNames[n.Nodes[i].Name+"."+w.Name] = true
		}
	}
	var err error
	if e.model.Metadata, err = metadataOf(n.Graph); err != nil {
		return nil, err
	}
	for i := range n.Nodes {
		if err := e.node(i); err != nil {
			return nil, fmt.Errorf("%s cannot be written as ONNX: %w", n.Nodes[i].Name, err)
		}
	}
	e.outputs()
	return &Exported{e.model, e.weights}, nil
}

// headsOf returns the names of the outputs that heads have named, by node. An input keeps its own name, which no output
// can have then.
func headsOf(n *shape.Network) map[int]string {
	heads := map[int]string{}
	isInput := func(name string) bool {
		return slices.ContainsFunc(n.Inputs, func(i int) bool { return n.Nodes[i].Name == name })
	}
	for k, i := range n.Outputs {
		if name := n.OutputName(k); n.Heads != nil && len(n.Nodes[i].Inputs) > 0 && !isInput(name) {
			heads[i] = name
		}
	}
	return heads
}

// Separate puts the weights into a file of another name if together they are larger than limit, and reports whether it
// did.
func (e *Exported) Separate(name string, limit int64) bool {
	total := int64(0)
	for i := range e.Weights {
		total += e.size(i)
	}
	if total <= limit {
		return false
	}
	offset := int64(0)
	for i := range e.Weights {
		if size := e.size(i); size > 0 {
			e.Model.Graph.Initializers[i].External(name, offset, size)
			offset += size
		}
	}
	return true
}

// size returns the bytes of an initializer that is a weight, 0 for others.
func (e *Exported) size(i int) int64 {
	if e.Weights[i] == "" {
		return 0
	}
	count, _ := e.Model.Graph.Initializers[i].Count() // of a network whose sizes were computed
	return 4 * count
}

// WriteData writes the file that Separate put the weights into. values is as for onnx.Write.
func (e *Exported) WriteData(w io.Writer, values func(i int) ([]float32, error)) error {
	for i, name := range e.Weights {
		if name == "" {
			continue
		}
		v, err := values(i)
		if err != nil {
			return err
		}
		if err := onnx.WriteValues(w, v); err != nil {
			return err
		}
	}
	return nil
}

// exporter writes the layers of a network in their order.
type exporter struct {
	network *shape.Network
	model   *onnx.Model
	weights []string
	names   []string           // the value that each layer makes
	isFlat  []bool             // whether it is [N, values] and not [N, C, H, W]
	written map[string][]int64 // the shapes of the weights among the initializers

	weightNames map[string]bool // of all layers
	heads       map[int]string  // what headsOf returned
}

// layer is the layer that is being written.
type layer struct {
	*exporter
	index int
	op    graph.Op
	name  string // suffixes start with a slash, which no layer's name has
	value string // what it makes
	in    []graph.Shape
	out   graph.Shape
}

func (e *exporter) node(i int) error {
	n := &e.network.Nodes[i]
	name := n.Name
	if e.weightNames[name] { // a layer of a head may be called as a weight: aux.weight
		name += "/value"
	}
	l := &layer{e, i, n.Op, name, e.valueName(i, name), e.network.InputsOf(i), e.network.Layers[i].Out}
	e.names[i] = l.value
	if len(n.Inputs) == 0 {
		e.model.Graph.Inputs = append(e.model.Graph.Inputs, valueOf(name, l.out, false))
		return nil
	}
	return l.write()
}

// valueName returns what the value of a layer is called: as the head that ends with it, or else as the layer, if no head
// has that name.
func (e *exporter) valueName(i int, layer string) string {
	if head, ok := e.heads[i]; ok {
		return head
	}
	for _, head := range e.heads {
		if head == layer {
			return layer + "/value"
		}
	}
	return layer
}

// outputs declares the outputs of the model, and their shapes.
func (e *exporter) outputs() {
	for _, i := range e.network.Outputs {
		e.model.Graph.Outputs = append(e.model.Graph.Outputs, valueOf(e.names[i], e.network.Layers[i].Out, e.isFlat[i]))
	}
}

// valueOf declares a value of any batch.
func valueOf(name string, s graph.Shape, isFlat bool) onnx.Value {
	v := onnx.Value{Name: name, Type: onnx.Float, HasShape: true, Dims: []onnx.Dim{{Name: "batch"}}}
	if isFlat {
		v.Dims = append(v.Dims, onnx.Dim{Size: s.W * s.H * s.D})
		return v
	}
	v.Dims = append(v.Dims, onnx.Dim{Size: s.D}, onnx.Dim{Size: s.H}, onnx.Dim{Size: s.W})
	return v
}

// emit appends an operator, and returns the name of its value. The last operator of a layer has the layer's name and
// makes its value; the names of those before have a suffix.
func (l *layer) emit(op, suffix string, inputs []string, attributes ...onnx.Attribute) string {
	name := l.name + suffix
	value := name
	if suffix == "" {
		value = l.value
	}
	l.model.Graph.Nodes = append(l.model.Graph.Nodes, onnx.Node{
		Name: name, Op: op, Inputs: inputs, Outputs: []string{value}, Attributes: attributes,
	})
	return value
}

// Attributes.
func integer(name string, v int64) onnx.Attribute {
	return onnx.Attribute{Name: name, Kind: onnx.KindInt, Int: v}
}
func number(name string, v float64) onnx.Attribute {
	return onnx.Attribute{Name: name, Kind: onnx.KindFloat, Float: float32(v)}
}
func word(name, v string) onnx.Attribute {
	return onnx.Attribute{Name: name, Kind: onnx.KindString, String: v}
}
func list(name string, v ...int64) onnx.Attribute {
	return onnx.Attribute{Name: name, Kind: onnx.KindInts, Ints: v}
}
func (l *layer) ints(suffix string, v ...int64) string {
	return l.constant(onnx.NewInts(l.name+suffix, v...))
}

// constant adds an initializer with values.
func (l *layer) constant(t onnx.Tensor) string {
	l.model.Graph.Initializers = append(l.model.Graph.Initializers, t)
	l.exporter.weights = append(l.exporter.weights, "")
	return t.Name
}

// floats adds an initializer of float32.
func (l *layer) floats(suffix string, dims []int64, values ...float32) string {
	return l.constant(onnx.NewFloats(l.name+suffix, dims, values...))
}

// weight adds the layer's weight of a name, in a shape of as many values, or returns "" if it has none.
func (l *layer) weight(name string, dims ...int64) string {
	for _, w := range l.network.Layers[l.index].Weights {
		if w.Name != name {
			continue
		}
		if dims == nil {
			dims = w.Dims
		}
		full := l.network.StoredAs(l.index) + "." + name
		if earlier, ok := l.written[full]; ok {
			return l.sharedWeight(full, earlier, dims)
		}
		l.written[full] = dims
		l.model.Graph.Initializers = append(l.model.Graph.Initializers, onnx.NewTensor(full, dims...))
		l.exporter.weights = append(l.exporter.weights, full)
		return full
	}
	return ""
}

// sharedWeight returns a weight that another layer has added, in a shape of its own.
func (l *layer) sharedWeight(name string, has, dims []int64) string {
	if slices.Equal(has, dims) {
		return name
	}
	suffix := "/shared" + fmt.Sprint(len(l.model.Graph.Nodes))
	return l.emit("Reshape", suffix, []string{name, l.ints(suffix+".shape", dims...)})
}

// input returns the value of input k as [N, C, H, W].
func (l *layer) input(k int) string {
	from := l.network.Nodes[l.index].Inputs[k]
	if !l.isFlat[from] {
		return l.names[from]
	}
	s := l.in[k]
	suffix := fmt.Sprintf("/volume%d", k)
	return l.emit("Reshape", suffix, []string{l.names[from], l.ints(suffix+".shape", 0, s.D, s.H, s.W)})
}

// flat returns the value of the only input as [N, values].
func (l *layer) flat() string {
	from := l.network.Nodes[l.index].Inputs[0]
	if l.isFlat[from] {
		return l.names[from]
	}
	return l.emit("Flatten", "/flatten", []string{l.names[from]}, integer("axis", 1))
}

// asIs returns the value of the only input as it is, and gives the output its form.
func (l *layer) asIs() string {
	from := l.network.Nodes[l.index].Inputs[0]
	l.isFlat[l.index] = l.isFlat[from]
	return l.names[from]
}

// all returns the inputs of a layer that joins paths, flat if all are.
func (l *layer) all() []string {
	inputs := l.network.Nodes[l.index].Inputs
	l.isFlat[l.index] = !slices.ContainsFunc(inputs, func(i int) bool { return !l.isFlat[i] })
	names := make([]string, len(inputs))
	for k, i := range inputs {
		names[k] = l.names[i]
		if !l.isFlat[l.index] {
			names[k] = l.input(k)
		}
	}
	return names
}

// chain writes a binary operator for any number of inputs.
func (l *layer) chain(op string) error {
	names := l.all()
	sum := names[0]
	for k, name := range names[1:] {
		suffix := ""
		if k < len(names)-2 {
			suffix = fmt.Sprintf("/%d", k+1)
		}
		sum = l.emit(op, suffix, []string{sum, name})
	}
	if len(names) == 1 {
		l.emit("Identity", "", names)
	}
	return nil
}

// skip gives the layer's name to its input, as it does nothing when the network runs.
func (l *layer) skip() error {
	l.names[l.index] = l.asIs()
	if l.network.IsOutput(l.index) {
		l.emit("Identity", "", []string{l.names[l.index]})
		l.names[l.index] = l.value
	}
	return nil
}

// maxAverages bounds the values of a matrix of averages.
const maxAverages = maxNumbers
