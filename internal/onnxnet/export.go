package onnxnet

import (
	"fmt"
	"io"
	"math"
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/op"
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
			Graph: onnx.Graph{Name: n.Name}},
		names:  make([]string, len(n.Nodes)),
		isFlat: make([]bool, len(n.Nodes)), written: map[string][]int64{},
		weightNames: map[string]bool{},
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
}

// layer is the layer that is being written.
type layer struct {
	*exporter
	index int
	op    graph.Op
	name  string // of its value; suffixes start with a slash, which no layer's name has
	in    []graph.Shape
	out   graph.Shape
}

func (e *exporter) node(i int) error {
	n := &e.network.Nodes[i]
	name := n.Name
	if e.weightNames[name] { // a layer of a head may be called as a weight: aux.weight
		name += "/value"
	}
	l := &layer{e, i, n.Op, name, e.network.InputsOf(i), e.network.Layers[i].Out}
	e.names[i] = name
	if len(n.Inputs) == 0 {
		e.model.Graph.Inputs = append(e.model.Graph.Inputs, valueOf(name, l.out, false))
		return nil
	}
	return l.write()
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

// emit appends an operator. The last one of a layer has its name; those before have a suffix.
func (l *layer) emit(op, suffix string, inputs []string, attributes ...onnx.Attribute) string {
	name := l.name + suffix
	l.model.Graph.Nodes = append(l.model.Graph.Nodes, onnx.Node{
		Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes,
	})
	return name
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
		full := l.network.Nodes[l.network.Layers[l.index].Owner].Name + "." + name
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
		l.names[l.index] = l.name
	}
	return nil
}

// windowAttributes returns the attributes of a window with explicit pads. Those at the end make the last window fit,
// as ceil needs.
func windowAttributes(g op.Geometry, hasDilation bool) []onnx.Attribute {
	after := func(a op.Axis) int64 { return max(a.After, (a.Out-1)*a.Stride+a.Span()-a.In-a.Before) }
	attributes := []onnx.Attribute{
		list("kernel_shape", g.H.Size, g.W.Size), list("strides", g.H.Stride, g.W.Stride),
		list("pads", g.H.Before, g.W.Before, after(g.H), after(g.W)),
	}
	if hasDilation {
		attributes = append(attributes, list("dilations", g.H.Dilation, g.W.Dilation))
	}
	return attributes
}

// isRoundedUp reports whether a window's last place begins inside of the input and ends outside of the padding.
func isRoundedUp(g op.Geometry) bool {
	over := func(a op.Axis) bool { return (a.Out-1)*a.Stride+a.Span() > a.In+a.Before+a.After }
	return over(g.H) || over(g.W)
}

// withBias appends the layer's bias to the inputs of an operator, if it has one.
func (l *layer) withBias(inputs ...string) []string {
	if bias := l.weight("bias"); bias != "" {
		return append(inputs, bias)
	}
	return inputs
}

func (l *layer) conv(o op.Windowed, groups int64) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	attributes := append(windowAttributes(g, true), integer("group", groups))
	l.emit("Conv", "", l.withBias(l.input(0), l.weight("weight")), attributes...)
	return nil
}

func (l *layer) convTranspose(o *op.UpConv) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	extra := func(a op.Axis, in, out int64) int64 {
		return out - (a.Stride*(in-1) + a.Span() - a.Before - a.After)
	}
	attributes := []onnx.Attribute{
		list("kernel_shape", g.H.Size, g.W.Size), list("strides", g.H.Stride, g.W.Stride),
		list("pads", g.H.Before, g.W.Before, g.H.After, g.W.After), list("dilations", g.H.Dilation, g.W.Dilation),
		list("output_padding", extra(g.H, l.in[0].H, l.out.H), extra(g.W, l.in[0].W, l.out.W)),
		integer("group", o.Groups()),
	}
	l.emit("ConvTranspose", "", l.withBias(l.input(0), l.weight("weight")), attributes...)
	return nil
}

func (l *layer) pool(operator string, o op.Windowed, hasDilation bool, more ...onnx.Attribute) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	l.emit(operator, "", []string{l.input(0)}, append(windowAttributes(g, hasDilation), more...)...)
	return nil
}

func (l *layer) avgPool(o *op.AvgPool) error {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return err
	}
	isPadded := g.W.Before+g.W.After+g.H.Before+g.H.After > 0
	if isPadded && !o.ExcludePad && isRoundedUp(g) {
		return fmt.Errorf("an average that counts its padding and rounds up is not in opset %d; write floor or excludepad",
			exportOpset)
	}
	counts := int64(0)
	if isPadded && !o.ExcludePad {
		counts = 1
	}
	return l.pool("AveragePool", o, false, integer("count_include_pad", counts))
}

