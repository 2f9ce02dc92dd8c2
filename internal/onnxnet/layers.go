package onnxnet

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// lowering makes the layers of a model.
type lowering struct {
	*model
	graph    graph.Builder
	shapes   []graph.Shape // of the nodes of the graph
	bindings map[string]*Binding
	named    map[string]int // layers of each kind so far
	heads    names
	made     map[string]op.Layer // by kind and settings
	owners   map[sharingKey]int  // the first layer with weights that others may share
	refused  []refusal
}

// refusal says why a node has no layers.
type refusal struct {
	node   *node
	why    string
	before string // a value that the node reads and a layer makes; "" if there is none
}

// before returns the name of a value that a node reads and a layer makes, "" if there is none.
func (l *lowering) before(n *node) string {
	for _, v := range n.in {
		if v != nil && v.placed && len(l.graph.Node(v.layer).Inputs) > 0 {
			return v.name
		}
	}
	return ""
}

// lower makes a graph of the model's nodes. Nodes that have no layers are in l.refused. Those that read them are left
// out, or refused too if they have no layers whatever they read.
func lower(m *model, header graph.Graph) (*lowering, error) {
	tensors := len(m.file.Model.Graph.Initializers)
	l := &lowering{
		model: m, bindings: make(map[string]*Binding, tensors), named: map[string]int{}, heads: names{},
		made: map[string]op.Layer{}, owners: make(map[sharingKey]int, min(tensors, len(m.nodes))),
	}
	l.graph.Header = header
	if err := readMetadata(m.file.Model, &l.graph.Header); err != nil {
		return nil, err
	}
	if m.isCut {
		l.graph.Header.Labels = nil // they are of the model's own output
	}
	for _, v := range m.inputs {
		if !v.isRead() {
			continue
		}
		if err := l.input(v); err != nil {
			return nil, err
		}
	}
	l.graph.Grow(len(m.inputs) + len(m.nodes))
	l.shapes = slices.Grow(l.shapes, len(m.inputs)+len(m.nodes))
	l.refused = m.invalid
	for _, n := range m.nodes {
		if n.isInvalid {
			continue
		}
		lowered := l.node
		if !l.isReady(n) {
			lowered = impossible
		}
		if err := lowered(n); err != nil {
			l.refused = append(l.refused, refusal{n, err.Error(), l.before(n)})
		}
	}
	if len(l.refused) > 0 {
		for i := range m.invalid {
			l.refused[i].before = l.before(l.refused[i].node)
		}
		return l, nil
	}
	if err := l.withoutNeedlessRounding(); err != nil {
		return nil, err
	}
	for _, v := range m.outputs {
		if !v.placed {
			return nil, fmt.Errorf("the output %s is a constant or an input of the model", plain.Quote(v.name))
		}
		l.output(v)
	}
	return l, nil
}

// output makes the layer of a value an output of the network. Of several, each is called as in the model, as far as
// the language allows.
func (l *lowering) output(v *value) {
	h := graph.Head{Loss: 1}
	if len(l.outputs) > 1 {
		h.Name = l.heads.unique(v.name)
	}
	l.graph.Head(v.layer, h)
}

// isReady reports whether all that the node reads is constant or in the graph.
func (l *lowering) isReady(n *node) bool {
	return !slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && !v.isConstant() && !v.placed })
}

func (l *lowering) input(v *value) error {
	shape := graph.Shape{W: 1, H: 1, D: 1}
	for i, axis := range v.layout {
		switch axis {
		case "W":
			shape.W = v.dims[i]
		case "H":
			shape.H = v.dims[i]
		case "C":
			shape.D = v.dims[i]
		}
	}
	v.layer = l.add(&op.Input{Shape: shape}, v.name)
	if len(l.names) > 1 {
		l.graph.Node(v.layer).Name = l.names[v.name]
	}
	l.shapes = append(l.shapes, shape)
	v.batch, v.placed = v.dims[0], true
	return nil
}

// add appends a node to the graph, named by its kind and a running number.
func (l *lowering) add(o graph.Op, origin string, inputs ...int) int {
	kind := strings.ToLower(o.Kind())
	l.named[kind]++
	name := kind + strconv.Itoa(l.named[kind])
	if kind == "input" && l.named[kind] == 1 {
		name = kind
	}
	return l.graph.Add(graph.Node{Name: name, Origin: origin, Op: o, Inputs: inputs})
}

