package spec

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// call lowers a block's body, which sees its parameters but not its caller's repeats and labels.
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

// bindParams returns the values of a block's parameters: the arguments, evaluated in the caller's scope, and the
// defaults.
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
			return nil, diag.ErrorfAt(a.pos, "block/call", "the parameter %s of %s is given twice", name, b.name)
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
			return nil, diag.ErrorfAt(c.pos, "block/call", "%s is called without its parameter %s", b.name, p.name).
				WithHint("it is defined as %s", b.signature())
		}
		bound[p.name] = variable{values: []int64{p.def.n}}
	}
	return bound, nil
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
