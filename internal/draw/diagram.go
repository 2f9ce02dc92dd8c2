package draw

import (
	"fmt"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/svg"
)

// Class is what a layer does, as far as its box looks different.
type Class string

// The classes.
const (
	Input      Class = "input"
	Conv       Class = "conv"   // a window with weights
	Linear     Class = "linear" // weights without a window
	Pool       Class = "pool"   // a window or plane without weights
	Norm       Class = "norm"   // a value for a value, with weights or statistics
	Activation Class = "activation"
	Join       Class = "join"
	Reshape    Class = "reshape"   // whatever moves values
	Collapsed  Class = "collapsed" // a block that is not unfolded
)

// Diagram is a network as boxes, frames and edges.
type Diagram struct {
	Title   string
	Layers  int // of the network, without its inputs; repeats are drawn once
	HasHeat bool
	// HasNames makes SVG name what it draws, for pages on which one chooses layers: the group of a box and the text of
	// each of its rows have the attribute data-layer, the name of the (first) layer; the group of a frame, and that of
	// the single box of a block or repeat, have data-block, the key by which Options.Folded knows it.
	HasNames bool
	Parts    []*Part // in the order of the layers
	Edges    []Edge
}

// Part is a box, which represents a run of layers, or a frame around other parts.
type Part struct {
	Title string // of a frame, "bottleneck"; of a collapsed block too
	// Key is that of a frame, or of a block or repeat that is a single box, for Options.Folded.
	Key   string
	Times int // how many in a row the frame or box represents, 1 or more
	// Varies reports whether the turns after the first have other sizes.
	Varies bool
	// Gathers reports whether each turn reads the results of all turns before it too.
	Gathers bool
	Inner   []*Part // of a frame; nil for a box
	Rows    []Row   // of a box, from the input to the output
	// Size is the shape of a box's output.
	Size string
	// Outputs are the names of the network's outputs that the box gives.
	Outputs []string
	// Training reports whether the box exists in training only.
	Training bool
	// Heat is the share of a box, with all turns of its repeats, in the sum over the network, from 0 to 1; 0 unless
	// Options has figures.
	Heat float64
}

// Row is a layer in a box.
type Row struct {
	Node  int // in the network; the first of them in a collapsed block
	Name  string
	Text  string // "CONV3-64 s2"
	Class Class
}

// Edge is a volume that one box makes and another reads.
type Edge struct{ From, To *Part }

// IsFrame reports whether the part is a frame around others.
func (p *Part) IsFrame() bool { return p.Inner != nil }

// isCollapsed reports whether the part is a block or repeat that is drawn as a single box.
func (p *Part) isCollapsed() bool { return !p.IsFrame() && p.Rows[0].Class == Collapsed }

// label returns the lines that are written on a frame, "bottleneck x3" first: how many in a row it represents, and how
// they differ.
func (p *Part) label() []string {
	lines := []string{strings.TrimSpace(plain.Escape(plain.Cut(p.Title)) + " " + p.times())}
	if p.Gathers {
		lines = append(lines, "each reads all before")
	}
	if p.Varies {
		lines = append(lines, "sizes of the first")
	}
	return lines
}

// times returns how many in a row the part represents, "" for one.
func (p *Part) times() string {
	if p.Times == 1 {
		return ""
	}
	return fmt.Sprintf("x%d", p.Times)
}

// lines returns the rows of a box's text.
func (p *Part) lines() []string {
	var lines []string
	for _, row := range p.Rows {
		lines = append(lines, plain.Escape(svg.Cut(row.Text, longestRow)))
	}
	return lines
}

// longestRow is the longest row of text in a box, in letters: far more than the notation of any layer needs.
const longestRow = 80

// share returns a box's heat in percent, "" for less than one.
func (p *Part) share() string {
	if p.Heat < 0.01 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", p.Heat*100)
}

// below returns what is written below a box: the shape of its output, and what the network calls that.
func (p *Part) below() string {
	text := p.Size
	if p.Varies && !p.IsFrame() {
		text += " in the first"
	}
	for _, name := range p.Outputs {
		text += " = " + plain.Escape(plain.Cut(name))
	}
	if p.Training {
		text += ", in training"
	}
	return text
}