// settings are those of a layer, by field key.
type settings map[string]op.Value

func (s settings) ints(key string, values ...int64) settings {
	v := op.Value{Ints: values}
	switch len(values) {
	case 2:
		v.Sep = 'x'
	case 4:
		v.Sep = ','
	}
	s[key] = v
	return s
}

func (s settings) word(key, word string) settings {
	s[key] = op.Value{Word: word}
	return s
}

func (s settings) flag(key string) settings { return s.word(key, key) }

// decimal sets a number unless it is the default of the layer.
func (s settings) decimal(key string, v, fallback float64) settings {
	if v == fallback {
		return s
	}
	text := strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "e-0", "e-", 1)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return s.ints(key, n)
	}
	s[key] = op.Value{Decimal: text}
	return s
}

// bound is the weights of a layer, by PyTorch's names.
type bound map[string]*Binding

// layer adds a layer that reads values of the model, and returns its place in the graph.
func (l *lowering) layer(n *node, kind string, s settings, w bound, inputs ...*value) (int, error) {
	places := make([]int, len(inputs))
	for i, v := range inputs {
		places[i] = v.layer
	}
	return l.layerOn(n, kind, s, w, places...)
}

// layerOn is layer for inputs that are layers of the graph.
func (l *lowering) layerOn(n *node, kind string, s settings, w bound, places ...int) (int, error) {
	o, err := l.op(kind, s)
	if err != nil {
		return 0, err
	}
	in := make([]graph.Shape, len(places))
	for i, p := range places {
		in[i] = l.shapes[p]
	}
	shape, err := o.Output(in)
	if err != nil {
		return 0, withoutFits(err)
	}
	origin := n.Name
	if origin == "" && n.out[0] != nil {
		origin = n.out[0].name
	}
	wants := o.Weights(in, shape)
	key, mayShare := keyOf(kind, wants, w)
	owner, isShared := l.owners[key]
	isShared = isShared && mayShare
	var refs []graph.Ref
	if isShared {
		shared := settings{op.ShareKey: op.Value{Label: l.graph.Node(owner).Name}}
		maps.Copy(shared, s)
		if o, err = l.op(kind, shared); err != nil {
			return 0, err
		}
		refs = []graph.Ref{{Key: op.ShareKey, Node: owner}}
	}
	at := l.add(o, origin, places...)
	l.graph.Node(at).Refs = refs
	l.shapes = append(l.shapes, shape)
	if isShared {
		return at, nil
	}
	if mayShare {
		l.owners[key] = at
	}
	name := l.graph.Node(at).Name
	for _, want := range wants {
		b := w[want.Name]
		if b == nil {
			return 0, fmt.Errorf("the weight %s of %s is not in the model", want.Name, kind)
		}
		have, err := product(b.shape())
		if need, err2 := want.Count(); err != nil || err2 != nil || have != need {
			return 0, fmt.Errorf("its %s is %s, but %s needs %s", want.Name, sizes(b.shape()), kind, sizes(want.Dims))
		}
		l.bindings[name+"."+want.Name] = b
	}
	return at, nil
}

// op returns the layer of a kind with some settings. Nodes that are alike share it, since making it takes far longer
// than finding it.
func (l *lowering) op(kind string, s settings) (op.Layer, error) {
	var space [128]byte
	key := s.appendKey(space[:0], kind)
	if made, ok := l.made[string(key)]; ok {
		return made, nil
	}
	made, err := op.New(kind, s)
	if err == nil {
		l.made[string(key)] = made
	}
	return made, err
}

