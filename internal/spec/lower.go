package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// Bounds of what a file may expand to. No published network has a hundredth of MaxLayers; at the bounds every command
// stays within 1 GiB and, but for running the network, 10 seconds. Steps are items visited, turns, paths and operations
// of expressions, so that repeats of nothing come to an end too.
const (
	MaxLayers   = 100_000
	maxInputs   = 1_000_000 // of all layers
	maxPrefixes = 16 << 20  // bytes of the layers' names that come from the blocks around them
	maxSteps    = 8_000_000
	maxMistakes = 5_000 // the same ones in other turns counted again
	maxCalls    = 16    // blocks called from blocks
)

// Unknown names the options' variables that the file does not have, with the ones it has.
func (f *File) Unknown(o graph.Options) error {
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
func (f *File) Lower(o graph.Options) (*graph.Graph, diag.List) {
	return f.lower(o, maxSteps)
}

// lower is Lower with a bound on its steps.
func (f *File) lower(o graph.Options, maxSteps int64) (*graph.Graph, diag.List) {
	l := &lowerer{
		file:     f,
		maxSteps: maxSteps,
		vars:     maps.Clone(f.vars),
		made:     map[string]op.Layer{},
		constant: map[*layer]op.Layer{},
		reported: map[string]bool{},
		graph: &graph.Graph{Name: f.name, Description: f.description, Source: f.source, Preprocess: f.preprocess,
			Labels: f.labels, LabelsPos: f.labelsPos, PreprocessPos: f.preprocessPos},
		lastFC: -1,
	}
	for name, values := range o.Vars {
		l.vars[name] = variable{values, len(values) > 1}
	}
	l.input(o)
	l.network()
	if err := graph.Check(l.graph); err != nil {
		panic("spec: lowering made a graph that is not one: " + err.Error())
	}
	return l.graph, l.problems
}

// lowerer carries what lowering needs throughout; what changes with the place is in a place.
type lowerer struct {
	file     *File
	vars     map[string]variable
	graph    *graph.Graph
	problems diag.List
	reported map[string]bool // messages with their positions
	mistakes int
	steps    int64
	maxSteps int64
	inputs   int                 // of all nodes
	prefixes int                 // bytes
	made     map[string]op.Layer // by their settings
	constant map[*layer]op.Layer // of layers that are the same in every turn and call
	lastFC   int                 // node, -1 before the first
	ownUnits bool
	names    namer
	gaveUp   bool // the network was too large, or had too many problems
}

// place is where lowering stands: the last result, and what the text there can see.
type place struct {
	scope
	last   int // node that the next item reads
	labels *labels
	within *frame
	names  *counter // turns of blocks called here
	blocks []*block // being expanded, outermost first
}

// text is the name of the block whose text lowering stands in, "" in the layers.
func (at *place) text() string {
	if len(at.blocks) == 0 {
		return ""
	}
	return at.blocks[len(at.blocks)-1].name
}

// top is the place of the layers themselves.
func (l *lowerer) top() *place {
	return &place{scope: l.globals(), labels: &labels{}, names: &counter{}}
}

// globals is the scope outside all blocks and repeats.
func (l *lowerer) globals() scope {
	return scope{vars: l.vars, varsUnread: l.file.varsUnread, operations: &l.steps}
}

// frame is a turn of a repeat or a call of a block. Its description is made when a node or a problem needs it:
// most turns of a hostile file have neither.
type frame struct {
	outer *frame
	scope *graph.Scope
	block *block // nil for a turn
	call  string // its name and running number, "inception3"
	name  string // the same with those of the calls round it
	turn  turn
	pos   diag.Pos
}

func (f *frame) describe() *graph.Scope {
	if f == nil {
		return nil
	}
	if f.scope == nil {
		f.scope = &graph.Scope{Outer: f.outer.describe(), What: fmt.Sprintf("turn %d of %d", f.turn.index+1, f.turn.count), Pos: f.pos}
		if f.block != nil {
			f.scope.What = fmt.Sprintf("%s at line %d", f.call, f.pos.Line)
			f.scope.Block, f.scope.Name, f.scope.Module, f.scope.TakesList = f.block.name, f.name, f.block.isModule, f.block.takesList
		}
	}
	return f.scope
}

// stop is thrown when the network is too large, or has too many problems, to go on.
type stop struct{}

// report adds a problem, once: another turn or call may have the same.
func (l *lowerer) report(p *diag.Problem, at *place) {
	if p == unread {
		return
	}
	if l.mistakes++; l.mistakes > maxMistakes {
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

// unknown puts an op.Unknown in the place of what has a problem.
func (l *lowerer) unknown(pos diag.Pos, at *place) {
	l.emit(graph.Node{Op: &op.Unknown{}, Inputs: []int{at.last}, Pos: pos}, at)
}

// broken reports the problem of an item, and puts an op.Unknown in its place.
func (l *lowerer) broken(p *diag.Problem, pos diag.Pos, at *place) {
	l.report(p, at)
	l.unknown(pos, at)
}

// spend counts steps and stops where there are too many.
func (l *lowerer) spend(steps int, pos diag.Pos, at *place) {
	l.steps += int64(steps)
	if l.steps > l.maxSteps {
		l.tooLarge("the network takes more than %s steps to expand, most of them repeats of nothing", l.maxSteps, fewerTurns, pos, at)
	}
}

const fewerTurns = "lower the counts of the repeats"

// tooLarge gives up. Of the network only the INPUT is left, since a part of it means nothing.
func (l *lowerer) tooLarge(format string, bound int64, hint string, pos diag.Pos, at *place) {
	p := &diag.Problem{Pos: pos, Code: "network/too-large", Msg: fmt.Sprintf(format, plain.Count(bound)), Hint: hint}
	l.graph.Nodes = l.graph.Nodes[:1]
	l.inputs, l.prefixes = 0, 0
	l.names.counters = nil
	l.lastFC = -1
	l.broken(p, pos, &place{within: at.within, names: &counter{}})
	panic(stop{})
}

// input makes node 0.
func (l *lowerer) input(o graph.Options) {
	shape := graph.Shape{}
	pos := diag.Pos{Line: 1, Col: 1}
	if l.file.input != nil {
		pos = l.file.input.pos
		shape = l.inputShape(l.file.input)
	}
	if l.file.input != nil || l.file.isArrowText {
		shape = resized(shape, o)
	}
	if l.file.isArrowText && !shape.IsKnown() {
		p := diag.ErrorfAt(pos, "network/input", "arrow text alone does not say the size of its input")
		l.report(p.WithHint("--input-size 32x32x3 gives width x height x depth"), l.top())
	}
	l.graph.Nodes = append(l.graph.Nodes, graph.Node{Op: &op.Input{Shape: shape}, Pos: pos})
}

// resized returns the shape of the input with what the options set of it.
func resized(s graph.Shape, o graph.Options) graph.Shape {
	if o.InputWidth > 0 {
		s.W, s.H = o.InputWidth, o.InputHeight
	}
	if o.InputDepth > 0 {
		s.D = o.InputDepth
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
			l.report(&diag.Problem{Pos: v.pos, Code: "network/input", Msg: fmt.Sprintf("input %s: width, height and depth are from 1 to %d", sizes, int64(graph.MaxExtent))}, at)
			return graph.Shape{}
		}
	}
	return graph.Shape{W: sizes.Ints[0], H: sizes.Ints[1], D: sizes.Ints[2]}
}

// network lowers the layers and finishes the graph.
func (l *lowerer) network() {
	top := l.top()
	if l.file.layers == nil {
		l.unknown(diag.Pos{}, top)
	} else {
		l.layers(l.file.layers.items, top)
	}
	l.graph.Inputs, l.graph.Outputs = []int{0}, []int{l.output(top)}
	l.nameNodes()
	l.file.markFunctions(l.graph)
	if len(l.graph.Nodes) == 1 && len(l.problems) == 0 {
		p := &diag.Problem{Pos: l.file.layers.items[0].pos, Code: "network/empty", Msg: "the network is empty: no layer follows its input"}
		l.report(p.WithHint("for example INPUT -> CONV3-64 -> RELU -> FC-10"), top)
	}
}

// output is the node whose result the network gives: that of the last item. Where lowering gave up, it is the last node.
func (l *lowerer) output(top *place) int {
	if l.gaveUp {
		return len(l.graph.Nodes) - 1
	}
	return top.last
}

// layers lowers all items. A leading INPUT, even behind something broken, is node 0.
func (l *lowerer) layers(items []item, top *place) {
	defer func() {
		switch caught := recover(); caught {
		case nil:
		case stop{}:
			l.gaveUp = true
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
	l.classes(top)
}

// classes gives the last FC its units where it has none of its own.
func (l *lowerer) classes(at *place) {
	v := l.file.classes
	if v == nil {
		return
	}
	units, err := l.wholeValue(v, "classes", at)
	if l.lastFC < 0 {
		if err == nil && !l.hasUnknown() {
			err = &diag.Problem{Pos: v.pos, Code: "network/classes", Msg: "classes is the size of the last FC, and there is none",
				Hint: "leave classes out, or end the network with FC"}
		}
	} else if node := &l.graph.Nodes[l.lastFC]; !l.ownUnits {
		fc := *node.Op.(*op.FC)
		fc.Units = units
		node.Op = &fc
		if err != nil {
			node.Op = &op.Unknown{}
		}
	}
	if err != nil {
		l.report(err, at)
	}
}

// hasUnknown tells whether anything could not be read: an FC may be among it.
func (l *lowerer) hasUnknown() bool {
	return slices.ContainsFunc(l.graph.Nodes, func(n graph.Node) bool { _, unknown := n.Op.(*op.Unknown); return unknown })
}

// wholeValue is one whole number from 1 up. A value without numbers could not be read.
func (l *lowerer) wholeValue(v *value, what string, at *place) (int64, *diag.Problem) {
	if v.isUnread() {
		return 0, unread
	}
	sizes, err := at.evalValue(op.Field{Key: what}, v)
	if err != nil {
		return 0, err
	}
	if len(sizes.Ints) != 1 || sizes.Ints[0] < 1 || sizes.Ints[0] > graph.MaxExtent {
		return 0, &diag.Problem{Pos: v.pos, Code: "network/classes", Msg: fmt.Sprintf("%s is a whole number from 1 to %d, not %s", what, int64(graph.MaxExtent), sizes)}
	}
	return sizes.Ints[0], nil
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
	for i := range turns.count {
		l.spend(1, it.pos, at)
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

// count evaluates the count outside its own repeat.
func (l *lowerer) count(it *item, at *place) (turn, bool) {
	if it.count == nil {
		return turn{outer: at.repeats, count: 1}, true
	}
	n, isList, err := at.evalNumber(it.count)
	if err == nil && (n < 0 || n > MaxLayers) {
		err = &diag.Problem{Pos: it.count.pos, Code: "network/repeat", Msg: fmt.Sprintf("the count is from 0 to %s, not %d", plain.Count(MaxLayers), n)}
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
	if !at.isVariable(it.optional) {
		return 1, true
	}
	n, _, err := at.eval(&reference{it.optional, it.pos})
	if err == nil && (n < 0 || n > MaxLayers) {
		err = &diag.Problem{Pos: it.pos, Code: "network/repeat", Msg: fmt.Sprintf("the variable %s of ? is from 0 to %s, not %d", it.optional, plain.Count(MaxLayers), n)}
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
		l.chain(b.chain, at)
	case *merge:
		l.merge(b, at)
	case *call:
		l.call(b, at)
	case *goOn:
		l.goOn(b, at)
	case *inputMark:
		l.broken(&diag.Problem{Pos: it.pos, Code: "network/input", Msg: "INPUT stands first in a network and only there"}, it.pos, at)
	default:
		l.unknown(it.pos, at)
	}
}

// emit appends a node and makes it the last result.
func (l *lowerer) emit(n graph.Node, at *place) {
	if len(l.graph.Nodes) > MaxLayers {
		l.tooLarge("the network has more than %s layers once its repeats are expanded", MaxLayers, fewerTurns, n.Pos, at)
	}
	l.inputs += len(n.Inputs)
	l.boundInputs(0, n.Pos, at)
	if l.prefixes += len(at.names.prefix); l.prefixes > maxPrefixes {
		l.tooLarge("the names of the layers take more than %s bytes", maxPrefixes, "shorten the names of the blocks, or nest fewer", n.Pos, at)
	}
	n.Within = at.within.describe()
	at.last = len(l.graph.Nodes)
	l.graph.Nodes = append(l.graph.Nodes, n)
	l.names.add(at.names)
}

// boundInputs stops where the layers so far and one more with so many inputs have too many.
func (l *lowerer) boundInputs(more int, pos diag.Pos, at *place) {
	if l.inputs+more > maxInputs {
		l.tooLarge("the layers of the network have more than %s inputs", maxInputs, "join fewer results in a list", pos, at)
	}
}

func (l *lowerer) layer(b *layer, at *place) {
	o, own := l.op(b, at)
	l.emit(graph.Node{Op: o, Inputs: []int{at.last}, Pos: b.pos}, at)
	if _, ok := o.(*op.FC); ok {
		l.lastFC, l.ownUnits = at.last, own
	}
}

// op makes a layer's op, or takes one that was made with the same settings. own tells that the layer itself, not
// the defaults, says its main size.
func (l *lowerer) op(b *layer, at *place) (o graph.Op, own bool) {
	own = slices.ContainsFunc(b.args, func(a argument) bool { return a.key == "units" })
	if o, ok := l.constant[b]; ok {
		return o, own
	}
	settings, ok := l.settings(b, at)
	key := settingsKey(b.kind, settings)
	made := l.made[key]
	if made == nil {
		layer, sound := l.make(b.kind, settings, at)
		if !ok || !sound {
			return &op.Unknown{}, own
		}
		made = layer
		l.made[key] = made
	}
	if !ok {
		return &op.Unknown{}, own
	}
	if !slices.ContainsFunc(settings, func(s setting) bool { return !s.constant }) {
		l.constant[b] = made
	}
	return made, own
}

// setting is an argument with its value worked out.
type setting struct {
	field    int // among the kind's fields
	pos      diag.Pos
	value    op.Value
	constant bool // the same in every turn and call
}

// settings works out the arguments of a layer and the defaults that it does not set itself. ok is false where
// one has a problem.
func (l *lowerer) settings(b *layer, at *place) (settings []setting, ok bool) {
	settings = make([]setting, 0, len(b.args)+len(l.file.defaults[b.kind.Name]))
	fields := l.file.kinds.fields(b.kind)
	ok = true
	add := func(a argument) {
		i := slices.IndexFunc(fields, func(f op.Field) bool { return f.Key == a.key })
		v, p := op.Value{}, unread
		if !a.value.isUnread() {
			v, p = at.evalValue(fields[i], a.value)
		}
		if p != nil {
			l.report(ofKind(p, b.kind), at)
			ok = false
			return
		}
		settings = append(settings, setting{i, a.pos, v, a.value.isConstant(fields[i])})
	}
	for _, a := range l.file.defaults[b.kind.Name] {
		if !slices.ContainsFunc(b.args, func(own argument) bool { return own.key == a.key }) {
			add(a)
		}
	}
	for _, a := range b.args {
		add(a)
	}
	return settings, ok
}

// settingsKey is a text that is the same for layers of one kind with equal settings.
func settingsKey(kind op.Kind, settings []setting) string {
	key := make([]byte, 0, 64)
	key = append(key, kind.Name...)
	for _, s := range settings {
		key = append(key, ' ', byte('a'+s.field), s.value.Sep)
		key = append(append(key, s.value.Word...), s.value.Decimal...)
		for _, n := range s.value.Ints {
			key = strconv.AppendInt(append(key, ','), n, 10)
		}
	}
	return string(key)
}

// make makes a layer's op. ok is false where a setting has a problem.
func (l *lowerer) make(kind op.Kind, settings []setting, at *place) (made op.Layer, ok bool) {
	made = kind.New()
	fields := made.Fields()
	ok = true
	for _, s := range settings {
		if err := fields[s.field].Setting.Set(s.value); err != nil {
			p := diag.At(s.pos, err)
			l.report(ofKind(&p, kind), at)
			ok = false
		}
	}
	return made, ok
}

// ofKind puts the kind's name before a message.
func ofKind(p *diag.Problem, kind op.Kind) *diag.Problem {
	if p == unread {
		return p
	}
	named := *p
	named.Msg = kind.Name + ": " + p.Msg
	return &named
}

// merge lowers the paths one after the other, each from the same start, and joins their results.
func (l *lowerer) merge(b *merge, at *place) {
	start := at.last
	l.spend(len(b.paths), b.pos, at)
	inputs := make([]int, 0, len(b.paths))
	for _, p := range b.paths {
		inner := *at
		inner.last = start
		if p.from != "" {
			if list := l.startPath(p, &inner); list != nil {
				l.boundInputs(len(inputs)+len(list), p.pos, at)
				inputs = append(inputs, list...)
				continue
			}
		}
		if p.chain != nil {
			l.chain(p.chain, &inner)
		}
		inputs = append(inputs, inner.last)
	}
	o, _ := l.op(&b.layer, at)
	l.emit(graph.Node{Op: o, Inputs: inputs, Pos: b.pos}, at)
}

// goOn makes an earlier result the last one.
func (l *lowerer) goOn(g *goOn, at *place) {
	found, problem := at.labels.find(g.label, g.pos, at.text(), l.file.labelSites)
	if problem == nil && found.list != nil {
		problem = listOfResults(g.label, g.pos)
	}
	if problem != nil {
		l.broken(problem, g.pos, at)
		return
	}
	at.last = found.node
}

// listOfResults is the problem of a list where a single result belongs.
func listOfResults(label string, pos diag.Pos) *diag.Problem {
	return &diag.Problem{Pos: pos, Code: "label/list", Msg: fmt.Sprintf("@%s is a list of results: no path starts from it", label),
		Hint: fmt.Sprintf("it stands alone in a path, for all of its results: CONCAT(@%s)", label)}
}

// startPath goes to the result that a path starts from. Where its label names a list, all of that is given and is
// the whole path.
func (l *lowerer) startPath(p path, at *place) (list []int) {
	found, problem := at.labels.find(p.from, p.pos, at.text(), l.file.labelSites)
	if problem == nil && found.list != nil && p.chain != nil {
		problem = listOfResults(p.from, p.pos)
	}
	if problem != nil {
		l.broken(problem, p.pos, at)
		return nil
	}
	if found.list != nil {
		return *found.list
	}
	at.last = found.node
	return nil
}

// call lowers a block's body with its parameters in place of the caller's repeats and labels.
func (l *lowerer) call(c *call, at *place) {
	b := c.block
	if problem := nestedTooDeep(c, at.blocks); problem != nil {
		l.broken(problem, c.pos, at)
		return
	}
	params, problem := l.bindParams(c, at)
	if problem != nil {
		l.broken(problem, c.pos, at)
		return
	}
	if b.body == nil {
		l.unknown(c.pos, at)
		return
	}
	turn := at.names.next(b.name)
	inner := place{
		scope:  l.globals(),
		last:   at.last,
		labels: &labels{},
		within: &frame{outer: at.within, block: b, call: turn, name: at.names.prefix + turn, pos: c.pos},
		names:  &counter{prefix: at.names.prefix + turn + "."},
		blocks: append(slices.Clip(at.blocks), b),
	}
	inner.params, inner.inBlock = params, true
	l.items(b.body.items, &inner)
	at.last = inner.last
}

// nestedTooDeep is the problem of a block that calls itself, or of blocks that call one another very deeply.
func nestedTooDeep(c *call, blocks []*block) *diag.Problem {
	i := slices.Index(blocks, c.block)
	switch {
	case i < 0 && len(blocks) < maxCalls:
		return nil
	case i < 0:
		return &diag.Problem{Pos: c.pos, Code: "block/recursion", Msg: fmt.Sprintf("blocks call one another deeper than %d", maxCalls)}
	}
	var calls strings.Builder
	for _, b := range blocks[i:] {
		calls.WriteString(b.name + " -> ")
	}
	p := &diag.Problem{Pos: c.pos, Code: "block/recursion", Msg: fmt.Sprintf("the block %s calls itself: %s%[1]s", c.block.name, calls.String())}
	return p.WithHint("a block may call only blocks that do not lead back to it; repeat it with *count instead")
}

// bindParams evaluates arguments in the caller's scope and fills in defaults.
func (l *lowerer) bindParams(c *call, at *place) (map[string]variable, *diag.Problem) {
	b := c.block
	if b.paramsUnread {
		return nil, unread
	}
	bound := make(map[string]variable, len(b.params))
	for i, a := range c.args {
		name, problem := paramOf(c, i)
		if problem != nil {
			return nil, problem
		}
		if _, twice := bound[name]; twice {
			return nil, &diag.Problem{Pos: a.pos, Code: "block/call", Msg: fmt.Sprintf("the parameter %s of %s is given twice", name, b.name)}
		}
		n, _, problem := at.evalNumber(a.value)
		if problem != nil {
			return nil, problem
		}
		bound[name] = variable{values: []int64{n}}
	}
	for _, p := range b.params {
		if _, given := bound[p.name]; given {
			continue
		}
		if p.def == nil {
			problem := &diag.Problem{Pos: c.pos, Code: "block/call", Msg: fmt.Sprintf("%s is called without its parameter %s", b.name, p.name)}
			return nil, problem.WithHint("it is %s", b.signature())
		}
		bound[p.name] = variable{values: []int64{p.def.n}}
	}
	return bound, nil
}

// paramOf is the parameter that the i-th argument of a call is for.
func paramOf(c *call, i int) (string, *diag.Problem) {
	b, a := c.block, c.args[i]
	switch {
	case a.name == "" && i < len(b.params):
		return b.params[i].name, nil
	case a.name == "":
		p := &diag.Problem{Pos: a.pos, Code: "block/call", Msg: fmt.Sprintf("%s takes %s, not %d", b.name, plural(len(b.params), "argument"), len(c.args))}
		return "", p.WithHint("it is %s", b.signature())
	case !slices.ContainsFunc(b.params, func(p param) bool { return p.name == a.name }):
		p := &diag.Problem{Pos: a.pos, Code: "block/call", Msg: fmt.Sprintf("%s has no parameter %s", b.name, a.name)}
		return "", p.WithHint("it is %s", b.signature())
	}
	return a.name, nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// bind names the last result.
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
