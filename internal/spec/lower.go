package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// OnlyModels is the message for options that only ONNX models take.
const OnlyModels = "only an ONNX model can be read up to a node; shorten the file instead"

// Unknown returns an error if the options set a variable that the file does not have.
func (f *File) Unknown(o graph.Options) error {
	if o.Until != "" {
		return &diag.Problem{Flag: "--until", Msg: OnlyModels}
	}
	known := f.Variables()
	for _, name := range slices.Sorted(maps.Keys(o.Vars)) {
		if slices.Contains(known, name) {
			continue
		}
		if hint := diag.DidYouMean(name, known); hint != "" {
			return fmt.Errorf("the network has no variable %s; %s", plain.Cut(name), hint)
		}
		if len(known) == 0 {
			return fmt.Errorf("the network has no variables, and so no %s", plain.Cut(name))
		}
		return fmt.Errorf("the network has no variable %s; it has %s", plain.Cut(name),
			plain.CutNames(strings.Join(known, ", ")))
	}
	return nil
}

// Variables returns the names of the file's variables: those with a value, and then those of optional layers.
func (f *File) Variables() []string {
	names := slices.Sorted(maps.Keys(f.vars))
	for _, name := range slices.Sorted(maps.Keys(f.optional)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Variable returns the values of a variable in the file, nil if it has none.
func (f *File) Variable(name string) []int64 { return f.vars[name].values }

// Lower expands repeats, blocks and lists into a flat graph. In place of what could not be read, the graph has an
// op.Unknown.
func (f *File) Lower(o graph.Options) (*graph.Graph, diag.List) {
	return f.lower(o, maxSteps)
}

// lower is Lower with a limit on its steps.
func (f *File) lower(o graph.Options, maxSteps int64) (*graph.Graph, diag.List) {
	l := &lowerer{
		file:     f,
		maxSteps: maxSteps,
		vars:     maps.Clone(f.vars),
		made:     map[string]op.Layer{},
		constant: map[*layer]op.Layer{},
		reported: map[string]bool{},
		graph: &graph.Graph{
			Name: f.name, Description: f.description, Source: f.source,
			Preprocess: f.preprocess, PreprocessPos: f.preprocessPos,
			Labels: f.labels, LabelsPos: f.labelsPos,
			Frozen: slices.Concat(f.frozen, graph.FrozenPatterns(o.Freeze)),
			Budget: f.budget,
		},
		fc: lastFC{node: none},
	}
	for name, values := range o.Vars {
		l.vars[name] = variable{values: values, list: len(values) > 1}
	}
	top := l.top()
	l.input(o, top)
	l.network(top)
	if p := onlyInput(l.graph); p != nil {
		l.problems = append(l.problems, *p)
	}
	return l.graph, l.problems
}

// onlyInput leaves a graph that lowering made wrong with its INPUT alone, and returns the problem; nil for any other.
func onlyInput(g *graph.Graph) *diag.Problem {
	err := graph.Check(g)
	if err == nil {
		return nil
	}
	g.Nodes, g.Inputs, g.Outputs, g.Heads = g.Nodes[:1], []int{0}, []int{0}, nil
	g.Modules = nil
	return diag.Errorf("network/internal", "cnncalc made a wrong graph of this file: %v", err).
		WithHint("this is a bug in cnncalc: please report it with the file")
}

// lowerer holds what all of lowering shares. What depends on the place in the text is in a place.
type lowerer struct {
	file     *File
	vars     map[string]variable
	graph    *graph.Graph
	problems diag.List
	reported map[string]bool // by message and position
	mistakes int
	steps    int64
	maxSteps int64
	inputs   int                 // of all nodes
	prefixes int                 // bytes of names, see maxPrefixes
	made     map[string]op.Layer // by kind and settings
	constant map[*layer]op.Layer // of layers that are the same in every turn and call
	fc       lastFC              // so far of the layers or of the head that is lowered
	fcs      []lastFC            // of the layers and of each head
	spans    []headNodes         // of the heads that have nodes
	names    namer
	gaveUp   bool // the network is too large or has too many problems
}

// report adds a problem, unless another turn or call has reported the same.
func (l *lowerer) report(p *diag.Problem, at *place) {
	if p == unread {
		return
	}
	if l.mistakes++; l.mistakes > maxMistakes || l.problems.Crowded() {
		l.unknown(p.Pos, at)
		panic(stop{})
	}
	if key := p.Error(); !l.reported[key] {
		l.reported[key] = true
		problem := *p
		problem.Context = at.within.describe().String()
		l.problems = append(l.problems, problem)
	}
}

// unknown adds an op.Unknown in place of what has a problem.
func (l *lowerer) unknown(pos diag.Pos, at *place) {
	l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: pos}, at)
}

