package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// input adds the inputs, which come before all layers.
func (l *lowerer) input(o graph.Options, top *place) {
	if len(l.file.inputs) == 0 {
		l.onlyInput(o)
		return
	}
	for i, in := range l.file.inputs {
		shape := resized(l.inputShape(in.size), o, in.name)
		l.graph.Nodes = append(l.graph.Nodes,
			graph.Node{Name: in.name, Labelled: true, Op: &op.Input{Shape: shape}, Pos: in.size.pos})
		if i > 0 {
			l.names.add(top.names)
		}
		if p := top.labels.define(in.name, in.pos, i); p != nil {
			l.report(p, top)
		}
	}
}

// onlyInput adds the input of a network that has one.
func (l *lowerer) onlyInput(o graph.Options) {
	shape := graph.Shape{}
	pos := diag.Pos{Line: 1, Col: 1}
	if l.file.input != nil {
		pos = l.file.input.pos
		shape = l.inputShape(l.file.input)
	}
	if l.file.input != nil || l.file.isArrowText {
		shape = resized(shape, o, "")
	}
	if l.file.isArrowText && !shape.IsKnown() {
		p := diag.ErrorfAt(pos, "network/input", "arrow text alone does not say the size of its input")
		l.report(p.WithHint("--input-size 32x32x3 gives width x height x depth"), l.top())
	}
	l.graph.Nodes = append(l.graph.Nodes, graph.Node{Op: &op.Input{Shape: shape}, Pos: pos})
}

// resized returns the shape of an input with the sizes that the options set for all inputs and for the one of that
// name.
func resized(s graph.Shape, o graph.Options, name string) graph.Shape {
	all := graph.Shape{W: o.InputWidth, H: o.InputHeight, D: o.InputDepth}
	for _, size := range []graph.Shape{all, o.Inputs[name]} {
		if size.W > 0 {
			s.W, s.H = size.W, size.H
		}
		if size.D > 0 {
			s.D = size.D
		}
	}
	return s
}

func (l *lowerer) inputShape(v *value) graph.Shape {
	at := l.top()
	if v.isUnread() {
		return graph.Shape{}
	}
	field := op.Field{Key: "input"}
	sizes, err := at.evalValue(field, v)
	if err != nil {
		l.report(err, at)
		return graph.Shape{}
	}
	for _, n := range sizes.Ints {
		if n < 1 || n > graph.MaxExtent {
			l.report(diag.ErrorfAt(v.pos, "network/input", "input %s: width, height and depth must be from 1 to %d",
				sizes, int64(graph.MaxExtent)), at)
			return graph.Shape{}
		}
	}
	return graph.Shape{W: sizes.Ints[0], H: sizes.Ints[1], D: sizes.Ints[2]}
}
