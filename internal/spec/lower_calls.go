package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// call lowers a block's body, which sees its parameters, among them the labels that are passed to it, but not its
// caller's repeats and other labels.
func (l *lowerer) call(c *call, at *place) {
	b := c.block
	if problem := nestedTooDeep(c, at.blocks); problem != nil {
		l.broken(problem, c.pos, at)
		return
	}
	params, passedLabels, problem := l.bindParams(c, at)
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
		scope:    l.globals(),
		last:     at.last,
		labels:   &labels{own: passedLabels},
		within:   &frame{outer: at.within, block: b, call: turn, name: at.names.prefix + turn, pos: c.pos},
		names:    at.names,
		isInline: b.isInline,
		blocks:   append(slices.Clip(at.blocks), b),
	}
	if !b.isInline {
		inner.names = &counter{prefix: inner.within.name + "."}
	}
	inner.params, inner.inBlock = params, true
	first, read := len(l.graph.Nodes), arguments(at.last, passedLabels)
	l.items(b.body.items, &inner)
	if !b.takesList && !b.isInline {
		l.module(first, read)
	}
	at.last = inner.last
}

// arguments returns the nodes that a call reads: the result before it, and those of the labels that are passed to it.
// The code that made a list keeps it, not the call.
func arguments(before int, labels map[string]labelled) []int {
	nodes := []int{before}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if found := labels[name]; found.list == nil {
			nodes = append(nodes, found.node)
		}
	}
	return nodes
}

// nestedTooDeep returns the problem of a call of a block that calls itself, or of blocks that are nested too deep, or
// nil. blocks are the ones being expanded.
func nestedTooDeep(c *call, blocks []*block) *diag.Problem {
	i := slices.Index(blocks, c.block)
	switch {
	case i < 0 && len(blocks) < maxCalls:
		return nil
	case i < 0:
		return diag.ErrorfAt(c.pos, "block/recursion", "blocks call one another more than %d deep", maxCalls)
	}
	var calls strings.Builder
	for _, b := range blocks[i:] {
		calls.WriteString(b.name + " -> ")
	}
	calls.WriteString(c.block.name)
	return diag.ErrorfAt(c.pos, "block/recursion", "the block %s calls itself: %s", c.block.name,
		plain.CutNames(calls.String())).
		WithHint("a block may call only blocks that do not lead back to it; repeat it with *count instead")
}

// given is what a call gives a parameter: a number unless it is a label or a layer.
type given struct {
	*passed // in the outermost call that hands it on
	block   *block
	param   string
	layer   *loweredLayer // nil for IDENTITY
}

// isLayer reports whether the parameter stands for a layer.
func (g *given) isLayer() bool { return g.layer != nil || g.identity }

// misused returns the problem of an argument that the block uses as something else.
func (g *given) misused(as string) *diag.Problem {
	return diag.ErrorfAt(g.pos, "block/call", "%s uses its parameter %s as %s, so it cannot be %s", g.block.name, g.param,
		as, plain.Cut(g.passed.String())).
		WithHint("it is defined as %s", g.block.signature())
}

// bindParams returns the values of a block's parameters, and of the labels among them the results that they name: the
// arguments, evaluated in the caller's scope, and the defaults.
func (l *lowerer) bindParams(c *call, at *place) (map[string]variable, map[string]labelled, *diag.Problem) {
	b := c.block
	if b.paramsUnread {
		return nil, nil, unread
	}
	binder := &binder{lowerer: l, block: b, params: make(map[string]variable, len(b.params))}
	for i, a := range c.args {
		name, problem := paramOf(c, i)
		if problem != nil {
			return nil, nil, problem
		}
		if _, twice := binder.params[name]; twice {
			return nil, nil, diag.ErrorfAt(a.pos, "block/call", "the parameter %s of %s is given twice", name, b.name)
		}
		if problem := binder.bind(name, a.value, at); problem != nil {
			return nil, nil, problem
		}
	}
	for _, p := range b.params {
		if _, given := binder.params[p.name]; given {
			continue
		}
		if p.def == nil {
			return nil, nil, diag.ErrorfAt(c.pos, "block/call", "%s is called without its parameter %s", b.name, p.name).
				WithHint("it is defined as %s", b.signature())
		}
		top := l.top()
		top.within = at.within
		if problem := binder.bind(p.name, p.def, top); problem != nil {
			return nil, nil, problem
		}
	}
	return binder.params, binder.labels, nil
}

