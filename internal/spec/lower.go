package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Bounds of what a file may expand to. Turns count too, so that empty repeats come to an end.
const (
	MaxLayers = 1_000_000
	maxTurns  = 4_000_000
)

// Options change a network without editing its file.
type Options struct {
	InputWidth, InputHeight int64              // 0 for the file's
	Vars                    map[string][]int64 // --set name=value
}

// Unknown names the options' variables that the file does not have, with the ones it has.
func (f *File) Unknown(o Options) error {
	known := slices.Sorted(maps.Keys(f.vars))
	for name := range f.optional {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Vars)) {
		if slices.Contains(known, name) {
			continue
		}
		if hint := diag.DidYouMean(name, known); hint != "" {
			return fmt.Errorf("the network has no variable %s; %s", name, hint)
		}
		if len(known) == 0 {
			return fmt.Errorf("the network has no variable %s: it has none", name)
		}
		return fmt.Errorf("the network has no variable %s; it has %v", name, known)
	}
	return nil
}

// Lower expands repeats, blocks and lists into a flat graph. The graph is usable in part where there are
// problems: what could not be read is an op.Unknown.
func (f *File) Lower(o Options) (*graph.Graph, diag.List) {
	l := &lowerer{
		file:   f,
		vars:   maps.Clone(f.vars),
		shared: map[*layer]op.Layer{},
		fields: map[string]map[string]int{},
		graph: &graph.Graph{Name: f.name, Description: f.description, Source: f.source, Preprocess: f.preprocess,
			Labels: f.labels, LabelsPos: f.labelsPos, PreprocessPos: f.preprocessPos},
		lastFC: -1,
	}
	for name, values := range o.Vars {
		l.vars[name] = variable{values, len(values) > 1}
	}
	l.input(o)
	l.network()
	return l.graph, l.problems
}

// lowerer carries what lowering needs throughout; what changes with the place is in a place.
type lowerer struct {
	file     *File
	vars     map[string]variable
	graph    *graph.Graph
	problems diag.List
	shared   map[*layer]op.Layer       // ops of layers that are the same in every turn
	fields   map[string]map[string]int // kind -> key -> index among the kind's fields
	turns    int
	lastFC   int // node, -1 before the first
	ownUnits bool
	names    namer
}

// place is where lowering stands: the last result, and what the text there can see.
type place struct {
	scope
	last   int // node that the next item reads
	labels *labels
	within *graph.Scope
	names  *counter // turns of blocks called here
	blocks []string // being expanded, outermost first
}

// stop is thrown when the network is too large to go on.
type stop struct{}

func (l *lowerer) report(p *diag.Problem, at *place) {
	problem := *p
	if problem.Context == "" {
		problem.Context = at.within.String()
	}
	l.problems = append(l.problems, problem)
}

// input makes node 0.
func (l *lowerer) input(o Options) {
	shape := graph.Shape{}
	pos := diag.Pos{Line: 1, Col: 1}
	if l.file.input != nil {
		pos = l.file.input.pos
		shape = l.inputShape(l.file.input)
		if o.InputWidth > 0 {
			shape.W, shape.H = o.InputWidth, o.InputHeight
		}
	}
	l.graph.Nodes = append(l.graph.Nodes, graph.Node{Op: &op.Input{Shape: shape}, Pos: pos, Split: -1})
}

func (l *lowerer) inputShape(v *value) graph.Shape {
	at := &place{scope: scope{vars: l.vars}}
	field := op.Field{Key: "input"}
	sizes, err := at.evalValue(field, v)
	if err != nil {
		l.report(err, at)
		return graph.Shape{}
	}
	if len(sizes.Ints) != 3 || sizes.Sep != 'x' {
		l.report(&diag.Problem{Pos: v.pos, Msg: fmt.Sprintf("input is width x height x depth, not %s", sizes),
			Hint: "for example 224x224x3"}, at)
		return graph.Shape{}
	}
	for _, n := range sizes.Ints {
		if n < 1 || n > graph.MaxExtent {
			l.report(&diag.Problem{Pos: v.pos, Msg: fmt.Sprintf("input %s: each side is from 1 to %d", sizes, int64(graph.MaxExtent))}, at)
			return graph.Shape{}
		}
	}
	return graph.Shape{W: sizes.Ints[0], H: sizes.Ints[1], D: sizes.Ints[2]}
}

