package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// merge lowers the paths in order, each from the same start, and joins their results.
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
	o, refs, _ := l.op(&b.layer, at)
	l.emit(graph.Node{Op: o, Inputs: inputs, Refs: refs, Pos: b.pos}, at)
}

// goOn makes an earlier result the last one, so that the chain continues from it.
func (l *lowerer) goOn(g *goOn, at *place) {
	node, problem := l.result(g.label, g.pos, at)
	if problem != nil {
		l.broken(problem, g.pos, at)
		return
	}
	at.last = node
}

// result returns the single result that a label names.
func (l *lowerer) result(label string, pos diag.Pos, at *place) (node int, problem *diag.Problem) {
	found, problem := l.find(label, pos, at)
	switch {
	case problem != nil:
		return none, problem
	case found.list != nil:
		return none, listOfResults(label, pos)
	}
	return found.node, nil
}

// listOfResults returns the problem of a list that is used in place of a single result.
func listOfResults(label string, pos diag.Pos) *diag.Problem {
	return diag.ErrorfAt(pos, "label/list", "@%s is a list of results, but a single one is needed here", label).
		WithHint("use it as a path of its own, for all its results: CONCAT(@%s)", label)
}

// startPath makes the result that a path starts from the last one. If the label names a list, it returns the list,
// which is the whole path.
func (l *lowerer) startPath(p path, at *place) (list []int) {
	found, problem := l.find(p.from, p.pos, at)
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
