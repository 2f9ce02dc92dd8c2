// Package shape infers the shapes of a Graph by each layer's rule, and counts what follows from them: values,
// weights, MACs, receptive fields. The rules are in package op; bytes are counted in package memory.
package shape

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// Layer holds what is known of one node, its shape and its counts, for one picture. Counts are in values, not bytes.
// They are zero if the shape is unknown.
type Layer struct {
	Out         graph.Shape
	Weights     []graph.Weight
	Activations int64 // values of the output if it is a new volume, otherwise 0
	WeightCount int64 // without biases
	BiasCount   int64
	BufferCount int64 // stored but not learnt
	FrozenCount int64 // of the weights and biases, those that training leaves as they are
	// Owner is the node whose weights the layer uses: an earlier one with share=@label, otherwise its own. The counts of
	// weights are 0 where they are another's, so that a sum has each once; Used has them too.
	Owner int
	MACs  int64

	storedAs string // the name in files of the layer whose weights the owner has, if that exists in training only
}

// Parameters returns the number of weights and biases.
func (l Layer) Parameters() int64 { return l.WeightCount + l.BiasCount }

// Trainable returns the number of weights and biases that are not frozen.
func (l Layer) Trainable() int64 { return l.Parameters() - l.FrozenCount }

// Network is a Graph with its shapes.
type Network struct {
	*graph.Graph
	Layers []Layer // one for each node
	// Total is the sums. Activations and MACs are those of the layers that exist when the network runs; parameters are
	// those of all layers. Its Out is the shape of the main output.
	Total Layer
	// TrainingOnly is the sums over the layers that exist in training only.
	TrainingOnly Layer
	// Sound is the number of nodes before the first one that has a problem or an unknown shape; the table of a broken
	// network ends there.
	Sound int

	owned        bool   // the nodes are a copy
	trainingOnly []bool // by node: it exists in training only; nil if none does
}

// InputsOf returns the shapes that node i reads.
func (n *Network) InputsOf(i int) []graph.Shape { return n.appendInputs(nil, i) }

func (n *Network) appendInputs(shapes []graph.Shape, i int) []graph.Shape {
	for _, in := range n.Nodes[i].Inputs {
		shapes = append(shapes, n.Layers[in].Out)
	}
	return shapes
}

// Infer applies every layer's shape rule in order, and counts. A problem in one layer does not hide those of others:
// whatever is still known of its shape is passed on to the layers after it.
//
// The graph of the network is g, unless layers are sized by others (op.Sized): then it is a copy in which they are.
func Infer(g *graph.Graph) (*Network, diag.List) {
	n := &Network{Graph: g, Layers: make([]Layer, len(g.Nodes)), Sound: len(g.Nodes), trainingOnly: g.TrainingOnly()}
	var problems diag.List
	var in []graph.Shape
	alike := likeLayers{}
	for i := range g.Nodes {
		in = n.appendInputs(in[:0], i)
		n.sizeLike(i)
		layer, err := n.inferNode(i, in, alike)
		layer.Owner = i
		if err == nil {
			err = n.share(i, &layer)
		}
		if err != nil {
			problems = append(problems, n.describe(i, err))
		}
		if problems.Crowded() {
			break
		}
		if (err != nil || !layer.Out.IsKnown()) && i < n.Sound {
			n.Sound = i
		}
		n.Layers[i] = layer
	}
	if len(problems) == 0 && n.Sound == len(g.Nodes) {
		problems = n.addUp()
	}
	if len(problems) == 0 && n.Sound == len(g.Nodes) {
		problems = n.freeze()
	}
	return n, problems
}

// Used returns the layer with the counts of the weights that it uses, its own or another's.
func (l Layer) Used() Layer {
	l.WeightCount, l.BiasCount, l.BufferCount, l.FrozenCount = 0, 0, 0, 0
	for _, w := range l.Weights {
		_ = l.count(w) // infer has counted them
		if w.Frozen {
			values, _ := w.Count()
			l.FrozenCount += values
		}
	}
	return l
}

