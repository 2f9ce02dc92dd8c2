package spec

import (
	"slices"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// The most parameters that a block may have.
const maxParams = 64

// blockHeads reads the names and parameters of all blocks before any body, so that bodies and layers may call any
// block.
func (w *walker) blockHeads(entries map[string]entry) {
	e, ok := entries["blocks"]
	if !ok {
		return
	}
	n := w.resolve(e.value)
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 {
		w.report(flowBlocks(w.posOf(n)))
		w.file.blocksUnread = true
		return
	}
	all, ok := w.mapping(e.value, "blocks")
	w.file.blocksUnread = !ok
	for _, b := range all {
		try(func() { w.blockHead(b) })
	}
}

func flowBlocks(pos diag.Pos) *diag.Problem {
	return diag.ErrorfAt(pos, "yaml/trap", "YAML splits blocks in braces at every comma").
		WithHint("write each block on a line of its own under blocks:, with its body under `name(a, b): |`")
}

// blockHead reads a key such as name(w, s=1).
func (w *walker) blockHead(e entry) {
	p := w.newParser(e.node, "")
	name := p.peek()
	if name.kind != tokWord || !isName(name.text) || !p.after().is("(") {
		w.file.blocksUnread = true
		w.add(e.pos, "block/definition", "a block is defined as name(parameters), not %s", plain.Cut(e.key)).
			WithHint("for example bottleneck(w, s=1): |")
		return
	}
	if w.kinds.isReserved(name.text) {
		w.add(e.pos, "block/definition", "a block cannot be called %s: that is a kind of layer", name).
			WithHint("choose another name")
		return
	}
	if earlier, twice := w.file.blocks[name.text]; twice {
		w.add(e.pos, "block/duplicate", "the block %s is defined twice", name).
			WithHint("first at %s", earlier.pos)
		return
	}
	b := &block{name: name.text, pos: e.pos, paramsUnread: true}
	w.file.blocks[b.name] = b
	w.bodies = append(w.bodies, blockBody{b, e.value})
	p.take()
	p.take()
	b.params = p.params(b.name)
	b.paramsUnread = false
}

// params reads the parameters and the closing parenthesis, which must end the text: "w, s=1)".
func (p *parser) params(name string) []param {
	var params []param
	for !p.accept(")") {
		if len(params) > 0 {
			p.expect(",", "or ) in the definition of "+name)
		}
		t := p.take()
		switch {
		case t.kind != tokWord || !isName(t.text):
			p.failAt(t.pos, "block/definition", "block %s: a parameter must be a name, not %s", name, t)
		case slices.ContainsFunc(params, func(q param) bool { return q.name == t.text }):
			p.failAt(t.pos, "block/definition", "block %s: the parameter %s is written twice", name, t)
		case len(params) == maxParams:
			p.failAt(t.pos, "block/definition", "block %s has more than %d parameters", name, maxParams)
		}
		q := param{name: t.text}
		if p.accept("=") {
			q.def = p.defaultValue(name, q.name)
		}
		params = append(params, q)
	}
	if t := p.peek(); t.kind != tokEnd {
		p.failAt(t.pos, "block/definition", "block %s: unexpected %s after the parameters", name, t)
	}
	return params
}

func (p *parser) defaultValue(block, param string) *passed {
	t := p.peek()
	value := &passed{pos: t.pos}
	switch {
	case t.kind == tokNumber:
		value.number = &number{pos: t.pos, expr: p.primary()}
	case p.startsLayer(t):
		p.passedLayer(value)
	default:
		p.failAt(t.pos, "block/definition", "block %s: the default of %s must be a whole number or a layer, not %s",
			block, param, t)
	}
	return value
}

func (w *walker) blockBodies() {
	for _, b := range w.bodies {
		b.block.body = w.chain(b.text, "the block "+b.block.name, b.block.name)
	}
}
