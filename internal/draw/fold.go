package draw

import (
	"slices"
	"strconv"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// span is the nodes from First to the one before End.
type span struct{ First, End int }

func (s span) len() int { return s.End - s.First }

// builder makes the parts of a diagram.
type builder struct {
	network   *shape.Network
	options   Options
	scopes    [][]*graph.Scope // by node: those around it, outermost first
	consumers [][]int
	// drawn is, by node, the node that is drawn in its place: its counterpart in the first turn of a repeat, or
	// itself.
	drawn []int
	// turns are, by node, the repeats around it that are drawn once, outermost first.
	turns [][]turn
	boxes []*Part // by node that is drawn
}

// turn says which turn of a repeat a node is in. A repeat is known by its first node and its depth.
type turn struct{ repeat, depth, index int }

func newBuilder(n *shape.Network, o Options) *builder {
	b := &builder{network: n, options: o, scopes: make([][]*graph.Scope, len(n.Nodes)), consumers: n.Consumers(),
		drawn: make([]int, len(n.Nodes)), turns: make([][]turn, len(n.Nodes)), boxes: make([]*Part, len(n.Nodes))}
	for i := range n.Nodes {
		for s := n.Nodes[i].Within; s != nil; s = s.Outer {
			b.scopes[i] = append(b.scopes[i], s)
		}
		slices.Reverse(b.scopes[i])
		b.drawn[i] = i
	}
	return b
}

// scope returns the scope around node i at a depth, nil if there is none.
func (b *builder) scope(i, depth int) *graph.Scope {
	if depth < len(b.scopes[i]) {
		return b.scopes[i][depth]
	}
	return nil
}

// level returns the parts of a span of nodes, all of which are within the same scopes down to a depth.
func (b *builder) level(s span, depth int) []*Part {
	var parts []*Part
	for i := s.First; i < s.End; {
		one := b.unit(i, s.End, depth)
		times := b.repeats(one, s.End, depth)
		part := b.part(one, depth)
		part.Times, part.Varies, part.Gathers = times, b.varies(one, times), b.gathers(one, times)
		if scope := b.scope(i, depth); part.IsFrame() && part.Title == "" && times == 1 {
			part.Title = scope.What()
		}
		parts = b.append(parts, part)
		i += one.len() * times
	}
	return parts
}

// unit returns the nodes from i on that are in the same scope at a depth: node i alone if it is in none.
func (b *builder) unit(i, end, depth int) span {
	last := i + 1
	if scope := b.scope(i, depth); scope != nil {
		for last < end && b.scope(last, depth) == scope {
			last++
		}
	}
	return span{i, last}
}

// repeats returns how many times in a row the layers of a span were written as one and are alike, 1 or more, and draws
// the first for all of them.
func (b *builder) repeats(one span, end, depth int) int {
	times := 1
	if b.options.Unfolded {
		return times
	}
	for {
		next := span{one.First + times*one.len(), one.End + times*one.len()}
		if next.End > end || b.unit(next.First, end, depth) != next || !b.alike(one, next, depth) {
			break
		}
		times++
	}
	if times == 1 {
		return times
	}
	for k := range times * one.len() {
		i, index := one.First+k, k/one.len()
		b.turns[i] = append(b.turns[i], turn{one.First, depth, index})
		if index > 0 {
			b.drawn[i] = one.First + k%one.len()
		}
	}
	return times
}

// alike reports whether two spans were written at the same place of the file and differ in sizes only: the same
// layers, which read from each other in the same way.
func (b *builder) alike(one, other span, depth int) bool {
	if !b.sameScope(b.scope(one.First, depth), b.scope(other.First, depth)) {
		return false
	}
	shift := other.First - one.First
	for i := one.First; i < one.End; i++ {
		x, y := &b.network.Nodes[i], &b.network.Nodes[i+shift]
		if x.Pos != y.Pos || op.Notation(x.Op) != op.Notation(y.Op) || len(x.Inputs) == 0 ||
			len(b.scopes[i]) != len(b.scopes[i+shift]) ||
			len(heads(b.network.Graph, i)) > 0 || len(heads(b.network.Graph, i+shift)) > 0 {
			return false
		}
		if !readAlike(x.Inputs, y.Inputs, one.First, other.First) {
			return false
		}
	}
	return true
}

// readAlike reports whether a layer reads in one span what another reads in the span of the same length that starts at
// second: the counterparts within it, and anything before it. Or else it reads the same and in addition what later
// turns have made, as the layers of DenseNet do.
func readAlike(x, y []int, first, second int) bool {
	if len(x) != len(y) {
		return gathers(x, y, first, second)
	}
	for k, input := range x {
		if inside := input >= first; inside && y[k] != input+second-first || !inside && y[k] >= second {
			return false
		}
	}
	return true
}

// gathers reports whether y is x, which is from before the first turn, and results of the turns from there on.
func gathers(x, y []int, first, second int) bool {
	if len(x) >= len(y) || !slices.Equal(x, y[:len(x)]) || slices.Max(x) >= first {
		return false
	}
	return slices.Min(y[len(x):]) >= first && slices.Max(y) < second
}

// sameScope reports whether two scopes are turns of one repeat, or calls of one block at one place.
func (b *builder) sameScope(x, y *graph.Scope) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Pos == y.Pos && x.Block == y.Block
}

// varies reports whether the sizes differ between the turns of a repeat.
func (b *builder) varies(one span, times int) bool {
	for k := one.len(); k < times*one.len(); k++ {
		if b.network.Layers[one.First+k].Out != b.network.Layers[one.First+k%one.len()].Out {
			return true
		}
	}
	return false
}