// share gives node i the weights of the node that its setting share=@label refers to, if it has the setting.
func (n *Network) share(i int, l *Layer) error {
	ref, ok := op.ShareRef(&n.Nodes[i])
	if !ok {
		return nil
	}
	label, other := plain.CutNames(n.Nodes[ref].Name), n.Nodes[ref].Op
	if _, unread := other.(*op.Unknown); unread {
		return nil // has a problem of its own
	}
	switch {
	case other.Kind() != n.Nodes[i].Op.Kind():
		return diag.Errorf("shape/share", "it cannot use the weights of @%s, which is %s", label, op.Short(other)).
			WithHint("share the weights of a layer of the same kind")
	case l.Weights == nil && l.Out.IsKnown():
		return diag.Errorf("shape/share", "it has no weights to share").WithHint("leave share=@%s out", label)
	case n.Layers[ref].Weights == nil || l.Weights == nil:
		return nil // a shape is not known
	}
	if differs := op.DifferentWeights(l.Weights, n.Layers[ref].Weights); differs != "" {
		return diag.Errorf("shape/share", "it cannot use the weights of @%s, %s: %s", label, op.Short(other), differs).
			WithHint("layers that share weights must have the same size, filters and biases, and inputs of the same depth")
	}
	l.Owner, l.Weights = n.Layers[ref].Owner, n.Layers[ref].Weights
	l.WeightCount, l.BiasCount, l.BufferCount = 0, 0, 0
	return nil
}

// sizeLike gives node i the width and height of the node that its setting like=@label refers to.
func (n *Network) sizeLike(i int) {
	at := slices.IndexFunc(n.Nodes[i].Refs, func(r graph.Ref) bool { return r.Key == op.LikeKey })
	if at < 0 {
		return
	}
	sized, ok := n.Nodes[i].Op.(op.Sized)
	volume := n.Layers[n.Nodes[i].Refs[at].Node].Out
	if !ok || !volume.HasPlane() {
		return
	}
	n.own()
	n.Nodes[i].Op = sized.Like(volume)
}

// own gives the network nodes of its own to change.
func (n *Network) own() {
	if n.owned {
		return
	}
	copied := *n.Graph
	copied.Nodes = slices.Clone(n.Nodes)
	n.Graph, n.owned = &copied, true
}

// likeLayers holds the first node of each layer and the shape that it reads, of layers with one input.
type likeLayers map[likeLayer]int

type likeLayer struct {
	op graph.Op
	in graph.Shape
}

// inferNode returns a node's shape and counts. Those of a layer that another node has on an equal input, as in a
// repeat, are the same; so are its weights, unless some will be marked as frozen.
func (n *Network) inferNode(i int, in []graph.Shape, alike likeLayers) (Layer, error) {
	if len(in) != 1 || n.Frozen != nil {
		return infer(n.Nodes[i].Op, in)
	}
	key := likeLayer{n.Nodes[i].Op, in[0]}
	if earlier, ok := alike[key]; ok {
		return n.Layers[earlier], nil
	}
	l, err := infer(key.op, in)
	if err == nil {
		alike[key] = i
	}
	return l, err
}

// infer returns one node's shape and counts.
func infer(o graph.Op, in []graph.Shape) (Layer, error) {
	out, err := o.Output(in)
	l := Layer{Out: out}
	if err != nil {
		return l, err
	}
	if max(out.W, out.H, out.D) > graph.MaxExtent {
		l.Out = graph.Shape{}
		return l, diag.Errorf("shape/too-large", "the output %s is too large: width, height and depth are at most %d", out,
			int64(graph.MaxExtent))
	}
	if !out.IsKnown() || !allKnown(in) {
		return l, nil
	}
	values, err := out.Values()
	if err != nil {
		l.Out = graph.Shape{}
		return l, fmt.Errorf("the volume %s: %w", out, err)
	}
	if o.MakesVolume() {
		l.Activations = values
	}
	l.Weights = o.Weights(in, out)
	for _, w := range l.Weights {
		if err := l.count(w); err != nil {
			return l, fmt.Errorf("the tensor %s of %s values: %w", w.Name, product(w.Dims), err)
		}
	}
	if l.MACs, err = o.MACs(in, out); err != nil {
		return l, fmt.Errorf("the MACs of %s to %s: %w", in[0], out, err)
	}
	return l, nil
}