// broken reports the problem of an item and adds an op.Unknown in its place.
func (l *lowerer) broken(p *diag.Problem, pos diag.Pos, at *place) {
	l.report(p, at)
	l.unknown(pos, at)
}

// network lowers the layers and finishes the graph.
func (l *lowerer) network(top *place) {
	if l.file.layers == nil {
		l.unknown(diag.Pos{}, top)
	} else {
		l.reserve(1, len(l.file.layers.items))
		l.layers(l.file.layers.items, top)
	}
	for i := range l.graph.Nodes {
		if len(l.graph.Nodes[i].Inputs) == 0 {
			l.graph.Inputs = append(l.graph.Inputs, i)
		}
	}
	if l.graph.Outputs == nil {
		l.graph.Outputs = []int{l.output(top)}
	}
	l.nameNodes()
	l.file.markPyTorch(l.graph)
	if slices.ContainsFunc(l.spans, func(h headNodes) bool { return h.training }) {
		l.graph, _ = reordered(l.graph, runOrder(l.graph, l.spans))
	}
	if len(l.graph.Nodes) == len(l.graph.Inputs) && len(l.problems) == 0 {
		p := diag.ErrorfAt(l.file.layers.items[0].pos, "network/empty", "the network is empty: no layer follows its input")
		l.report(p.WithHint("for example INPUT -> CONV3-64 -> RELU -> FC-10"), top)
	}
}

// output returns the node of the last item, which is the network's output if it has no heads. If lowering gave up, it
// returns the last node.
func (l *lowerer) output(top *place) int {
	if l.gaveUp {
		return len(l.graph.Nodes) - 1
	}
	return top.last
}

// layers lowers all items, and the heads after them. An INPUT that comes first, or after a first item that is broken,
// is node 0.
func (l *lowerer) layers(items []item, top *place) {
	defer func() {
		switch caught := recover(); caught {
		case nil:
		case stop{}:
			l.gaveUp = true
			l.graph.Outputs, l.graph.Heads, l.spans = nil, nil, nil
		default:
			panic(caught)
		}
	}()
	_, startsBroken := items[0].body.(*broken)
	for i := range items {
		_, isInput := items[i].body.(*inputMark)
		if isInput && (i == 0 || i == 1 && startsBroken) {
			l.bind(&items[i], top)
		} else {
			l.item(&items[i], top)
		}
	}
	l.fcs = append(l.fcs, l.fc)
	if len(l.file.heads) > 0 {
		l.heads(top)
	}
	l.classes(top)
}

// hasUnknown reports whether the graph has a node that could not be read, which may be an FC.
func (l *lowerer) hasUnknown() bool {
	return slices.ContainsFunc(l.graph.Nodes, func(n graph.Node) bool {
		_, unknown := n.Op.(*op.Unknown)
		return unknown
	})
}

// wholeValue returns the value of one whole number, which must be 1 or more. what names it in messages.
func (l *lowerer) wholeValue(v *value, what string, at *place) (int64, *diag.Problem) {
	if v.isUnread() {
		return 0, unread
	}
	sizes, err := at.evalValue(op.Field{Key: what}, v)
	if err != nil {
		return 0, err
	}
	if len(sizes.Ints) != 1 || sizes.Ints[0] < 1 || sizes.Ints[0] > graph.MaxExtent {
		return 0, diag.ErrorfAt(v.pos, "network/classes", "%s must be a whole number from 1 to %d, not %s",
			what, int64(graph.MaxExtent), sizes)
	}
	return sizes.Ints[0], nil
}

// chain lowers a chain with labels of its own and leaves the result in at.last.
func (l *lowerer) chain(c *chain, at *place) {
	inner := *at
	inner.labels, inner.exported = &labels{outer: at.labels}, nil
	l.items(c.items, &inner)
	at.last = inner.last
}

func (l *lowerer) items(items []item, at *place) {
	for i := range items {
		l.item(&items[i], at)
	}
}

// item lowers one item as often as it is repeated and binds its label.
func (l *lowerer) item(it *item, at *place) {
	l.spend(1, it.pos, at)
	turns, ok := l.count(it, at)
	if !ok {
		l.unknown(it.pos, at)
		return
	}
	optional, ok := l.optional(it, at)
	if !ok {
		l.unknown(it.pos, at)
		return
	}
	before := len(l.graph.Nodes)
	for i := range turns.count {
		l.spend(1, it.pos, at)
		if i == 1 {
			l.reserve(turns.count-1, len(l.graph.Nodes)-before)
		}
		inner := *at
		if it.count != nil {
			turn := turns
			turn.index = i
			inner.repeats = &turn
			if _, isGroup := it.body.(*group); isGroup {
				inner.within = &frame{outer: at.within, turn: turn, pos: it.pos}
			}
		}
		for range optional {
			l.body(it, &inner)
		}
		at.last = inner.last
	}
	l.bind(it, at)
}