// network lowers the layers and finishes the graph.
func (l *lowerer) network() {
	if l.file.layers == nil {
		return
	}
	top := &place{scope: scope{vars: l.vars}, labels: &labels{}, names: &counter{}}
	func() {
		defer func() {
			if caught := recover(); caught != nil && caught != (stop{}) {
				panic(caught)
			}
		}()
		items := l.file.layers.items
		if _, ok := items[0].body.(*inputMark); ok {
			l.bind(&items[0], top)
			items = items[1:]
		}
		l.items(items, top)
	}()
	l.classes()
	l.nameNodes()
}

// classes gives the last FC its units where it has none of its own.
func (l *lowerer) classes() {
	v := l.file.classes
	if v == nil {
		return
	}
	at := &place{scope: scope{vars: l.vars}}
	sizes, err := at.evalValue(op.Field{Key: "classes"}, v)
	if err == nil && (len(sizes.Ints) != 1 || sizes.Ints[0] < 1 || sizes.Ints[0] > graph.MaxExtent) {
		err = &diag.Problem{Pos: v.pos, Msg: fmt.Sprintf("classes is a whole number from 1, not %s", sizes)}
	}
	if err != nil {
		l.report(err, at)
		return
	}
	if l.lastFC < 0 {
		l.report(&diag.Problem{Pos: v.pos, Msg: "classes is the size of the last FC, and there is none"}, at)
		return
	}
	if !l.ownUnits {
		fc := *l.graph.Nodes[l.lastFC].Op.(*op.FC)
		fc.Units = sizes.Ints[0]
		l.graph.Nodes[l.lastFC].Op = &fc
	}
}

// chain lowers a chain in a label scope of its own and leaves the result in at.last.
func (l *lowerer) chain(c *chain, at *place) {
	inner := *at
	inner.labels = &labels{outer: at.labels}
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
	turns, ok := l.count(it, at)
	if !ok {
		l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: it.pos, Split: -1}, at)
		return
	}
	optional, ok := l.optional(it, at)
	if !ok {
		return
	}
	for i := int64(0); i < turns.count; i++ {
		l.countTurn(it, at)
		inner := *at
		if it.count != nil {
			turn := turns
			turn.index = i
			inner.repeats = &turn
			if _, isGroup := it.body.(*group); isGroup {
				inner.within = &graph.Scope{Outer: at.within, What: fmt.Sprintf("turn %d of %d", i+1, turns.count), Pos: it.pos}
			}
		}
		for range optional {
			l.body(it, &inner)
		}
		at.last = inner.last
	}
	l.bind(it, at)
}

// count evaluates the count outside its own repeat.
func (l *lowerer) count(it *item, at *place) (turn, bool) {
	if it.count == nil {
		return turn{outer: at.repeats, count: 1}, true
	}
	n, isList, err := at.evalNumber(it.count)
	if err == nil && (n < 0 || n > MaxLayers) {
		err = &diag.Problem{Pos: it.count.pos, Msg: fmt.Sprintf("the count is from 0 to %d, not %d", MaxLayers, n)}
	}
	if err != nil {
		l.report(err, at)
		return turn{}, false
	}
	return turn{outer: at.repeats, count: n, bindable: !isList}, true
}

// optional is the value of the variable that `?` stands for, 1 unless it is set.
func (l *lowerer) optional(it *item, at *place) (int64, bool) {
	if it.optional == "" {
		return 1, true
	}
	if _, ok := at.vars[it.optional]; !ok {
		return 1, true
	}
	n, _, err := at.eval(&reference{it.optional, it.pos})
	if err == nil && (n < 0 || n > MaxLayers) {
		err = &diag.Problem{Pos: it.pos, Msg: fmt.Sprintf("the variable %s of ? is from 0 to %d, not %d", it.optional, MaxLayers, n)}
	}
	if err != nil {
		l.report(err, at)
		return 0, false
	}
	return n, true
}

