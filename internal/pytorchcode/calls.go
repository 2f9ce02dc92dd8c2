package pytorchcode

import (
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// call is one call of a block. If it can be a module of its own, it becomes an object of a class.
type call struct {
	scope       *graph.Scope
	outer       *call // the next one around it, nil at the top
	first, last int   // nodes
	nodes       int
	owners      int // nodes with weights of their own
	named       int // owners whose names start with the call's
	lowestOwner int // the first node whose weights it uses
	training    int // nodes that exist in training only
	hasInput    bool

	isModule        bool
	height          int
	inputs, outputs []int // the nodes outside that it reads, and those of its own that are read outside
	class           *class
	body            *body
}

// findCalls finds the calls of blocks that can be modules. Their nodes follow each other, have all of the weights whose
// names start with the call's, use no others, exist in training only either all or not at all, and cannot be cut where
// the network is checkpointed.
func (p *program) findCalls() {
	known := map[*graph.Scope]*call{}
	prefixes := map[string]int{}
	for i := range p.n.Nodes {
		if p.owns(i) {
			name := p.n.Nodes[i].Name
			p.ownerNames[name] = true
			for at := strings.IndexByte(name, '.'); at >= 0; {
				prefixes[name[:at]]++
				next := strings.IndexByte(name[at+1:], '.')
				if next < 0 {
					break
				}
				at += 1 + next
			}
		}
		p.within[i] = p.countNode(known, i)
	}
	names := map[string]int{}
	for _, c := range known {
		names[c.scope.Name]++
	}
	for _, c := range known {
		c.isModule = c.scope.Name != "" && !c.scope.IsInline && names[c.scope.Name] == 1 &&
			c.nodes == c.last-c.first+1 && !c.hasInput &&
			c.lowestOwner >= c.first && c.owners == c.named && c.named == prefixes[c.scope.Name] &&
			!p.ownerNames[c.scope.Name] && (c.training == 0 || c.training == c.nodes) &&
			!p.checkpoints.divides(c.first, c.last)
	}
	for _, c := range known {
		for c.outer != nil && !c.outer.isModule {
			c.outer = c.outer.outer
		}
		if c.isModule {
			p.calls = append(p.calls, c)
		}
	}
	slices.SortFunc(p.calls, func(a, b *call) int {
		if a.first != b.first {
			return a.first - b.first
		}
		return len(a.scope.Name) - len(b.scope.Name)
	})
	for i := range p.within {
		for p.within[i] != nil && !p.within[i].isModule {
			p.within[i] = p.within[i].outer
		}
	}
	for _, c := range slices.Backward(p.calls) {
		c.height = max(c.height, 1)
		if c.outer != nil {
			c.outer.height = max(c.outer.height, c.height+1)
		}
	}
	p.findEnds()
}

// countNode adds node i to the calls around it, and returns the innermost.
func (p *program) countNode(known map[*graph.Scope]*call, i int) *call {
	var innermost, inner *call
	for s := p.n.Nodes[i].Within; s != nil; s = s.Outer {
		if s.Block == "" {
			continue
		}
		c := known[s]
		if c == nil {
			c = &call{scope: s, first: i, lowestOwner: i}
			known[s] = c
		}
		if inner != nil {
			inner.outer = c
		} else {
			innermost = c
		}
		inner = c
		c.last = i
		c.nodes++
		c.hasInput = c.hasInput || len(p.n.Nodes[i].Inputs) == 0
		if p.n.IsTrainingOnly(i) {
			c.training++
		}
		c.lowestOwner = min(c.lowestOwner, p.n.Layers[i].Owner)
		if p.owns(i) {
			c.owners++
			if strings.HasPrefix(p.n.Nodes[i].Name, s.Name+".") {
				c.named++
			}
		}
	}
	return innermost
}

// findEnds finds what each module reads from outside and what is read of it.
func (p *program) findEnds() {
	isRead := map[*call]map[int]bool{}
	reads := map[*call]map[int]bool{}
	leaves := func(i int, reader *call, at int) {
		for c := p.within[i]; c != nil && (at < c.first || at > c.last); c = c.outer {
			if isRead[c] == nil {
				isRead[c] = map[int]bool{}
			}
			if !isRead[c][i] {
				isRead[c][i] = true
				c.outputs = append(c.outputs, i)
			}
		}
		for c := reader; c != nil && (i < c.first || i > c.last); c = c.outer {
			if reads[c] == nil {
				reads[c] = map[int]bool{}
			}
			if !reads[c][i] {
				reads[c][i] = true
				c.inputs = append(c.inputs, i)
			}
		}
	}
	for i := range p.n.Nodes {
		for _, in := range p.reads[i] {
			leaves(in, p.within[i], i)
		}
	}
	for _, out := range p.n.Outputs {
		leaves(out, nil, len(p.n.Nodes))
	}
	for _, c := range p.calls {
		slices.Sort(c.outputs)
	}
}

// owns reports whether node i has weights of its own.
func (p *program) owns(i int) bool {
	return p.n.Layers[i].Owner == i && len(p.n.Layers[i].Weights) > 0
}

// likeOf returns the node whose size node i takes while the code runs, or -1.
func likeOf(n *shape.Network, i int) int {
	for _, r := range n.Nodes[i].Refs {
		if r.Key == op.LikeKey && (n.IsTrainingOnly(i) || !n.IsTrainingOnly(r.Node)) {
			return r.Node
		}
	}
	return -1
}