// maxAverages bounds the values of a matrix of averages.
const maxAverages = maxNumbers

// adaptAvg is a product with a matrix of averages for each axis, unless all windows are equal.
func (l *layer) adaptAvg() error {
	in, out := l.in[0], l.out
	if l.adaptEven("AveragePool") {
		return nil
	}
	if max(in.W*out.W, in.H*out.H) > maxAverages {
		return fmt.Errorf("its windows differ, and %s to %s is too large for matrices", in, out)
	}
	rows := l.emit("MatMul", "/width", []string{l.input(0), l.matrix("/width.matrix", in.W, out.W, false)})
	l.emit("MatMul", "", []string{l.matrix("/height.matrix", in.H, out.H, true), rows})
	return nil
}

// gap is a mean of its own where PyTorch's code has one.
func (l *layer) gap(o *op.GlobalAvgPool) error {
	if o.IsMean() {
		l.emit("ReduceMean", "", []string{l.input(0)}, list("axes", 2, 3), integer("keepdims", 1))
		return nil
	}
	l.emit("GlobalAveragePool", "", []string{l.input(0)})
	return nil
}

// adaptEven writes an adaptive pool as one with a window, if all windows are equal, and reports whether they are.
func (l *layer) adaptEven(operator string) bool {
	in, out := l.in[0], l.out
	if in.W%out.W != 0 || in.H%out.H != 0 {
		return false
	}
	w, h := in.W/out.W, in.H/out.H
	l.emit(operator, "", []string{l.input(0)}, list("kernel_shape", h, w), list("strides", h, w))
	return true
}

// matrix adds averages as an initializer.
func (l *layer) matrix(suffix string, in, out int64, transposed bool) string {
	dims := []int64{in, out}
	if transposed {
		dims = []int64{out, in}
	}
	return l.floats(suffix, dims, averages(in, out, transposed)...)
}

// averages returns the matrix [in, out] that takes the mean of each adaptive window along an axis, or its transpose.
func averages(in, out int64, transposed bool) []float32 {
	if in > maxAverages || out > maxAverages || in*out > maxAverages {
		return nil
	}
	values := make([]float32, in*out)
	for o := range out {
		first, last := o*in/out, ((o+1)*in+out-1)/out
		for i := first; i < last; i++ {
			at := i*out + o
			if transposed {
				at = o*in + i
			}
			values[at] = 1 / float32(last-first)
		}
	}
	return values
}

func (l *layer) fc() error {
	inputs := l.withBias(l.flat(), l.weight("weight"))
	l.isFlat[l.index] = true
	l.emit("Gemm", "", inputs, integer("transB", 1))
	return nil
}

// affine returns a layer's scale and shift, of ones and zeros if it has none.
func (l *layer) affine(channels int64) (scale, shift string) {
	scale, shift = l.weight("weight"), l.weight("bias")
	if scale == "" {
		scale = l.floats("/scale", []int64{channels}, slices.Repeat([]float32{1}, int(channels))...)
	}
	if shift == "" {
		shift = l.floats("/shift", []int64{channels}, make([]float32, channels)...)
	}
	return scale, shift
}

func (l *layer) batchNorm(o *op.BatchNorm) error {
	in := l.asIs()
	scale, shift := l.affine(l.in[0].D)
	l.emit("BatchNormalization", "", []string{in, scale, shift, l.weight("running_mean"), l.weight("running_var")},
		number("epsilon", o.Eps()))
	return nil
}

// layerNorm normalises the last dimensions, so that the channels go last and back.
func (l *layer) layerNorm(o *op.LayerNorm) error {
	if o.Volume {
		s := l.in[0]
		inputs := []string{l.input(0), l.weight("weight"), l.weight("bias")}
		if !o.Affine() {
			values := slices.Repeat([]float32{1}, int(s.D*s.H*s.W))
			inputs = []string{inputs[0], l.floats("/scale", []int64{s.D, s.H, s.W}, values...)}
		}
		l.emit("LayerNormalization", "", inputs, integer("axis", 1), number("epsilon", o.Eps()))
		return nil
	}
	last := l.emit("Transpose", "/last", []string{l.input(0)}, list("perm", 0, 2, 3, 1))
	scale, shift := l.affine(l.in[0].D)
	normal := l.emit("LayerNormalization", "/norm", []string{last, scale, shift}, integer("axis", -1),
		number("epsilon", o.Eps()))
	l.emit("Transpose", "", []string{normal}, list("perm", 0, 3, 1, 2))
	return nil
}

