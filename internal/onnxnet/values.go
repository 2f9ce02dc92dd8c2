package onnxnet

import (
	"errors"
	"fmt"
	"slices"

	"cnncalc/internal/diag"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
)

// value is a tensor of the model: an input, an initializer or the output of a node.
type value struct {
	name     string
	declared *onnx.Value // of an input
	producer *node       // nil for inputs and initializers
	readers  []reader    // may hold nodes that read the value no longer: see uses
	uses     int         // how often nodes read it

	dims    []int64   // with the file's batch; nil if unknown
	numbers []float64 // the values of a small constant; nil if there are none, or they are unknown
	tensor  *Binding  // a stored or constant tensor; nil for what is computed from the input

	layout   layout // what the dimensions are, once the value is in the network
	batch    int64  // pictures, where the value is in the network
	layer    int    // the node of the graph that makes the value
	placed   bool
	isOutput bool // whether the model returns it
}

// reader is an input of a node.
type reader struct {
	*node
	at int
}

// isRead reports whether a node reads the value or the model returns it.
func (v *value) isRead() bool { return v != nil && (v.uses > 0 || v.isOutput) }

// need marks the node that computes a value as needed.
func (v *value) need() {
	if v != nil && v.producer != nil && !v.isConstant() {
		v.producer.isNeeded = true
	}
}

// readBy notes that input at of a node reads the value.
func (v *value) readBy(n *node, at int) {
	v.readers = append(v.readers, reader{n, at})
	v.uses++
}

// isConstant reports whether the value does not depend on the model's input.
func (v *value) isConstant() bool { return v.numbers != nil || v.tensor != nil }

// node is an operator of the model.
type node struct {
	*onnx.Node
	index   int
	op      string   // the operator, or what several nodes have been fused into
	in, out []*value // an input that was left out is nil
	// fused holds what fuse.go found: the settings of the fused operator.
	fused fused

	isNeeded   bool // for dropUnused
	isInvalid  bool // in the model's list
	isFunction bool // a call of a function that the model defines
}

// input returns an input, or nil if it was left out.
func (n *node) input(i int) *value {
	if i < len(n.in) {
		return n.in[i]
	}
	return nil
}

// place returns the node's number and name for a message: 412, "p2o.MatMul.4".
func (n *node) place() string {
	if n.Name == "" {
		return fmt.Sprint(n.index)
	}
	return fmt.Sprintf("%d, %s", n.index, plain.Quote(n.Name))
}

// model is the values and nodes of a file, as far as its outputs need them.
type model struct {
	file    *onnx.File
	opset   int64
	values  map[string]*value
	made    slab[value]       // those of the map
	inputs  []*value          // those that are not initializers
	names   map[string]string // of the inputs, as the network calls them
	outputs []*value
	isCut   bool      // whether the outputs are others than the file's
	nodes   []*node   // each after the nodes that it reads
	folded  int       // numbers of all constants that were computed
	invalid []refusal // of nodes that ONNX does not allow
	// isQuantised reports whether values are rounded to integers on the way, which a run does not do.
	isQuantised bool
	spans       map[string]map[string]span // the attributes of operators, as far as they were needed
}

// newModel connects the nodes of a file, as far as the outputs, or the node or value called until, need them. An error
// says where the file contradicts itself.
func newModel(file *onnx.File, until string) (*model, error) {
	if err := checkVersions(file.Model); err != nil {
		return nil, err
	}
	g := &file.Model.Graph
	m := &model{
		file: file, opset: file.Model.Opsets[""], names: inputNames(file.Model),
		values: make(map[string]*value, len(g.Nodes)+len(g.Initializers)), spans: map[string]map[string]span{},
	}
	for i := range g.Initializers {
		t := &g.Initializers[i]
		if err := checkTensor(t); err != nil {
			return nil, fmt.Errorf("the initializer %s: %w", plain.Quote(t.Name), err)
		}
		if m.values[t.Name] != nil {
			return nil, fmt.Errorf("two initializers have the name %s", plain.Quote(t.Name))
		}
		v, b := m.newValue(t.Name), stored(t)
		v.dims, v.tensor = b.Dims, b
	}
	for i := range g.Inputs {
		if err := m.addInput(&g.Inputs[i]); err != nil {
			return nil, err
		}
	}
	if err := m.connect(g.Nodes); err != nil {
		return nil, err
	}
	if err := m.findOutputs(g.Outputs, until); err != nil {
		return nil, err
	}
	m.dropUnused()
	return m, nil
}

// newValue adds a value whose name no other has.
func (m *model) newValue(name string) *value {
	v := &m.made.take(1)[0]
	v.name = name
	m.values[name] = v
	return v
}