// gathers reports whether later turns of a repeat read more than the first.
func (b *builder) gathers(one span, times int) bool {
	for k := one.len(); k < times*one.len(); k++ {
		if len(b.network.Nodes[one.First+k].Inputs) > len(b.network.Nodes[one.First+k%one.len()].Inputs) {
			return true
		}
	}
	return false
}

// part returns the box or frame of a unit at a depth.
func (b *builder) part(s span, depth int) *Part {
	scope := b.scope(s.First, depth)
	switch {
	case scope == nil:
		return b.box(s.First)
	case b.options.Depth >= 0 && depth >= b.options.Depth || slices.Contains(b.options.Folded, b.key(s, depth)):
		return b.collapsed(s, scope, b.key(s, depth))
	}
	inner := b.level(s, depth+1)
	if only := inner[0]; len(inner) == 1 && only.Times == 1 && (only.Title == "" || scope.Block == "") {
		if only.IsFrame() {
			only.Title += scope.Block
			only.Key = b.key(s, depth)
		}
		return only
	}
	return &Part{Title: scope.Block, Key: b.key(s, depth), Inner: inner}
}

// key returns the key of a frame: its first layer, and how many frames are around it.
func (b *builder) key(s span, depth int) string {
	return b.network.Nodes[s.First].Name + " " + strconv.Itoa(depth)
}

// box returns the box of a layer.
func (b *builder) box(i int) *Part {
	n := b.network
	p := &Part{Rows: []Row{{Node: i, Name: n.Nodes[i].Name, Text: textOf(n, i), Class: classOf(n, i)}},
		Size: n.Layers[i].Out.String()}
	b.boxes[i] = p
	return p
}

// collapsed returns the box of a block that is not unfolded.
func (b *builder) collapsed(s span, scope *graph.Scope, key string) *Part {
	name := scope.Block
	if name == "" {
		name = "repeat"
	}
	p := &Part{Title: name, Key: key, Size: b.network.Layers[s.End-1].Out.String(), Rows: []Row{{
		Node: s.First, Name: scope.Name, Text: name + ", " + plain.Count(int64(s.len())) + " layers", Class: Collapsed}}}
	for i := s.First; i < s.End; i++ {
		b.boxes[i] = p
	}
	return p
}

// append adds a part after others. A layer that computes each place from the same place shares the box of the one
// layer that it reads, if nothing else reads that: CONV, BN and RELU are one box.
func (b *builder) append(parts []*Part, p *Part) []*Part {
	if len(parts) == 0 || !b.continues(parts[len(parts)-1], p) {
		return append(parts, p)
	}
	before := parts[len(parts)-1]
	before.Rows, before.Size = append(before.Rows, p.Rows...), p.Size
	for _, row := range p.Rows {
		b.boxes[row.Node] = before
	}
	return parts
}

// continues reports whether a part is drawn in the box of the one before it.
func (b *builder) continues(before, p *Part) bool {
	if before.IsFrame() || p.IsFrame() || before.Times > 1 || p.Times > 1 {
		return false
	}
	last, first := before.Rows[len(before.Rows)-1], p.Rows[0]
	if first.Class != Norm && first.Class != Activation || last.Class == Input || last.Class == Collapsed {
		return false
	}
	return b.network.Nodes[first.Node].Inputs[0] == last.Node && len(b.consumers[last.Node]) == 1 &&
		!b.network.IsOutput(last.Node)
}

// edges returns the edges between boxes, each once, in the order of the layers. Those from one turn of a repeat to
// another are not drawn.
func (b *builder) edges() []Edge {
	var edges []Edge
	seen := map[Edge]bool{}
	for i := range b.network.Nodes {
		for _, input := range b.network.Nodes[i].Inputs {
			from, to, ok := b.drawnEdge(input, i)
			if !ok {
				continue
			}
			e := Edge{b.boxes[from], b.boxes[to]}
			if e.From == e.To || seen[e] {
				continue
			}
			seen[e] = true
			edges = append(edges, e)
		}
	}
	return edges
}

// drawnEdge returns the nodes that are drawn in place of the two of an edge, and false if it joins two turns of a
// repeat. A node in several repeats is brought to the first turn of each, from the outside in.
func (b *builder) drawnEdge(from, to int) (int, int, bool) {
	for {
		if b.isLoop(from, to) {
			return 0, 0, false
		}
		f, t := b.drawn[from], b.drawn[to]
		if f == from && t == to {
			return from, to, true
		}
		from, to = f, t
	}
}

// isLoop reports whether two nodes are in different turns of a repeat that is drawn once.
func (b *builder) isLoop(from, to int) bool {
	for k := range min(len(b.turns[from]), len(b.turns[to])) {
		x, y := b.turns[from][k], b.turns[to][k]
		if x.repeat != y.repeat || x.depth != y.depth {
			return false
		}
		if x.index != y.index {
			return true
		}
	}
	return false
}

// mark notes which boxes give outputs, and which exist in training only.
func (b *builder) mark() {
	for i, box := range b.boxes {
		if box == nil {
			continue
		}
		box.Outputs = append(box.Outputs, heads(b.network.Graph, i)...)
		box.Training = box.Training || b.network.IsTrainingOnly(i)
	}
}

// heat adds up the figures of the nodes that each box represents.
func (b *builder) heat() {
	total := 0.0
	for _, v := range b.options.Heat {
		total += float64(v)
	}
	if total == 0 {
		return
	}
	for i, v := range b.options.Heat {
		at := i
		for b.drawn[at] != at {
			at = b.drawn[at]
		}
		b.boxes[at].Heat += float64(v) / total
	}
}