// product returns the dimensions written as a product.
func product(dims []int64) string {
	texts := make([]string, len(dims))
	for i, d := range dims {
		texts[i] = strconv.FormatInt(d, 10)
	}
	return strings.Join(texts, "*")
}

func allKnown(shapes []graph.Shape) bool {
	for _, s := range shapes {
		if !s.IsKnown() {
			return false
		}
	}
	return true
}

// count adds a tensor under its role.
func (l *Layer) count(w graph.Weight) error {
	n, err := w.Count()
	if err != nil {
		return err
	}
	to := &l.WeightCount
	switch w.Role {
	case graph.RoleBias:
		to = &l.BiasCount
	case graph.RoleBuffer:
		to = &l.BufferCount
	}
	*to, err = checked.Sum(*to, n)
	return err
}

// addUp computes the totals. If a sum overflows, it reports the node at which it does.
func (n *Network) addUp() diag.List {
	t, only := &n.Total, &n.TrainingOnly
	for i, l := range n.Layers {
		runs := l
		if n.IsTrainingOnly(i) {
			runs.Activations, runs.MACs = 0, 0
			if err := only.addUp(l); err != nil {
				n.Sound = i
				return diag.List{n.describe(i, err)}
			}
		}
		if err := t.addUp(runs); err != nil {
			n.Sound = i
			return diag.List{n.describe(i, err)}
		}
	}
	t.Out = n.Layers[n.Main()].Out
	_, err := checked.Sum(t.WeightCount, t.BiasCount, t.BufferCount)
	if err != nil {
		err = fmt.Errorf("the network's parameters: %w", err)
	} else if _, err = checked.Sum(t.Activations, only.Activations); err != nil {
		err = fmt.Errorf("the network's activations: %w", err)
	}
	if err != nil {
		return diag.List{n.describe(len(n.Nodes)-1, err)}
	}
	return nil
}

// addUp adds the counts of a layer to sums.
func (l *Layer) addUp(other Layer) error {
	for _, sum := range []struct {
		what string
		to   *int64
		add  int64
	}{
		{"activations", &l.Activations, other.Activations},
		{"weights", &l.WeightCount, other.WeightCount},
		{"biases", &l.BiasCount, other.BiasCount},
		{"buffers", &l.BufferCount, other.BufferCount},
		{"MACs", &l.MACs, other.MACs},
	} {
		total, err := checked.Sum(*sum.to, sum.add)
		if err != nil {
			return fmt.Errorf("the network's %s up to here: %w", sum.what, err)
		}
		*sum.to = total
	}
	return nil
}

// describe turns an error of node i into a problem with its position, its notation, and the repeats and blocks around
// it.
func (n *Network) describe(i int, err error) diag.Problem {
	node := &n.Nodes[i]
	var mismatch *op.Mismatch
	if errors.As(err, &mismatch) {
		err = n.nameProducers(i, mismatch)
	}
	p := diag.At(node.Pos, err)
	if p.Inputs != "" && n.readsInput(i) {
		p.Fits, p.Inputs = op.JoinFits(p.Inputs, p.Fits), ""
	}
	p.Node = node.Origin
	if p.Code == "" {
		p.Code = "shape/overflow" // rules give their problems a code; this error is from package checked
	}
	p.Msg = op.Short(node.Op) + ": " + p.Msg
	p.Context = node.Within.String()
	return p
}

// nameProducers adds which nodes made the two volumes that differ.
func (n *Network) nameProducers(i int, m *op.Mismatch) error {
	producer := func(input int) string {
		index := n.Nodes[i].Inputs[input]
		node := &n.Nodes[index]
		return fmt.Sprintf("%s from %s (%s, line %d)", n.Layers[index].Out, plain.CutNames(node.Name), op.Short(node.Op),
			node.Pos.Line)
	}
	p := *m.Problem
	p.Msg = fmt.Sprintf("%s, but gets %s and %s", p.Msg, producer(m.A), producer(m.B))
	return &p
}