// groupNorm normalises each group as if it were one channel, and scales the channels afterwards.
func (l *layer) groupNorm(o *op.GroupNorm) error {
	s := l.in[0]
	ones := slices.Repeat([]float32{1}, int(o.Groups()))
	grouped := l.emit("Reshape", "/groups", []string{l.input(0), l.ints("/groups.shape", 0, o.Groups(), -1)})
	normal := l.emit("InstanceNormalization", "/norm", []string{grouped,
		l.floats("/norm.scale", []int64{o.Groups()}, ones...),
		l.floats("/norm.shift", []int64{o.Groups()}, make([]float32, o.Groups())...)}, number("epsilon", o.Eps()))
	suffix := ""
	if o.Affine() {
		suffix = "/channels"
	}
	back := l.emit("Reshape", suffix, []string{normal, l.ints("/channels.shape", 0, s.D, s.H, s.W)})
	if o.Affine() {
		scaled := l.emit("Mul", "/scaled", []string{back, l.weight("weight", s.D, 1, 1)})
		l.emit("Add", "", []string{scaled, l.weight("bias", s.D, 1, 1)})
	}
	return nil
}

func (l *layer) instanceNorm(o *op.InstanceNorm) error {
	in := l.input(0)
	scale, shift := l.affine(l.in[0].D)
	l.emit("InstanceNormalization", "", []string{in, scale, shift}, number("epsilon", o.Eps()))
	return nil
}

func (l *layer) prelu() error {
	in := l.asIs()
	dims := []int64{l.network.Layers[l.index].Weights[0].Dims[0]}
	if !l.isFlat[l.index] {
		dims = append(dims, 1, 1)
	}
	l.emit("PRelu", "", []string{in, l.weight("weight", dims...)})
	return nil
}

func (l *layer) lrn(o *op.LRN) error {
	if o.Size()%2 == 0 {
		return fmt.Errorf("ONNX Runtime refuses a window of an even number of channels, here %d; write an odd one", o.Size())
	}
	l.emit("LRN", "", []string{l.input(0)}, integer("size", o.Size()), number("alpha", o.Alpha()),
		number("beta", o.Beta()), number("bias", o.K()))
	return nil
}

func (l *layer) scale(o *op.Scale) error {
	in := l.asIs()
	dims := []int64{l.in[0].D, 1, 1}
	if l.isFlat[l.index] {
		dims = dims[:1]
	}
	if !o.IsLearnt() {
		l.emit("Mul", "", []string{in, l.floats("/factor", []int64{}, float32(o.Factor()))})
		return nil
	}
	if !o.HasBias() {
		l.emit("Mul", "", []string{in, l.weight("weight", dims...)})
		return nil
	}
	scaled := l.emit("Mul", "/scaled", []string{in, l.weight("weight", dims...)})
	l.emit("Add", "", []string{scaled, l.weight("bias", dims...)})
	return nil
}

// slice takes values from start up to end along some dimensions.
func (l *layer) slice(in string, axes, starts, ends []int64) {
	l.emit("Slice", "", []string{in, l.ints("/starts", starts...), l.ints("/ends", ends...), l.ints("/axes", axes...)})
}

func (l *layer) shuffle(groups int64) error {
	s := l.in[0]
	split := l.emit("Reshape", "/split", []string{l.input(0), l.ints("/split.shape", 0, groups, s.D/groups, s.H, s.W)})
	turned := l.emit("Transpose", "/turned", []string{split}, list("perm", 0, 2, 1, 3, 4))
	l.emit("Reshape", "", []string{turned, l.ints("/shape", 0, s.D, s.H, s.W)})
	return nil
}

func (l *layer) upsample(o *op.Upsample) error {
	w, h := float32(l.out.W/l.in[0].W), float32(l.out.H/l.in[0].H)
	attributes := []onnx.Attribute{word("mode", "nearest"), word("coordinate_transformation_mode", "asymmetric"),
		word("nearest_mode", "floor")}
	if o.Bilinear() {
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "half_pixel")}
	}
	l.emit("Resize", "", []string{l.input(0), "", l.floats("/scales", []int64{4}, 1, 1, h, w)}, attributes...)
	return nil
}

