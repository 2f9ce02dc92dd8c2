// Package convert rewrites a network into another that computes the same. It makes graphs from graphs; package spec
// reads and prints files, and package exec computes.
package convert

import (
	"fmt"
	"slices"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Change is one layer that differs in the new network.
type Change struct {
	Name string
	Old  graph.Op
	New  graph.Op // nil if the layer is left out
}

// FCToConv turns the FC layers at a network's end into CONV layers, as the CS231n notes do in "Converting FC layers
// to CONV layers", and whatever else ties its end to one input size into layers that slide over a larger input: GAP
// and ADAPTAVG into pools with a window, FLATTEN into nothing. The new network computes the same at this size. Layers
// keep their names, and weights their order and values; those of an FC change from [M, D*H*W] to [M, D, H, W], which
// is the same in memory.
//
// What cannot slide in a head for training stays as it is: the head does not run on a larger picture.
//
// FC layers that gate channels (after a GAP, before a MUL) stay: they work at any size.
//
// The error is a *diag.Problem with its position if there is nothing to convert or something cannot slide.
func FCToConv(n *shape.Network) (*graph.Graph, []Change, error) {
	c := newConverter(n)
	for i := range n.Nodes {
		if err := c.node(i); err != nil {
			p := diag.At(n.Nodes[i].Pos, err)
			p.Msg = op.Short(n.Nodes[i].Op) + ": " + p.Msg
			p.Context = n.Nodes[i].Within.String()
			return nil, nil, &p
		}
	}
	if !c.converted {
		return nil, nil, c.nothing()
	}
	g, err := c.finish()
	return g, c.changes, err
}

// converter builds the new graph, node by node.
type converter struct {
	network   *shape.Network
	builder   graph.Builder
	changes   []Change
	converted bool // whether an FC has been converted

	// Indexed by node of the old graph.
	gates  []bool
	place  []int         // its index in the new graph, or its input's if it is left out
	shapes []graph.Shape // of its output in the new graph; differs from the old after a FLATTEN that is left out
}

func newConverter(n *shape.Network) *converter {
	return &converter{network: n, builder: graph.Builder{Header: *n.Graph}, gates: gates(n),
		place: make([]int, len(n.Nodes)), shapes: make([]graph.Shape, len(n.Nodes))}
}

// gates reports which nodes make a single place from which later layers compute planes again: the gates of MUL, and
// paths that an UPSAMPLE enlarges. They cannot become maps.
func gates(n *shape.Network) []bool {
	gates := make([]bool, len(n.Nodes))
	consumers := n.Consumers()
	for i := len(n.Nodes) - 1; i >= 0; i-- {
		for _, c := range consumers[i] {
			gates[i] = gates[i] || n.Layers[i].Out.IsPlace() && (gates[c] || !n.Layers[c].Out.IsPlace())
		}
	}
	return gates
}

// node copies one node, changed where it must be to slide.
func (c *converter) node(i int) error {
	old := &c.network.Nodes[i]
	in := make([]graph.Shape, len(old.Inputs))
	for k, input := range old.Inputs {
		in[k] = c.shapes[input]
	}
	if err := c.checkReads(i, in); err != nil {
		return err
	}
	now, err := c.op(i, in)
	if err != nil {
		return err
	}
	if now == nil {
		c.place[i], c.shapes[i] = c.place[old.Inputs[0]], in[0]
		return nil
	}
	if c.shapes[i], err = now.Output(in); err != nil {
		return err
	}
	next := *old
	next.Op = now
	next.Inputs = make([]int, len(old.Inputs))
	for k, input := range old.Inputs {
		next.Inputs[k] = c.place[input]
	}
	next.Refs = slices.Clone(old.Refs)
	for k := range next.Refs {
		next.Refs[k].Node = c.place[next.Refs[k].Node]
	}
	c.place[i] = c.builder.Add(next)
	return nil
}

// op returns the new layer of a node, or nil if it is left out.
func (c *converter) op(i int, in []graph.Shape) (graph.Op, error) {
	old := &c.network.Nodes[i]
	slider, ok := old.Op.(op.Slider)
	_, isFC := old.Op.(*op.FC)
	_, isFlatten := old.Op.(*op.Flatten)
	switch {
	case c.gates[i] && (isFC || isFlatten) && !in[0].IsPlace():
		return nil, diag.Errorf("convert/slide", "it reads a plane of %dx%d, and later layers have planes again: as a "+
			"CONV it would no longer fit them",
			in[0].W, in[0].H).WithHint("only FC layers at the end of a network, or after a GAP, can take other input sizes")
	case !ok || c.gates[i]:
		return old.Op, nil
	}
	now, err := slider.Slide(in[0])
	if err != nil && c.network.IsTrainingOnly(i) {
		return old.Op, nil
	}
	if err != nil {
		return nil, err
	}
	if now != nil && op.Notation(old.Op) == op.Notation(now) {
		return old.Op, nil
	}
	c.changes = append(c.changes, Change{Name: old.Name, Old: old.Op, New: now})
	c.converted = c.converted || isFC
	return now, nil
}

// checkReads rejects a layer that computes something else from a plane than from the same values after a FLATTEN,
// which is left out.
func (c *converter) checkReads(i int, in []graph.Shape) error {
	flat := c.network.InputsOf(i)
	for k := range in {
		if in[k] != flat[k] && !readsAlike(c.network.Nodes[i].Op, flat[k], in[k]) {
			return diag.Errorf("convert/slide", "it reads the %d values of a FLATTEN, and would compute something else "+
				"from their volume, %s", flat[k].D, in[k]).
				WithHint("between a FLATTEN and an FC there can only be activation functions and DROPOUT")
		}
	}
	return nil
}

// readsAlike reports whether a layer computes the same from a volume as from its values after a FLATTEN. That holds
// for FC, FLATTEN, and layers that work on each value alone with the same weights.
func readsAlike(o graph.Op, flat, volume graph.Shape) bool {
	switch o.(type) {
	case *op.FC, *op.Flatten:
		return true
	case *op.Softmax, *op.LogSoftmax:
		return false
	}
	dims := func(s graph.Shape) string { return fmt.Sprint(o.Weights([]graph.Shape{s}, s)) }
	return !o.MakesVolume() && dims(flat) == dims(volume)
}

// nothing returns the problem of a network without an FC to convert.
func (c *converter) nothing() error {
	last := &c.network.Nodes[c.network.Outputs[0]]
	for i := range c.network.Nodes {
		if _, isFC := c.network.Nodes[i].Op.(*op.FC); isFC {
			p := diag.At(c.network.Nodes[i].Pos, diag.Errorf("convert/nothing",
				"the network's FC layers gate channels; there is none at its end to convert").
				WithHint("it already takes other input sizes: use --input-size"))
			return &p
		}
	}
	p := diag.At(last.Pos, diag.Errorf("convert/nothing", "the network has no FC to convert").
		WithHint("without an FC it already takes other input sizes: use --input-size"))
	return &p
}

// finish returns the new graph after comparing its shape and counts with the old one's. An error is a bug in this
// package.
func (c *converter) finish() (*graph.Graph, error) {
	for k, out := range c.network.Outputs {
		c.builder.Head(c.place[out], c.network.HeadOf(k))
	}
	g, err := c.builder.Graph()
	if err != nil {
		return nil, fmt.Errorf("the converted network: %w", err)
	}
	now, problems := shape.Infer(g)
	if len(problems) > 0 {
		return nil, fmt.Errorf("the converted network is not sound: %w", &problems[0])
	}
	old := c.network.Total
	if now.Total.Out != old.Out || now.Total.MACs != old.MACs || now.Total.Parameters() != old.Parameters() {
		return nil, fmt.Errorf("the converted network differs: %s, %d MACs and %d parameters, where there were %s, %d and %d",
			now.Total.Out, now.Total.MACs, now.Total.Parameters(), old.Out, old.MACs, old.Parameters())
	}
	return g, nil
}
