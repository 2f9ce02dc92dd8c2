package spec

import (
	"slices"
	"strconv"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

func (l *lowerer) layer(b *layer, at *place) {
	l.emitLayer(l.lowered(b, at), at)
}

// loweredLayer is a layer with its settings evaluated.
type loweredLayer struct {
	op   graph.Op
	refs []graph.Ref
	own  bool // an FC sets its units itself
	pos  diag.Pos
}

func (l *lowerer) lowered(b *layer, at *place) loweredLayer {
	o, refs, own := l.op(b, at)
	return loweredLayer{o, refs, own, b.pos}
}

func (l *lowerer) emitLayer(b loweredLayer, at *place) {
	l.emit(graph.Node{Op: b.op, Inputs: []int{at.last}, Refs: b.refs, Pos: b.pos}, at)
	if _, ok := b.op.(*op.FC); ok {
		l.fc = lastFC{at.last, b.own}
	}
}

// op returns the op of a layer, the same one for equal settings, and the nodes that its settings refer to. own is true
// if the layer sets its units itself, not by the defaults.
func (l *lowerer) op(b *layer, at *place) (o graph.Op, refs []graph.Ref, own bool) {
	own = slices.ContainsFunc(b.args, func(a argument) bool { return a.key == "units" })
	if o, ok := l.constant[b]; ok {
		return o, nil, own
	}
	settings, ok := l.settings(b, at)
	key := settingsKey(b.kind, settings)
	made := l.made[key]
	if made == nil {
		layer, sound := l.make(b.kind, settings, at)
		if !ok || !sound {
			return &op.Unknown{}, nil, own
		}
		made = layer
		l.made[key] = made
	}
	refs, found := l.refs(b.kind, settings, at)
	if !ok || !found {
		return &op.Unknown{}, nil, own
	}
	if !slices.ContainsFunc(settings, func(s setting) bool { return !s.constant }) {
		l.constant[b] = made
	}
	return made, refs, own
}

// refs returns the nodes that the labels among the settings name. ok is false if a label has a problem.
func (l *lowerer) refs(kind op.Kind, settings []setting, at *place) (refs []graph.Ref, ok bool) {
	ok = true
	for _, s := range settings {
		if s.value.Label == "" {
			continue
		}
		node, p := l.result(s.value.Label, s.pos, at)
		if p != nil {
			l.report(ofKind(p, kind), at)
			ok = false
			continue
		}
		refs = append(refs, graph.Ref{Key: l.file.kinds.fields(kind)[s.field].Key, Node: node})
	}
	return refs, ok
}

// setting is an argument and its value.
type setting struct {
	field    int // among the kind's fields
	pos      diag.Pos
	value    op.Value
	constant bool // the same in every turn and call
}

// settings evaluates the arguments of a layer and the defaults that it does not override. ok is false if one of them
// has a problem.
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
		pos := a.pos
		if v.Label != "" {
			pos = a.value.pos
		}
		settings = append(settings, setting{i, pos, v, a.value.isConstant(fields[i])})
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

// settingsKey returns a key that is the same for layers of one kind with equal settings.
func settingsKey(kind op.Kind, settings []setting) string {
	key := make([]byte, 0, 64)
	key = append(key, kind.Name...)
	for _, s := range settings {
		key = append(key, ' ', byte('a'+s.field), s.value.Sep)
		key = append(append(append(key, s.value.Word...), s.value.Decimal...), s.value.Label...)
		for _, n := range s.value.Ints {
			key = strconv.AppendInt(append(key, ','), n, 10)
		}
	}
	return string(key)
}

// make returns a new op of a kind. ok is false if a setting has a problem.
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

// ofKind returns the problem with the kind's name before its message, unless the problem is in a call.
func ofKind(p *diag.Problem, kind op.Kind) *diag.Problem {
	if p == unread || p.Code == "block/call" {
		return p
	}
	named := *p
	named.Msg = kind.Name + ": " + p.Msg
	return &named
}