// binder holds the parameters of one call.
type binder struct {
	*lowerer
	block  *block
	params map[string]variable
	labels map[string]labelled
}

// bind sets a parameter to an argument, evaluated at a place.
func (b *binder) bind(name string, a *passed, at *place) *diag.Problem {
	g := &given{passed: a, block: b.block, param: name}
	switch {
	case a.label != "":
		found, problem := b.find(a.label, a.pos, at)
		if problem != nil {
			return problem
		}
		if b.labels == nil {
			b.labels = map[string]labelled{}
		}
		found.pos = a.pos
		b.labels[name] = found
	case a.layer != nil:
		layer := b.lowered(a.layer, at)
		g.layer = &layer
	case !a.identity:
		if outer := at.handedOn(a.number); outer != nil {
			if outer.label != "" {
				return diag.ErrorfAt(a.pos, "block/call", "%s is a label here", outer.param).WithHint("write @%s", outer.param)
			}
			g.passed, g.layer = outer.passed, outer.layer
		}
		if g.isLayer() {
			break
		}
		n, _, problem := at.evalNumber(a.number)
		if problem != nil {
			return problem
		}
		b.params[name] = variable{values: []int64{n}, given: g}
		return nil
	}
	if g.isLayer() && b.file.kinds.isReserved(name) {
		return diag.ErrorfAt(a.pos, "block/call", "the parameter %s of %s cannot be a layer: it has the name of a kind",
			name, b.block.name).
			WithHint("give the parameter another name")
	}
	b.params[name] = variable{given: g}
	return nil
}

// handedOn returns what the caller itself was given for a parameter, if the argument is only its name; otherwise nil.
func (s *scope) handedOn(n *number) *given {
	if r, ok := n.expr.(*reference); ok {
		return s.params[r.name].given
	}
	return nil
}

// paramLayer lowers a parameter that stands for a layer.
func (l *lowerer) paramLayer(b *paramLayer, at *place) {
	g := at.params[b.name].given
	switch {
	case !g.isLayer():
		l.broken(g.misused("a layer"), b.pos, at)
	case g.layer != nil:
		l.emitLayer(*g.layer, at)
	}
}

// find returns what a label names at a place.
func (l *lowerer) find(label string, pos diag.Pos, at *place) (labelled, *diag.Problem) {
	found, problem := at.labels.find(label, pos, at.text(), l.file.labelSites)
	if v, isParam := at.params[label]; problem != nil && isParam {
		return found, v.given.misused("the label @" + label)
	}
	return found, problem
}

// paramOf returns the name of the parameter that argument i of a call sets.
func paramOf(c *call, i int) (string, *diag.Problem) {
	b, a := c.block, c.args[i]
	switch {
	case a.name == "" && i < len(b.params):
		return b.params[i].name, nil
	case a.name == "":
		takes := plural(len(b.params), "argument")
		return "", diag.ErrorfAt(a.pos, "block/call", "%s takes %s, not %d", b.name, takes, len(c.args)).
			WithHint("it is defined as %s", b.signature())
	case !slices.ContainsFunc(b.params, func(p param) bool { return p.name == a.name }):
		return "", diag.ErrorfAt(a.pos, "block/call", "%s has no parameter %s", b.name, a.name).
			WithHint("it is defined as %s", b.signature())
	}
	return a.name, nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