// names returns the names of the layers in a box.
func (p *Part) names() string {
	var names []string
	for _, row := range p.Rows {
		names = append(names, row.Name)
	}
	return plain.CutNames(strings.Join(names, ", "))
}

// Options choose what a diagram shows.
type Options struct {
	// Depth is how many frames may be inside each other; what is deeper is a single box. Below 0 there is no bound.
	Depth int
	// Folded has the keys of frames that are single boxes too. Keys of frames that there are not mean nothing.
	Folded []string
	// Unfolded draws all turns of a repeat instead of the first.
	Unfolded bool
	// Heat is a figure of each node, of which boxes show their share; nil for none.
	Heat []int64
}

// New returns the diagram of a network without problems.
func New(n *shape.Network, o Options) *Diagram {
	b := newBuilder(n, o)
	d := &Diagram{Title: n.Name, Layers: len(n.Nodes) - len(n.Inputs), HasHeat: o.Heat != nil,
		Parts: b.level(span{0, len(n.Nodes)}, 0)}
	d.Edges = b.edges()
	b.mark()
	b.heat()
	return d
}

// classOf returns the class of node i.
func classOf(n *shape.Network, i int) Class {
	node, layer := &n.Nodes[i], n.Layers[i].Used()
	hasWeights := layer.WeightCount+layer.BiasCount+layer.BufferCount > 0
	_, isWindow := node.Op.(op.Windowed)
	switch {
	case len(node.Inputs) == 0:
		return Input
	case node.JoinsPaths():
		return Join
	case isWindow && layer.MACs > 0:
		return Conv
	case isWindow:
		return Pool
	case layer.MACs > 0:
		return Linear
	case isPointwise(n, i) && hasWeights:
		return Norm
	case isPointwise(n, i):
		return Activation
	case readsAllPlaces(n, i):
		return Pool
	}
	return Reshape
}

// isPointwise reports whether the layer has one input of the output's shape and computes each place from the same
// place.
func isPointwise(n *shape.Network, i int) bool {
	node, out := &n.Nodes[i], n.Layers[i].Out
	if len(node.Inputs) != 1 || n.Layers[i].MACs > 0 {
		return false
	}
	in := n.Layers[node.Inputs[0]].Out
	if _, isWindow := node.Op.(op.Windowed); isWindow || in != out {
		return false
	}
	w, h := op.TapsOf(node.Op, in, out)
	return isSamePlace(w) && isSamePlace(h)
}

// isSamePlace reports whether each place of the output is computed from the same place of the input.
func isSamePlace(t op.Taps) bool {
	first, last, _ := t.At(0)
	return t.In == t.Out && t.In > 0 && first == 0 && last == 0
}

// readsAllPlaces reports whether each place of the output is computed from the whole plane of the input.
func readsAllPlaces(n *shape.Network, i int) bool {
	in, out := n.Layers[n.Nodes[i].Inputs[0]].Out, n.Layers[i].Out
	w, _ := op.TapsOf(n.Nodes[i].Op, in, out)
	return w.In == 0 && in.D == out.D
}

// textOf returns a layer as its box shows it: the notation without options, and the stride and dilation of a window.
func textOf(n *shape.Network, i int) string {
	node := &n.Nodes[i]
	text := op.Short(node.Op)
	window, isWindow := node.Op.(op.Windowed)
	if !isWindow {
		return text
	}
	g, err := window.Geometry(n.Layers[node.Inputs[0]].Out)
	if err != nil {
		return text
	}
	return text + pair(" s", g.W.Stride, g.H.Stride) + pair(" d", g.W.Dilation, g.H.Dilation)
}

// pair returns a setting of both axes, "" for 1.
func pair(letter string, w, h int64) string {
	switch {
	case w == 1 && h == 1:
		return ""
	case w == h:
		return fmt.Sprintf("%s%d", letter, w)
	}
	return fmt.Sprintf("%s%dx%d", letter, w, h)
}

// heads returns the names of the outputs of node i. A network with a single output has none to tell apart.
func heads(g *graph.Graph, i int) []string {
	if len(g.Outputs) == 1 {
		return nil
	}
	var names []string
	for k, output := range g.Outputs {
		if output == i {
			names = append(names, g.OutputName(k))
		}
	}
	return names
}