// appendKey appends a text that is the same for layers of one kind with equal settings.
func (s settings) appendKey(text []byte, kind string) []byte {
	var space [8]string // for all but rare layers, without an allocation
	keys := space[:0]
	for k := range s {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	text = append(text, kind...)
	for _, k := range keys {
		v := s[k]
		text = append(append(text, ' '), k...)
		text = append(append(append(append(text, '=', v.Sep), v.Word...), v.Decimal...), v.Label...)
		for _, n := range v.Ints {
			text = strconv.AppendInt(append(text, ','), n, 10)
		}
	}
	return text
}

// sharingKey is equal for layers of one kind whose weights are the same tensors of the model, in the same forms.
type sharingKey struct {
	kind    string
	weights [4]weightKey // those that a BN has
}

// weightKey is a tensor and its form as a weight, "" for the form that is stored.
type weightKey struct {
	tensor *onnx.Tensor
	form   string
}

// keyOf returns the key of a layer, and whether other layers may share its weights: there are some, and they are not
// only equal to others.
func keyOf(kind string, wants []graph.Weight, w bound) (sharingKey, bool) {
	key := sharingKey{kind: kind}
	if len(wants) == 0 || len(wants) > len(key.weights) {
		return key, false
	}
	for i, want := range wants {
		b := w[want.Name]
		if b == nil || b.Tensor == nil || b.IsCopy {
			return key, false
		}
		key.weights[i].tensor = b.Tensor
		if !b.isPlain() || !slices.Equal(want.Dims, b.Tensor.Dims) {
			key.weights[i].form = fmt.Sprint(want.Dims, b.Order, b.Scale, b.Times)
		}
	}
	return key, true
}

// withoutFits returns a problem's message alone: what would fit in a file is no remedy for a model.
func withoutFits(err error) error {
	var p *diag.Problem
	if errors.As(err, &p) {
		return errors.New(p.Msg)
	}
	return err
}

// place says which layer makes the node's output, in which layout. It checks the sizes against those of the model,
// which were computed by ONNX's rules.
func (l *lowering) place(n *node, at int, to layout) error {
	v := n.out[0]
	v.layer, v.layout, v.batch, v.placed = at, to, n.batch(), true
	if len(v.dims) != len(to) {
		return errors.New("the size of its output is not known before the network runs")
	}
	for i, axes := range to {
		want := int64(1)
		for _, axis := range []byte(axes) {
			want *= l.axisSize(v, axis)
		}
		if v.dims[i] != want {
			return fmt.Errorf("its output is %s by ONNX's rule and %s by the layer's", sizes(v.dims), l.shapes[at])
		}
	}
	return nil
}

// axisSize returns the size of an axis of a value that is in the graph.
func (l *lowering) axisSize(v *value, axis byte) int64 {
	s := l.shapes[v.layer]
	switch axis {
	case 'C':
		return s.D
	case 'H':
		return s.H
	case 'W':
		return s.W
	}
	return v.batch
}

// batch returns the number of pictures in what the node reads.
func (n *node) batch() int64 {
	for _, v := range n.in {
		if v != nil && v.placed {
			return v.batch
		}
	}
	return 1
}

// errNoLayer is the error for an operator without a counterpart.
var errNoLayer = errors.New("cnncalc has no layer for it")

// unknown returns why cnncalc does not know a node's operator, nil if it does.
func (n *node) unknown() error {
	switch {
	case n.Domain != "":
		return n.foreign()
	case slices.ContainsFunc(n.Attributes, func(a onnx.Attribute) bool { return a.HasGraph }):
		return errors.New("which nodes it runs depends on its input")
	case n.op == n.Op && operators[n.op].shape == nil:
		return errNoLayer
	}
	return nil
}

// foreign returns the error for an operator that is not ONNX's own, with the way to a model without it.
func (n *node) foreign() error {
	remedy := "export the model without it"
	switch {
	case strings.HasPrefix(n.Domain, "com.microsoft"):
		remedy = "ONNX Runtime's optimizer makes such nodes; use the model as it was before"
	case n.isFunction:
		remedy = "it is a function of the model, which onnx.inliner.inline_local_functions replaces by its nodes"
	}
	return fmt.Errorf("it is an operator of the domain %s, not of ONNX: %s", plain.Quote(plain.Cut(n.Domain)), remedy)
}

// hasShapeOnly reports whether the shape of an operator's output is known, which lets what comes after it be named, and
// no layer computes it.
func hasShapeOnly(op string) bool {
	switch op {
	case "ScatterND", "Equal", "Less", "Greater", "And", "Or", "Not", "Where":
		return true
	}
	return false
}

// impossible returns why a node has no layers whatever makes its inputs, nil if that is not certain. What computes with
// sizes that are not known follows from another refusal, and is none of its own.
func impossible(n *node) error {
	if slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && v.dims == nil }) {
		return nil
	}
	switch {
	case n.op == "MatMul" && !n.in[0].isConstant() && !n.in[1].isConstant():
		return n.multipliesComputed()
	case hasShapeOnly(n.op):
		return errNoLayer
	}
	return n.unknown()
}