func (l *lowerer) countTurn(it *item, at *place) {
	if l.turns++; l.turns > maxTurns {
		l.tooLarge(it.pos, at)
	}
}

func (l *lowerer) tooLarge(pos diag.Pos, at *place) {
	p := &diag.Problem{Pos: pos, Msg: fmt.Sprintf("the network has more than %d layers once its repeats are expanded", MaxLayers)}
	l.report(p.WithHint("lower the counts of the repeats"), at)
	panic(stop{})
}

func (l *lowerer) body(it *item, at *place) {
	switch b := it.body.(type) {
	case *layer:
		l.layer(b, at)
	case *group:
		l.chain(b.chain, at)
	case *merge:
		l.merge(b, at)
	case *call:
		l.call(b, at)
	case *inputMark:
		l.report(&diag.Problem{Pos: it.pos, Msg: "INPUT stands first in a network and only there"}, at)
	default:
		l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: it.pos, Split: -1}, at)
	}
}

// emit appends a node and makes it the last result.
func (l *lowerer) emit(n graph.Node, at *place) {
	if len(l.graph.Nodes) > MaxLayers {
		l.tooLarge(n.Pos, at)
	}
	n.Within = at.within
	at.last = len(l.graph.Nodes)
	l.graph.Nodes = append(l.graph.Nodes, n)
	l.names.add(at.names)
}

func (l *lowerer) layer(b *layer, at *place) {
	o, own := l.op(b, at)
	l.emit(graph.Node{Op: o, Inputs: []int{at.last}, Pos: b.pos, Split: -1}, at)
	if _, ok := o.(*op.FC); ok {
		l.lastFC, l.ownUnits = at.last, own
	}
}

// op makes a layer's op, or takes the one of an earlier turn where it is the same. own tells that the layer
// itself, not the defaults, says its main size.
func (l *lowerer) op(b *layer, at *place) (o graph.Op, own bool) {
	own = slices.ContainsFunc(b.args, func(a argument) bool { return a.key == "units" })
	if o, ok := l.shared[b]; ok {
		return o, own
	}
	made := b.kind.New()
	fields := made.Fields()
	failed := false
	constant := true
	index := l.index(b.kind.Name, fields)
	set := func(a argument) {
		f := fields[index[a.key]]
		constant = constant && a.value.isConstant(f)
		if p := l.set(f, a, at); p != nil {
			p.Msg = b.kind.Name + ": " + p.Msg
			l.report(p, at)
			failed = true
		}
	}
	for _, a := range l.file.defaults[b.kind.Name] {
		if !slices.ContainsFunc(b.args, func(own argument) bool { return own.key == a.key }) {
			set(a)
		}
	}
	for _, a := range b.args {
		set(a)
	}
	if failed {
		return &op.Unknown{}, own
	}
	if constant {
		l.shared[b] = made
	}
	return made, own
}

// index finds a kind's fields by key.
func (l *lowerer) index(kind string, fields []op.Field) map[string]int {
	byKey := l.fields[kind]
	if byKey == nil {
		byKey = make(map[string]int, len(fields))
		for i, f := range fields {
			byKey[f.Key] = i
		}
		l.fields[kind] = byKey
	}
	return byKey
}

func (l *lowerer) set(f op.Field, a argument, at *place) *diag.Problem {
	v, p := at.evalValue(f, a.value)
	if p != nil {
		return p
	}
	err := f.Setting.Set(v)
	if err == nil {
		return nil
	}
	placed := diag.At(a.pos, err)
	return &placed
}

