package spec

import (
	"fmt"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
)

// labels is the names visible in a chain: its own, and those of the chains it stands in.
type labels struct {
	outer *labels
	own   map[string]labelled
}

type labelled struct {
	node int
	pos  diag.Pos
}

func (s *labels) lookup(name string) (labelled, bool) {
	for ; s != nil; s = s.outer {
		if found, ok := s.own[name]; ok {
			return found, true
		}
	}
	return labelled{}, false
}

// find gives the node of a label. anywhere holds the labels of the whole file, for the message.
func (s *labels) find(name string, pos diag.Pos, anywhere map[string]diag.Pos) (int, *diag.Problem) {
	found, ok := s.lookup(name)
	if ok {
		return found.node, nil
	}
	p := &diag.Problem{Pos: pos, Msg: fmt.Sprintf("the label @%s is not known here", name)}
	other, exists := anywhere[name]
	switch {
	case exists && (other.Line > pos.Line || other.Line == pos.Line && other.Col > pos.Col):
		p.Hint = fmt.Sprintf("it is set later, at %s; a path may start from an earlier result only", other)
	case exists:
		p.Hint = fmt.Sprintf("the one at %s is private to its brackets, path or block", other)
	default:
		p.Hint = diag.DidYouMean(name, s.visible())
	}
	return 0, p
}

func (s *labels) visible() []string {
	var names []string
	for ; s != nil; s = s.outer {
		for name := range s.own {
			names = append(names, name)
		}
	}
	return names
}

func (s *labels) define(name string, pos diag.Pos, node int) *diag.Problem {
	if earlier, ok := s.lookup(name); ok {
		return &diag.Problem{Pos: pos, Msg: fmt.Sprintf("the label @%s is set twice", name), Hint: fmt.Sprintf("first at %s", earlier.pos)}
	}
	if s.own == nil {
		s.own = map[string]labelled{}
	}
	s.own[name] = labelled{node, pos}
	return nil
}

// counter numbers kinds and blocks within one turn of a block, or within the network.
type counter struct {
	prefix string
	seen   map[string]int
}

// next is the name with its running number: conv13, inception3.
func (c *counter) next(name string) string {
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[name]++
	return name + strconv.Itoa(c.seen[name])
}

// namer remembers, for every node but the first, which counter numbers it.
type namer struct {
	counters []*counter
}

func (n *namer) add(c *counter) { n.counters = append(n.counters, c) }

// nameNodes gives every node without a label its kind and running number, labelled nodes of the kind counted
// too. A name that is taken gets _2, _3 and so on: labels come first, so that they stay as written.
func (l *lowerer) nameNodes() {
	nodes := l.graph.Nodes
	taken := make(map[string]bool, len(nodes))
	unique := func(name string) string {
		free := name
		for i := 2; taken[free]; i++ {
			free = name + "_" + strconv.Itoa(i)
		}
		taken[free] = true
		return free
	}
	if !nodes[0].Labelled {
		nodes[0].Name = "input"
	}
	for i := range nodes {
		if i == 0 || nodes[i].Labelled {
			nodes[i].Name = unique(nodes[i].Name)
		}
	}
	kinds := map[string]*counter{}
	for i := 1; i < len(nodes); i++ {
		c := l.names.counters[i-1]
		numbers, ok := kinds[c.prefix]
		if !ok {
			numbers = &counter{prefix: c.prefix}
			kinds[c.prefix] = numbers
		}
		name := c.prefix + numbers.next(strings.ToLower(nodes[i].Op.Kind()))
		if !nodes[i].Labelled {
			nodes[i].Name = unique(name)
		}
	}
}