// node makes the layers of one node. An error says why there are none.
func (l *lowering) node(n *node) error {
	if err := n.unknown(); err != nil {
		return err
	}
	if hasShapeOnly(n.op) {
		return errNoLayer
	}
	for i, v := range n.out {
		switch {
		case i == 0 && v == nil && n.op != "Split":
			return errors.New("its first output has no name")
		case i > 0 && v.isRead() && n.op != "Split" && n.op != "MaxPool":
			return fmt.Errorf("its output %s is used, which no layer makes", plain.Quote(v.name))
		}
	}
	if !n.in[0].placed && !n.takesConstantFirst() {
		return fmt.Errorf("its first input is a constant, %s", sizes(n.in[0].dims))
	}
	switch n.op {
	case "Conv":
		return l.conv(n)
	case "ConvTranspose":
		return l.convTranspose(n)
	case "MaxPool", "AveragePool", "LpPool":
		return l.pool(n)
	case "GlobalAveragePool", "GlobalMaxPool":
		return l.global(n)
	case "ReduceMean", "ReduceMax":
		return l.reduce(n)
	case "Gemm":
		return l.gemm(n)
	case "MatMul":
		return l.matMul(n)
	case "BatchNormalization":
		return l.batchNorm(n)
	case "InstanceNormalization":
		return l.instanceNorm(n)
	case "LayerNormalization", "Normalize":
		return l.layerNorm(n)
	case "GroupNormalization":
		return l.groupNorm(n)
	case "LRN":
		return l.lrn(n)
	case "Softmax", "LogSoftmax":
		return l.softmax(n)
	case "PRelu":
		return l.prelu(n)
	case "Add", "Sub", "Mul", "Div":
		if v, constant := constantOperand(n); constant != nil {
			return l.scale(n, v, constant)
		}
		return l.join(n)
	case "Sum", "Max":
		return l.join(n)
	case "Concat":
		return l.concat(n)
	case "Slice":
		return l.slice(n)
	case "Gather":
		return l.gather(n)
	case "Split":
		return l.split(n)
	case "Transpose":
		return l.transpose(n)
	case "Flatten", "Reshape", "Squeeze", "Unsqueeze":
		return l.reshape(n)
	case "Resize", "Upsample":
		return l.resize(n)
	case "PixelShuffle", "PixelUnshuffle", "DepthToSpace", "SpaceToDepth":
		return l.pixels(n)
	case "Pad":
		return l.pad(n)
	case "AdaptiveAveragePool":
		return l.onPlanes(n, "ADAPTAVG", settings{}.both("size", n.out[0].dims[3], n.out[0].dims[2]))
	case "Identity": // that no pass could leave out
		return errors.New("it makes an output of what is an input or another output already")
	case "ChannelShuffle":
		return l.onPlanes(n, "SHUFFLE", settings{}.ints("groups", n.fused.count))
	}
	kind, s, err := l.activation(n)
	if err != nil {
		return err
	}
	return l.keepsLayout(n, kind, s, nil)
}

// takesConstantFirst reports whether the first input may be a constant and the second one computed.
func (n *node) takesConstantFirst() bool {
	isComputed := slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && v.placed })
	switch n.op {
	case "Add", "Sub", "Mul", "Div", "MatMul", "Sum", "Max", "Concat":
		return isComputed
	}
	return false
}

// keepsLayout adds a layer on the first input, whose layout its output has.
func (l *lowering) keepsLayout(n *node, kind string, s settings, w bound) error {
	at, err := l.layer(n, kind, s, w, n.in[0])
	if err != nil {
		return err
	}
	return l.place(n, at, n.in[0].layout)
}

// onPlanes adds a layer without weights whose input has its channels first.
func (l *lowering) onPlanes(n *node, kind string, s settings) error {
	if err := isPlanar(n.in[0]); err != nil {
		return err
	}
	return l.keepsLayout(n, kind, s, nil)
}

// isPlanar returns an error unless a value is [N, C, H, W], or [N, C, W] of height 1.
func isPlanar(v *value) error {
	if v.layout.is(planar) || v.layout.is(layout{"N", "C", "W"}) {
		return nil
	}
	return fmt.Errorf("its input's dimensions are %s where N, C, H, W are expected", strings.Join(v.layout, ", "))
}

// channelOf returns the dimension of a value that has its channels.
func channelOf(v *value) int {
	return slices.IndexFunc(v.layout, func(axes string) bool { return strings.Contains(axes, "C") })
}

// words returns the layout for a message: N, C, H, W.
func (l layout) words() string { return strings.Join(l, ", ") }