// merge lowers the paths one after the other, each from the same start, and joins their results.
func (l *lowerer) merge(b *merge, at *place) {
	start := at.last
	inputs := make([]int, 0, len(b.paths))
	for _, p := range b.paths {
		inner := *at
		inner.last = start
		if p.from != "" {
			node, problem := at.labels.find(p.from, p.pos, l.file.labelled)
			if problem != nil {
				l.report(problem, at)
				l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{start}, Pos: p.pos, Split: -1}, &inner)
				node = inner.last
			}
			inner.last = node
		}
		if p.chain != nil {
			l.chain(p.chain, &inner)
		}
		inputs = append(inputs, inner.last)
	}
	l.emit(graph.Node{Op: b.kind.New(), Inputs: inputs, Pos: b.pos, Split: start}, at)
}

// call lowers a block's body with its parameters in place of the caller's repeats and labels.
func (l *lowerer) call(b *call, at *place) {
	definition := l.file.blocks[b.name]
	if slices.Contains(at.blocks, b.name) {
		l.report(&diag.Problem{Pos: b.pos, Msg: fmt.Sprintf("the block %s calls itself: %s", b.name, strings.Join(append(slices.Clip(at.blocks), b.name), " -> "))}, at)
		l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: b.pos, Split: -1}, at)
		return
	}
	params, err := l.bindParams(definition, b, at)
	if err != nil {
		l.report(err, at)
		l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: b.pos, Split: -1}, at)
		return
	}
	if definition.body == nil {
		l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: b.pos, Split: -1}, at)
		return
	}
	turn := at.names.next(b.name)
	inner := place{
		scope:  scope{vars: params},
		last:   at.last,
		labels: &labels{},
		within: &graph.Scope{Outer: at.within, What: fmt.Sprintf("%s at line %d", turn, b.pos.Line), Pos: b.pos},
		names:  &counter{prefix: at.names.prefix + turn + "."},
		blocks: append(slices.Clip(at.blocks), b.name),
	}
	l.items(definition.body.items, &inner)
	at.last = inner.last
}

// bindParams evaluates arguments in the caller's scope and fills in defaults.
func (l *lowerer) bindParams(b *block, c *call, at *place) (map[string]variable, *diag.Problem) {
	bound := maps.Clone(l.vars)
	given := make(map[string]bool, len(c.args))
	for i, a := range c.args {
		name := a.name
		if name == "" {
			if i >= len(b.params) {
				return nil, (&diag.Problem{Pos: a.pos, Msg: fmt.Sprintf("%s takes %d arguments, not %d", b.name, len(b.params), len(c.args))}).
					WithHint("it is %s", signature(b))
			}
			name = b.params[i].name
		}
		if !slices.ContainsFunc(b.params, func(p param) bool { return p.name == name }) {
			return nil, (&diag.Problem{Pos: a.pos, Msg: fmt.Sprintf("%s has no parameter %s", b.name, name)}).WithHint("it is %s", signature(b))
		}
		if given[name] {
			return nil, &diag.Problem{Pos: a.pos, Msg: fmt.Sprintf("the parameter %s of %s is given twice", name, b.name)}
		}
		given[name] = true
		n, _, err := at.evalNumber(a.value)
		if err != nil {
			return nil, err
		}
		bound[name] = variable{values: []int64{n}}
	}
	globals := scope{vars: l.vars}
	for _, p := range b.params {
		if given[p.name] {
			continue
		}
		if p.def == nil {
			return nil, (&diag.Problem{Pos: c.pos, Msg: fmt.Sprintf("%s is called without its parameter %s", b.name, p.name)}).
				WithHint("it is %s", signature(b))
		}
		n, _, err := globals.evalNumber(p.def)
		if err != nil {
			return nil, err
		}
		bound[p.name] = variable{values: []int64{n}}
	}
	return bound, nil
}

// bind names the last result.
func (l *lowerer) bind(it *item, at *place) {
	if it.label == "" {
		return
	}
	if p := at.labels.define(it.label, it.labelPos, at.last); p != nil {
		l.report(p, at)
		return
	}
	node := &l.graph.Nodes[at.last]
	if !node.Labelled {
		node.Labelled = true
		node.Name = at.names.prefix + it.label
	}
}