// resize writes the size, or the scale where the steps between values are those of a scale.
func (l *layer) resize(o *op.Resize) error {
	attributes := []onnx.Attribute{word("mode", "nearest"), word("coordinate_transformation_mode", "asymmetric"),
		word("nearest_mode", "floor")}
	switch {
	case o.Bilinear() && o.AlignsCorners():
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "align_corners")}
	case o.Bilinear():
		attributes = []onnx.Attribute{word("mode", "linear"), word("coordinate_transformation_mode", "half_pixel")}
	}
	w, h := o.Steps(l.in[0], l.out)
	if !o.AlignsCorners() && (w*float64(l.out.W) != float64(l.in[0].W) || h*float64(l.out.H) != float64(l.in[0].H)) {
		scales := l.floats("/scales", []int64{4}, 1, 1, float32(1/h), float32(1/w))
		l.emit("Resize", "", []string{l.input(0), "", scales}, attributes...)
		return nil
	}
	batch := l.emit("Slice", "/batch", []string{l.emit("Shape", "/shape", []string{l.input(0)}),
		l.ints("/first", 0), l.ints("/second", 1)})
	size := l.emit("Concat", "/sizes", []string{batch, l.ints("/volume", l.out.D, l.out.H, l.out.W)}, integer("axis", 0))
	l.emit("Resize", "", []string{l.input(0), "", "", size}, attributes...)
	return nil
}

func (l *layer) unshuffle(block int64) error {
	s := l.out
	split := l.emit("Reshape", "/split", []string{l.input(0),
		l.ints("/split.shape", 0, l.in[0].D, s.H, block, s.W, block)})
	turned := l.emit("Transpose", "/turned", []string{split}, list("perm", 0, 1, 3, 5, 2, 4))
	l.emit("Reshape", "", []string{turned, l.ints("/shape", 0, s.D, s.H, s.W)})
	return nil
}

// softplus is log(1+exp(beta*x))/beta.
func (l *layer) softplus(beta float64) error {
	in := l.asIs()
	if beta == 1 {
		l.emit("Softplus", "", []string{in})
		return nil
	}
	factor := l.floats("/beta", []int64{}, float32(beta))
	curve := l.emit("Softplus", "/curve", []string{l.emit("Mul", "/sharper", []string{in, factor})})
	l.emit("Div", "", []string{curve, factor})
	return nil
}

// geluTanh is x/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
func (l *layer) geluTanh() error {
	in := l.asIs()
	cube := l.emit("Mul", "/cube", []string{l.emit("Mul", "/square", []string{in, in}), in})
	small := l.emit("Mul", "/small", []string{cube, l.floats("/cubic", []int64{}, 0.044715)})
	inner := l.emit("Mul", "/inner", []string{l.emit("Add", "/bent", []string{in, small}),
		l.floats("/root", []int64{}, float32(math.Sqrt(2/math.Pi)))})
	sum := l.emit("Add", "/sum", []string{l.emit("Tanh", "/tanh", []string{inner}), l.floats("/one", []int64{}, 1)})
	product := l.emit("Mul", "/product", []string{in, sum})
	l.emit("Mul", "", []string{product, l.floats("/half", []int64{}, 0.5)})
	return nil
}

// pad writes the columns and rows around the plane.
func (l *layer) pad(o *op.Pad) error {
	left, top := o.Before()
	right, bottom := l.out.W-l.in[0].W-left, l.out.H-l.in[0].H-top
	inputs := []string{l.input(0), l.ints("/pads", 0, 0, top, left, 0, 0, bottom, right)}
	mode := map[string]string{"reflect": "reflect", "replicate": "edge"}[o.Mode()]
	if mode == "" {
		mode = "constant"
		inputs = append(inputs, l.floats("/value", []int64{}, float32(o.Value())))
	}
	l.emit("Pad", "", inputs, word("mode", mode))
	return nil
}

// gated writes x times a function of x.
func (l *layer) gated(gate func(in string) string) error {
	in := l.asIs()
	l.emit("Mul", "", []string{in, gate(in)})
	return nil
}

// gelu is x/2 * (1 + erf(x/sqrt(2))).
func (l *layer) gelu() error {
	in := l.asIs()
	scaled := l.emit("Div", "/scaled", []string{in, l.floats("/root", []int64{}, math.Sqrt2)})
	curve := l.emit("Erf", "/erf", []string{scaled})
	sum := l.emit("Add", "/sum", []string{curve, l.floats("/one", []int64{}, 1)})
	product := l.emit("Mul", "/product", []string{in, sum})
	l.emit("Mul", "", []string{product, l.floats("/half", []int64{}, 0.5)})
	return nil
}
