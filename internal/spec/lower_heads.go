package spec

import (
	"slices"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// heads lowers the heads in order, after the layers, and adds them to the outputs. The end of the layers is an output
// too unless something uses it.
func (l *lowerer) heads(top *place) {
	ends := make([]int, len(l.file.heads))
	for k, h := range l.file.heads {
		ends[k] = none
		if h.chain != nil {
			ends[k] = l.head(h, top)
		}
	}
	if !l.isUsed(top.last, ends) {
		l.graph.Outputs = []int{top.last}
		l.graph.Heads = []graph.Head{{Loss: 1}}
	}
	for k, h := range l.file.heads {
		if ends[k] != none {
			l.addHead(h, ends[k], top)
		}
	}
	l.checkHeads(top)
}

// head lowers the chain of a head and returns its end.
func (l *lowerer) head(h *head, top *place) int {
	at := *top
	at.names = &counter{prefix: h.name + "."}
	at.labels, at.exported = &labels{outer: top.labels}, top.labels
	at.headText = h.text()
	l.fc = lastFC{node: none}
	first := len(l.graph.Nodes)
	l.items(h.chain.items, &at)
	l.fcs = append(l.fcs, l.fc)
	if count := len(l.graph.Nodes) - first; count > 0 {
		l.spans = append(l.spans, headNodes{span{first, count}, h.training})
	}
	return at.last
}

// isUsed reports whether a layer reads the node, or a head ends in it.
func (l *lowerer) isUsed(node int, ends []int) bool {
	return slices.Contains(ends, node) ||
		slices.ContainsFunc(l.graph.Nodes, func(n graph.Node) bool { return slices.Contains(n.Inputs, node) })
}

// addHead makes the end of a head an output, unless it is one already.
func (l *lowerer) addHead(h *head, end int, at *place) {
	named := graph.Head{Name: h.name, Training: h.training, Loss: h.loss}
	g := l.graph
	for k := range g.Outputs {
		switch {
		case g.Outputs[k] == end:
			l.report(diag.ErrorfAt(h.pos, "network/head", "the heads %s and %s name the same result",
				g.OutputName(k), h.name).WithHint("leave one of them out"), at)
			return
		case g.OutputName(k) == h.name:
			l.report(diag.ErrorfAt(h.pos, "network/head", "the end of the layers is already the output %s", h.name).
				WithHint("give the head another name"), at)
			return
		}
	}
	g.Outputs, g.Heads = append(g.Outputs, end), append(g.Heads, named)
}

// checkHeads reports a network whose outputs are all for training. Where no output is left, it is that of the layers.
func (l *lowerer) checkHeads(top *place) {
	g := l.graph
	if len(g.Outputs) == 0 {
		g.Outputs, g.Heads = []int{top.last}, nil
	}
	if g.Heads == nil || slices.ContainsFunc(g.Heads, func(h graph.Head) bool { return !h.Training }) {
		return
	}
	l.report(diag.ErrorfAt(l.file.heads[0].pos, "network/head", "all heads are for training: the network has no output "+
		"when it runs").WithHint("name an output without training: true"), top)
	for k := range g.Heads {
		g.Heads[k].Training = false
	}
}

// lastFC is the last FC of the layers or of a head.
type lastFC struct {
	node     int  // or none
	ownUnits bool // it sets its units itself
}

// classes sets the units of the last FC of the layers and of every head, unless they set them themselves.
func (l *lowerer) classes(at *place) {
	v := l.file.classes
	if v == nil {
		return
	}
	units, err := l.wholeValue(v, "classes", at)
	hasFC := false
	for _, last := range l.fcs {
		if last.node == none {
			continue
		}
		hasFC = true
		if last.ownUnits {
			continue
		}
		node := &l.graph.Nodes[last.node]
		fc := *node.Op.(*op.FC)
		fc.Units = units
		node.Op = &fc
		if err != nil {
			node.Op = &op.Unknown{}
		}
	}
	if !hasFC && err == nil && !l.hasUnknown() {
		err = diag.ErrorfAt(v.pos, "network/classes", "classes sets the size of the last FC, but the network has none").
			WithHint("leave classes out, or end the network with FC")
	}
	if err != nil {
		l.report(err, at)
	}
}