// findOutputs finds the values that the model returns, or the one that the network is to end with.
func (m *model) findOutputs(declared []onnx.Value, until string) error {
	if until != "" {
		v, err := m.find(until)
		if err != nil {
			return err
		}
		v.isOutput, m.outputs, m.isCut = true, []*value{v}, true
		return nil
	}
	for _, o := range declared {
		v := m.values[o.Name]
		if v == nil {
			return fmt.Errorf("no node makes the output %s", plain.Quote(o.Name))
		}
		if !v.isOutput {
			v.isOutput = true
			m.outputs = append(m.outputs, v)
		}
	}
	if len(m.outputs) == 0 {
		return errors.New("the model has no outputs")
	}
	return nil
}

// find returns the value with a name, or the first output of the node with it.
func (m *model) find(name string) (*value, error) {
	if v := m.values[name]; v != nil && v.producer != nil {
		return v, nil
	}
	var names []string
	for _, n := range m.nodes {
		if n.Name == name && len(n.out) > 0 && n.out[0] != nil {
			return n.out[0], nil
		}
		names = append(names, n.Name)
	}
	if hint := diag.DidYouMean(name, names); hint != "" {
		return nil, fmt.Errorf("--until: the model has no node or value %s; %s", plain.Quote(name), hint)
	}
	return nil, fmt.Errorf("--until: the model has no node or value %s", plain.Quote(name))
}

// addInput declares an input of the model, unless it is an initializer, which files of IR version 3 list here too.
func (m *model) addInput(declared *onnx.Value) error {
	if v := m.values[declared.Name]; v != nil {
		if v.tensor == nil {
			return fmt.Errorf("two inputs have the name %s", plain.Quote(declared.Name))
		}
		return nil
	}
	v := m.newValue(declared.Name)
	v.declared = declared
	m.inputs = append(m.inputs, v)
	return nil
}

// connect makes the nodes. ONNX requires that a node comes after those that it reads, so a name that is not known yet
// is missing, or part of a cycle.
func (m *model) connect(nodes []onnx.Node) error {
	isMade := func(name string) bool { // asked only for an error
		return slices.ContainsFunc(nodes, func(n onnx.Node) bool { return slices.Contains(n.Outputs, name) })
	}
	functions := map[string]bool{}
	for _, name := range m.file.Model.Functions {
		functions[name] = true
	}
	made := make([]node, len(nodes))
	m.nodes = make([]*node, len(nodes))
	var ends slab[*value]
	for i := range nodes {
		n := &made[i]
		n.Node, n.index, n.op = &nodes[i], i, nodes[i].Op
		n.in, n.out = ends.take(len(n.Inputs)), ends.take(len(n.Outputs))
		m.nodes[i] = n
		if n.Domain != "" {
			n.op = n.Domain + "." + n.Op // which nothing here knows
			n.isFunction = functions[n.Op]
		}
		for at, name := range n.Inputs {
			v := m.values[name]
			switch {
			case name == "":
			case v == nil && isMade(name):
				return fmt.Errorf("node %s reads %s, which a later node makes: the nodes are out of order or in a cycle",
					n.place(), plain.Quote(name))
			case v == nil:
				return fmt.Errorf("node %s reads %s, which no node makes", n.place(), plain.Quote(name))
			}
			n.in[at] = v
		}
		for at, name := range n.Outputs {
			if name == "" {
				continue
			}
			if m.values[name] != nil {
				return fmt.Errorf("node %s makes %s, which exists already", n.place(), plain.Quote(name))
			}
			n.out[at] = m.newValue(name)
			n.out[at].producer = n
		}
		if n.takeQuantised() {
			m.isQuantised = true
		}
	}
	return nil
}

// takeQuantised makes a convolution or a product of integers one of floating-point numbers, without the scales and
// zero points: its size is the same. It reports whether the node is one of a quantised model.
func (n *node) takeQuantised() bool {
	switch {
	case n.op == "QLinearConv" && len(n.in) >= 8:
		n.op, n.in = "Conv", []*value{n.in[0], n.in[3], n.input(8)}
	case n.op == "QLinearMatMul" && len(n.in) >= 8:
		n.op, n.in = "MatMul", []*value{n.in[0], n.in[3]}
	}
	return n.op == "QuantizeLinear" || n.op == "DequantizeLinear" || n.Op == "QLinearConv" || n.Op == "QLinearMatMul"
}

// dropUnused removes the nodes that no output depends on, and lists the readers of each value anew. Constants depend on
// no node.
func (m *model) dropUnused() {
	for _, n := range m.nodes {
		n.isNeeded = false
	}
	for _, o := range m.outputs {
		o.need()
	}
	kept := len(m.nodes)
	for i := len(m.nodes) - 1; i >= 0; i-- {
		n := m.nodes[i]
		if !n.isNeeded {
			continue
		}
		for _, v := range n.in {
			v.need()
		}
		kept--
		m.nodes[kept] = n
	}
	m.nodes = m.nodes[kept:]
	for _, values := range m.made.chunks {
		for i := range values {
			values[i].readers, values[i].uses = values[i].readers[:0], 0
		}
	}
	for _, n := range m.nodes {
		for at, v := range n.in {
			if v != nil {
				v.readBy(n, at)
			}
		}
	}
}