// count evaluates the count of an item outside its own repeat.
func (l *lowerer) count(it *item, at *place) (turn, bool) {
	if it.count == nil {
		return turn{outer: at.repeats, count: 1}, true
	}
	n, isList, err := at.evalNumber(it.count)
	if err == nil && (n < 0 || n > MaxLayers) {
		err = diag.ErrorfAt(it.count.pos, "network/repeat", "the count must be from 0 to %s, not %d",
			plain.Count(MaxLayers), n)
	}
	if err != nil {
		l.report(err, at)
		return turn{}, false
	}
	return turn{outer: at.repeats, count: n, bindable: !isList}, true
}

// optional returns the value of the variable that `?` refers to: 1 unless it is set.
func (l *lowerer) optional(it *item, at *place) (int64, bool) {
	if it.optional == "" || !at.isVariable(it.optional) {
		return 1, true
	}
	n, _, err := at.eval(&reference{it.optional, it.pos})
	if err == nil && (n < 0 || n > MaxLayers) {
		err = diag.ErrorfAt(it.pos, "network/repeat", "the variable %s of ? must be from 0 to %s, not %d",
			it.optional, plain.Count(MaxLayers), n)
	}
	if err != nil {
		l.report(err, at)
		return 0, false
	}
	return n, true
}

func (l *lowerer) body(it *item, at *place) {
	switch b := it.body.(type) {
	case *layer:
		l.layer(b, at)
	case *group:
		first, before := len(l.graph.Nodes), at.last
		l.chain(b.chain, at)
		if it.count == nil {
			l.module(first, []int{before})
		}
	case *merge:
		l.merge(b, at)
	case *call:
		l.call(b, at)
	case *paramLayer:
		l.paramLayer(b, at)
	case *goOn:
		l.goOn(b, at)
	case *inputMark:
		l.broken(diag.ErrorfAt(it.pos, "network/input", "INPUT can only come first in a network"), it.pos, at)
	default:
		l.unknown(it.pos, at)
	}
}

// module records that the nodes from first on are a module that is called with these inputs, unless a module around it
// has the same nodes.
func (l *lowerer) module(first int, inputs []int) {
	last := len(l.graph.Nodes) - 1
	if last < first {
		return // nothing, or IDENTITY
	}
	if n := len(l.graph.Modules); n > 0 {
		if m := l.graph.Modules[n-1]; m.First == first && m.Last == last && len(m.Inputs) == len(inputs) {
			return
		}
	}
	l.graph.Modules = append(l.graph.Modules, graph.Module{First: first, Last: last, Inputs: inputs})
}

// reserve makes room for as many nodes in each of some turns, which are most often alike.
func (l *lowerer) reserve(turns int64, nodes int) {
	room := min(turns*int64(nodes), int64(MaxLayers+1-len(l.graph.Nodes)))
	l.graph.Nodes = slices.Grow(l.graph.Nodes, int(max(room, 0)))
}

// emit appends a node and makes it the last result.
func (l *lowerer) emit(n graph.Node, at *place) {
	if len(l.graph.Nodes) > MaxLayers {
		l.tooLarge("the network has more than %s layers once its repeats are expanded", MaxLayers, fewerTurns, n.Pos, at)
	}
	l.inputs += len(n.Inputs)
	l.boundInputs(0, n.Pos, at)
	if l.prefixes += len(at.names.prefix); l.prefixes > maxPrefixes {
		l.tooLarge("the names of the layers take more than %s bytes", maxPrefixes,
			"shorten the names of the blocks, or nest fewer", n.Pos, at)
	}
	n.Within = at.within.describe()
	at.last = len(l.graph.Nodes)
	if at.last == cap(l.graph.Nodes) {
		l.graph.Nodes = slices.Grow(l.graph.Nodes, at.last) // nodes are large: append would copy them more often
	}
	l.graph.Nodes = append(l.graph.Nodes, n)
	l.names.add(at.names)
}

// bind labels the last result.
func (l *lowerer) bind(it *item, at *place) {
	if it.label == "" {
		return
	}
	if it.listed {
		if p := at.labels.add(it.label, it.labelPos, at.last); p != nil {
			l.report(p, at)
		}
		return
	}
	p := at.labels.define(it.label, it.labelPos, at.last)
	if p == nil && at.exported != nil {
		p = at.exported.define(at.names.prefix+it.label, it.labelPos, at.last)
	}
	if p != nil {
		l.report(p, at)
		return
	}
	node := &l.graph.Nodes[at.last]
	if !node.Labelled && !at.isInline {
		node.Labelled = true
		node.Name = at.names.prefix + it.label
	}
}
